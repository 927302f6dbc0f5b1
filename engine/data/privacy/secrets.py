"""Keys, tokens and passwords in a text, by the forms that their makers gave them."""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Iterator

Hit = tuple[int, int]
_KEY = re.compile(
    r"(?<![A-Za-z0-9_])(?:"
    r"(?:AKIA|ASIA|AGPA|AIDA|AROA|ANPA)[A-Z0-9]{16}"  # AWS
    r"|gh[pousr]_[A-Za-z0-9]{36,255}|github_pat_[A-Za-z0-9_]{22,255}|glpat-[A-Za-z0-9_-]{20,}"  # GitHub, GitLab
    r"|sk-(?:[A-Za-z]{2,10}-)*[A-Za-z0-9_-]{20,}"  # OpenAI and those who took over its form
    r"|xox[abeoprs]-[A-Za-z0-9-]{10,}|xapp-\d-[A-Za-z0-9-]{10,}"  # Slack
    r"|AIza[0-9A-Za-z_-]{35}|ya29\.[0-9A-Za-z_-]{20,}|GOCSPX-[0-9A-Za-z_-]{20,}"  # Google
    r"|hf_[A-Za-z0-9]{30,}|npm_[A-Za-z0-9]{36}|pypi-[A-Za-z0-9_-]{50,}|dckr_pat_[A-Za-z0-9_-]{20,}"
    r"|(?:sk|rk|pk)_(?:live|test)_[A-Za-z0-9]{16,}|SG\.[A-Za-z0-9_-]{16,}\.[A-Za-z0-9_-]{16,}|LTAI[A-Za-z0-9]{12,30}"
    r"|AKID[A-Za-z0-9]{32}"  # Stripe, SendGrid, Aliyun, Tencent
    r")(?![A-Za-z0-9])|https://hooks\.slack\.com/services/[A-Za-z0-9/]{20,}"
)
_JWT = re.compile(r"(?<![A-Za-z0-9_-])eyJ[A-Za-z0-9_-]{8,}\.eyJ[A-Za-z0-9_-]{6,}\.[A-Za-z0-9_-]{8,}")
_PRIVATE = re.compile(
    r"-----BEGIN (?:[A-Z0-9]+ )*PRIVATE KEY(?: BLOCK)?-----.*?(?:-----END (?:[A-Z0-9]+ )*PRIVATE KEY(?: BLOCK)?-----|\Z)",
    re.S,
)
_LOGIN = re.compile(
    r"(?<![A-Za-z0-9])[A-Za-z][A-Za-z0-9+.-]{1,15}://([^\s/:@'\"<>]{1,64}:([^\s/@'\"<>]{1,128}))@[^\s'\"<>]+"
)
_NAMED = re.compile(
    r"(?:pass(?:word|wd|phrase)|pwd|secret(?:[_-]?(?:access)?[_-]?key)?|(?:access|auth|api|bearer|refresh)[ _-]?(?:token|key|secret)"
    r"|token|private[_-]?key|client[_-]?secret|密码|口令|密钥|令牌)[\"']?"
    r"\s{0,2}(?:[:=：]|:=|=>|\bis\b:?|是|为)\s{0,2}[\"'“`]?([^\s\"'”`,;，。；、<>]{6,4096})",
    re.IGNORECASE,
)
_HINT = re.compile(r"[Pp]ass[WwPp ]|PASS|[Pp]wd|PWD|[Ss]ecret|SECRET|[Tt]oken|TOKEN|[Kk]ey|KEY|密码|口令|密钥|令牌")
_PLACEHOLDER = re.compile(
    r"^(?:[<\[{$%*#.…_-]|x{3,}|your|my[_-]|enter|insert|example|sample|changeme|placeholder|none$|null$|true$|false$|undefined$|process\.|os\.|env"
    r"|config|self\.|this\.|request|http|user|args|params|input|get|str|int|string|bcrypt|hash|require|secret$|password)",
    re.IGNORECASE,
)
_CODE = re.compile(
    r"[()\[\]{}]|^\w+\.\w+(?:\.\w+)*$|^[a-z]+(?:[A-Z][a-z]+)+$|^[A-Za-z]+(?:[_-][A-Za-z]+)*[.!?]?$|^[\u4e00-\u9fff，。！？]+$"
)
_LEAST_ENTROPY = 2.5  # bits a character; words lie below, made-up passwords above


def entropy(text: str) -> float:
    """Shannon entropy of a text's characters, in bits a character."""
    counts = Counter(text).values()
    return -sum(count / len(text) * math.log2(count / len(text)) for count in counts)


def keys(text: str) -> Iterator[Hit]:
    """Keys of well-known services."""
    return (found.span() for found in _KEY.finditer(text) if entropy(found.group()) > _LEAST_ENTROPY)


def tokens(text: str) -> Iterator[Hit]:
    """JSON web tokens."""
    return (found.span() for found in _JWT.finditer(text))


def private_keys(text: str) -> Iterator[Hit]:
    """Blocks of private keys."""
    return (found.span() for found in _PRIVATE.finditer(text)) if "PRIVATE KEY" in text else iter(())


def logins(text: str) -> Iterator[Hit]:
    """Name and password in an address."""
    if "://" in text:
        yield from (found.span(1) for found in _LOGIN.finditer(text) if not _PLACEHOLDER.match(found.group(2)))


def passwords(text: str) -> Iterator[Hit]:
    """Values that are called a password, a secret or a token and look made up."""
    if not _HINT.search(text):
        return
    for found in _NAMED.finditer(text):
        value = found.group(1).rstrip(".!?)")
        if len(value) < 6 or _PLACEHOLDER.match(value) or _CODE.search(value):
            continue
        if entropy(value) >= _LEAST_ENTROPY and _is_mixed(value):
            yield found.start(1), found.start(1) + len(value)


def _is_mixed(value: str) -> bool:
    kinds = (str.isdigit, str.islower, str.isupper, lambda char: not char.isalnum())
    return any(map(str.isdigit, value)) and sum(any(map(kind, value)) for kind in kinds) >= 2


SECRETS = {"private_key": private_keys, "jwt": tokens, "key": keys, "login": logins, "password": passwords}
