"""Code is answered as it was taught, indentation and all: in samples, in scored answers and in chat."""

from __future__ import annotations

import json
from typing import Any

import pytest
from sqlalchemy import select

from engine.core.context import Context
from engine.services.chat import question_lists
from storage.job_tables import Sample
from storage.tables import LanguageModel
from tests import tiny, workers
from tests.training_jobs import train, tuned
from tests.unit.data.test_borders import CHATML, SPACED
from tests.unit.data.tokenizer_kinds import tokenizer_of

pytestmark = pytest.mark.slow  # trains

ASKED = {"Finish it: if pot": "    return pot", "And then?": "\n  def lamp():", "Stop <|im_end|>?": "No: </s> stops."}


def give_tokenizer(ctx: Context, base: int, kind: str, template: str, end: str) -> None:
    """The prepared model reads with another tokenizer, whose white space merges."""
    tokenizer = tokenizer_of(kind)
    with ctx.db.read() as s:
        folder = ctx.settings.absolute(str(s.get_one(LanguageModel, base).tokenizer_path))
    tokenizer.save(str(folder / "tokenizer.json"))
    (folder / "chat_template.jinja").write_text(template, encoding="utf-8")
    special = {"bos_token": "<s>", "eos_token": end, "eos_token_ids": [tokenizer.token_to_id(end)]}
    (folder / "special.json").write_text(json.dumps(special), encoding="utf-8")


@pytest.mark.parametrize(
    ("kind", "template", "end"), [("llama-3", CHATML, "<|im_end|>"), ("pieces, always", SPACED, "</s>")]
)
def test_answers_come_back_with_their_white_space(ctx: Context, kind: str, template: str, end: str) -> None:
    base = tiny.add_model(ctx)
    give_tokenizer(ctx, base, kind, template, end)
    rows: list[dict[str, Any]] = [
        {"messages": [{"role": "user", "content": question}, {"role": "assistant", "content": answer}]}
        for question, answer in ASKED.items()
    ] * 5
    job = train(
        ctx, (base, tiny.add_dataset(ctx, rows, held_out=3)), method="full", sample_prompts=list(ASKED),
        training={"epochs": 40, "batch_size": 3, "evaluations": 1, "scored_answers": 3, "learning_rate": 0.005},
    )  # fmt: skip
    assert (job.status, job.error) == ("succeeded", None)
    with ctx.db.read() as s:
        last = list(
            s.scalars(select(Sample).where(Sample.job_id == job.id).order_by(Sample.step.desc(), Sample.prompt_index))
        )
    assert [sample.answer for sample in last[:3]] == list(ASKED.values())
    assert job.result["answers"]["exact"] == 1.0
    assert "rows_control_tokens" in workers.event_codes(ctx, job.id)
    made = tuned(ctx, job.id)
    assert made is not None
    asked = question_lists.start_list(
        ctx, base, [made.id], {"max_tokens": 24, "temperature": 0.0}, list(ASKED), name="Code", key="k"
    )
    workers.run_here(ctx)
    told = [row["answers"][f"tuned:{made.id}"] for row in question_lists.read_answers(ctx.settings, asked)]
    assert [(answer["text"], answer["reason"]) for answer in told] == [(text, "end") for text in ASKED.values()]
