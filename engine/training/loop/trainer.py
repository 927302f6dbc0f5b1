"""transformers' Trainer with steps of our own: small groups within a step, exact losses, and no surprises."""

from __future__ import annotations

import logging
import math
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from typing import Any, Protocol

import torch
from torch import Tensor, nn
from transformers import Trainer, TrainerCallback, TrainingArguments
from transformers.trainer import PrinterCallback

from engine.core.errors import Fault
from engine.jobs.recovery import MOST_TRIES
from engine.jobs.spec import JobSpec
from engine.methods import method_of
from engine.objectives import objective_of
from engine.objectives.declaration import Means, Values
from engine.optimizers import optimizer_of
from engine.training.batches.batches import Loader
from engine.training.batches.tokenized_dataset import Example
from engine.training.forward.answer_log_probs import sums_of_answers
from engine.training.forward.forward import Forward, Padded
from engine.training.forward.mean_loss import HeldOutMeans, mean_loss
from engine.training.heads.own_rate import with_own_rate
from engine.training.limits.limits import OutOfMemory, out_of_memory
from engine.training.limits.memory_use import MemoryWatch, give_back
from engine.training.loop.weights import load_trained, save_trained
from engine.training.reference.start_model import StartModel
from engine.training.updates.choice import piecewise, updating
from engine.training.updates.piecewise import Piecewise

STATE_FILE = "trainer_state.json"
_SCALER_PATIENCE = 30  # steps in a row that fp16 scaling may skip before the loss counts as broken
_log = logging.getLogger(__name__)


def training_arguments(spec: JobSpec, folder: Path, *, dtype: str, use_cpu: bool, recompute: bool) -> TrainingArguments:
    """The spec as transformers' arguments. Logging, evaluation and checkpoints are ours, so theirs are off."""
    training = spec.training
    return TrainingArguments(
        output_dir=str(folder),
        num_train_epochs=training["epochs"],
        per_device_train_batch_size=training["batch_size"],
        learning_rate=training["learning_rate"],
        lr_scheduler_type=training["schedule"],
        warmup_steps=training["warmup"],  # below 1 it is a share of all steps
        weight_decay=training["weight_decay"],
        max_grad_norm=training["max_grad_norm"],
        seed=training["seed"],
        bf16=dtype == "bf16",
        fp16=dtype == "fp16",
        use_cpu=use_cpu,
        activation_checkpointing=recompute,
        activation_checkpointing_kwargs={"use_reentrant": False} if recompute else None,
        logging_strategy="no",
        save_strategy="no",
        eval_strategy="no",
        logging_nan_inf_filter=False,
        report_to=[],
        disable_tqdm=True,
        remove_unused_columns=False,
        dataloader_pin_memory=False,
    )


class Writes(Protocol):
    """Makes what is learnt out of prompts: `engine.training.rollout` has it."""

    def examples(self, prompts: Sequence[Example], step: int) -> tuple[Sequence[Example], dict[str, float]]:
        """What is learnt in the step after `step` others, and numbers to draw."""

    def save(self, folder: Path, step: int) -> None:
        """What a checkpoint after so many steps must know besides."""

    def load(self, folder: Path) -> None:
        """Go on from such a checkpoint."""


