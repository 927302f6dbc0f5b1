"""What the form views draw: settings, and the methods, objectives and operations that have them."""

from __future__ import annotations

from typing import Any, Literal, NotRequired, TypedDict

from engine.core.params import Kind
from engine.core.shapes import Named
from engine.shapes.app import CapabilityView


class FormChoice(TypedDict):
    """One value of a setting that is chosen from a list."""

    value: Any  # as it is stored
    label: str  # its name for people


class FormTerm(TypedDict):
    """The word of the glossary that explains a setting."""

    key: str  # its anchor
    name: str  # the word


class ParamForm(TypedDict):
    """One control: everything that the form view needs to draw and check it."""

    key: str  # of the setting
    field: str  # its name in a form's faults
    kind: Kind  # what it holds
    default: Any  # None: chosen by Tunesmith, or needed
    label: str  # its name
    help: str  # what it does
    usual: str | None  # what people usually take
    unit: str | None  # behind the number
    minimum: float | None  # inclusive
    maximum: float | None  # inclusive
    step: float | None  # by which the field moves
    scale: Literal["linear", "log"]  # of its slider
    choices: list[FormChoice]  # where it is chosen from a list
    advanced: bool  # folded away for beginners
    optional: bool  # may be empty
    source: Literal["", "column", "dataset", "model", "reward_model", "reward_file"]  # where further choices come from
    lines: int  # of a text's field
    term: NotRequired[FormTerm | None]  # that explains it
    per_method: NotRequired[bool]  # kept apart for each method


class VariantForm(Named):
    """A named variant of a method."""

    tagline: str  # in one line
    values: dict[str, Any]  # of the method's settings
    training: dict[str, Any]  # of the settings of training


class MethodForm(Named):
    """One method as the wizard offers it."""

    family: str  # key of its family
    tagline: str  # in one line
    help: str  # in some lines
    notes: list[str]  # further ones
    recommended: bool  # to newcomers
    params: list[ParamForm]  # its own settings
    defaults: dict[str, Any]  # that it changes in the settings of training
    rates: list[list[float]]  # learning rates: from so many parameters of the base on, this one
    capabilities: list[CapabilityView]  # those that matter here
    variants: list[VariantForm]  # of it


class ObjectiveWords(Named):
    """One objective as the wizard offers it."""

    tagline: str  # in one line
    help: str  # in some lines
    learns_from: list[str]  # kinds of data
    usable: str  # these kinds in words
    unfit: dict[str, str | None]  # code of the sentence by kind that it cannot learn from
    example: str  # what one is called
    family: str  # key of what it learns from
    rare: bool  # offered to those who ask for more
    refuses: list[str]  # keys of methods
    rates: dict[str, float]  # by family of methods, the share of their learning rate that suits it


class ObjectiveForm(ObjectiveWords):
    """One objective with its settings."""

    params: list[ParamForm]  # settings of training


class ObjectiveEntry(ObjectiveWords):
    """One objective, its settings told by their places."""

    params: list[int]  # places among the settings of all


class SourceForm(Named):
    """What a model can learn from: a family of objectives."""

    says: str  # what the model makes of it
    example: str  # a row, in a line
    kinds: list[str]  # of rows that are made for it


class FormsOfAll(TypedDict):
    """The forms of the Train page, without those of objectives."""

    version: int  # of a spec
    methods: list[MethodForm]  # in their order
    families: list[Named]  # of methods
    sources: list[SourceForm]  # what can be learnt from


class WizardForms(FormsOfAll):
    """The forms of the Train page."""

    objectives: list[ObjectiveForm]  # in their order


class SmallForms(FormsOfAll):
    """The same with each setting told once."""

    objectives: list[ObjectiveEntry]  # in their order
    settings: list[ParamForm]  # of all objectives


class OperationForm(Named):
    """One operation that makes a new version of a data set."""

    group: str  # that it is listed in
    help: str  # what it does
    kinds: list[str]  # of rows that it can work on
    params: list[ParamForm]  # its settings
    missing: NotRequired[str | None]  # the source of a needed setting that has nothing to choose from
