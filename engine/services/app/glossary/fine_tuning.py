"""Words of fine-tuning: its kinds, adapters, and what they are made of."""

from __future__ import annotations

from engine.core.text import Text
from engine.services.app.glossary.term import Citation, Term, Topic, arxiv

FINE_TUNING = Topic(
    "fine-tuning",
    Text("services.app.glossary.fine_tuning.title"),
    (
        Term(
            "base-model",
            Text("services.app.glossary.fine_tuning.base-model.name"),
            Text("services.app.glossary.fine_tuning.base-model.meaning"),
        ),
        Term(
            "sft",
            Text("services.app.glossary.fine_tuning.sft.name"),
            Text("services.app.glossary.fine_tuning.sft.meaning"),
            arxiv("Ouyang et al. 2022 (InstructGPT)", "2203.02155"),
        ),
        Term(
            "full-fine-tuning",
            Text("services.app.glossary.fine_tuning.full-fine-tuning.name"),
            Text("services.app.glossary.fine_tuning.full-fine-tuning.meaning"),
            arxiv("Biderman et al. 2024", "2405.09673"),
        ),
        Term(
            "peft",
            Text("services.app.glossary.fine_tuning.peft.name"),
            Text("services.app.glossary.fine_tuning.peft.meaning"),
            Citation("PEFT documentation", "https://huggingface.co/docs/peft"),
        ),
        Term(
            "adapter",
            Text("services.app.glossary.fine_tuning.adapter.name"),
            Text("services.app.glossary.fine_tuning.adapter.meaning"),
            arxiv("Houlsby et al. 2019", "1902.00751"),
        ),
        Term(
            "lora",
            Text("services.app.glossary.fine_tuning.lora.name"),
            Text("services.app.glossary.fine_tuning.lora.meaning"),
            arxiv("Hu et al. 2021", "2106.09685"),
        ),
        Term(
            "rank",
            Text("services.app.glossary.fine_tuning.rank.name"),
            Text("services.app.glossary.fine_tuning.rank.meaning"),
            arxiv("Hu et al. 2021", "2106.09685"),
            settings=("rank", "target_rank", "start_rank"),
        ),
        Term(
            "alpha",
            Text("services.app.glossary.fine_tuning.alpha.name"),
            Text("services.app.glossary.fine_tuning.alpha.meaning"),
            arxiv("Kalajdzievski 2023", "2312.03732"),
            settings=("alpha",),
        ),
        Term(
            "qlora",
            Text("services.app.glossary.fine_tuning.qlora.name"),
            Text("services.app.glossary.fine_tuning.qlora.meaning"),
            arxiv("Dettmers et al. 2023", "2305.14314"),
        ),
        Term(
            "trainable-parameters",
            Text("services.app.glossary.fine_tuning.trainable-parameters.name"),
            Text("services.app.glossary.fine_tuning.trainable-parameters.meaning"),
        ),
        Term(
            "soft-prompt",
            Text("services.app.glossary.fine_tuning.soft-prompt.name"),
            Text("services.app.glossary.fine_tuning.soft-prompt.meaning"),
            arxiv("Lester et al. 2021", "2104.08691"),
            settings=("virtual_tokens",),
        ),
        Term(
            "merge",
            Text("services.app.glossary.fine_tuning.merge.name"),
            Text("services.app.glossary.fine_tuning.merge.meaning"),
            Citation("PEFT: model merging", "https://huggingface.co/docs/peft/developer_guides/lora"),
        ),
        Term(
            "continued-pretraining",
            Text("services.app.glossary.fine_tuning.continued-pretraining.name"),
            Text("services.app.glossary.fine_tuning.continued-pretraining.meaning"),
            arxiv("Gururangan et al. 2020", "2004.10964"),
        ),
        Term(
            "distillation",
            Text("services.app.glossary.fine_tuning.distillation.name"),
            Text("services.app.glossary.fine_tuning.distillation.meaning"),
            arxiv("Hinton et al. 2015", "1503.02531"),
        ),
        Term(
            "catastrophic-forgetting",
            Text("services.app.glossary.fine_tuning.catastrophic-forgetting.name"),
            Text("services.app.glossary.fine_tuning.catastrophic-forgetting.meaning"),
            arxiv("Kirkpatrick et al. 2016", "1612.00796"),
        ),
    ),
)
