"""Words of alignment, answers, scores and finished models."""

from __future__ import annotations

from engine.core.text import Text
from engine.services.app.glossary.term import Citation, Term, Topic, arxiv

RESULTS = Topic(
    "results",
    Text("services.app.glossary.results.title"),
    (
        Term(
            "perplexity",
            Text("services.app.glossary.results.perplexity.name"),
            Text("services.app.glossary.results.perplexity.meaning"),
            Citation("Transformers: perplexity", "https://huggingface.co/docs/transformers/perplexity"),
        ),
        Term(
            "exact-match",
            Text("services.app.glossary.results.exact-match.name"),
            Text("services.app.glossary.results.exact-match.meaning"),
            arxiv("Rajpurkar et al. 2016", "1606.05250"),
            settings=("scored_answers",),
        ),
        Term(
            "chrf",
            Text("services.app.glossary.results.chrf.name"),
            Text("services.app.glossary.results.chrf.meaning"),
            Citation("Popović 2015", "https://aclanthology.org/W15-3049/"),
        ),
        Term(
            "few-shot",
            Text("services.app.glossary.results.few-shot.name"),
            Text("services.app.glossary.results.few-shot.meaning"),
            arxiv("Brown et al. 2020", "2005.14165"),
            settings=("shots",),
        ),
        Term(
            "in-context-learning",
            Text("services.app.glossary.results.in-context-learning.name"),
            Text("services.app.glossary.results.in-context-learning.meaning"),
            arxiv("Brown et al. 2020", "2005.14165"),
        ),
        Term(
            "temperature",
            Text("services.app.glossary.results.temperature.name"),
            Text("services.app.glossary.results.temperature.meaning"),
        ),
        Term(
            "top-p",
            Text("services.app.glossary.results.top-p.name"),
            Text("services.app.glossary.results.top-p.meaning"),
            arxiv("Holtzman et al. 2019", "1904.09751"),
        ),
        Term(
            "rlhf",
            Text("services.app.glossary.results.rlhf.name"),
            Text("services.app.glossary.results.rlhf.meaning"),
            arxiv("Ouyang et al. 2022 (InstructGPT)", "2203.02155"),
        ),
        Term(
            "reward-model",
            Text("services.app.glossary.results.reward-model.name"),
            Text("services.app.glossary.results.reward-model.meaning"),
            arxiv("Christiano et al. 2017", "1706.03741"),
        ),
        Term(
            "dpo",
            Text("services.app.glossary.results.dpo.name"),
            Text("services.app.glossary.results.dpo.meaning"),
            arxiv("Rafailov et al. 2023", "2305.18290"),
        ),
        Term(
            "lineage",
            Text("services.app.glossary.results.lineage.name"),
            Text("services.app.glossary.results.lineage.meaning"),
        ),
        Term(
            "model-card",
            Text("services.app.glossary.results.model-card.name"),
            Text("services.app.glossary.results.model-card.meaning"),
            arxiv("Mitchell et al. 2018", "1810.03993"),
        ),
    ),
)
