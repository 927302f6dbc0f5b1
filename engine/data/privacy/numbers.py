"""Numbers of people in a text: telephones, identity cards, accounts, payment cards, addresses on the net; checked, not guessed."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Callable, Iterator

Hit = tuple[int, int]
_NUMBER = re.compile(r"(?<![\w.+/-])(?:\+|00)?\(?\d(?:[\d ().–-]{5,22})\d(?![\w])", re.ASCII)
_CN_MOBILE = re.compile(r"(?<![\d.\w+-])(?:(?:\+|00)?86[ -]?)?1[3-9]\d(?:[ -]?\d{4}){2}(?![\d\w]|\.\d|-\d)", re.ASCII)
_FORMATTED = re.compile(
    r"(?:\+?1[ .-])?(?:\(\d{3}\) ?|\d{3}[.-])\d{3}[.-]\d{4}|0\d{2,3}-\d{7,8}|0\d{2,4} \d{3,4} \d{3,4}|400-\d{3}-\d{4}",
    re.ASCII,
)
_CALLED = re.compile(
    r"(?:phone|tel|telephone|mobile|cell|call(?: me)?|fax|whatsapp|sms|text me|reach me|contact|hotline|dial|my number|our number"
    r"|电话|手机|座机|致电|拨打|联系|热线|传真|微信|号码)\W{0,3}(?:\w+\W{0,2}){0,3}$",
    re.IGNORECASE,
)
_OTHER_NUMBER = re.compile(
    r"(?:order|invoice|ticket|tracking|case|serial|sku|isbn|issn|model|part|item|version|build|batch|ref(?:erence)?|id|uid|no|nr|hash"
    r"|doi|pmid|zip|订单|单号|运单|快递|编号|序列号|流水|票号|发票|型号|批号|版本|书号|工号|学号|账单|条形码|时间戳|timestamp)"
    r"(?:号|码|[ _-]?(?:id|number|no|code)s?)?(?:\s?(?:is|was|为|是))?\W{0,4}$",
    re.IGNORECASE,
)
_MOST_PROVED = 500  # telephone numbers of one text that are looked up; what is written like further ones counts as one
_REGIONS = ("US", "GB", "CN", "DE", "FR", "IN", "AU", "JP", "HK", "TW", "SG")
_ID = re.compile(r"(?<![0-9A-Za-z])[1-9]\d{5}(?:18|19|20)\d{9}[\dXx](?![0-9A-Za-z])")
_PROVINCES = frozenset(
    str(first * 10 + last)
    for first, lasts in {
        1: "12345",
        2: "123",
        3: "1234567",
        4: "123456",
        5: "01234",
        6: "12345",
        7: "1",
        8: "123",
    }.items()
    for last in map(int, lasts)
)  # GB/T 2260
_SSN = re.compile(r"(?<![\w-])(?!000|666|9\d\d)\d{3}-(?!00)\d{2}-(?!0000)\d{4}(?![\w-])", re.ASCII)
_SSN_NAMED = re.compile(
    r"(?:ssn|social security(?: number| no\.?)?)\W{0,3}(?:is\W{0,2})?((?!000|666|9)\d{3}[ -]?\d{2}[ -]?\d{4})\b", re.I
)
_IBAN = re.compile(r"(?<![A-Za-z0-9])[A-Z]{2}\d{2}(?: ?[A-Z0-9]{4}){2,7}(?: ?[A-Z0-9]{1,3})?(?![A-Za-z0-9])")
_CARD = re.compile(
    r"(?<![\w.-])(?:\d{4}[ -]){3}\d{1,7}(?![\w-])|(?<![\w.-])3\d{3}[ -]\d{6}[ -]\d{4,5}(?![\w-])|(?<![\w.-])\d{13,19}(?![\w-]|\.\d)",
    re.ASCII,
)
_ISSUERS = re.compile(
    r"4(?:\d{15}|\d{18})|5[1-5]\d{14}|2(?:22[1-9]|2[3-9]\d|[3-6]\d\d|7[01]\d|720)\d{12}|3[47]\d{13}"
    r"|6(?:011|5\d\d|4[4-9]\d)\d{12}|62\d{14,17}|35(?:2[89]|[3-8]\d)\d{12}|3(?:0[0-5]|[68]\d)\d{11}"
)
_IP4 = re.compile(r"(?<![\w.:/+-])(?:\d{1,3}\.){3}\d{1,3}(?![\w/]|\.\d|-\d)(?::\d{1,5}(?!\d))?", re.ASCII)
_IP6 = re.compile(r"(?<![\w:.])(?:[0-9A-Fa-f]{0,4}:){2,7}[0-9A-Fa-f]{0,4}(?![\w:])", re.ASCII)
_VERSION = re.compile(
    r"(?:version|ver|v|release|build|firmware|版本|固件|升级到|chrome|section|chapter|§|第)\W{0,2}$", re.IGNORECASE
)


def _before(text: str, start: int, length: int = 40) -> str:
    return text[max(0, start - length) : start]


def phones(text: str) -> Iterator[Hit]:
    """Telephone numbers: Chinese mobiles, numbers as they are usually written, and others that the words around name as such."""
    for found in _CN_MOBILE.finditer(text):
        if not _OTHER_NUMBER.search(_before(text, found.start(), 32)):
            yield found.span()
    written = (one for one in _NUMBER.finditer(text) if _reads_like_phone(one.group(), _before(text, one.start())))
    for place, found in enumerate(written):
        if place >= _MOST_PROVED or _is_assigned(found.group()):
            yield found.span()


def _reads_like_phone(number: str, before: str) -> bool:
    """Whether a number is written as telephone numbers are, or called one."""
    digits = sum(map(str.isdigit, number))
    if not 7 <= digits <= 15 or _OTHER_NUMBER.search(before[-32:]):
        return False
    return _is_international(number) or bool(_FORMATTED.fullmatch(number) or _CALLED.search(before))


def _is_international(number: str) -> bool:
    return number.startswith(("+", "00"))


def _is_assigned(number: str) -> bool:
    """Whether there is such a telephone number, by the plans of the countries."""
    import phonenumbers

    shown = "+" + number[2:] if number.startswith("00") else number
    for region in (None,) if _is_international(number) else _REGIONS:
        try:
            parsed = phonenumbers.parse(shown, region)
        except phonenumbers.NumberParseException:
            continue
        if phonenumbers.is_valid_number(parsed):
            return True
    return False


def id_numbers(text: str) -> Iterator[Hit]:
    """Numbers of the Chinese resident identity card whose check digit, birth date and province are right."""
    return (found.span() for found in _ID.finditer(text) if _is_id(found.group()))


def _is_id(number: str) -> bool:
    from stdnum.cn import ric
    from stdnum.exceptions import ValidationError

    try:
        ric.get_birth_date(number)
    except ValidationError:
        return False
    return number[:2] in _PROVINCES and bool(ric.calc_check_digit(number) == number[-1].upper())


def social_numbers(text: str) -> Iterator[Hit]:
    """Social security numbers of the USA."""
    yield from (found.span() for found in _SSN.finditer(text))
    yield from (found.span(1) for found in _SSN_NAMED.finditer(text))


def ibans(text: str) -> Iterator[Hit]:
    """International bank account numbers whose check digits are right."""
    from stdnum import iban

    for found in _IBAN.finditer(text):
        number = found.group()
        while number.count(" ") and not _checks_out(number):  # a word in capitals that follows
            number = number.rpartition(" ")[0]
        if _checks_out(number) and iban.is_valid(number, check_country=False):
            yield found.start(), found.start() + len(number)


def _checks_out(number: str) -> bool:
    """Whether the check digits are right (ISO 7064, mod 97): most that look alike are passed over by that alone."""
    plain = number.replace(" ", "")
    return int("".join(str(int(sign, 36)) for sign in plain[4:] + plain[:4])) % 97 == 1


def cards(text: str) -> Iterator[Hit]:
    """Payment cards: an issuer's beginning and length, and the Luhn check digit."""
    from stdnum import luhn

    for found in _CARD.finditer(text):
        digits = re.sub(r"\D", "", found.group())
        if not _ISSUERS.fullmatch(digits) or len(set(digits)) < 2 or not luhn.is_valid(digits):
            continue
        if not _OTHER_NUMBER.search(_before(text, found.start(), 32)):
            yield found.span()


