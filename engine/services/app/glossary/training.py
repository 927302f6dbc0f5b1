"""Words of the training loop: steps, their size, and what to watch."""

from __future__ import annotations

from engine.core.text import Text
from engine.services.app.glossary.term import Citation, Term, Topic, arxiv

TRAINING = Topic(
    "training",
    Text("services.app.glossary.training.title"),
    (
        Term(
            "loss",
            Text("services.app.glossary.training.loss.name"),
            Text("services.app.glossary.training.loss.meaning"),
        ),
        Term(
            "training-validation-loss",
            Text("services.app.glossary.training.training-validation-loss.name"),
            Text("services.app.glossary.training.training-validation-loss.meaning"),
        ),
        Term(
            "epoch",
            Text("services.app.glossary.training.epoch.name"),
            Text("services.app.glossary.training.epoch.meaning"),
            arxiv("Muennighoff et al. 2023", "2305.16264"),
            settings=("epochs",),
        ),
        Term(
            "step",
            Text("services.app.glossary.training.step.name"),
            Text("services.app.glossary.training.step.meaning"),
        ),
        Term(
            "batch-size",
            Text("services.app.glossary.training.batch-size.name"),
            Text("services.app.glossary.training.batch-size.meaning"),
            settings=("batch_size",),
        ),
        Term(
            "micro-batch",
            Text("services.app.glossary.training.micro-batch.name"),
            Text("services.app.glossary.training.micro-batch.meaning"),
        ),
        Term(
            "gradient-accumulation",
            Text("services.app.glossary.training.gradient-accumulation.name"),
            Text("services.app.glossary.training.gradient-accumulation.meaning"),
        ),
        Term(
            "gradient",
            Text("services.app.glossary.training.gradient.name"),
            Text("services.app.glossary.training.gradient.meaning"),
        ),
        Term(
            "gradient-clipping",
            Text("services.app.glossary.training.gradient-clipping.name"),
            Text("services.app.glossary.training.gradient-clipping.meaning"),
            arxiv("Pascanu et al. 2012", "1211.5063"),
            settings=("max_grad_norm",),
        ),
        Term(
            "learning-rate",
            Text("services.app.glossary.training.learning-rate.name"),
            Text("services.app.glossary.training.learning-rate.meaning"),
            settings=("learning_rate",),
        ),
        Term(
            "warm-up",
            Text("services.app.glossary.training.warm-up.name"),
            Text("services.app.glossary.training.warm-up.meaning"),
            arxiv("Goyal et al. 2017", "1706.02677"),
            settings=("warmup",),
        ),
        Term(
            "schedule",
            Text("services.app.glossary.training.schedule.name"),
            Text("services.app.glossary.training.schedule.meaning"),
            arxiv("Loshchilov and Hutter 2016", "1608.03983"),
            settings=("schedule",),
        ),
        Term(
            "optimizer",
            Text("services.app.glossary.training.optimizer.name"),
            Text("services.app.glossary.training.optimizer.meaning"),
            arxiv("Loshchilov and Hutter 2017", "1711.05101"),
            settings=("optimizer",),
        ),
        Term(
            "weight-decay",
            Text("services.app.glossary.training.weight-decay.name"),
            Text("services.app.glossary.training.weight-decay.meaning"),
            arxiv("Loshchilov and Hutter 2017", "1711.05101"),
            settings=("weight_decay",),
        ),
        Term(
            "dropout",
            Text("services.app.glossary.training.dropout.name"),
            Text("services.app.glossary.training.dropout.meaning"),
            Citation("Srivastava et al. 2014", "https://jmlr.org/papers/v15/srivastava14a.html"),
            settings=("dropout",),
        ),
        Term(
            "overfitting",
            Text("services.app.glossary.training.overfitting.name"),
            Text("services.app.glossary.training.overfitting.meaning"),
            settings=("model_from",),
        ),
        Term(
            "seed",
            Text("services.app.glossary.training.seed.name"),
            Text("services.app.glossary.training.seed.meaning"),
            settings=("seed",),
        ),
        Term(
            "checkpoint",
            Text("services.app.glossary.training.checkpoint.name"),
            Text("services.app.glossary.training.checkpoint.meaning"),
            settings=("keep_checkpoints",),
        ),
        Term(
            "evaluation",
            Text("services.app.glossary.training.evaluation.name"),
            Text("services.app.glossary.training.evaluation.meaning"),
            settings=("evaluations",),
        ),
    ),
)
