"""Freeze tuning: only chosen tensors of the model itself are trained, most often the top layers (arXiv:1911.03090)."""

from __future__ import annotations

from collections.abc import Iterator

from engine.core.params import Param
from engine.core.text import Text
from engine.methods.common.declaration import Capabilities, Learn, Method, Model, Refusal, RunContext, Values
from engine.methods.common.footprint import Footprint, inputs_of
from engine.methods.common.shape import ModelShape

_PARAMS = (
    Param(
        key="top_layers",
        kind="int",
        default=4,
        minimum=0,
        maximum=1000,
        step=1,
        advanced=False,
        label=Text("Top layers to train", "训练的顶部层数"),
        help=Text(
            "So many layers nearest to the output are trained; those below stay as they are and cost no working memory.",
            "训练最靠近输出的若干层；其下的层保持不变，也不占训练内存。",
        ),
        usual=Text("2 to 8, or a quarter of the model", "2 到 8，或模型的四分之一"),
    ),
    Param(
        key="modules",
        kind="text",
        default=None,
        optional=True,
        label=Text("Only these modules", "仅训练这些模块"),
        help=Text(
            "Names of modules in the chosen layers, with commas between: “q_proj, v_proj”. Empty: all of each layer.",
            "所选层中的模块名，用逗号分隔，例如“q_proj, v_proj”。留空表示整层。",
        ),
        usual=Text("empty", "留空"),
    ),
    Param(
        key="embeddings",
        kind="bool",
        default=False,
        label=Text("Train the embeddings", "训练词嵌入"),
        help=Text(
            "For a new language or many new words. Every layer then costs working memory. Where the model shares them "
            "with its output head, the head changes too.",
            "适用于新语言或大量新词；此时每一层都会占用训练内存。若模型的词嵌入与输出头共享，输出头也随之改变。",
        ),
        usual=Text("no", "否"),
    ),
    Param(
        key="head",
        kind="bool",
        default=False,
        label=Text("Train the output head", "训练输出头"),
        help=Text(
            "The last matrix, which chooses the next token. Where it is shared with the embeddings, both change.",
            "选择下一个词元的最后一个矩阵。若与词嵌入共享，两者都会改变。",
        ),
        usual=Text("no", "否"),
    ),
    Param(
        key="norm",
        kind="bool",
        default=False,
        label=Text("Train the last norm", "训练最后的归一化层"),
        help=Text("The small scaling in front of the output head.", "输出头之前的小型缩放层。"),
        usual=Text("no", "否"),
    ),
)


def _named(values: Values) -> set[str]:
    return {name.strip() for name in (values["modules"] or "").replace("，", ",").split(",") if name.strip()}


def _apply(model: Model, values: Values, _run: RunContext) -> Model:
    """Leave only the chosen tensors trainable, in fp32 whatever the rest is held in."""
    from engine.training.tuners import structure

    model.requires_grad_(False)
    chosen = structure.decoder_layers(model)
    names = _named(values)
    parts = [
        module
        for layer in chosen[max(0, len(chosen) - values["top_layers"]) :]
        for path, module in layer.named_modules()
        if (structure.is_named(path, names) if names else path == "")
    ]
    parts += [model.get_input_embeddings()] if values["embeddings"] else []
    parts += [model.get_output_embeddings()] if values["head"] else []
    parts += [structure.final_norm(model)] if values["norm"] else []
    for parameter in (parameter for part in parts for parameter in part.parameters()):
        parameter.data = parameter.data.float()
        parameter.requires_grad_(True)
    return model


def _in_a_layer(shape: ModelShape, names: set[str]) -> int:
    if not names:
        return shape.layer_parameters
    linears = {name: i * o + (o if name in shape.linear_biases else 0) for name, (i, o) in shape.linears.items()}
    norms = {name: shape.norm_tensors * size for name, size in shape.norm_sizes.items()}
    return sum(count for name, count in (linears | norms).items() if name in names)


def _trainable(shape: ModelShape, values: Values) -> int:
    """The chosen tensors' own sizes; a matrix shared by embeddings and head counts once."""
    layers = min(values["top_layers"], shape.layers) * _in_a_layer(shape, _named(values))
    roles = values["embeddings"] + values["head"]
    matrices = min(roles, 1) if shape.tied else roles
    norm = shape.norm_tensors * shape.final_norm[1] if values["norm"] else 0
    return layers + matrices * shape.vocabulary * shape.hidden + norm


