"""What people read uses the words of the field: words of our own that had one do not come back."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from engine.core.text import catalogue

ROOT = Path(__file__).parents[2]
OLD: dict[str, dict[str, str]] = {
    "en": {  # what must not occur -> what to write
        r"\bbills?\b": "memory estimate, breakdown",
        r"\bsquee\w+": "quantise, quantised",
        r"\b(mend|repair)\w*": "fix",
        r"\bon to \{\}": "Next: {step}",
        r"(?<!torch's )\bfake tensors\b": "placeholder numbers",
        r"\bheld equal\b|\b(what )?everybody gets\b": "shared settings",
        r"\b(torn|tear\w*) (a group )?apart\b": "keep groups together",
        r"\btakes? \w+ data set away\b": "export",
        r"^optimizer state$": "optimizer memory",
        r"\b(fewer|more|\d+) passes\b": "epochs",
        r"\bpasses (each|over the data:)": "epochs",
        r"\ba pass\b": "per epoch",
        r"\bgroups? of (examples|at most)\b": "micro-batch",
        r"\bexamples per step\b": "batch size",
        r"\brecomput\w+ activations\b(?<!: recomputes activations)": "activation checkpointing",
        r"\bcheck precisely\b": "dry run",
        r"\bheld-out (loss|part|examples|questions)\b": "validation loss, validation split",
        r"\bchecks? during training\b|\bchecking (the )?held-out\b": "evaluation",
        r"\brows to review\b(?!: )": "annotation queue",
        r"\breview queue\b": "annotation queue",
        r"\bjudged (good|bad|answers?)\b": "thumbs (KTO)",
        r"\bnear-cop(y|ies)\b": "near-duplicates",
        r"\boptimizer's notes\b": "optimizer state",
        r"\bword scores\b": "logits",
        r"\bintermediate results\b": "activations",
        r"\btak(e|es) (\w+ )?away\b": "export",
        r"\bmark to beat\b": "baseline to beat",
        r"\bsniff\w*|\bfooting\b|\bstanding\b|\blimbs?\b|\bshel(f|ves)\b": "a word of the field",
    },
    "zh": {
        "您": "你",
        "模型中心|模型社区|模型库": "Hugging Face",
        "基础模型|原模型|原始基座": "基座模型",
        r"[一-鿿]Hugging Face|Hugging Face[一-鿿]": "Hugging Face，前后留空格",
        "“问题”标签页": "“数据体检”标签页",
        "措辞": "模板（用模板拼接）",
        "模型保持原样": "不压缩模型",
        r"各 \{\} 轮": "各训练 N 轮",
        "样本(全部|保持)完整": "样本不截断",
        "审核通过(之)?后才算数|什么都不算数|它们都不算数": "经你确认后才会加入",
        "数字对应的模型|针对某个模型": "按哪个模型估算",
        "来自各方法的声明": "根据方法特点和所需资源推荐",
        "虚拟张量": "占位数值",
        "聊天(?!机器人)": "对话",
        "(?<!参考)答案(?!`)": "回答",
        "账单": "内存估算",
        "试算": "试运行",
        "显存估算": "内存估算",
        "精确检查|方案核查": "试运行",
        "偏好对": "偏好数据（成对回答）",
        "好评|差评": "点赞、点踩",
        "待审核的数据行|待审列表": "标注队列",
        "聊天模板": "对话模板",
        "系统提示(?!词)": "系统提示词",
        "选项卡": "标签页",
        "优化器记录": "优化器状态",
        "词语得分": "logits（词元得分）",
        "中间结果": "激活值",
        "压缩到 ?[48] ?位|压缩后的权重|压缩的基座": "量化",
        "验证样本": "验证集",
        "(?<!（)死记硬背": "过拟合（死记硬背）",
        r"\d token\b|个 token\b": "词元",
    },
}
GENERATED = ("parameters.md",)  # from the declarations


def _catalogued() -> Iterator[tuple[str, str, str]]:
    for language in OLD:
        yield from ((language, key, text) for key, text in catalogue(language).items())


def _documented() -> Iterator[tuple[str, str, str]]:
    """Lines of the docs, without what is code in them."""
    for file in [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]:
        if file.name not in GENERATED:
            language = "zh" if file.parent.name == "zh" else "en"
            for number, line in enumerate(file.read_text(encoding="utf-8").splitlines(), 1):
                yield language, f"{file.relative_to(ROOT).as_posix()}:{number}", re.sub(r"`[^`]*`", "", line)


@pytest.mark.parametrize("texts", [_catalogued, _documented], ids=["catalogues", "docs"])
def test_words_of_our_own_do_not_come_back(texts: object) -> None:
    assert callable(texts)
    said = list(texts())
    assert {language for language, _place, text in said if text} == {*OLD}
    found = [
        f"{place}: {match[0]!r}, write {instead!r}"
        for language, place, text in said
        for old, instead in OLD[language].items()
        if (match := re.search(old, re.sub(r"\{\w+(:[^}]*)?\}", "{}", text), re.IGNORECASE))
    ]
    assert not found, "\n".join(found)


@pytest.mark.parametrize("language", sorted(OLD))
def test_the_standard_word_stands_where_it_is_looked_for(language: str) -> None:
    """Screens whose words people search for: the key's text holds the word."""
    wanted = {
        "en": {
            "train.estimate.items": "Memory estimate", "train.check.title": "Dry run", "train.probe.title": "Speed probe",
            "data.review.title": "Annotation queue", "data.val": "Validation split", "jobs.chart.lead": "overfit",
            "train.next": "Next: ", "compare.part.budget": "Shared settings", "findings.fixes": "Fix",
            "data.operations.shaping.splits.split_group.label": "keep groups together", "train.check.means": "placeholder numbers",
            "train.estimate.tokens": "epoch", "compare.fact.batch_size": "Batch size", "data.shape.preference": "Preference pairs",
            "plan.memory.optimizer": "Optimizer memory", "plan.memory.activations": "Activations",
        },
        "zh": {
            "train.estimate.items": "内存估算", "train.check.title": "试运行", "train.probe.title": "测速",
            "data.review.title": "标注队列", "data.val": "验证集", "jobs.chart.lead": "过拟合",
            "data.tab.findings": "数据体检", "data.wording.use": "用模板拼接", "train.offers.whole": "不压缩模型",
            "train.offers.passes": "训练 {n} 轮", "plan.why.quality": "样本不截断", "rewrite.lead": "经你确认后才会加入",
            "learn.model": "按哪个模型估算", "learn.guide.lead": "根据方法特点和所需资源推荐",
            "train.estimate.tokens": "每轮", "compare.fact.batch_size": "批大小", "data.shape.preference": "偏好数据",
            "plan.memory.optimizer": "优化器状态", "plan.memory.activations": "激活值",
        },
    }  # fmt: skip
    texts = catalogue(language)
    assert [key for key, word in wanted[language].items() if word not in texts[key]] == []
