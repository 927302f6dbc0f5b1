"""P-tuning (Liu et al. 2021, arXiv:2103.10385): virtual tokens that a small network computes while they are trained."""

from __future__ import annotations

from engine.core.params import Param
from engine.core.text import Text
from engine.methods.common.declaration import Learn, Method, Model, RunContext, Values, Variant
from engine.methods.common.footprint import Footprint
from engine.methods.common.shape import ModelShape
from engine.methods.prompt import VIRTUAL, WEAK_ON_SMALL, virtual_tokens


def _apply(model: Model, values: Values, _run: RunContext) -> Model:
    from peft import PromptEncoderConfig, get_peft_model

    lstm = values["encoder"] == "lstm"
    config = PromptEncoderConfig(
        num_virtual_tokens=values["virtual_tokens"],
        encoder_reparameterization_type="LSTM" if lstm else "MLP",
        encoder_hidden_size=values["encoder_size"],
        encoder_num_layers=values["encoder_layers"] if lstm else 2,
        encoder_dropout=values["encoder_dropout"] if lstm else 0.0,
        task_type="CAUSAL_LM",
    )
    return get_peft_model(model, config)


def _embeddings(shape: ModelShape, values: Values) -> int:
    return int(values["virtual_tokens"]) * shape.hidden


def _trainable(shape: ModelShape, values: Values) -> int:
    """The embeddings and the network that reads them (arXiv:2103.10385, section 3.2, in the sizes of PEFT's PromptEncoder).

    MLP: hidden -> size -> size -> hidden. LSTM: both directions with 4 gates and 2 biases each, then 2 size -> 2 size -> hidden.
    """
    hidden, size = shape.hidden, int(values["encoder_size"])
    if values["encoder"] == "mlp":
        return _embeddings(shape, values) + 2 * hidden * size + size * size + 2 * size + hidden
    inputs = [hidden] + [2 * size] * (int(values["encoder_layers"]) - 1)
    lstm = sum(2 * 4 * size * (wide + size + 2) for wide in inputs)
    head = 2 * size * (2 * size + 1) + (2 * size + 1) * hidden
    return _embeddings(shape, values) + lstm + head


P_TUNING = Method(
    key="p_tuning",
    family="prompt",
    label=Text("P-tuning", "P-tuning（v1）"),
    tagline=Text("Trained prompt, made by a small network.", "由小网络生成的可训练提示。"),
    help=Text(
        "Like prompt tuning, but the vectors come out of a small network during training, so that they learn together. "
        "Only the vectors are kept at the end.",
        "与提示微调类似，但训练时向量由一个小网络生成，从而能一起学习。结束时只保留向量。",
    ),
    saves="adapter",
    footprint=lambda _shape, values: Footprint(front=int(values["virtual_tokens"])),
    params=(
        virtual_tokens(20, Text("10 to 50", "10 到 50")),
        Param(
            key="encoder",
            kind="choice",
            default="mlp",
            choices={
                "mlp": Text("MLP (three layers)", "MLP（三层）"),
                "lstm": Text("LSTM in both directions", "双向 LSTM"),
            },
            label=Text("Network", "编码器"),
            help=Text(
                "What computes the vectors. The LSTM lets neighbours know of each other, as in the paper; the MLP is faster.",
                "由什么计算向量。LSTM 让相邻向量互相关联（论文做法）；MLP 更快。",
            ),
            usual=Text("MLP", "MLP"),
        ),
        Param(
            key="encoder_size",
            kind="int",
            default=256,
            minimum=1,
            maximum=8192,
            step=32,
            label=Text("Size of the network", "编码器宽度"),
            help=Text(
                "Width of its inner layers. Costs memory in training only.", "内部各层的宽度。只在训练时占用内存。"
            ),
            usual=Text("128 to 1,024", "128 到 1,024"),
        ),
        Param(
            key="encoder_layers",
            kind="int",
            default=2,
            minimum=1,
            maximum=8,
            step=1,
            label=Text("Layers of the LSTM", "LSTM 层数"),
            help=Text("For the LSTM only; the MLP always has three.", "仅用于 LSTM；MLP 固定为三层。"),
            usual=Text("2", "2"),
        ),
        Param(
            key="encoder_dropout",
            kind="float",
            default=0.0,
            minimum=0.0,
            maximum=0.9,
            step=0.05,
            label=Text("Dropout of the LSTM", "LSTM 随机失活"),
            help=Text(
                "For an LSTM of two layers or more: share of numbers switched off between them.",
                "用于两层及以上的 LSTM：层与层之间随机关闭的比例。",
            ),
            usual=Text("0", "0"),
        ),
    ),
    defaults={"learning_rate": 5e-3, "epochs": 6},
    apply=_apply,
    trainable=_trainable,
    trainable_source="arXiv:2103.10385, section 3.2; sizes of PEFT's PromptEncoder",
    stored=_embeddings,
    changed=lambda _shape, _values: 0,
    starts_as_base=False,
    rank=lambda _shape, _values: None,
    capabilities=VIRTUAL,
    expected_fall=0.1,
    variants=(
        Variant(
            key="lstm",
            label=Text("P-tuning with an LSTM", "使用 LSTM 的 P-tuning"),
            tagline=Text("The network of the paper.", "论文中的编码器。"),
            values={"encoder": "lstm"},
            paper="arXiv:2103.10385",
        ),
    ),
    notes=(
        WEAK_ON_SMALL,
        Text(
            "P-tuning is not a schedule of learning rates, and it is not P-tuning v2, which puts vectors into every layer.",
            "P-tuning 不是学习率策略，也不同于在每一层放入向量的 P-tuning v2。",
        ),
    ),
    learn=Learn(
        what=Text(
            "Vectors in front of every text are computed by a small network while they are trained, so that they change together. "
            "At the end the network is thrown away and only the vectors are kept.",
            "文本前面的向量在训练时由一个小网络计算，因此会一起变化。结束后丢弃网络，只保留向量。",
        ),
        trains=Text("The vectors' seeds and the small network", "向量的种子和小网络"),
        frozen=Text("Every weight of the model", "模型的所有权重"),
        when=Text(
            "Prompt tuning swings or gets stuck, and the result must stay tiny",
            "提示微调不稳定或停滞，而结果又必须很小",
        ),
        when_not=Text(
            "The result must be as good as it can be on a small model: LoRA learns more",
            "在小模型上追求最好效果时：LoRA 学得更多",
        ),
        strengths=(
            Text("Calmer to train than prompt tuning", "比提示微调更稳定"),
            Text("The result is as tiny: only the vectors", "结果同样很小：只有向量"),
            Text("Many tasks in one batch", "多个任务可放在同一批中"),
        ),
        weaknesses=(
            Text("Trains more numbers than it keeps", "训练的参数比保存的多"),
            Text("Weak on small models", "在小模型上效果弱"),
            Text("Takes up context", "占用上下文"),
        ),
        paper="Liu et al. 2021, GPT Understands, Too, arXiv:2103.10385",
        formula="virtual tokens × hidden + network",
    ),
)
