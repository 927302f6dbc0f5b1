"""What a job tries after memory ran out: half the group, at most three times, then recomputing only where a group is one example."""

from __future__ import annotations

from dataclasses import replace

from engine.jobs.recovery import AGAIN, MOST_TRIES, MicrobatchConfig, again, can_help, microbatch_of, spent_error

START = MicrobatchConfig(tokens=1024, longest=300, recompute=False, may_recompute=True)
PLAN = {
    "need_mb": 900,
    "limit_mb": 800,
    "items": [{"key": "weights", "mb": 900}],
    "advice": {"change": {}},
    "tokens": 1,
}


def test_groups_are_halved_down_to_the_longest_example_then_activations_recomputed() -> None:
    tried, microbatch = [], START
    while (following := microbatch.relieved()) is not None:
        tried.append((following.tokens, following.recompute, following.tries))
        microbatch = following
    assert tried == [(512, False, 1), (300, False, 2), (300, True, 3)]


def test_three_tries_are_all_also_where_groups_could_be_smaller_still() -> None:
    microbatch, tries = replace(START, longest=10), 0
    while (following := microbatch.relieved()) is not None:
        microbatch, tries = following, tries + 1
    assert (tries, microbatch.tokens, microbatch.recompute) == (MOST_TRIES, 128, False)


def test_what_cannot_recompute_has_nothing_left_at_one_example() -> None:
    assert replace(START, tokens=300, may_recompute=False).relieved() is None
    assert replace(START, tokens=300, recompute=True).relieved() is None


def test_tries_are_counted_until_a_person_resumes_the_job() -> None:
    following = replace(START, spent_s=40.0).relieved()
    assert following is not None
    code, params = again(following, step=7)
    assert code in AGAIN
    assert (params["step"], params["tokens"], params["tries"], params["most"]) == (7, 512, 1, MOST_TRIES)
    assert microbatch_of(code, params) == following
    resumed = microbatch_of("groups_halved", params)
    assert (resumed.tokens, resumed.tries, resumed.spent_s) == (512, 0, 0.0)


def test_the_error_has_the_estimate_beside_the_limit() -> None:
    error = spent_error(PLAN, replace(START, tries=3), step=9)
    shown = {key: PLAN[key] for key in ("need_mb", "limit_mb", "items", "advice")}
    assert error == {"code": "training.out_of_memory", "params": {"step": 9, "tokens": 1024, "tries": 3} | shown}


def test_smaller_groups_do_not_help_a_model_that_cannot_be_loaded() -> None:
    assert not can_help("loading")
    assert can_help("evaluating")
