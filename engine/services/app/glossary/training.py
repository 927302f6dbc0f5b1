"""Words of the training loop: steps, their size, and what to watch."""

from __future__ import annotations

from engine.core.text import Text
from engine.services.app.glossary.term import Citation, Term, Topic, arxiv

TRAINING = Topic(
    "training",
    Text("Training", "训练"),
    (
        Term(
            "loss",
            Text("Loss", "损失"),
            Text(
                "How wrong the model's predictions are: the mean of −log(probability) of each right token. Lower is better; 0 would be certainty.",
                "模型预测的误差：每个正确词元的 −log(概率) 的平均值。越低越好，0 表示完全确定。",
            ),
        ),
        Term(
            "training-validation-loss",
            Text("Training and validation loss", "训练损失与验证损失"),
            Text(
                "The loss on examples that are trained on, and on those of the validation split. When the first falls and the second rises, the model overfits.",
                "在训练样本上的损失，以及在验证集上的损失。前者下降而后者上升时，模型正在过拟合。",
            ),
        ),
        Term(
            "epoch",
            Text("Epoch", "轮（epoch）"),
            Text(
                "One pass over all training examples. Three epochs show each example three times.",
                "把全部训练样本过一遍。训练 3 轮就是每个样本看三次。",
            ),
            arxiv("Muennighoff et al. 2023", "2305.16264"),
            settings=("epochs",),
        ),
        Term(
            "step",
            Text("Step", "步（step）"),
            Text(
                "One update of the trained weights, from the examples of one batch.",
                "用一个批次的样本更新一次被训练的权重。",
            ),
        ),
        Term(
            "batch-size",
            Text("Batch size", "批大小"),
            Text(
                "How many examples one step learns from. Larger batches give steadier steps, and fewer of them in an epoch.",
                "每一步学习多少个样本。批越大每步越稳定，每轮的步数越少。",
            ),
            settings=("batch_size",),
        ),
        Term(
            "micro-batch",
            Text("Micro-batch", "微批次"),
            Text(
                "A part of a batch that is small enough for the memory. Tunesmith forms micro-batches by itself.",
                "一个批次中内存放得下的一部分。Tunesmith 会自动划分微批次。",
            ),
        ),
        Term(
            "gradient-accumulation",
            Text("Gradient accumulation", "梯度累积"),
            Text(
                "Gradients of several micro-batches are added up before the step is taken, so the result is that of the whole batch.",
                "先把多个微批次的梯度相加，再更新一步，结果与整个批次一起计算相同。",
            ),
        ),
        Term(
            "gradient",
            Text("Gradient", "梯度"),
            Text(
                "For each trained number, in which direction and how strongly it should change to lower the loss.",
                "对每个被训练的数值，指出为降低损失应朝哪个方向、以多大幅度改变。",
            ),
        ),
        Term(
            "gradient-clipping",
            Text("Gradient clipping", "梯度裁剪"),
            Text(
                "Shortens gradients that are longer than a limit, so that one odd batch cannot break the model.",
                "把超过上限的梯度缩短，避免个别异常批次破坏模型。",
            ),
            arxiv("Pascanu et al. 2012", "1211.5063"),
            settings=("max_grad_norm",),
        ),
        Term(
            "learning-rate",
            Text("Learning rate", "学习率"),
            Text(
                "The size of each step. Too low learns nothing, too high breaks the model; it is the setting that matters most.",
                "每一步的大小。太低学不到东西，太高会损坏模型；它是最重要的设置。",
            ),
            settings=("learning_rate",),
        ),
        Term(
            "warm-up",
            Text("Warm-up", "预热"),
            Text(
                "The first steps, in which the learning rate rises from 0, until gradients are steady.",
                "最初的若干步，学习率从 0 逐渐上升，直到梯度稳定。",
            ),
            arxiv("Goyal et al. 2017", "1706.02677"),
            settings=("warmup",),
        ),
        Term(
            "schedule",
            Text("Learning-rate schedule", "学习率调度"),
            Text(
                "How the learning rate changes after the warm-up: it falls evenly (linear), along a cosine, or stays constant.",
                "预热之后学习率如何变化：线性下降、余弦下降，或保持不变。",
            ),
            arxiv("Loshchilov and Hutter 2016", "1608.03983"),
            settings=("schedule",),
        ),
        Term(
            "optimizer",
            Text("Optimizer", "优化器"),
            Text(
                "The rule that turns gradients into changes of the weights. AdamW is usual; it keeps two numbers for each trained one (the optimizer state).",
                "把梯度变成权重改变的规则。常用 AdamW，它为每个被训练的数值保存两个数（优化器状态）。",
            ),
            arxiv("Loshchilov and Hutter 2017", "1711.05101"),
            settings=("optimizer",),
        ),
        Term(
            "weight-decay",
            Text("Weight decay", "权重衰减"),
            Text(
                "Pulls trained weights a little towards 0 in each step, against overfitting.",
                "每一步都把被训练的权重略微拉向 0，防止过拟合。",
            ),
            arxiv("Loshchilov and Hutter 2017", "1711.05101"),
            settings=("weight_decay",),
        ),
        Term(
            "dropout",
            Text("Dropout", "随机失活（dropout）"),
            Text(
                "Switches a share of the numbers off at random while training, against overfitting.",
                "训练时随机关闭一部分数值，防止过拟合。",
            ),
            Citation("Srivastava et al. 2014", "https://jmlr.org/papers/v15/srivastava14a.html"),
            settings=("dropout",),
        ),
        Term(
            "overfitting",
            Text("Overfitting (memorisation)", "过拟合（死记硬背）"),
            Text(
                "The model learns its examples by heart instead of what they have in common. Seen when validation loss rises; fewer epochs and more varied examples help.",
                "模型把样本背了下来，而没有学到其中的规律。表现为验证损失上升；减少轮数、样本更多样会有帮助。",
            ),
        ),
        Term(
            "seed",
            Text("Seed", "随机种子"),
            Text(
                "The number from which all random choices follow. The same seed gives the same run on the same machine.",
                "决定所有随机选择的数字。同一台机器上，相同的种子得到相同的结果。",
            ),
            settings=("seed",),
        ),
        Term(
            "checkpoint",
            Text("Checkpoint", "检查点"),
            Text(
                "What a job saves on its way, with the optimizer state, so that it can go on exactly there after a stop or a crash.",
                "任务途中保存的内容（含优化器状态），停止或崩溃后可以从那里精确地继续。",
            ),
            settings=("keep_checkpoints",),
        ),
        Term(
            "evaluation",
            Text("Evaluation", "评估"),
            Text(
                "The loss on the validation split, and answers to sample questions, measured several times during training.",
                "训练过程中多次测量验证集上的损失，并回答示例问题。",
            ),
            settings=("evaluations",),
        ),
    ),
)
