"""The wizard's draft: what survives, what a job's settings become, and which starts are the same start."""

from __future__ import annotations

from engine.jobs.spec import make_spec
from webui.train_draft import draft_of, fresh_draft, going_on, settled_draft, start_key

RAW = {
    "name": "House style", "base_model": 1, "dataset": 2, "method": "lora",
    "method_params": {"rank": 8}, "training": {"learning_rate": 5e-4, "max_length": 256},
    "budget": {"minutes": 5}, "sample_prompts": ["Hello?", "你好？"],
}  # fmt: skip


def test_each_draft_has_a_key_of_its_own() -> None:
    assert fresh_draft()["key"] != fresh_draft()["key"]


def test_a_jobs_settings_become_a_draft_at_the_last_step() -> None:
    draft = draft_of(make_spec(RAW).as_dict())
    assert draft["step"] == "review"
    assert (draft["base_model"], draft["dataset"], draft["name"]) == (1, 2, "House style")
    assert draft["method_params_by"]["lora"]["rank"] == 8
    assert draft["sample_prompts"] == "Hello?\n你好？"
    assert draft["budget"] == {"device": "auto", "minutes": 5.0, "goal": "quality"}
    assert draft["own"]


def test_settings_with_a_methods_own_default_stay_with_that_method() -> None:
    """A LoRA learning rate must not be carried over when the user then looks at full fine-tuning."""
    draft = draft_of(RAW)
    assert draft["training"] == {"max_length": 256}
    assert draft["training_by"] == {"lora": {"learning_rate": 5e-4}}


def test_settings_that_are_an_objectives_own_are_shared_by_the_methods() -> None:
    """Where the form looks for them: else what is typed after "use these settings again" would have no effect."""
    draft = draft_of(RAW | {"objective": "pretraining", "training": {"epochs": 2, "learning_rate": 5e-4}})
    assert draft["objective"] == "pretraining"
    assert draft["training"] == {"epochs": 2}
    assert draft["training_by"] == {"lora": {"learning_rate": 5e-4}}


def test_a_draft_without_an_objective_or_with_an_unknown_one_has_the_usual_one() -> None:
    usual = fresh_draft()["objective"]
    older = fresh_draft(dataset=4)
    del older["objective"], older["by_objective"]
    for stored in (older, fresh_draft(dataset=4, objective="of the future")):
        settled = settled_draft(stored)
        assert (settled["objective"], settled["by_objective"], settled["dataset"]) == (usual, {}, 4)
    assert draft_of(RAW | {"objective": "of the future"})["objective"] == usual


def test_what_is_not_chosen_stays_open() -> None:
    draft = draft_of({"method": "qlora", "base_model": None, "dataset": None})
    assert (draft["base_model"], draft["dataset"], draft["method"]) == (None, None, "qlora")


def test_a_stored_draft_goes_on_and_a_broken_one_starts_afresh() -> None:
    stored = fresh_draft(step="budget", dataset=4)
    assert settled_draft(stored) == stored
    for broken in ({}, {"version": 99, "step": "model"}, stored | {"step": "nowhere"}):
        assert settled_draft(broken)["step"] == "model"
        assert settled_draft(broken)["dataset"] is None


def test_fields_that_an_older_draft_lacks_take_their_default() -> None:
    stored = fresh_draft(dataset=4)
    del stored["sample_prompts"]
    assert settled_draft(stored)["sample_prompts"] == ""


def test_settings_of_a_draft_without_plans_are_the_users_own() -> None:
    stored = fresh_draft(training={"max_length": 64})
    del stored["own"]
    assert settled_draft(stored)["own"]
    assert not settled_draft(fresh_draft())["own"]


def test_a_double_click_is_one_start_and_changed_settings_are_another() -> None:
    key = fresh_draft()["key"]
    assert start_key(key, RAW) == start_key(key, dict(reversed(RAW.items())))
    assert start_key(key, RAW) != start_key(key, RAW | {"method_params": {"rank": 16}})
    assert start_key(key, RAW) != start_key(fresh_draft()["key"], RAW)


def test_a_draft_keeps_the_model_that_it_goes_on_with() -> None:
    raw = {"starts_from": 4, "base_model": 2, "method": "lora", "method_params": {"rank": 8}}
    draft = going_on(fresh_draft(dataset=3), raw)
    assert (draft["starts_from"], draft["base_model"], draft["dataset"], draft["method"]) == (4, 2, 3, "lora")
    assert draft["method_params_by"] == {"lora": {"rank": 8}}
    assert draft_of({**raw, "dataset": 3})["starts_from"] == 4
    assert settled_draft({key: value for key, value in draft.items() if key != "starts_from"})["starts_from"] is None
