"""Words of memory and number formats, and of the plan that is made of them."""

from __future__ import annotations

from engine.core.text import Text
from engine.services.app.glossary.term import Citation, Term, Topic, arxiv

MEMORY = Topic(
    "memory",
    Text("Memory and number formats", "内存与数值格式"),
    (
        Term(
            "memory-estimate",
            Text("Memory estimate", "内存估算"),
            Text(
                "What a job is expected to hold in memory, before it starts, with its breakdown: weights, gradients, optimizer state, activations and so on.",
                "任务开始之前对所需内存的估计，并列出明细：权重、梯度、优化器状态、激活值等。",
            ),
            arxiv("Rajbhandari et al. 2019 (ZeRO)", "1910.02054"),
        ),
        Term(
            "peak-memory",
            Text("Peak memory", "峰值内存"),
            Text(
                "The most memory that a job holds at any one time. It decides whether the job fits.",
                "任务在任一时刻占用的最大内存，决定任务是否放得下。",
            ),
        ),
        Term(
            "activations",
            Text("Activations", "激活值"),
            Text(
                "What each layer calculated for your text. They are kept until gradients are worked out from them, and grow with the length of the examples.",
                "每一层对文本的计算结果。要保留到由它们算出梯度为止，样本越长占用越多。",
            ),
            arxiv("Korthikanti et al. 2022", "2205.05198"),
        ),
        Term(
            "activation-checkpointing",
            Text("Activation checkpointing (gradient checkpointing)", "激活检查点（重算激活值）"),
            Text(
                "Keeps only some activations and recomputes the others when they are needed: much less memory, about a third more time, the same result.",
                "只保留部分激活值，需要时再重新计算其余的：内存少很多，时间多约三分之一，结果不变。",
            ),
            arxiv("Chen et al. 2016", "1604.06174"),
            settings=("checkpointing",),
        ),
        Term(
            "dry-run",
            Text("Dry run", "试运行"),
            Text(
                "Goes through one training step on fake tensors, which have a size and no contents, and counts what it would hold. It tests the memory estimate without loading weights.",
                "用只有大小、没有内容的虚拟张量走一遍训练步骤，统计会占用多少内存。无需加载权重即可检验内存估算。",
            ),
        ),
        Term(
            "speed-probe",
            Text("Speed probe", "测速"),
            Text(
                "Trains three real steps and throws them away, to measure how fast this machine is. The time of the plan is then a measured one.",
                "真实训练三步后丢弃，用来测量本机的速度。之后方案中的时间就是实测值。",
            ),
        ),
        Term(
            "precision",
            Text("Precision (fp32, bf16, fp16)", "精度（fp32、bf16、fp16）"),
            Text(
                "How many bits a number has in calculations: 32, or 16 for half the memory. bf16 has the range of fp32; fp16 needs loss scaling.",
                "计算时每个数值的位数：32 位，或内存减半的 16 位。bf16 的数值范围与 fp32 相同；fp16 需要损失缩放。",
            ),
            arxiv("Micikevicius et al. 2017", "1710.03740"),
        ),
        Term(
            "quantisation",
            Text("Quantisation", "量化"),
            Text(
                "Stores weights in 8 or 4 bits with a scale for each block of them. Saves memory, not time, at a small loss of exactness.",
                "用 8 位或 4 位存储权重，每一小块配一个缩放常数。节省的是内存而不是时间，精确度略有损失。",
            ),
            arxiv("Dettmers et al. 2022 (LLM.int8)", "2208.07339"),
            settings=("quantisation",),
        ),
        Term(
            "nf4",
            Text("NF4", "NF4"),
            Text(
                "A 4-bit format whose 16 values are placed as the weights of neural networks are spread (normal float). The usual one for QLoRA.",
                "一种 4 位格式，其 16 个取值按神经网络权重的分布（正态分布）安排。QLoRA 常用它。",
            ),
            arxiv("Dettmers et al. 2023", "2305.14314"),
        ),
        Term(
            "double-quantisation",
            Text("Double quantisation", "双重量化"),
            Text(
                "Quantises the scales of the blocks as well: about 0.4 bits less for each weight.",
                "把各块的缩放常数也加以量化：每个权重再省约 0.4 位。",
            ),
            arxiv("Dettmers et al. 2023", "2305.14314"),
            settings=("double_quantisation",),
        ),
        Term(
            "safetensors",
            Text("safetensors", "safetensors"),
            Text(
                "A file format that holds weights and nothing that could be run. The only one that Tunesmith loads weights of Hugging Face models from.",
                "只存放权重、不含任何可执行内容的文件格式。Tunesmith 只从这种格式加载 Hugging Face 模型的权重。",
            ),
            Citation("safetensors documentation", "https://huggingface.co/docs/safetensors"),
        ),
        Term(
            "gguf",
            Text("GGUF", "GGUF"),
            Text(
                "The file format of llama.cpp and of programs built on it: weights (often quantised), tokenizer and chat template in one file.",
                "llama.cpp 及基于它的程序所用的文件格式：权重（常为量化后的）、分词器和对话模板都在一个文件中。",
            ),
            Citation("GGUF specification", "https://github.com/ggml-org/ggml/blob/master/docs/gguf.md"),
        ),
    ),
)
