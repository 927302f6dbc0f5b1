"""Personal data and secrets: what must not be trained on, for a model says it again to anybody who asks well."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from engine.core.params import Param
from engine.core.text import Text
from engine.data.privacy.kinds import KINDS, ordered, spans_in
from engine.data.quality.base import Check, Detail, Fix, Span, Values, drop, each
from engine.data.rows.extra_fields import extra_fields_of
from engine.data.rows.row import Row, texts_of


def _look(values: Values) -> Callable[[Row], Detail | None]:
    kinds = ordered(values["kinds"])

    def judge(row: Row) -> Detail | None:
        spans: list[Span] = []
        for part, text in enumerate(texts_of(row)):
            spans += [(part, start, end, kind) for start, end, kind in spans_in(text, kinds)]
        for part, (name, text) in enumerate(extra_fields_of(row), len(texts_of(row))):
            spans += [(part, start, end, kind) for start, end, kind in _named(name, text, kinds)]
        if not spans:
            return None
        return {"code": "personal", "spans": spans, "kinds": sorted({span[3] for span in spans})}

    return judge


def _named(name: str, text: str, kinds: Sequence[str]) -> Iterator[tuple[int, int, str]]:
    """What a text holds that stands alone in a column or an argument: its name tells what a number is."""
    lead = f"{name}: "
    for start, end, kind in spans_in(lead + text, kinds):
        if end > len(lead):
            yield max(0, start - len(lead)), end - len(lead), kind


KINDS_PARAM = Param(
    "kinds", "multi", list(KINDS),
    Text("What to look for", "查找哪些内容"),
    Text("Leave out what your rows may hold, such as the public number of a shop.", "如果某类内容本来就可以出现（例如商店的公开电话），就不要勾选它。"),
    choices={key: label for key, (label, _find) in KINDS.items()},
)  # fmt: skip

PERSONAL = Check(
    key="personal",
    severity="serious",
    label=Text("Personal data and secrets", "个人信息与密钥"),
    help=Text(
        "E-mail addresses, phone, identity and card numbers, passwords and keys. A model can repeat what it was trained on to anybody. "
        "Other columns and the arguments of function calls are looked through as well. "
        "Numbers are checked by their check digits; names and street addresses are not looked for.",
        "电子邮箱、电话、证件号、银行卡号、密码和密钥。模型可能把训练时见过的内容说给任何人听。其他列和函数调用的参数也会查找。号码会用校验位核对；姓名和住址不在查找范围内。",
    ),
    found=Text("{rows|row holds|rows hold} personal data or secrets.", "有 {rows} 行含有个人信息或密钥。"),
    run=each(_look),
    params=(KINDS_PARAM,),
    fixes=(
        Fix("mask_found", {"check": "personal"}, Text("Mask them, as in [EMAIL]", "打码，例如换成 [EMAIL]")),
        drop("personal"),
    ),
    weight=5,
)
