"""Words of alignment, answers, scores and finished models."""

from __future__ import annotations

from engine.core.text import Text
from engine.services.app.glossary.term import Citation, Term, Topic, arxiv

RESULTS = Topic(
    "results",
    Text("Answers, scores and alignment", "回答、评分与对齐"),
    (
        Term(
            "perplexity",
            Text("Perplexity", "困惑度"),
            Text(
                "exp(loss): between how many tokens the model hesitates on average. Lower is better; it compares only models with the same tokens.",
                "exp(损失)：模型平均在多少个词元之间犹豫。越低越好；只能比较词元划分相同的模型。",
            ),
            Citation("Transformers: perplexity", "https://huggingface.co/docs/transformers/perplexity"),
        ),
        Term(
            "exact-match",
            Text("Exact match", "完全匹配"),
            Text(
                "The share of answers that are the expected one, but for case and white space.",
                "与参考答案一致的回答所占比例（忽略大小写和空白）。",
            ),
            arxiv("Rajpurkar et al. 2016", "1606.05250"),
            settings=("scored_answers",),
        ),
        Term(
            "chrf",
            Text("chrF", "chrF"),
            Text(
                "How alike an answer and the expected one are in their sequences of characters, from 0 to 100. It works in every language.",
                "回答与参考答案在字符序列上的相似度，0 到 100。适用于任何语言。",
            ),
            Citation("Popović 2015", "https://aclanthology.org/W15-3049/"),
        ),
        Term(
            "few-shot",
            Text("Few-shot", "少样本（few-shot）"),
            Text(
                "A few solved examples are put before the question, and nothing is trained. The baseline that a tuned model must beat.",
                "把几个已解答的示例放在问题之前，不做训练。这是微调模型必须超过的基准。",
            ),
            arxiv("Brown et al. 2020", "2005.14165"),
            settings=("shots",),
        ),
        Term(
            "in-context-learning",
            Text("In-context learning", "上下文学习"),
            Text(
                "A model picks a task up from what stands in its context, without any change of its weights. Few-shot examples make use of it.",
                "模型从上下文的内容中学会任务，权重没有任何改变。少样本示例就是利用这一点。",
            ),
            arxiv("Brown et al. 2020", "2005.14165"),
        ),
        Term(
            "temperature",
            Text("Temperature", "温度"),
            Text(
                "How freely the next token is drawn: 0 always takes the likeliest one (greedy decoding), higher values give more variety.",
                "抽取下一个词元的随意程度：0 总是取最可能的（贪心解码），越高越多样。",
            ),
        ),
        Term(
            "top-p",
            Text("Top-p (nucleus sampling)", "Top-p（核采样）"),
            Text(
                "Tokens are drawn only from the likeliest ones that together have the probability p.",
                "只从累计概率达到 p 的最可能的词元中抽取。",
            ),
            arxiv("Holtzman et al. 2019", "1904.09751"),
        ),
        Term(
            "rlhf",
            Text("RLHF", "基于人类反馈的强化学习（RLHF）"),
            Text(
                "Reinforcement learning from human feedback: a reward model learns what people prefer, and the language model is trained for a high reward.",
                "先让奖励模型学习人们的偏好，再训练语言模型以获得高奖励。",
            ),
            arxiv("Ouyang et al. 2022 (InstructGPT)", "2203.02155"),
        ),
        Term(
            "reward-model",
            Text("Reward model", "奖励模型"),
            Text(
                "A model that gives an answer a number for how much people would like it. It is trained on preference pairs.",
                "给回答打分的模型，分数表示人们有多喜欢它。它用偏好数据训练。",
            ),
            arxiv("Christiano et al. 2017", "1706.03741"),
        ),
        Term(
            "dpo",
            Text("DPO", "直接偏好优化（DPO）"),
            Text(
                "Direct preference optimisation: trains on preference pairs directly, without a reward model and without reinforcement learning.",
                "直接用偏好数据训练，不需要奖励模型，也不需要强化学习。",
            ),
            arxiv("Rafailov et al. 2023", "2305.18290"),
        ),
        Term(
            "lineage",
            Text("Lineage", "谱系"),
            Text(
                "Where a model comes from: base model, version of the data, method, settings and job, with hashes that prove it.",
                "模型的来历：基座模型、数据版本、方法、设置和任务，并有哈希值可以核对。",
            ),
        ),
        Term(
            "model-card",
            Text("Model card", "模型卡"),
            Text(
                "The README of a model: what it is made of, what it is for, and its limits.",
                "模型的 README：由什么制成、用来做什么、有哪些局限。",
            ),
            arxiv("Mitchell et al. 2018", "1810.03993"),
        ),
    ),
)