class StepTrainer(Trainer):
    """One call of `training_step` is one optimizer step over `batch_size` examples.

    Attributes:
        budget: most tokens of one group; halved when memory runs out.
        largest: most tokens of a group so far, padding included.
        tries: how often the job has gone on with less memory so far.
        latest: examples of the latest step.
        between_groups: called after each group of a step; what it raises ends the step without a trace.
        on_halved: called after the groups became smaller.
        diagnose: (examples, step) -> what to say of a loss or a gradient that is no number.
        values: the objective's settings, with what its loss must know of all examples.
        writes: makes what is learnt in a step out of the prompts of its rows; None where the rows are learnt themselves.
        flat: the latest step had nothing to learn from, so that no number was moved.
        start: the model as it was before the first step, for objectives that ask it beside.
        without_dropout: there would be dropout, which is off, for the objective compares how likely labels are.
        moved: whether an update has changed the weights so far.
        rise: the largest one of the loss of a step in this attempt, from its lowest so far.
        grad_norm, step_loss, step_tokens, step_weight: of the latest step; the last is how much its label tokens count together.
        step_means: what the objective draws besides, by chart, as means over what the latest step's examples count.
    """

    def __init__(
        self,
        model: nn.Module,
        args: TrainingArguments,
        examples: Sequence[Example],
        budget: int,
        memory: MemoryWatch,
        callback: TrainerCallback,
        spec: JobSpec,
    ) -> None:
        chosen, options = optimizer_of(spec.training["optimizer"]).make()
        super().__init__(
            model=model,
            args=args,
            train_dataset=examples,  # type: ignore[arg-type]
            callbacks=[callback],
            optimizer_cls_and_kwargs=(chosen, {"lr": args.learning_rate, **options}),
        )
        self.remove_callback(PrinterCallback)
        self.examples, self.budget, self.memory = examples, budget, memory
        self.spec, self.method = spec, method_of(spec.method)
        self.objective = objective_of(spec.objective)
        self.forward: Forward = Padded(model)
        self.values: Values = {**spec.training, **self.objective.seen(examples)}
        self.grad_norm = self.step_loss = 0.0
        self.step_tokens, self.step_weight = 0, 0.0
        self.step_means: dict[str, float] = {}
        self.tries = self.largest = 0
        self.latest: Sequence[Example] = ()
        self.between_groups: Callable[[], None] = _nothing
        self.on_halved: Callable[[], None] = _nothing
        self.diagnose: Callable[[Sequence[Example], int], Fault] = _no_cause
        self.start: StartModel | None = None
        self.writes: Writes | None = None
        self.flat = False
        self.without_dropout = False
        self.moved = False
        self.rise = (1.0, 1.0)
        self._lowest = math.inf
        self._skipped = 0

    def get_train_dataloader(self) -> Any:
        """Examples in an order that resume can find its place in."""
        batch, times = self.args.per_device_train_batch_size, self.objective.repeats(self.spec.training)
        return Loader(self.examples, batch, self.args.seed, times)

    def autocast(self) -> AbstractContextManager[Any]:
        """The chosen precision, for passes outside of the trainer's own forward."""
        context: AbstractContextManager[Any] = self.accelerator.autocast()
        return context

    @property
    def compares(self) -> bool:
        """Whether how likely labels are now is compared with how likely they were."""
        needs = self.objective.needs(self.spec.training)
        return bool(needs.reference) or needs.generation

    def untouched(self) -> AbstractContextManager[Any]:
        """Within it, before the first step, the model is the base, also where the method starts from random vectors."""
        if self.method.starts_as_base:
            return nullcontext()
        context: AbstractContextManager[Any] = self.model.disable_adapter()
        return context

    def training_step(
        self, model: nn.Module, inputs: dict[str, Any], num_items_in_batch: Tensor | int | None = None
    ) -> Tensor:
        """Gradient of the mean loss over all label tokens of the step by their weights, group by group."""
        examples: Sequence[Example] = inputs["examples"]
        figures: dict[str, float] = {}
        if self.writes is not None:
            examples, figures = self.writes.examples(examples, self.state.global_step)
            if self._found_flat(examples, inputs["examples"], figures):
                return torch.zeros((), device=self.args.device)
        self.latest = examples
        model.train()
        self.step_weight = sum(map(self.objective.weigh, examples))
        self.step_tokens = sum(len(example) for example in examples)
        while True:
            try:
                loss = self._backward(self.noted(examples))
                break
            except (MemoryError, RuntimeError) as error:
                if not out_of_memory(error):
                    raise
            self.halve(examples)  # outside of `except`: the traceback would keep the activations alive
        self.step_means = {**figures, **self.step_means}
        self.step_loss = float(loss)
        if not math.isfinite(self.step_loss):
            raise self._not_a_number()
        self._look_for_a_rise()
        return loss

    def _found_flat(self, learnt: Sequence[Example], prompts: Sequence[Example], figures: dict[str, float]) -> bool:
        """Whether there is nothing to learn from: then neither a pass is made nor a step of the optimizer, which would go on by its
        momentum."""
        self.flat = not learnt
        if self.flat:
            self.latest, self.step_means = prompts, figures
            self.step_loss, self.step_weight, self.grad_norm = 0.0, 1.0, 0.0
            self.step_tokens = sum(map(len, prompts))
            self.optimizer.step = _no_step
        else:
            vars(self.optimizer).pop("step", None)
        return self.flat

    def _look_for_a_rise(self) -> None:
        self._lowest = min(self._lowest, self.step_loss)
        low, high = self.rise
        if self.step_loss * low > high * self._lowest:
            self.rise = self._lowest, self.step_loss

    def _backward(self, examples: Sequence[Example]) -> Tensor:
        total = torch.zeros((), device=self.args.device)
        sums = Means()
        for group in self.forward.groups(examples, self.budget, whole=self.objective.whole):
            self.largest = max(self.largest, self.forward.tokens(group))
            with self.forward.session(group):
                with self.autocast():
                    found = self.objective.loss(self.forward, group, self.values)
                    loss = found.total / self.step_weight
                self.memory.look()
                self.accelerator.backward(loss)
            total += loss.detach()
            sums.add(found)
            self.between_groups()
        if self.method.penalty is not None:
            self.accelerator.backward(self.method.penalty(self.model))
        self.step_means = sums.over(self.step_weight)
        return total

    def noted(self, examples: Sequence[Example]) -> Sequence[Example]:
        """The examples with what the objective notes of them before it learns or scores."""
        if self.objective.before_step is None:
            return examples
        return self.objective.before_step(self._sums, examples, self.values)

    def _sums(self, examples: Sequence[Example]) -> Sequence[Any]:
        return sums_of_answers(self.model, self.forward, examples, self.budget, self.autocast, self.between_groups)

    def halve(self, examples: Sequence[Example]) -> None:
        """Work in groups of half the size from now on, and forget the step. Raises OutOfMemory when that is no help."""
        largest, smallest = (
            max(map(self.forward.tokens, self.forward.groups(examples, budget, whole=self.objective.whole)))
            for budget in (self.budget, 1)
        )
        self._forget_gradients()
        if self.tries >= MOST_TRIES or largest <= smallest:
            raise OutOfMemory(self.state.global_step + 1, largest)
        self.budget = max(min(largest, self.budget) // 2, 1)
        self.tries += 1
        give_back()
        self.memory.take()  # the peak of what failed says nothing about what follows
        _log.warning("Out of memory: groups of at most %d tokens from now on", self.budget)
        self.on_halved()

    def _clip_grad_norm(self, model: nn.Module) -> Any:
        """Clips gradients where they are: in RAM, or at their parameters."""
        if self.flat:
            return 0.0
        elsewhere = self._elsewhere()
        return super()._clip_grad_norm(model) if elsewhere is None else elsewhere.clip(self.args.max_grad_norm)

    def _elsewhere(self) -> Piecewise | None:
        """The optimizer, where it and not the parameters have the gradients."""
        found = piecewise(self.optimizer)
        return found if found is not None and found.keeps_gradients else None

    def _get_grad_norm(self, model: nn.Module, grad_norm: Any = None) -> Any:
        """Looks at the norm before the optimizer uses the gradients."""
        if self.flat:
            return 0.0
        if grad_norm is None and (elsewhere := self._elsewhere()) is not None:
            grad_norm = elsewhere.clip(math.inf)
        norm = super()._get_grad_norm(model, grad_norm=grad_norm)
        self.grad_norm = float(norm)
        if math.isfinite(self.grad_norm):
            self._skipped = 0
        elif getattr(self.accelerator, "scaler", None) is None or self._skipped >= _SCALER_PATIENCE:
            raise self._not_a_number()
        else:
            self._skipped += 1
        return norm

    def _forget_gradients(self) -> None:
        self.model.zero_grad()
        if (elsewhere := self._elsewhere()) is not None:
            elsewhere.zero_grad()

    def _not_a_number(self) -> Fault:
        if (elsewhere := self._elsewhere()) is not None:
            elsewhere.let_go()  # whoever looks for the cause asks the parameters
        return self.diagnose(self.latest, self.state.global_step + 1)

    def save_state(self, folder: Path) -> None:
        """All that `train(resume_from_checkpoint=folder)` needs, without pickled arguments."""
        save_trained(self.model, self.method, folder)
        self._save_optimizer_and_scheduler(str(folder))
        self._save_scaler(str(folder))
        self._save_rng_state(str(folder))
        self.state.save_to_json(str(folder / STATE_FILE))
        if self.writes is not None:
            self.writes.save(folder, self.state.global_step)

    def _load_from_checkpoint(self, resume_from_checkpoint: str, model: Any = None) -> None:
        load_trained(self.model, self.method, Path(resume_from_checkpoint))
        if self.writes is not None:
            self.writes.load(Path(resume_from_checkpoint))

    def load_weights(self, folder: Path) -> None:
        """The weights of a checkpoint, without going on."""
        self._load_from_checkpoint(str(folder))

    def create_optimizer(self, model: Any = None) -> Any:
        """The method's own optimizer where it has one, else the chosen one."""
        if getattr(self, "optimizer", None) is None and self.method.optimizer is not None:
            self.optimizer: Any = self.method.optimizer(self.model, self.spec.method_params, self.spec.training)
            if self.optimizer is not None:
                with_own_rate(self.optimizer, self.model, self.spec.training)
        if getattr(self, "optimizer", None) is None:
            self.optimizer = updating(
                with_own_rate(super().create_optimizer(model), self.model, self.spec.training), self.spec.training
            )
        return self.optimizer

    def mean_loss(self, examples: Sequence[Example], between_groups: Callable[[], None]) -> HeldOutMeans:
        """Means over examples by what they count, without training; calls `between_groups()` in between."""
        while True:
            try:
                return mean_loss(
                    self.model,
                    self.objective,
                    self.values,
                    self.forward,
                    self.noted(examples),
                    self.budget,
                    self.autocast,
                    between_groups,
                )
            except (MemoryError, RuntimeError) as error:
                if not out_of_memory(error):
                    raise
            self.halve(examples)


def _no_step(*_args: Any, **_kwargs: Any) -> None:
    """Of an optimizer in a step that teaches nothing."""


_no_step._wrapped_by_lr_sched = True  # type: ignore[attr-defined]  # or torch's scheduler warns of a step that is not its own


def _nothing() -> None:
    """What is called where nobody listens."""


def _no_cause(_examples: Sequence[Example], step: int) -> Fault:
    """What is said where nobody looks for the cause."""
    return Fault("training.nan", step=step)