def _footprint(shape: ModelShape, values: Values) -> Footprint:
    """The gradient stops at the lowest trained layer; trained embeddings lie below all of them."""
    names = _named(values)
    head = values["head"] or (values["embeddings"] and shape.tied)
    embeddings = values["embeddings"] or (values["head"] and shape.tied)
    return Footprint(
        reads=inputs_of(shape, names or None),
        norms=not names or bool(names & set(shape.norm_sizes)),
        layers=shape.layers if embeddings else min(values["top_layers"], shape.layers),
        aside=shape.hidden if values["norm"] else 0,
        own=True,
        head=head,
        embeddings=embeddings,
    )


def _refusals(shape: ModelShape, values: Values, _training: Values) -> Iterator[Refusal]:
    known = [*shape.linears, *shape.norm_sizes]
    unknown = sorted(_named(values) - set(known))
    if unknown:
        yield Refusal("method.modules", "freeze.unknown_modules", {"names": unknown, "known": known})
    elif _trainable(shape, values) == 0:
        yield Refusal("method.top_layers", "freeze.nothing")


FREEZE = Method(
    key="freeze",
    family="selective",
    label=Text("Freeze tuning", "冻结微调"),
    tagline=Text("Trains the top layers themselves, nothing else.", "只训练模型自身的顶部几层。"),
    help=Text(
        "Most of the model stays frozen and a few of its own layers are trained. Works in less memory than full "
        "fine-tuning; the result holds the changed layers alone and is put in place of the old ones.",
        "模型大部分保持冻结，只训练其中几层。内存需求低于全量微调；结果只包含改变的层，使用时替换原来的层。",
    ),
    saves="delta",
    params=_PARAMS,
    defaults={"learning_rate": 2e-4, "epochs": 4},
    apply=_apply,
    trainable=_trainable,
    trainable_source="sizes of the chosen tensors, shared ones once",
    changed=_trainable,
    rank=lambda shape, _values: shape.hidden,
    footprint=_footprint,
    refusals=_refusals,
    capabilities=Capabilities(
        merge=True,
        toggle=True,
        quantised_base=False,
        why_not={
            "quantised_base": Text(
                "it trains the model's own weights, and quantised weights cannot be trained; LoRA can be trained on a "
                "quantised base",
                "它训练模型自身的权重，而量化后的权重无法训练；LoRA 可以在量化的基础模型上训练",
            ),
            "batch": Text(
                "its changed layers are swapped in and out for each answer",
                "改变的层需要在每次回答时换入换出",
            ),
        },
    ),
    learn=Learn(
        what=Text(
            "A language model is a stack of layers, and the upper ones decide most about how an answer is put. "
            "Freeze tuning trains these few layers and leaves all others exactly as they were.",
            "语言模型由许多层堆叠而成，上面的层最能决定回答的方式。冻结微调只训练这几层，其余各层完全不变。",
        ),
        trains=Text(
            "The top layers, and if you wish the embeddings, the output head or single modules",
            "顶部若干层，也可选择词嵌入、输出头或个别模块",
        ),
        frozen=Text("All layers below", "其下所有层"),
        when=Text(
            "Enough data for real change, but too little memory for full fine-tuning; new words through the embeddings.",
            "数据足以带来真正的改变、但内存不够全量微调时；或通过词嵌入学习新词时。",
        ),
        when_not=Text(
            "The base is to be quantised to 4 bits, or the result must be very small: LoRA does both.",
            "需要把基础模型量化到 4 位，或要求结果非常小时：请用 LoRA。",
        ),
        strengths=(
            Text("No added parts: the result runs as fast as the base", "没有附加部分：运行速度与基础模型相同"),
            Text(
                "The layers below need no working memory and no backward pass", "下面的层不占训练内存，也无需反向传播"
            ),
        ),
        weaknesses=(
            Text("Many more trained numbers than LoRA for the same effect", "达到同样效果时，训练的参数远多于 LoRA"),
            Text("What the lower layers would have to learn, it cannot learn", "需要由底层学习的内容它学不到"),
        ),
        paper="Lee et al. 2019, What Would Elsa Do? Freezing Layers During Transformer Fine-Tuning, arXiv:1911.03090",
        formula="top layers × numbers of a layer + vocabulary × hidden for embeddings and for the head (once if shared)",
    ),
)
