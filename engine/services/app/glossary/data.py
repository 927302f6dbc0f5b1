"""Words of data: tokens, templates, splits, preferences and the annotation queue."""

from __future__ import annotations

from engine.core.text import Text
from engine.services.app.glossary.term import Citation, Term, Topic, arxiv

DATA = Topic(
    "data",
    Text("services.app.glossary.data.title"),
    (
        Term(
            "token",
            Text("services.app.glossary.data.token.name"),
            Text("services.app.glossary.data.token.meaning"),
            arxiv("Sennrich et al. 2015", "1508.07909"),
        ),
        Term(
            "context-length",
            Text("services.app.glossary.data.context-length.name"),
            Text("services.app.glossary.data.context-length.meaning"),
            settings=("max_length",),
        ),
        Term(
            "system-prompt",
            Text("services.app.glossary.data.system-prompt.name"),
            Text("services.app.glossary.data.system-prompt.meaning"),
        ),
        Term(
            "chat-template",
            Text("services.app.glossary.data.chat-template.name"),
            Text("services.app.glossary.data.chat-template.meaning"),
            Citation("Transformers: chat templates", "https://huggingface.co/docs/transformers/chat_templating"),
        ),
        Term(
            "label-masking",
            Text("services.app.glossary.data.label-masking.name"),
            Text("services.app.glossary.data.label-masking.meaning"),
            settings=("train_on",),
        ),
        Term(
            "packing",
            Text("services.app.glossary.data.packing.name"),
            Text("services.app.glossary.data.packing.meaning"),
            arxiv("Krell et al. 2021", "2107.02027"),
        ),
        Term(
            "training-split",
            Text("services.app.glossary.data.training-split.name"),
            Text("services.app.glossary.data.training-split.meaning"),
        ),
        Term(
            "validation-split",
            Text("services.app.glossary.data.validation-split.name"),
            Text("services.app.glossary.data.validation-split.meaning"),
        ),
        Term(
            "test-split",
            Text("services.app.glossary.data.test-split.name"),
            Text("services.app.glossary.data.test-split.meaning"),
        ),
        Term(
            "leakage",
            Text("services.app.glossary.data.leakage.name"),
            Text("services.app.glossary.data.leakage.meaning"),
            Citation("Kaufman et al. 2012", "https://doi.org/10.1145/2382577.2382579"),
        ),
        Term(
            "near-duplicates",
            Text("services.app.glossary.data.near-duplicates.name"),
            Text("services.app.glossary.data.near-duplicates.meaning"),
            arxiv("Lee et al. 2021", "2107.06499"),
        ),
        Term(
            "augmentation",
            Text("services.app.glossary.data.augmentation.name"),
            Text("services.app.glossary.data.augmentation.meaning"),
        ),
        Term(
            "annotation-queue",
            Text("services.app.glossary.data.annotation-queue.name"),
            Text("services.app.glossary.data.annotation-queue.meaning"),
        ),
        Term(
            "preference-pairs",
            Text("services.app.glossary.data.preference-pairs.name"),
            Text("services.app.glossary.data.preference-pairs.meaning"),
            arxiv("Rafailov et al. 2023", "2305.18290"),
        ),
        Term(
            "kto",
            Text("services.app.glossary.data.kto.name"),
            Text("services.app.glossary.data.kto.meaning"),
            arxiv("Ethayarajh et al. 2024", "2402.01306"),
        ),
    ),
)
