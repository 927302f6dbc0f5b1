"""A made set: rows that hold personal data of every kind, and clean rows full of what only looks like it."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator

_RNG = random.Random(20)


def _digits(count: int) -> str:
    return "".join(_RNG.choice("0123456789") for _ in range(count))


def _word(count: int, letters: str = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789") -> str:
    return "".join(_RNG.choice(letters) for _ in range(count))


def _email() -> str:
    name, host = _word(6, "abcdefghij"), _word(5, "klmnopqrst")
    return _RNG.choice(
        [
            f"{name}@{host}.com",
            f"{name}.{_digits(2)}@mail.{host}.co.uk",
            f"{name}+news@{host}.org",
            f"{_digits(9)}@qq.com",
        ]
    )


def _phone() -> str:
    mobile = "1" + _RNG.choice(["38", "59", "86", "77", "99"]) + _digits(8)
    us = f"{_RNG.choice(['415', '212', '646', '305'])}{_RNG.choice('23456789')}{_digits(2)}{_digits(4)}"
    return _RNG.choice([
        mobile, f"{mobile[:3]}-{mobile[3:7]}-{mobile[7:]}", f"+86 {mobile[:3]} {mobile[3:7]} {mobile[7:]}", f"+86{mobile}",
        f"({us[:3]}) {us[3:6]}-{us[6:]}", f"{us[:3]}-{us[3:6]}-{us[6:]}", f"+1 {us[:3]} {us[3:6]} {us[6:]}",
        f"+44 20 7946 {_RNG.randint(1000, 9999)}", f"+49 30 901{_digits(3)}", f"+33 6 {_RNG.randint(10, 89)} {_digits(2)} {_digits(2)} {_digits(2)}",
        f"010-{_RNG.randint(60, 89)}{_digits(6)}",
    ])  # fmt: skip


def _id_number() -> str:
    from stdnum.cn import ric

    body = f"{_RNG.choice(['110105', '310104', '440305', '330106'])}19{_RNG.randint(50, 99)}{_RNG.randint(1, 12):02}{_RNG.randint(1, 28):02}{_digits(3)}"
    return body + ric.calc_check_digit(body + "0")


def _iban() -> str:
    from stdnum import iban

    country, length, prefix = _RNG.choice(
        [("DE", 18, ""), ("FR", 23, ""), ("GB", 14, "NWBK"), ("ES", 20, ""), ("NL", 10, "ABNA")]
    )
    body = prefix + _digits(length)
    number = country + iban.calc_check_digits(country + "00" + body) + body
    return _RNG.choice([number, " ".join(number[at : at + 4] for at in range(0, len(number), 4))])


def _card() -> str:
    from stdnum import luhn

    body = _RNG.choice(["4", "51", "55", "6011", "62", "2221"])
    body += _digits(15 - len(body))
    number = body + luhn.calc_check_digit(body)
    return _RNG.choice(
        [
            number,
            " ".join(number[at : at + 4] for at in range(0, 16, 4)),
            "-".join(number[at : at + 4] for at in range(0, 16, 4)),
        ]
    )


def _ssn() -> str:
    return f"{_RNG.randint(100, 665)}-{_RNG.randint(10, 99)}-{_RNG.randint(1000, 9999)}"


def _ip() -> str:
    return _RNG.choice([
        f"{_RNG.randint(11, 223)}.{_RNG.randint(10, 250)}.{_RNG.randint(10, 250)}.{_RNG.randint(2, 250)}",
        f"192.168.{_RNG.randint(10, 250)}.{_RNG.randint(2, 250)}", f"2001:db8:{_word(4, '0123456789abcdef')}:1::{_RNG.randint(1, 99)}",
        f"fe80::1ff:fe23:{_word(4, '123456789abc')}:890a",
    ])  # fmt: skip


def _key() -> str:
    return _RNG.choice([
        "AKIA" + _word(16, "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"), "ghp_" + _word(36), "sk-" + _word(48), "sk-proj-" + _word(60),
        "xoxb-" + _digits(12) + "-" + _word(24), "AIza" + _word(35), "github_pat_" + _word(40), "hf_" + _word(34),
    ])  # fmt: skip


def _jwt() -> str:
    return f"eyJ{_word(33)}.eyJ{_word(60)}.{_word(43)}"


def _private_key() -> str:
    kind = _RNG.choice(["RSA ", "", "EC ", "OPENSSH "])
    return f"-----BEGIN {kind}PRIVATE KEY-----\n{_word(64)}\n{_word(64)}\n-----END {kind}PRIVATE KEY-----"


def _login() -> str:
    return f"{_word(6, 'abcdef')}:{_word(10)}9"


def _password() -> str:
    return _word(6) + _RNG.choice("!$%&#") + _word(4) + _digits(2)


SENTENCES = {
    "login": ["postgres://{}@db.lamps.io:5432/shop", "Clone it with https://{}@git.lamps.io/team/repo.git please."],
    "password": ["password: {}", "The password is {} for now", 'db_password = "{}"', "API_KEY={}", "密码：{}", "登录密码是{}，请保密", "token: '{}'"],
    "ssn": ["My social security number is {}.", "SSN: {}", "{} is what the form says."],
    "ip": ["The request came from {} at noon.", "ping {}", "服务器地址是 {}，请检查。"],
    "phone": ["Call me on {} after six.", "My number is {}.", "我的电话是{}，随时联系。", "联系人：李雷 {}", "Anna, {}, Berlin", "Reach us at {}!"],
}  # fmt: skip
_ANY = ["Please write it down: {}", "It is {} as far as I know.", "请记下：{}，谢谢。", "{}"]
MAKERS: dict[str, Callable[[], str]] = {
    "email": _email, "phone": _phone, "id_number": _id_number, "iban": _iban, "card": _card, "ssn": _ssn, "ip": _ip, "key": _key,
    "jwt": _jwt, "private_key": _private_key, "login": _login, "password": _password,
}  # fmt: skip


def personal(each: int) -> Iterator[tuple[str, str]]:
    """(kind, text that holds it), `each` of every kind."""
    for kind, make in MAKERS.items():
        for _ in range(each):
            yield kind, _RNG.choice(SENTENCES.get(kind, _ANY)).replace("{}", make())


_TRAPS: list[Callable[[], str]] = [
    lambda: f"Your order number is {_digits(_RNG.choice([8, 10, 11, 12, 16]))}; it ships on 2024-0{_RNG.randint(1, 9)}-1{_RNG.randint(0, 9)}.",
    lambda: f"订单号：{_digits(_RNG.choice([11, 16, 18]))}，预计{_RNG.randint(1, 12)}月{_RNG.randint(1, 28)}日送达。",
    lambda: f"Version {_RNG.randint(1, 9)}.{_RNG.randint(0, 20)}.{_RNG.randint(0, 30)}.{_RNG.randint(0, 400)} fixes it; upgrade from v1.2.3.4.",
    lambda: f"ISBN 978-{_RNG.randint(0, 9)}-{_digits(4)}-{_digits(4)}-{_RNG.randint(0, 9)}, 320 pages, ${_RNG.randint(10, 90)}.99",
    lambda: f"It costs ${_RNG.randint(1, 9)},{_digits(3)},{_digits(3)}.00, about {_digits(3)},{_digits(3)} euros.",
    lambda: f"timestamp={_RNG.randint(1500000000, 1900000000)} and in milliseconds {_RNG.randint(1500000000000, 1900000000000)}",
    lambda: f"Logged at 2023-1{_RNG.randint(0, 2)}-{_RNG.randint(10, 28)}T{_RNG.randint(10, 23)}:{_RNG.randint(10, 59)}:{_RNG.randint(10, 59)}.123456Z.",
    lambda: f"Pi is about 3.14159265358979, e is 2.7182818284590; the mean is 0.{_digits(12)}.",
    lambda: f"for i in range({_digits(5)}):\n    total[i] += data[{_digits(4)}:{_digits(5)}]  # O(n)",
    lambda: "password = os.environ['DB_PASSWORD']\nclient = Client(api_key=settings.api_key)",
    lambda: "def check(password: str) -> bool:\n    return len(password) >= 8 and password.isalnum()",
    lambda: "Your password must be at least 12 characters long and hold a digit.",
    lambda: "Set token=<your-token> and secret: YOUR_SECRET_KEY before you start.",
    lambda: f"From 1{_digits(3)} to 1{_digits(3)}, between 10:30:45 and 12:15:00, room {_digits(3)}-{_digits(3)}.",
    lambda: "The server listens on 127.0.0.1:8080 and 0.0.0.0; the mask is 255.255.255.0.",
    lambda: f"Commit {_word(40, '0123456789abcdef')} and uuid {_word(8, '0123456789abcdef')}-{_word(4, '0123456789abcdef')}-4abc-8def-{_word(12, '0123456789abcdef')}.",
    lambda: f"std::vector<int>::iterator it; a::b::c(); ratio 16:9, score 3:2:1, chapter 1.2.3.{_RNG.randint(0, 9)}",
    lambda: "@app.route('/x')\n@dataclass\nclass A: pass  # see image@2x.png and user@ host",
    lambda: f"The population was {_digits(2)} {_digits(3)} {_digits(3)} in 2020, up {_RNG.randint(1, 9)}.{_RNG.randint(1, 9)} %.",
    lambda: f"增长率为{_RNG.randint(1, 99)}.{_digits(2)}%，金额{_digits(7)}.00元，编号 {_digits(11)}。",
    lambda: f"Coordinates 40.{_digits(6)}, -73.{_digits(6)}; part no. {_digits(3)}-{_digits(4)}-{_digits(2)}.",
    lambda: f"SELECT * FROM t WHERE id IN ({_digits(6)}, {_digits(7)}, {_digits(8)}) AND year BETWEEN 1990 AND 2024;",
    lambda: f"INVOICE {_digits(9)} / tracking 1Z{_word(6, 'ABCDEFXYZ')}{_digits(10)}",
    lambda: f"1 2 3 4 5 6 7 8 9 10 11 12 13, then {_digits(1)} {_digits(1)} {_digits(1)} {_digits(1)} {_digits(1)} {_digits(1)} {_digits(1)}",
    lambda: f"Answer: {_digits(4)} x {_digits(4)} = {_digits(8)}; {_digits(3)} + {_digits(3)} = {_digits(4)}",
    lambda: "The tokens are counted, the key is under the mat, and the secret is to practise every day.",
    lambda: "密码是什么？请不要告诉任何人你的密码。令牌是一种凭证。",
]  # fmt: skip


def clean(count: int) -> Iterator[str]:
    """Texts without anything personal."""
    for at in range(count):
        yield _TRAPS[at % len(_TRAPS)]()
