"""Hides personal numbers and secrets in what people write before it is kept; it never decides what a text means."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from knowledge.vietnamese import fold

REPLACEMENTS = {
    "identity": "[số định danh]",
    "phone": "[số điện thoại]",
    "card": "[số thẻ]",
    "account": "[số tài khoản]",
    "otp": "[mã OTP]",
    "password": "[mật khẩu]",
    "insurance": "[số bảo hiểm]",
}

# Folded words in front of a value, most telling first: "số thẻ bhyt" is insurance before it is a card.
_LABELS: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("otp", ("otp", "ma xac thuc", "ma xac nhan")),
    ("password", ("mat khau", "mk", "password", "pass", "passcode", "ma pin", "pin")),
    ("insurance", ("bhyt", "bhxh", "bao hiem", "bao hiem y te", "bao hiem xa hoi")),
    ("identity", ("cccd", "cmnd", "cmt", "can cuoc", "chung minh", "dinh danh", "chung minh nhan dan")),
    ("account", ("stk", "so tai khoan", "so tk", "tk", "tai khoan", "account")),
    ("card", ("so the", "the", "the ngan hang", "visa", "atm")),
    ("phone", ("sdt", "dt", "dien thoai", "so dien thoai", "phone", "zalo", "hotline", "lh", "lien he")),
)
_LENGTHS = {
    "otp": range(4, 9),
    "insurance": (10, 13, 15),
    "identity": (9, 12),
    "account": range(6, 20),
    "card": range(13, 20),
    "phone": range(9, 12),
}
_REACH = 6  # words between a label and its number: "cccd của bà Lý là 045…"
_PUBLIC_NUMBERS = frozenset(
    ["111", "112", "113", "114", "115", "156", "5656", "1022", "8001", "0692348560", "02351022", "02363831022"]
)
_PUBLIC_PREFIXES = ("1900", "1800")

_WORD = re.compile(r"[^\W_]+")
_RUN = re.compile(r"(?<![\w/@])\+?[0-9]+(?:[ .\-\u00a0]{1,2}[0-9]+)*(?![^\W_]|/)")
_GROUP = re.compile(r"[0-9]+")
_HEALTH_CARD = re.compile(r"(?<![^\W_])[A-Za-z]{2}[ ]?[0-9](?:[ .\-]?[0-9]){12}(?![^\W_])")
_MONEY_GROUPS = re.compile(r"[1-9][0-9]{0,2}(?:[. ][0-9]{3})+")
_MONEY_UNIT = re.compile(
    r"\s*(?:đồng|dong|đ|d|vnđ|vnd|k|tr|triệu|trieu|nghìn|nghin|ngàn|ngan|tỷ|ty)(?![^\W_])", re.IGNORECASE
)
_DATE = re.compile(r"[0-3]?[0-9][ .\-][01]?[0-9][ .\-](?:19|20)[0-9]{2}")
_MOBILE = re.compile(r"(?:0|84)[35789][0-9]{8}")
_SENTENCE_END = re.compile(r"[;\n!?\]]")

_SECRET_VALUE = re.compile(r"\s*([:=]?)\s*(\S+)")
_SECRET_FILLERS = frozenset(
    [
        "la",
        "cua",
        "cai",
        "moi",
        "cu",
        "vneid",
        "zalo",
        "facebook",
        "fb",
        "gmail",
        "wifi",
        "dvc",
        "app",
        "ngan",
        "hang",
        "tai",
        "khoan",
        "tk",
        "nha",
        "em",
        "toi",
        "minh",
        "bac",
        "ba",
        "ong",
        "anh",
        "chi",
        "co",
        "chu",
        "may",
        "va",
        "ma",
        "so",
    ]
)
_QUESTION_WORDS = frozenset(
    [
        "gi",
        "chi",
        "sao",
        "the",
        "nao",
        "ntn",
        "bao",
        "nhieu",
        "may",
        "ai",
        "dau",
        "mo",
        "khong",
        "ko",
        "k",
        "hok",
        "duoc",
        "dc",
        "bi",
        "can",
        "phai",
        "thi",
        "co",
        "nen",
        "bn",
        "rang",
        "dai",
        "ngan",
        "yeu",
        "manh",
        "kho",
        "de",
        "do",
        "dung",
        "sai",
        "quen",
        "mat",
        "doi",
        "lay",
        "dat",
        "lam",
        "tu",
        "tren",
        "duoi",
        "hay",
        "ma",
        "va",
        "nhung",
        "roi",
        "r",
        "a",
    ]
)


@dataclass(frozen=True)
class Masked:
    """A text without personal numbers, and the kinds of what was hidden, each once, in order of appearance."""

    text: str
    kinds: tuple[str, ...]

    @property
    def without_replacements(self) -> str:
        """What the person said beside the hidden numbers."""
        said = self.text
        for kind in self.kinds:
            said = said.replace(REPLACEMENTS[kind], " ")
        return said


@dataclass(frozen=True, slots=True)
class _Find:
    start: int
    end: int
    kind: str


def mask(text: str) -> Masked:
    """Replace identity, phone, card, account and insurance numbers and labelled secrets by what they are."""
    kinds: list[str] = []
    # What was hidden can bring the next value next to its label, so the text is gone over until nothing is found.
    while finds := _first_of_overlapping([*_secrets(text), *_health_cards(text), *_numbers(text)]):
        kinds.extend(find.kind for find in finds)
        for find in reversed(finds):
            text = text[: find.start] + REPLACEMENTS[find.kind] + text[find.end :]
    return Masked(text, tuple(dict.fromkeys(kinds)))


def _first_of_overlapping(finds: Sequence[_Find]) -> list[_Find]:
    kept: list[_Find] = []
    for find in sorted(finds, key=lambda item: (item.start, -item.end)):
        if not kept or find.start >= kept[-1].end:
            kept.append(find)
    return kept


def _secrets(text: str) -> Iterator[_Find]:
    """Find passwords, whose value may be any characters, not only digits."""
    found = list(_WORD.finditer(text))
    words = [fold(match.group()) for match in found]
    for index in range(len(found)):
        label = _label_ending_at(words[: index + 1])
        if label == "password" and not _is_own_token(text, found[index].end()):
            value = _secret_value(text, found[index].end())
            if value is not None:
                yield _Find(*value, "password")


def _is_own_token(text: str, end: int) -> bool:
    return text[end : end + 1] == "]"


def _secret_value(text: str, position: int) -> tuple[int, int] | None:
    """Return where the secret behind a label stands: behind a sign or "là" any word, else one that looks coded."""
    told = False
    for _ in range(_REACH):
        match = _SECRET_VALUE.match(text, position)
        if match is None:
            return None
        told = told or bool(match.group(1))
        written = match.group(2)
        if written.startswith(("[", "]", "(", ",", ";", "?")):
            return None
        bare = fold(written.rstrip(".,;!?:=)"))
        if bare in _SECRET_FILLERS and not match.group(1):
            told = told or bare == "la"
            position = match.end()
            if written[-1] in ".,;!?":
                return None
            told = told or written[-1] in ":="
            continue
        value = written.rstrip(".,;!?)")
        if _looks_secret(value, told):
            return match.start(2), match.start(2) + len(value)
        return None
    return None


def _looks_secret(value: str, told: bool) -> bool:
    if "[" in value or fold(value) in _QUESTION_WORDS:
        return False
    coded = any(mark.isdigit() for mark in value) or any(mark in "@#$%^&*_!" for mark in value)
    if coded:
        return len(value) >= 4
    # A plain Vietnamese word behind "là" is talk ("mật khẩu là chữ thường"), a bare ASCII one may be the secret.
    return told and len(value) >= 3 and value.isascii()


def _health_cards(text: str) -> Iterator[_Find]:
    for match in _HEALTH_CARD.finditer(text):
        yield _Find(match.start(), match.end(), "insurance")


def _numbers(text: str) -> Iterator[_Find]:
    for run in _RUN.finditer(text):
        groups = [(run.start() + match.start(), run.start() + match.end()) for match in _GROUP.finditer(run.group())]
        if run.group().startswith("+"):
            groups[0] = (run.start(), groups[0][1])
        label = _label_before(text, run.start())
        first = 0
        while first < len(groups):
            find, used = _personal_number(text, groups[first:], label)
            if find is not None:
                yield find
            first += used


def _personal_number(text: str, groups: list[tuple[int, int]], label: str | None) -> tuple[_Find | None, int]:
    """Return the personal number that begins with the first group, and how many groups it takes."""
    start = groups[0][0]
    for count in range(1, len(groups) + 1):
        if label is None and _is_public(text[start : groups[count - 1][1]]):
            return None, count
    kinds = [(_number_kind(text, start, groups[count - 1][1], label), count) for count in range(1, len(groups) + 1)]
    found = [(kind, count) for kind, count in kinds if kind is not None]
    if not found:
        return None, 1
    # "0905 123 456 3 bà": the shortest reading, but a labelled number in groups is meant as a whole.
    kind, count = found[0]
    if count > 1 and kind == label and kind != "phone":
        kind, count = next(item for item in reversed(found) if item[0] == kind)
    return _Find(start, groups[count - 1][1], kind), count


def _number_kind(text: str, start: int, end: int, label: str | None) -> str | None:
    written = text[start:end]
    digits = "".join(_GROUP.findall(written))
    if _is_public(written) or _DATE.fullmatch(written) or (digits[0] != "0" and _MONEY_UNIT.match(text, end)):
        return None
    if _MOBILE.fullmatch(digits) and label not in {"account", "insurance"}:
        return "phone"
    if label in _LENGTHS and len(digits) in _LENGTHS[label]:
        return label
    if _MONEY_GROUPS.fullmatch(written):
        return None
    if len(digits) == 12 and (digits[0] == "0" or written.isdigit()):
        return "identity"
    if _MOBILE.fullmatch(digits):
        return "phone"
    return "card" if len(digits) in _LENGTHS["card"] and _passes_luhn(digits) else None


def _is_public(written: str) -> bool:
    digits = "".join(_GROUP.findall(written))
    return digits in _PUBLIC_NUMBERS or (digits.startswith(_PUBLIC_PREFIXES) and len(digits) in range(8, 11))


def _passes_luhn(digits: str) -> bool:
    total = 0
    for place, digit in enumerate(reversed(digits)):
        value = int(digit) * (2 if place % 2 else 1)
        total += value - 9 if value > 9 else value
    return total % 10 == 0 and digits[0] != "0"


def _label_before(text: str, start: int) -> str | None:
    """Return the kind named by the nearest label in front of `start` in the same sentence."""
    before = _SENTENCE_END.split(text[max(0, start - 60) : start])[-1]
    words = [fold(match.group()) for match in _WORD.finditer(unicodedata.normalize("NFC", before))]
    for skipped in range(min(_REACH, len(words))):
        label = _label_ending_at(words[: len(words) - skipped])
        # A loose label word ("thẻ", "zalo") speaks only for the number that follows at once.
        if label and (skipped <= 2 or label in {"identity", "account", "otp"}):
            return label
    return None


def _label_ending_at(words: Sequence[str]) -> str | None:
    for kind, labels in _LABELS:
        for label in labels:
            parts = label.split()
            if list(words[-len(parts) :]) == parts:
                return kind
    return None
