"""What an exported form is: one frozen value that page, job, command line, README and docs derive from."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from engine.core.params import Param
from engine.core.text import Text
from engine.exports.common.workshop import Workshop
from engine.exports.proof.declaration import ForeignReader, ProofLimits
from engine.methods.common.declaration import Format, Method
from engine.models.architecture.told_format import BYTES

if TYPE_CHECKING:  # the command line names the forms before anything needs a database
    from engine.core.context import Context
    from engine.models.base.download_progress import ByteProgress
    from storage.tables import LanguageModel, TunedModel

Values = Mapping[str, Any]
_OTHER_RESULT = Text("exports.declaration.other_result")
_SCORES = Text("exports.declaration.scores")
EXACT = ProofLimits(divergence=1e-6, divergence_99=1e-5, agreement=0.995, flips=0.0)  # the same numbers in other hands

ROUNDED = ProofLimits(divergence=0.01, divergence_99=0.1, agreement=0.95)  # the numbers rounded to 16 bits


@dataclass(frozen=True)
class ExportSource:
    """What an export is made of.

    Attributes:
        ctx: settings and the database.
        tuned: the tuned model.
        base: the model that it was trained on.
        folder: the tuned model's own files.
        shop: what the forms of one job share; empty until the runner opens it.
    """

    ctx: Context
    tuned: TunedModel
    base: LanguageModel
    folder: Path
    shop: Workshop = field(default_factory=Workshop)


@dataclass(frozen=True)
class ExportSizes:
    """How large that is, which says what an export needs.

    Attributes:
        base_parameters: numbers of the base model; 0 where it is not known.
        result_bytes: the tuned model's own files.
        base_dtype: number format that the base is stored in.
        result_dtype: and the tuned model, where it is a whole one.
    """

    base_parameters: int
    result_bytes: int
    base_dtype: str = "fp32"
    result_dtype: str = "fp32"

    @property
    def numbers(self) -> int:
        """How many numbers a whole model has."""
        return self.base_parameters or self.result_bytes // BYTES[self.result_dtype]


@dataclass(frozen=True)
class ReadmePart:
    """What the folder's README says of the form.

    Attributes:
        about: what lies in the folder; `{dtype}` stands for the number format of the weights.
        code: Python that loads it, as Markdown; `{reference!r}` stands for the base's name. Empty where nothing loads it.
    """

    about: Text
    code: str = ""


def no_reader(_source: ExportSource) -> ForeignReader | None:
    """Of a form that no foreign library reads."""
    return None


@dataclass(frozen=True)
class ExportFormat:
    """One form in which tuned models are taken away.

    Attributes:
        key: name in specs of jobs, on the command line and in the database.
        label: its name for people.
        help: what one gets, and what it is good for.
        made_of: the results that it can be made of, as `Method.saves` names them.
        suffix: end of the folder's and the zip's name.
        write: (source, values of `params`, empty folder, progress) -> facts for the proof, as JSON; "dtype" in them is the number
            format of the weights. Writes every file but the README. Imports heavy libraries inside. Raises Fault or Cancelled.
        reader: (source) -> the foreign library that the written folder is proved with; None where no other library reads such a
            result, so that the hashes of its files are all that is proved.
        foundation: (source, empty folder, progress) -> makes there what the reader puts an export on that does not stand alone; None
            for the base as it lies in its own folder.
        limits: (values of `params`) -> from where on it has failed its proof.
        name_part: (values of `params`) -> a part of the file's name, before `suffix`'s end, where settings make other files of it.
        readme: (source) -> what the README says of it, once the folder is written.
        folder_bytes: (sizes, values of `params`) -> bytes of the folder; its zip takes as much again.
        proof: how it is made sure that the export answers as the tuned model does.
        memory_mb: (sizes, values of `params`) -> main memory that writing needs, in MB; 0 where that is nothing to speak of.
        params: its own settings; form, validation, command line and docs derive from them.
        why_not: (method) -> why results of this method cannot be had in this form; None where they can.
        unfit: (config.json of the base) -> why models of such a base cannot be had in this form; None where they can.
        also: keys of other forms which stand for this one where the result is of its kind: "as it is" of any result, and
            what earlier versions stored.
        stands_alone: whether it runs without the base model.
        keeps_head: the head of a reward model goes along, so that it still scores.
    """

    key: str
    label: Text
    help: Text
    made_of: tuple[Format, ...]
    suffix: str
    write: Callable[[ExportSource, Values, Path, ByteProgress], dict[str, Any]]
    readme: Callable[[ExportSource], ReadmePart]
    folder_bytes: Callable[[ExportSizes, Values], int]
    proof: Text
    reader: Callable[[ExportSource], ForeignReader | None] = no_reader
    foundation: Callable[[ExportSource, Path, ByteProgress], None] | None = None
    limits: Callable[[Values], ProofLimits] = lambda _values: EXACT
    name_part: Callable[[Values], str] = lambda _values: ""
    memory_mb: Callable[[ExportSizes, Values], int] = lambda _sizes, _values: 0
    params: tuple[Param, ...] = ()
    why_not: Callable[[Method], Text | None] = lambda _method: None
    unfit: Callable[[Mapping[str, Any]], Text | None] = lambda _config: None
    also: tuple[str, ...] = ()
    stands_alone: bool = False
    keeps_head: bool = False

    def refusal(
        self, method: Method, saved: str, *, scores: bool = False, config: Mapping[str, Any] | None = None
    ) -> Text | None:
        """Why a tuned model, made by `method` and saved as `saved`, cannot be had in this form; None where it can.

        Args:
            scores: it is a reward model.
            config: config.json of its base; None where any base is meant.
        """
        if scores and not self.keeps_head:
            return _SCORES
        if saved not in self.made_of:
            return _OTHER_RESULT
        return self.why_not(method) or (None if config is None else self.unfit(config))

    def disk_bytes(self, sizes: ExportSizes, values: Values) -> int:
        """Free disk that making it needs: the folder and its zip."""
        return 2 * self.folder_bytes(sizes, values)
