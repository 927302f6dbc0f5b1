"""Every function that a page may call, with odd values: always an answer or a sentence, never an exception's text."""

from __future__ import annotations

import copy
import os
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import orjson
import pytest
from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st

from engine.data.operations import OPERATIONS
from engine.exports import EXPORTS
from engine.services.chat.conversations import Chat
from tests.earlier import LOADS, opened
from webui.components import noted_views
from webui.pages import PAGES
from webui.site import Site
from webui.train_draft import fresh_draft

EXAMPLES = int(os.environ.get("FUZZ_EXAMPLES", "3"))  # a function
SEVERAL = int(os.environ.get("FUZZ_SEVERAL", "1"))  # near-valid calls of each that are made odd
SEED = int(os.environ.get("FUZZ_SEED", "13"))
FORBIDDEN = ("Traceback", "Error(", "object has no attribute", "Exception", "<class '", "0x7f", "{place}", "{value}")
RAW = LOADS["plan_now"][0][0]
ROW = {"id": 1, "split": "train", "line": 1, "messages": [{"role": "user", "content": "a"}, {"role": "assistant", "content": "b"}],
       "tools": [{"type": "function", "function": {"name": "f", "parameters": {"type": "object"}}}], "extra": {"id": 3}}  # fmt: skip
COMPARISON = {"name": "c", "base_model": 1, "dataset": 1, "entrants": [{"method": "lora", "variant": None, "training": {}}],
              "shared": {"epochs": 1}, "device": "cpu", "memory_mb": None}  # fmt: skip
RECIPE = {"recipe": "sft_then_dpo", "name": "r", "base_model": 1, "method": "lora", "method_params": {"rank": 4}, "device": "cpu", "memory_mb": None,
          "stages": {"sft": {"objective": "sft", "dataset": 1, "training": {"epochs": 1}, "minutes": 1}}}  # fmt: skip
WISH = {"name": "n", "shape": "alpaca", "mapping": {"instruction": "question", "output": "answer"}, "val_fraction": 0.1, "seed": 1,
        "encoding": "utf-8", "templates": {"instruction": ["{question}"]}, "options": {"delimiter": ","}}  # fmt: skip
SHEET = {"columns": ["a"], "rows": [["b"]], "name": ""}
COMPARE = {"key": "k", "name": "", "base_model": 1, "dataset": 1, "chosen": ["lora"], "own": {"lora": {"training": {}}},
           "shared": {"epochs": 1}, "device": "auto", "memory_mb": 10, "judged_by": []}  # fmt: skip
