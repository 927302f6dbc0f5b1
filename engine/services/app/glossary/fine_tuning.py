"""Words of fine-tuning: its kinds, adapters, and what they are made of."""

from __future__ import annotations

from engine.core.text import Text
from engine.services.app.glossary.term import Citation, Term, Topic, arxiv

FINE_TUNING = Topic(
    "fine-tuning",
    Text("Fine-tuning and adapters", "微调与适配器"),
    (
        Term(
            "base-model",
            Text("Base model", "基座模型"),
            Text(
                "The model that fine-tuning starts from. It is never overwritten here; every tuned model names the base model that it belongs to.",
                "微调的起点模型。这里从不覆盖它；每个微调模型都会注明所属的基座模型。",
            ),
        ),
        Term(
            "sft",
            Text("Supervised fine-tuning (SFT)", "监督微调（SFT）"),
            Text(
                "Training on examples of questions with the answers that you want. The model learns to write these answers token by token.",
                "用带有期望回答的问题样本来训练。模型学习逐个词元地写出这些回答。",
            ),
            arxiv("Ouyang et al. 2022 (InstructGPT)", "2203.02155"),
        ),
        Term(
            "full-fine-tuning",
            Text("Full fine-tuning", "全量微调"),
            Text(
                "Fine-tuning in which every weight of the model is trained. It can learn the most, needs the most memory, and forgets more easily than LoRA.",
                "训练模型全部权重的微调。能学到最多，内存需求最大，也比 LoRA 更容易遗忘。",
            ),
            arxiv("Biderman et al. 2024", "2405.09673"),
        ),
        Term(
            "peft",
            Text("Parameter-efficient fine-tuning (PEFT)", "参数高效微调（PEFT）"),
            Text(
                "All methods that train few parameters and leave the base model frozen. PEFT is also the library whose file format adapters have here.",
                "只训练少量参数、冻结基座模型的各种方法的总称。PEFT 也是一个库，这里的适配器采用它的文件格式。",
            ),
            Citation("PEFT documentation", "https://huggingface.co/docs/peft"),
        ),
        Term(
            "adapter",
            Text("Adapter", "适配器"),
            Text(
                "The small part that a PEFT method adds to a frozen base model and trains. Its file takes some megabytes, works with that base model only, and can be switched off.",
                "PEFT 方法加在冻结的基座模型上并加以训练的小部分。文件只有几兆字节，只适用于该基座模型，可以关闭。",
            ),
            arxiv("Houlsby et al. 2019", "1902.00751"),
        ),
        Term(
            "lora",
            Text("LoRA", "LoRA（低秩适配）"),
            Text(
                "Low-rank adaptation: beside each chosen weight matrix two narrow matrices are trained, and their product is added. The usual first choice.",
                "低秩适配：在每个所选的权重矩阵旁训练两个窄矩阵，并加上它们的乘积。通常是首选方法。",
            ),
            arxiv("Hu et al. 2021", "2106.09685"),
        ),
        Term(
            "rank",
            Text("Rank (r)", "秩（rank，r）"),
            Text(
                "The width of LoRA's two narrow matrices. A higher rank can learn more, needs more memory, and overfits sooner on few examples.",
                "LoRA 两个窄矩阵的宽度。秩越高能学得越多，占用内存越多，样本少时也越容易过拟合。",
            ),
            arxiv("Hu et al. 2021", "2106.09685"),
            settings=("rank", "target_rank", "start_rank"),
        ),
        Term(
            "alpha",
            Text("Alpha (LoRA scaling)", "缩放系数（alpha）"),
            Text(
                "How strongly an adapter counts: its output is multiplied by alpha / rank. Twice the rank is usual.",
                "适配器的强度：其输出乘以 alpha / 秩。常取秩的两倍。",
            ),
            arxiv("Kalajdzievski 2023", "2312.03732"),
            settings=("alpha",),
        ),
        Term(
            "qlora",
            Text("QLoRA", "QLoRA"),
            Text(
                "LoRA on a base model that is quantised to 4 bits: a quarter of the memory for the weights, a little slower, nearly as good.",
                "在量化到 4 位的基座模型上做 LoRA：权重只占四分之一的内存，稍慢，效果几乎一样。",
            ),
            arxiv("Dettmers et al. 2023", "2305.14314"),
        ),
        Term(
            "trainable-parameters",
            Text("Trainable parameters", "可训练参数"),
            Text(
                "The numbers that training adjusts. They decide how much memory gradients and the optimizer state take; a share of 1 % or less is normal for adapters.",
                "训练时会被调整的数值。它们决定梯度和优化器状态占用多少内存；适配器通常只占 1% 或更少。",
            ),
        ),
        Term(
            "soft-prompt",
            Text("Soft prompt (virtual tokens)", "软提示（虚拟词元）"),
            Text(
                "Trained vectors that stand before every text as if they were tokens. Prompt tuning puts them at the input, prefix tuning into every layer.",
                "像词元一样放在每段文本之前的可训练向量。提示微调放在输入处，前缀微调放入每一层。",
            ),
            arxiv("Lester et al. 2021", "2104.08691"),
            settings=("virtual_tokens",),
        ),
        Term(
            "merge",
            Text("Merge", "合并"),
            Text(
                "To add an adapter's change to the weights of its base model. The merged model stands alone and is as fast as the base model.",
                "把适配器的改变加进基座模型的权重。合并后的模型可独立使用，速度与基座模型相同。",
            ),
            Citation("PEFT: model merging", "https://huggingface.co/docs/peft/developer_guides/lora"),
        ),
        Term(
            "continued-pretraining",
            Text("Continued pretraining", "继续预训练"),
            Text(
                "Training on running text without questions and answers, as in pretraining: for a domain's language or a new language.",
                "像预训练那样用没有问答的连续文本继续训练：用于某个领域的语言或一门新语言。",
            ),
            arxiv("Gururangan et al. 2020", "2004.10964"),
        ),
        Term(
            "distillation",
            Text("Distillation", "蒸馏"),
            Text(
                "To train a small model on what a larger one says. Mind the licence of the larger model.",
                "用较大模型的输出来训练较小的模型。请注意较大模型的许可证。",
            ),
            arxiv("Hinton et al. 2015", "1503.02531"),
        ),
        Term(
            "catastrophic-forgetting",
            Text("Catastrophic forgetting", "灾难性遗忘"),
            Text(
                "A model loses old skills while it learns new ones. Replaying older data, a lower learning rate, and fewer trained parameters help.",
                "模型在学习新能力时丢失旧能力。重放旧数据、降低学习率、减少训练的参数都有帮助。",
            ),
            arxiv("Kirkpatrick et al. 2016", "1612.00796"),
        ),
    ),
)
