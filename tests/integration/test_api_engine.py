"""What programs get is what the playground gives, for results of every kind."""

from __future__ import annotations

from typing import Any

import pytest

from engine.api.answering import AnswerPiece, Used, answered, read_tokens
from engine.api.asking import ApiPrompt, AskedModel, wishes_of
from engine.api.embedding import embedded
from engine.api.names import find_served, served_models
from engine.api.params import CHAT, COMPLETIONS
from engine.api.turns import KeyTurns
from engine.core.context import Context
from engine.core.errors import Fault
from engine.methods import METHODS, method_of
from engine.services.chat.halt import Halt
from tests.integration.chat_here import chat_here
from tests.integration.chat_models import add_base, add_result
from tests.tiny import add_dataset

QUESTION = "Tell me about the kettle."
_KINDS = ("few_shot", "prefix", "prompt", "ladder", "freeze", "lora", "dora", "full", "ia3")


def _key(wanted: str) -> str:
    return next(method.key for method in METHODS if method.key.startswith(wanted))


@pytest.mark.parametrize("method", [one for one in _KINDS if any(m.key.startswith(one) for m in METHODS)])
def test_results_of_every_kind_answer_as_in_the_playground(ctx: Context, method: str) -> None:
    base_id = add_base(ctx)
    tuned_id = add_result(ctx, base_id, add_dataset(ctx), method_of(_key(method)))
    chat, _client = chat_here(ctx)
    try:
        conversation = chat.open(base_id, [tuned_id], {"temperature": 0, "max_tokens": 20})
        shown = [*chat.ask(conversation, QUESTION)]
        wanted = next(e["text"] for e in reversed(shown) if e["side"] == f"tuned:{tuned_id}")
        asked = AskedModel.of(ctx, find_served(ctx, f"tuned-{tuned_id}"))
        read = CHAT.read({"model": "", "messages": [{"role": "user", "content": QUESTION}], "temperature": 0, "n": 2})
        prompt = asked.chat_prompt(read["messages"], 20)
        engine = KeyTurns(ctx, chat).asker(1, "local").chat
        wishes, used = wishes_of(read, most=20, tokens=2), Used()
        pieces = [p for p in answered(engine, asked, [prompt], wishes, Halt(), used) if isinstance(p, AnswerPiece)]
        for place in range(2):
            own = [piece for piece in pieces if piece.answer == place]
            assert "".join(piece.text for piece in own) == wanted
            assert sum(len(piece.tokens) for piece in own) == used.answers[place]
        _check_plain(engine, asked)
    finally:
        chat.close()


def _check_plain(chat: Any, asked: AskedModel) -> None:
    """Texts are read as the model reads them, or it says why it cannot."""
    if asked.one.format == "shots":
        with pytest.raises(Fault, match=r"api\.examples_only"):
            asked.plain_prompt("The kettle is", "prompt")
        return
    prompt = asked.plain_prompt("The kettle is", "prompt")
    spelt = [own for own, _hidden in asked.spelling.spelled(list(range(512)))]
    nameless = {str(token): -100 for token, own in enumerate(spelt) if not own}  # the model has more rows than tokens
    read = COMPLETIONS.read({"model": "", "prompt": "", "temperature": 0, "max_tokens": 3, "logit_bias": nameless})
    wishes = wishes_of(read, most=3, tokens=0, plain=True)
    pieces = [p for p in answered(chat, asked, [prompt], wishes, Halt(), Used()) if isinstance(p, AnswerPiece)]
    told = [one.token for piece in pieces for one in piece.tokens]
    longer = asked.plain_prompt((*prompt.ids, *(spelt.index(one.bytes) for one in told)), "prompt")
    forced = read_tokens(chat, asked, [longer], 0, Halt())[0][len(prompt.ids) :]
    wanted = [one.log_probability for one in told]
    assert [one.token.log_probability for one in forced] == pytest.approx(wanted, abs=1e-3)
    _check_vector(chat, asked, prompt)


def _check_vector(chat: Any, asked: AskedModel, prompt: ApiPrompt) -> None:
    found = embedded(chat, asked, [prompt], Halt())
    if asked.one.tuned is not None and asked.one.tuned.method.startswith("ladder"):
        with pytest.raises(Fault, match=r"api\.no_states"):
            next(found)
        return
    vector = next(one for one in found if isinstance(one, list))
    assert sum(one * one for one in vector) == pytest.approx(1)


def test_names_go_on_after_a_new_name(ctx: Context) -> None:
    from storage.tables import TunedModel

    base_id = add_base(ctx)
    tuned_id = add_result(ctx, base_id, add_dataset(ctx), method_of(_key("lora")))
    before = find_served(ctx, f"tuned-{tuned_id}").name
    with ctx.db.write() as s:
        s.get_one(TunedModel, tuned_id).name = "Quite another"
    assert find_served(ctx, before).name == f"quite-another-tuned-{tuned_id}"
    assert find_served(ctx, "Quite another").side == f"tuned:{tuned_id}"
    assert served_models(ctx, "somebody else") == []
    with pytest.raises(Fault, match=r"api\.no_models"):
        find_served(ctx, before, "somebody else")