CHAT = {"system": "", "temperature": 0.5, "top_p": 0.9, "max_tokens": 8, "seed": 1}
# Near-valid arguments of what changes something; what only loads is in `LOADS`.
VALID: dict[str, list[Any]] = {
    "save": [fresh_draft(training={"max_length": 64}, budget={"minutes": 1.5})], "begin": [RAW, "k"], "mends": [RAW], "start_check": [RAW], "start_probe": [RAW],
    "cancel_check": [1], "read_yaml": ["format: tunesmith-job\nversion: 2\ntraining: {epochs: 1}\n"], "resize_model": [1],
    "reading_state": [99], "readings": [],
    "compare_save": [COMPARE], "compare_plan": [COMPARISON], "compare_begin": [COMPARISON, "k"], "compare_stop": [1],
    "compare_seed": [1], "compare_join": [1, "lora", None], "compare_again": [1, 1], "compare_delete": [99],
    "recipe_plan": [RECIPE], "recipe_begin": [RECIPE, "k"], "recipe_go_on": [99, "sft"], "recipe_stop": [99], "recipe_run": [99],
    "job_label": [2, ["a"], "b"], "job_act": [99, "stop"], "job_move": [2, "up"], "job_start_changed": [6],
    "model_rename": [1, "n"], "model_delete": [99], "model_use_weights": [1, "best"],
    "model_export": [1, [{"format": "adapter", "params": {}}], "zip"], "model_export_cancel": [99],
    "export_needs": [1, "adapter", {}],
    "push_token": ["hf_abcdefgh"], "push_begin": [{"export": 16, "file": 0, "repo": "a/b", "private": True, "add": False, "confirmed": True}],
    "merge_begin": [{"parents": [{"id": 1, "weight": 0.5}, {"id": 2, "weight": 1.0}], "way": "svd", "rank": 4, "name": "n"}],
    "chat_open": [1, ["base", "tuned:1"], CHAT], "chat_update": [1, {"settings": CHAT, "sides": ["base"]}], "chat_ask": [99, "hello", {"a": "b"}],
    "chat_stop": [1, "base"], "chat_delete": [99], "chat_edit": [99, 1, {"prompt": "{{a}}", "values": {"a": "b"}}],
    "chat_correct": [99, 1, "base", "a"], "chat_branch": [99, 1], "chat_again": [99, 1, "base"],
    "prompt_keep": [None, "n", "t"], "prompt_forget": [99],
    "list_start": [{"base_id": 1, "sides": ["base"], "settings": CHAT, "questions": ["a"], "name": "n", "key": "k"}],
    "batch_start": [{"base_id": 1, "sides": ["base"], "settings": CHAT, "template": "{{a}}", "rows": [{"a": "b"}], "name": "n", "key": "k"}],
    "list_view": [1, 0, 50, {"search": "a", "only": "differ", "sort": "base", "down": True}], "list_open": [99, 0], "list_act": [99, "stop"],
    "scorers": [], "score_conversation": [1, 1], "score_text": [1, "q", "a"], "best_of_view": ["k"], "score_sets": [], "score_spread": [1, 1],
    "best_of_start": [{"base_id": 1, "tuned_id": 1, "scorer_id": 1, "question": "q", "count": 4, "settings": CHAT}],
    "judges": [], "judge_entrant": [1, "lora", 1],
    "save_row": [1, 1, "base", {"question": "q", "answer": "a", "with_before": True, "dataset": 1}],
    "rename_dataset": [1, "n"], "delete_dataset": [99], "preview": [4, WISH], "import_rows": [4, WISH],
    "cancel_import": [4], "resume_import": [4], "paste_data": ["a,b\n1,2", "n"], "keep_sheet": [SHEET],
    "type_data": [["instruction", "output"], [["a", "b"]], "n"], "fetch_state": [1], "stop_fetch": [1],
    "choose_reading": [4, {"sheet": "s"}], "choose_encoding": [4, "cp1250"],
    "audit_start": [1, {"off": ["toxic"], "values": {"near_duplicates": {"alike": 0.9}, "too_long": {"model": 1}}}], "audit_stop": [1],
    "check_row": [ROW], "apply_edits": [1, [ROW], [2], 5], "try_repair": [1, {"id": 1, "raw": "{}"}],
    "repair_rows": [1, [{"id": 1, "raw": "{}"}], 1], "rewrite_start": [1, {"model": 1, "rows": 2, "ids": [1]}], "rewrite_cancel": [1],
    "make_view": ["0" * 32, 1000], "make_reading": [1], "make_forecast": ["0" * 32, {"writer": "model:1", "passages": 2}], "make_state": [1],
    "make_start": ["0" * 32, {"writer": "model:1", "kinds": ["summary"], "wordings": {"summary": "{passage}"}}], "make_stop": [99], "make_resume": [99],
    "rank_draw": [{"writers": ["model:1"], "answers": 2, "prompts": "a", "dataset": 1}, "k"],
    "rank_again": [1, "n"], "rank_keep": [1, "n", [1, 2], "b"], "rank_stop": [99], "rank_resume": [99],
    "rank_gather": [1, {"form": "pairs", "which": "all", "rater": "", "held_out": 10.0, "name": "n", "dataset": None}],
    "chat_vote": [1, 1, "base", "n"],
    "arena_ask": [1, "n", "a"], "arena_again": [1, "n"], "arena_reveal": [1, True], "arena_feed": [1, "n", 1],
    "arena_open": [{"base_id": 1, "sides": ["base", "tuned:1"], "settings": CHAT, "source": "list", "questions": ["a"], "apart": True, "reveal": True}],
    "arena_vote": [1, 1, "n", {"ranks": [1, 2], "bad": False, "best": "b"}], "arena_undo": [1, 1, "n"], "arena_names": [1, 1, "n"],
    "arena_gather": [1, {"form": "pairs", "which": "all", "rater": "", "held_out": 10.0, "name": "n", "dataset": None}],
    "chat_exact_again": [1, 1, "base"], "chat_differences": [1, 1, "base", "tuned:1"],
    "preview_operation": [1, "limit_rows", {"rows": 3}], "apply_operation": [1, "split_random", {"val": 10.0}, None],
    "cancel_version": [1], "use_version": [1, 1], "export_start": [1, {"format": "jsonl"}, 1], "export_cancel": [1],
    "review_decide": [1, "approve", {"messages": ROW["messages"]}, True], "review_approve_all": [1], "review_forget": [1],
    "review_add": [1, 1], "add_folder": ["/nowhere"], "add_hub": ["a/b"], "get_starter": [], "start_over": [],
    "remove_model": [99], "start_lesson": ["k"], "use_sample": ["en"], "fetch_data": ["a/b", "train", ""],
    "model_shelf": ["cpu", None], "search_models": ["tiny"], "cached_models": [], "know_model": ["a/b"], "use_cached": ["a/b"],
    "try_rewards": [{"rewards": [{"reward": "json", "weight": 1.0, "values": {}}], "dataset": 1, "typed": [{"question": "q", "answer": "a"}], "sampled": None}],
    "sample_for_rewards": [1, 99],
    "suggest_rewards": [1],
    "fetch_model": [1], "hub_now": [], "reserves": [], "set_reserve": ["cpu", 1000], "choose_hub": ["", ""],
    "key_make": ["n", 60], "key_rename": [1, "n"], "key_revoke": [1], "key_delete": [99],
}  # fmt: skip
OPERATED = {
    "preview_operation": [[1, one.key, {param.key: param.default for param in one.params}] for one in OPERATIONS],
    "model_export": [
        [1, [{"format": one.key, "params": {param.key: param.default for param in one.params}}], "folder"]
        for one in EXPORTS
    ],
}
OPERATED["preview_operation"] += [[1, "edit_rows", {"edits": {"1": ROW}, "drops": [2]}], [1, "drop_rows", {"ids": [1]}]]
GIANT = [10**20, 10**30, -(10**30), 2**53, 2**63, 2**64, 10**400, -1, 0, 1.5, 1e300, float("nan"), float("inf"), -0.0]
TEXTS = [
    "",
    "\ud800",
    "a\udfffb",
    "\0",
    "1" * 5000,
    "NaN",
    "1e400",
    "{x}",
    "%s",
    "../x",
    "名字",
    "<b>",
    "'; drop table jobs; --",
]
LEAVES = st.one_of(
    st.sampled_from(GIANT),
    st.sampled_from(TEXTS),
    st.sampled_from([None, True, False]),
    st.integers(),
    st.text(max_size=8),
)
ODD = st.recursive(
    LEAVES,
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4) | st.sampled_from(TEXTS), inner, max_size=3)
    ),
    max_leaves=6,
) | st.builds(lambda: {"$integer": "9" * 40})
DEEP: Any = []
for _ in range(150):
    DEEP = [DEEP]


