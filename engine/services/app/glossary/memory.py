"""Words of memory and number formats, and of the plan that is made of them."""

from __future__ import annotations

from engine.core.text import Text
from engine.services.app.glossary.term import Citation, Term, Topic, arxiv

MEMORY = Topic(
    "memory",
    Text("services.app.glossary.memory.title"),
    (
        Term(
            "memory-estimate",
            Text("services.app.glossary.memory.memory-estimate.name"),
            Text("services.app.glossary.memory.memory-estimate.meaning"),
            arxiv("Rajbhandari et al. 2019 (ZeRO)", "1910.02054"),
        ),
        Term(
            "peak-memory",
            Text("services.app.glossary.memory.peak-memory.name"),
            Text("services.app.glossary.memory.peak-memory.meaning"),
        ),
        Term(
            "activations",
            Text("services.app.glossary.memory.activations.name"),
            Text("services.app.glossary.memory.activations.meaning"),
            arxiv("Korthikanti et al. 2022", "2205.05198"),
        ),
        Term(
            "activation-checkpointing",
            Text("services.app.glossary.memory.activation-checkpointing.name"),
            Text("services.app.glossary.memory.activation-checkpointing.meaning"),
            arxiv("Chen et al. 2016", "1604.06174"),
            settings=("checkpointing",),
        ),
        Term(
            "dry-run",
            Text("services.app.glossary.memory.dry-run.name"),
            Text("services.app.glossary.memory.dry-run.meaning"),
        ),
        Term(
            "speed-probe",
            Text("services.app.glossary.memory.speed-probe.name"),
            Text("services.app.glossary.memory.speed-probe.meaning"),
        ),
        Term(
            "precision",
            Text("services.app.glossary.memory.precision.name"),
            Text("services.app.glossary.memory.precision.meaning"),
            arxiv("Micikevicius et al. 2017", "1710.03740"),
        ),
        Term(
            "quantisation",
            Text("services.app.glossary.memory.quantisation.name"),
            Text("services.app.glossary.memory.quantisation.meaning"),
            arxiv("Dettmers et al. 2022 (LLM.int8)", "2208.07339"),
            settings=("quantisation",),
        ),
        Term(
            "nf4",
            Text("services.app.glossary.memory.nf4.name"),
            Text("services.app.glossary.memory.nf4.meaning"),
            arxiv("Dettmers et al. 2023", "2305.14314"),
        ),
        Term(
            "double-quantisation",
            Text("services.app.glossary.memory.double-quantisation.name"),
            Text("services.app.glossary.memory.double-quantisation.meaning"),
            arxiv("Dettmers et al. 2023", "2305.14314"),
            settings=("double_quantisation",),
        ),
        Term(
            "safetensors",
            Text("services.app.glossary.memory.safetensors.name"),
            Text("services.app.glossary.memory.safetensors.meaning"),
            Citation("safetensors documentation", "https://huggingface.co/docs/safetensors"),
        ),
        Term(
            "gguf",
            Text("services.app.glossary.memory.gguf.name"),
            Text("services.app.glossary.memory.gguf.meaning"),
            Citation("GGUF specification", "https://github.com/ggml-org/ggml/blob/master/docs/gguf.md"),
        ),
    ),
)
