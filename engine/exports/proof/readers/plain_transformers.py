"""An export read as its README says: by plain transformers, and PEFT where it is an adapter."""

from __future__ import annotations

import json
from collections import defaultdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
import transformers
from safetensors.torch import load_file
from transformers import AutoModelForCausalLM, AutoTokenizer, GenerationConfig

from engine.exports.proof.declaration import ForeignReading, base_beside
from engine.exports.proof.prints import print_of

if TYPE_CHECKING:
    from numpy.typing import NDArray


class Plain:
    """A model and its tokenizer of these libraries."""

    library = f"transformers {transformers.__version__}"

    def __init__(self, folder: Path, base: Path | None) -> None:
        self._folder, self._alone = folder, base is None
        self._tokenizer = AutoTokenizer.from_pretrained(folder)
        settings = GenerationConfig.from_pretrained(folder)
        self._model: Any = AutoModelForCausalLM.from_pretrained(
            base or folder, dtype=torch.float32, generation_config=settings, use_safetensors=True
        )
        self._put_on()
        self._model.eval()

    def _put_on(self) -> None:
        """What was learnt, where it lies beside its base."""
        if base_beside(self._folder):
            import peft

            self.library += f", peft {peft.__version__}"
            self._model = peft.PeftModel.from_pretrained(self._model, str(self._folder))

    def rendered(self, messages: list[dict[str, Any]], tools: list[Any] | None, ask: bool) -> str:
        """By the tokenizer's own template."""
        text: str = self._tokenizer.apply_chat_template(
            messages, tools=tools, add_generation_prompt=ask, tokenize=False
        )
        return text

    def tokens(self, text: str) -> list[int]:
        """Without what the tokenizer adds: the template has written it."""
        ids: list[int] = self._tokenizer(text, add_special_tokens=False)["input_ids"]
        return ids

    def ends(self) -> list[int]:
        """Of generation_config.json."""
        ends = self._model.generation_config.eos_token_id
        return [ends] if isinstance(ends, int) else list(ends or [])

    @torch.inference_mode()
    def log_probs(self, ids: list[int], first: int) -> NDArray[np.float32]:
        """In fp32."""
        logits = self._logits(ids)[-(len(ids) - first) :].float()  # virtual tokens of prompt tuning stand in front
        found: NDArray[np.float32] = torch.log_softmax(logits, -1).numpy()
        return found

    def _logits(self, ids: list[int]) -> torch.Tensor:
        found: torch.Tensor = self._model(input_ids=torch.tensor([ids]), use_cache=False).logits[0]
        return found

    @torch.inference_mode()
    def answer(self, ids: list[int], most: int) -> list[int]:
        """By `generate`, with the export's own settings."""
        asked = torch.tensor([ids])
        made = self._model.generate(
            input_ids=asked, attention_mask=torch.ones_like(asked), max_new_tokens=most, do_sample=False,
            repetition_penalty=1.0,
        )  # fmt: skip
        answer: list[int] = made[0, len(ids) :].tolist()
        return answer[:-1] if answer and answer[-1] in self.ends() else answer

    def text(self, ids: list[int]) -> str:
        """Without special tokens."""
        text: str = self._tokenizer.decode(ids, skip_special_tokens=True)
        return text

    def formats(self) -> dict[str, dict[str, int]]:
        """As the headers of the files say."""
        found: dict[str, dict[str, int]] = defaultdict(lambda: {"tensors": 0, "bytes": 0})
        for file in sorted(self._folder.glob("*.safetensors")):
            with file.open("rb") as stream:
                header = json.loads(stream.read(int.from_bytes(stream.read(8), "little")))
            for name, told in header.items():
                if name != "__metadata__":
                    found[told["dtype"]]["tensors"] += 1
                    found[told["dtype"]]["bytes"] += told["data_offsets"][1] - told["data_offsets"][0]
        return dict(found)

    def numbers(self) -> str | None:
        """Of a model that stands alone."""
        return print_of(self._model.state_dict().values()) if self._alone else None

    @torch.inference_mode()
    def score(self, ids: list[int]) -> float:
        """As the README's code does it."""
        head = load_file(self._folder / "head.safetensors")
        states = self._model(input_ids=torch.tensor([ids]), output_hidden_states=True).hidden_states[-1][0, -1].float()
        return float(head["weight"][0] @ states + head["bias"][0])

    @torch.inference_mode()
    def overflows(self, ids: list[int]) -> bool:
        """Of fp16 alone: the other formats hold as large numbers as fp32."""
        if not self._alone or "F16" not in self.formats():
            return False
        self._model = self._model.to(torch.float16)
        try:
            return not bool(torch.isfinite(self._logits(ids)).all())
        except RuntimeError:  # an operation that processors do not have in fp16: nothing is known
            return False


def open_export(folder: Path, base: Path | None) -> ForeignReading:
    """Read a folder; an adapter on its base."""
    return Plain(folder, base)