def _places(value: Any, at: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Every place in a value, itself among them."""
    yield at
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, one in inner:
        yield from _places(one, (*at, key))


def _put(value: Any, at: tuple[Any, ...], new: Any) -> Any:
    if not at:
        return new
    changed = copy.copy(value)
    changed[at[0]] = _put(value[at[0]], at[1:], new)
    return changed


@st.composite
def calls(draw: st.DrawFn, valid: list[Any]) -> Any:
    """Near-valid arguments: one or two places of right ones replaced or taken out; sometimes something else altogether."""
    if draw(st.integers(0, 11)) == 0:
        return draw(ODD | st.just([DEEP]))
    arguments = copy.deepcopy(valid)
    for _ in range(draw(st.integers(1, 2))):
        at = draw(st.sampled_from(sorted(_places(arguments), key=repr)))
        holder = arguments
        for key in at[:-1]:
            holder = holder[key]
        if at and draw(st.integers(0, 5)) == 0:
            del holder[at[-1]]
        elif at and isinstance(holder, dict) and draw(st.integers(0, 5)) == 0:
            holder[draw(st.sampled_from(["", "extra", "\ud800", "id"]))] = draw(ODD)
        elif at:
            arguments = _put(arguments, at, draw(ODD))
    return arguments


@pytest.fixture(scope="module")
def functions(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Mapping[str, Callable[[Any], Any]]]:
    """Every guarded function over a home with everything in it; no supervisor runs, so that no job ever starts."""
    ctx = opened(tmp_path_factory.mktemp("fuzz") / "home")
    chat = Chat(ctx)
    patched = pytest.MonkeyPatch()
    patched.setattr(chat, "_begin", lambda *_asked, **_how: iter(()))  # no process that loads a model
    with noted_views() as placed:
        for page in PAGES:
            page.build(Site(ctx, chat), "en")
    yield {function.__name__: function for one in placed for function in one.functions}
    patched.undo()
    chat.close()
    ctx.db.close()


def _valid(name: str) -> list[list[Any]]:
    if name in LOADS:
        return LOADS[name]
    assert name in VALID, f"say near-valid arguments of {name}"
    return [VALID[name], *OPERATED.get(name, ())]


def fault_of(answer: Any) -> str | None:
    """What is wrong with an answer; None where nothing is."""
    try:
        orjson.dumps(answer)
    except TypeError as error:
        return f"not JSON: {error}"
    if set(answer) - {"tagged"} == {"ok"}:
        return None
    error = answer["error"]
    if error["code"] == "internal":
        return "internal"
    said = " ".join([error["message"], *error["faults"].values()])
    return next(
        (f"says {part}: {said[:200]}" for part in FORBIDDEN if part in said),
        None if error["message"] else "says nothing",
    )


def breaches(function: Callable[[Any], Any], valid: list[Any]) -> dict[str, str]:
    """What went wrong in some calls with arguments near `valid`, with the arguments."""
    found: dict[str, str] = {}

    @seed(SEED)
    @settings(
        max_examples=EXAMPLES, database=None, deadline=None, phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )  # fmt: skip
    @given(calls(valid))
    def ask(arguments: Any) -> None:
        if fault := fault_of(function(arguments)):
            found.setdefault(f"{function.__name__}: {fault[:160]}", repr(arguments)[:600])

    ask()
    return found


def test_no_odd_value_breaks_a_page(functions: Mapping[str, Callable[[Any], Any]]) -> None:
    found: dict[str, str] = {}
    for name, function in sorted(functions.items()):
        for valid in _valid(name)[:SEVERAL]:
            found |= breaches(function, valid)
    assert found == {}
