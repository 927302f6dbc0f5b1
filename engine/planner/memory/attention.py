"""What attention keeps, by the kernel that calculates it (`engine.devices.attention`)."""

from __future__ import annotations

from dataclasses import dataclass

from engine.core.shapes import CodedMessage
from engine.devices.attention import PROCESSOR, WRITTEN, Attention
from engine.planner.memory.workload import FP32, Workload


@dataclass(frozen=True)
class KeptAttention:
    """Attention of a step.

    Attributes:
        work: the job's step.
        masked: rows of unlike lengths are padded, so that attention gets a mask.
        row: tokens that a token of the longest example may attend to.
    """

    work: Workload
    masked: bool
    row: int

    @property
    def kernel(self) -> Attention:
        """What calculates it; some families write their scores down themselves."""
        work, keeps = self.work, self.work.shape.keeps
        found = work.kind.attention(work.device, work.precision.dtype, work.shape.head_dim, masked=self.masked)
        return WRITTEN if keeps.scores and not (keeps.dropped and found.drops) else found

    @property
    def of_family(self) -> bool:
        """Whether it is the family that has its scores written down: `LayerKeeps` then counts all that is kept."""
        return self.kernel.scores and bool(self.work.shape.keeps.scores)

    @property
    def scores(self) -> float:
        """Numbers that the family keeps of each token for each token of its row."""
        return self.work.shape.keeps.scores if self.of_family else 0.0

    @property
    def repeats(self) -> bool:
        """Whether each query head gets keys and values of its own, though they are the same for several."""
        grouped = self.work.shape.heads > self.work.shape.kv_heads
        return grouped and not self.of_family and self.kernel.repeats(masked=self.masked)

    @property
    def bytes(self) -> float:
        """Bytes of each token that a layer keeps besides what `LayerKeeps` counts: repeated heads, the mask, scores."""
        shape, width = self.work.shape, self.work.width
        if self.of_family:
            return 0.0
        numbers = 2 * (shape.heads - shape.kv_heads) * shape.head_dim if self.repeats else 0
        kept = float(width * (numbers + (self.row if self.masked else 0)))
        if self.kernel.scores:  # in fp32, with copies of queries, keys and values in it
            kept += FP32 * shape.heads * (self.row + 3 * shape.head_dim)
        return kept + width * self._again

    @property
    def _again(self) -> float:
        """Keys and values of prompts, put together with those of each answer behind them. There is a mask for these, with which the
        library repeats them for each query head; processors take them as they are."""
        shape = self.work.shape
        heads = shape.kv_heads if self.kernel is PROCESSOR else shape.heads
        return 2.0 * heads * shape.head_dim * self.work.read_again

    @property
    def made(self) -> float:
        """Bytes of each token that the backward pass makes of scores."""
        written = self.kernel.scores and not self.of_family
        return 2.0 * FP32 * self.work.shape.heads * self.row if written else 0.0

    def message(self) -> CodedMessage:
        """How a plan says it: text key `plan.<code>`."""
        return {"code": f"attention.{self.kernel.key}{'_repeated' if self.repeats else ''}", "params": {}}
