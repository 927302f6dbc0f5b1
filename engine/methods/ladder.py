"""Ladder-side tuning (Sung et al. 2022, arXiv:2206.06522): a narrow network beside the model learns, the model only runs forward."""

from __future__ import annotations

from pathlib import Path

from engine.core.params import Param
from engine.core.text import Text
from engine.methods.common.declaration import Capabilities, Learn, Method, Model, RunContext, Values
from engine.methods.common.footprint import Footprint
from engine.methods.common.modules import TURN_BY_TURN
from engine.methods.common.shape import ModelShape

_HEAD = 16  # width of a side head (engine.training.tuners.ladder)
_KEPT_OF_A_BLOCK = 23  # widths of a side block: two norms 6, attention 7, MLP 8, gate 2

_PARAMS = (
    Param(
        key="reduction",
        kind="int",
        default=8,
        minimum=1,
        maximum=128,
        step=1,
        advanced=False,
        label=Text("Narrower by", "宽度缩小倍数"),
        help=Text(
            "The side network is so many times narrower than the model. Less narrow learns more and costs more.",
            "侧网络比模型窄多少倍。缩小得越少，学得越多，代价也越大。",
        ),
        usual=Text("4 to 16", "4 到 16"),
    ),
    Param(
        key="every",
        kind="int",
        default=1,
        minimum=1,
        maximum=64,
        step=1,
        label=Text("Read every n-th layer", "每隔几层读取一次"),
        help=Text(
            "1 gives the side network a block for each layer of the model; 2 for every second one, and so on.",
            "1 表示模型每一层对应一个侧网络块；2 表示每两层一个，依此类推。",
        ),
        usual=Text("1, or 2 for deep models", "1；深层模型可用 2"),
    ),
)


def _width(shape: ModelShape, values: Values) -> int:
    """The model's width, so many times narrower, up to whole heads."""
    return -(-shape.hidden // (values["reduction"] * _HEAD)) * _HEAD


def _rungs(shape: ModelShape, values: Values) -> int:
    return -(-shape.layers // values["every"])


def _apply(model: Model, values: Values, _run: RunContext) -> Model:
    from engine.training.tuners import ladder

    hidden = model.config.get_text_config(decoder=True).hidden_size
    width = -(-hidden // (values["reduction"] * _HEAD)) * _HEAD
    return ladder.build(model, width, values["every"])


def _save(model: Model, folder: Path, _run: RunContext) -> None:
    from engine.training.tuners import ladder

    ladder.save(model, folder)


def _trainable(shape: ModelShape, values: Values) -> int:
    """Blocks of 12w² + 2w and a gate, a reading of hw for each and for the embeddings, the last norm and the writing."""
    width, rungs = _width(shape, values), _rungs(shape, values)
    blocks = rungs * (12 * width**2 + 2 * width + 1)
    return blocks + (rungs + 1) * shape.hidden * width + width + width * shape.hidden


def _footprint(shape: ModelShape, values: Values) -> Footprint:
    """What is read, what the blocks keep, a mask in each; while the model runs, all its layers' outputs too."""
    width, rungs = _width(shape, values), _rungs(shape, values)
    return Footprint(
        layers=0,
        aside=(rungs + 1) * shape.hidden + rungs * _KEPT_OF_A_BLOCK * width,
        pairs=rungs,
        passing=(shape.layers + 1) * shape.hidden,
    )


LADDER = Method(
    key="ladder",
    family="research",
    label=Text("Ladder-side tuning", "梯侧微调（LST）"),
    tagline=Text(
        "A small network beside the model; nothing flows back through it.", "在模型旁边加一个小网络，梯度不回传到模型。"
    ),
    help=Text(
        "The model only runs forward, and a narrow second network reads every layer and corrects the last one. "
        "No gradient goes through the model, so the working memory of training is small.",
        "模型只做前向计算，旁边一个窄网络读取每一层并修正最后的输出。梯度不经过模型，因此训练占用的内存很少。",
    ),
    saves="adapter",
    params=_PARAMS,
    defaults={"learning_rate": 5e-3, "epochs": 4},
    apply=_apply,
    save=_save,
    trainable=_trainable,
    trainable_source="arXiv:2206.06522, section 3.2, for side blocks of a GELU network four times as wide as they are",
    changed=lambda _shape, _values: 0,
    rank=lambda _shape, _values: None,
    footprint=_footprint,
    notes=(
        Text(
            "Differs from the paper: there the side network's output alone goes to the head, and its weights begin as a pruned "
            "copy of the model's. Here it is added to the model's own last state through a projection that begins at zero, so "
            "training starts from the model as it is.",
            "与论文的不同：论文中只有侧网络的输出进入输出头，且其权重由模型剪枝得到。这里把它通过从零开始的投影加到模型自身的最后状态上，"
            "因此训练从原模型开始。",
        ),
    ),
    capabilities=Capabilities(
        merge=False,
        toggle=True,
        packing=False,
        checkpointing=False,
        why_not={
            "merge": Text(
                "it is a network of its own beside the model, and no change of the model's weights does the same; LoRA can be merged",
                "它是模型旁边的独立网络，任何权重改变都无法等效；LoRA 可以合并",
            ),
            "packing": Text(
                "the side network has attention of its own, which sees a whole row",
                "侧网络有自己的注意力，会看到整行内容",
            ),
            "checkpointing": Text(
                "the model runs without gradients and keeps nothing that could be recomputed",
                "模型在无梯度下运行，没有可重算的激活值",
            ),
            "batch": TURN_BY_TURN,
        },
    ),
    learn=Learn(
        what=Text(
            "A small transformer stands beside the large one like a ladder against a wall: each of its blocks reads one layer "
            "of the large model. It alone is trained, and its result is added where the large model chooses the next token.",
            "一个小型 Transformer 像梯子一样靠在大模型旁边：每个小块读取大模型的一层。只训练这个小网络，其结果加在大模型选择下一个词元之前。",
        ),
        trains=Text("The narrow side network, its gates and its readings", "窄侧网络、它的门控与读取投影"),
        frozen=Text("The whole model, which only runs forward", "整个模型，且只做前向计算"),
        when=Text(
            "Working memory is what runs out, as with long texts or large models, and adding layers at use is acceptable.",
            "训练内存不足（如长文本或大模型），并且可以接受使用时多几层计算。",
        ),
        when_not=Text(
            "Memory is enough: LoRA learns more from the same data. The result cannot be merged or exported as a plain model.",
            "内存足够时：LoRA 在相同数据上学得更多。结果无法合并，也不能导出为普通模型。",
        ),
        strengths=(
            Text("No backward pass through the model", "无需经过模型的反向传播"),
            Text("Works on a quantised base just as well", "在量化的基础模型上同样有效"),
        ),
        weaknesses=(
            Text("Starts as an untrained network, so it learns slowly at first", "起点是未经训练的网络，开始时学得慢"),
            Text(
                "A second, small cache and more work for each token in use", "使用时需要额外的小缓存，每个词元计算更多"
            ),
        ),
        paper="Sung et al. 2022, LST: Ladder Side-Tuning, arXiv:2206.06522",
        formula="blocks × (12 × width² + 2 × width + 1) + (blocks + 1) × hidden × width + width + width × hidden",
    ),
)
