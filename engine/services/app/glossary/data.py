"""Words of data: tokens, templates, splits, preferences and the annotation queue."""

from __future__ import annotations

from engine.core.text import Text
from engine.services.app.glossary.term import Citation, Term, Topic, arxiv

DATA = Topic(
    "data",
    Text("Data", "数据"),
    (
        Term(
            "token",
            Text("Token", "词元（token）"),
            Text(
                "The unit that a model reads and writes: a word or a part of one. 100 tokens are about 75 English words; a Chinese character takes about one.",
                "模型读写的单位：一个词或词的一部分。100 个词元约为 75 个英文单词；一个汉字大约一个词元。",
            ),
            arxiv("Sennrich et al. 2015", "1508.07909"),
        ),
        Term(
            "context-length",
            Text("Context length", "上下文长度"),
            Text(
                "The most tokens that a model reads at once: system prompt, question, examples and answer together.",
                "模型一次最多能读取的词元数：系统提示词、问题、示例和回答合计。",
            ),
            settings=("max_length",),
        ),
        Term(
            "system-prompt",
            Text("System prompt", "系统提示词"),
            Text(
                "A text before the conversation that says who the model is and how it should answer. Use the same one in training and in chat.",
                "放在对话之前的文字，说明模型是谁、应如何回答。训练和对话时请使用同样的内容。",
            ),
        ),
        Term(
            "chat-template",
            Text("Chat template", "对话模板"),
            Text(
                "How a model's maker wants conversations to be written as one text, with marks for who speaks. Training and chat use the same one here.",
                "模型作者规定的格式：怎样把对话写成一段文本，并标出说话的是谁。这里训练和对话使用同一个模板。",
            ),
            Citation("Transformers: chat templates", "https://huggingface.co/docs/transformers/chat_templating"),
        ),
        Term(
            "label-masking",
            Text("Label masking (loss masking)", "标签掩码（损失掩码）"),
            Text(
                "Questions and system prompts are read but not learnt: only tokens of answers count in the loss.",
                "问题和系统提示词只读不学：只有回答的词元计入损失。",
            ),
            settings=("train_on",),
        ),
        Term(
            "packing",
            Text("Packing", "样本打包"),
            Text(
                "Several short examples share one sequence, so that no time goes into padding. Each example attends to itself alone.",
                "多个短样本共用一个序列，不把时间浪费在填充上。每个样本只关注自己。",
            ),
            arxiv("Krell et al. 2021", "2107.02027"),
        ),
        Term(
            "training-split",
            Text("Training split", "训练集"),
            Text("The rows that the model learns from.", "模型用来学习的数据行。"),
        ),
        Term(
            "validation-split",
            Text("Validation split", "验证集"),
            Text(
                "Rows that are held out: never trained on, only used to evaluate during training and to choose between settings.",
                "留出的数据行：不参与训练，只用于训练中的评估和选择设置。",
            ),
        ),
        Term(
            "test-split",
            Text("Test split", "测试集"),
            Text(
                "Rows that are held out even from choices: looked at once, at the very end, for an honest score.",
                "连选择设置时也不看的数据行：只在最后看一次，得到客观的分数。",
            ),
        ),
        Term(
            "leakage",
            Text("Data leakage", "数据泄漏"),
            Text(
                "Rows of the validation or test split that also are in the training split, in the same or nearly the same words. Scores then look better than they are.",
                "验证集或测试集的行以相同或几乎相同的形式出现在训练集中，使分数看起来比实际好。",
            ),
            Citation("Kaufman et al. 2012", "https://doi.org/10.1145/2382577.2382579"),
        ),
        Term(
            "near-duplicates",
            Text("Near-duplicates", "近似重复"),
            Text(
                "Rows that say almost the same in almost the same words. They weigh more than others and invite overfitting.",
                "用几乎相同的话说几乎相同内容的行。它们的分量过重，容易导致过拟合。",
            ),
            arxiv("Lee et al. 2021", "2107.06499"),
        ),
        Term(
            "augmentation",
            Text("Data augmentation", "数据增强"),
            Text(
                "New training rows made from those that are there: asked in other words, with typos, rewritten by a model.",
                "由现有的行生成新的训练行：换种问法、加入笔误、用模型改写。",
            ),
        ),
        Term(
            "annotation-queue",
            Text("Annotation queue", "标注队列"),
            Text(
                "Rows that wait for a person: answers saved in the Playground and rows that a model made. They count only once you have approved them.",
                "等待人工处理的行：在对话页保存的回答，以及模型生成的行。审核通过后才算数。",
            ),
        ),
        Term(
            "preference-pairs",
            Text("Preference pairs", "偏好数据（成对回答）"),
            Text(
                "One question with two answers, the better one (chosen) and the worse one (rejected).",
                "一个问题配两个回答：较好的（chosen）和较差的（rejected）。",
            ),
            arxiv("Rafailov et al. 2023", "2305.18290"),
        ),
        Term(
            "kto",
            Text("Thumbs (KTO)", "点赞与点踩（KTO）"),
            Text(
                "One answer with a thumb up or down. KTO trains on such feedback without pairs.",
                "一个回答附带点赞或点踩。KTO 用这种反馈训练，不需要成对的回答。",
            ),
            arxiv("Ethayarajh et al. 2024", "2402.01306"),
        ),
    ),
)
