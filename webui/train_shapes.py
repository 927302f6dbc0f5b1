"""What the wizard keeps and gets."""

from __future__ import annotations

from typing import Any, Literal, TypedDict

from engine.core.shapes import CodedMessage
from engine.shapes.data import DatasetBrief
from engine.shapes.jobs import RawBudget
from engine.shapes.models import BaseModelView
from engine.shapes.planning import CatalogueDevice, DeviceChoice
from webui.form_shapes import SmallForms

Step = Literal["model", "data", "budget", "method", "review"]


class WaitingSettings(TypedDict):
    """Settings that wait until an objective is chosen again."""

    training: dict[str, Any]  # for every method
    training_by: dict[str, dict[str, Any]]  # by method


class UsedAgain(TypedDict):
    """The job whose settings are used again."""

    job: int  # id
    name: str  # of it


class WizardDraft(TypedDict):
    """What the wizard keeps between visits."""

    version: int  # of this form
    key: str  # its own: starting the same draft twice makes one job
    step: Step  # where it stands
    base_model: int | None  # id
    dataset: int | None  # id
    starts_from: int | None  # id of the tuned model that it goes on with
    objective: str  # key
    method: str  # key
    method_params_by: dict[str, dict[str, Any]]  # the method's settings, by method
    training: dict[str, Any]  # settings for every method
    training_by: dict[str, dict[str, Any]]  # settings of training that are kept apart, by method
    by_objective: dict[str, WaitingSettings]  # settings of other objectives
    budget: RawBudget  # hardware that the job may use
    own: bool  # settings were made by hand
    plan: str | None  # key of the plan that was picked by hand
    again: UsedAgain | None  # where the settings come from
    name: str  # of the job
    sample_prompts: str  # one a line


class WizardLists(TypedDict):
    """What can be chosen now."""

    models: list[BaseModelView]  # all
    datasets: list[DatasetBrief]  # those that were imported
    devices: list[DeviceChoice]  # that are here
    catalogue: list[CatalogueDevice]  # to plan for


class ArrivedDraft(TypedDict):
    """The draft to go on with."""

    draft: WizardDraft  # as it is now
    replaced: WizardDraft | None  # the one that the address replaced
    warnings: list[CodedMessage]  # what could not be taken over


class LoadedWizard(ArrivedDraft, WizardLists):
    """All that the wizard begins with."""


class ReadDraft(TypedDict):
    """A draft from a file."""

    draft: WizardDraft  # that asks for the same
    warnings: list[CodedMessage]  # what could not be taken over


class WizardValue(TypedDict):
    """What the wizard is placed with."""

    forms: SmallForms  # of methods and objectives


class MethodSettings(TypedDict, total=False):
    """What the user changed for one method."""

    method_params: dict[str, Any]  # its own settings
    training: dict[str, Any]  # settings of training
