"""Few-shot in-context learning (Brown et al. 2020, arXiv:2005.14165): examples before the question; nothing is trained."""

from __future__ import annotations

import shutil
from pathlib import Path

from engine.core.params import Param
from engine.core.text import Text
from engine.methods.common.declaration import Capabilities, Learn, Method, Model, RunContext, Values


def _apply(model: Model, _values: Values, _run: RunContext) -> Model:
    return model.requires_grad_(False)


def _save(_model: Model, folder: Path, run: RunContext) -> None:
    """The examples that the job has gathered are the result."""
    shutil.copyfile(run.folder / "shots.json", folder / "shots.json")


_NOTHING = Text("methods.few_shot.nothing")
_FEW_SHOT_WHY = {"merge": _NOTHING, "trains": _NOTHING}

FEW_SHOT = Method(
    key="few_shot",
    family="context",
    label=Text("methods.few_shot.label"),
    tagline=Text("methods.few_shot.tagline"),
    help=Text("methods.few_shot.help"),
    saves="shots",
    params=(
        Param(
            key="shots",
            kind="int",
            default=0,
            minimum=0,
            maximum=200,
            step=1,
            advanced=False,
            label=Text("methods.few_shot.shots.label"),
            help=Text("methods.few_shot.shots.help"),
            usual=Text("methods.few_shot.shots.usual"),
        ),
        Param(
            key="choice",
            kind="choice",
            default="similar",
            choices={
                "similar": Text("methods.few_shot.choice.choices.similar"),
                "random": Text("methods.few_shot.choice.choices.random"),
            },
            advanced=False,
            label=Text("methods.few_shot.choice.label"),
            help=Text("methods.few_shot.choice.help"),
            usual=Text("methods.few_shot.choice.usual"),
        ),
        Param(
            key="tokens",
            kind="int",
            default=1024,
            minimum=16,
            maximum=131072,
            step=16,
            label=Text("methods.few_shot.tokens.label"),
            unit=Text("methods.few_shot.tokens.unit"),
            help=Text("methods.few_shot.tokens.help"),
            usual=Text("methods.few_shot.tokens.usual"),
        ),
    ),
    defaults={"epochs": 1, "evaluations": 1},
    apply=_apply,
    trainable=lambda _shape, _values: 0,
    trainable_source=Text("methods.few_shot.trainable_source"),
    stored=lambda _shape, _values: 0,
    changed=lambda _shape, _values: 0,
    rank=lambda _shape, _values: None,
    save=_save,
    goes_on=Text("methods.few_shot.goes_on"),
    expected_fall=0.0,
    capabilities=Capabilities(merge=False, toggle=True, batch=True, trains=False, why_not=_FEW_SHOT_WHY),
    notes=(Text("methods.few_shot.notes"),),
    learn=Learn(
        what=Text("methods.few_shot.learn.what"),
        trains=Text("methods.few_shot.learn.trains"),
        frozen=Text("methods.few_shot.learn.frozen"),
        when=Text("methods.few_shot.learn.when"),
        when_not=Text("methods.few_shot.learn.when_not"),
        strengths=(
            Text("methods.few_shot.learn.strengths.ready_at_once"),
            Text("methods.few_shot.learn.strengths.examples_can_be_exchanged"),
            Text("methods.few_shot.learn.strengths.forgets_nothing"),
        ),
        weaknesses=(
            Text("methods.few_shot.learn.weaknesses.every_answer_reads_the"),
            Text("methods.few_shot.learn.weaknesses.uses_up_the_context"),
            Text("methods.few_shot.learn.weaknesses.small_models_make_little"),
        ),
        paper="Brown et al. 2020, Language Models are Few-Shot Learners, arXiv:2005.14165",
        formula="0",
    ),
)