def addresses(text: str) -> Iterator[Hit]:
    """Addresses on the net (IPv4 and IPv6) that stand for one machine."""
    for found in _IP4.finditer(text):
        host = found.group().partition(":")[0]
        if _is_host(host) and not _VERSION.search(_before(text, found.start(), 32)):
            yield found.span()
    for found in _IP6.finditer(text):
        groups = [part for part in found.group().split(":") if part]
        if len(groups) >= 3 and any(map(str.isdigit, "".join(groups))) and _is_host(found.group()):
            yield found.span()


def _is_host(text: str) -> bool:
    try:
        address = ipaddress.ip_address(text)
    except ValueError:
        return False
    if address.is_loopback or address.is_unspecified or address.is_multicast:
        return False
    return address.version == 6 or not (
        text.startswith(("0.", "255.")) or text.endswith((".0", ".255")) or _counts(text)
    )


def _counts(text: str) -> bool:
    """Numbers such as 1.2.3.4 and 10.0.0.1 stand in every manual: all parts have one or two digits that only count."""
    parts = [int(part) for part in text.split(".")]
    return all(part < 10 for part in parts)


NUMBERS: dict[str, Callable[[str], Iterator[Hit]]] = {
    "id_number": id_numbers,
    "iban": ibans,
    "card": cards,
    "ssn": social_numbers,
    "ip": addresses,
    "phone": phones,
}
