"""Hides personal numbers and secrets in what people write before it is kept; it never decides what a text means."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from knowledge.masking_labels import BANKS, WORD, label_before, label_ending_at
from knowledge.masking_secrets import find_secrets
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
_LENGTHS = {
    "otp": range(4, 9),
    "insurance": (10, 13, 15),
    "insured": (10, 15),
    "identity": (9, 12),
    "account": range(6, 20),
    "bank": range(8, 17),
    "card": range(13, 20),
    "phone": range(9, 13),
}
_USUAL_CODE = 6
"""Digits of a code that is sent to a phone."""
_IDENTITY_LENGTH = 12
_SPOKEN_DIGIT = r"(?:kh[oô]ng|m[oộ]t|hai|ba|b[oố]n|t[uư]|n[aă]m|l[aă]m|s[aá]u|b[aả]y|b[aẩ]y|t[aá]m|ch[ií]n)"
_SPOKEN_CODE = re.compile(
    rf"(?<![^\W_]){_SPOKEN_DIGIT}(?:[ ,.\-]{{1,2}}{_SPOKEN_DIGIT}){{3,7}}(?![^\W_])", re.IGNORECASE
)
_SPOKEN_RUN = re.compile(
    rf"(?<![^\W_]){_SPOKEN_DIGIT}(?:[ ,.\-]{{1,2}}{_SPOKEN_DIGIT}){{9,12}}(?![^\W_])", re.IGNORECASE
)
_LONGEST_AMOUNT = 9
_SHORTEST_TOUCHED = 10
"""Digits from which a number is personal although something touches it: "0905123456/0912345678"."""
_PUBLIC_NUMBERS = frozenset(
    ["111", "112", "113", "114", "115", "156", "5656", "1022", "8001", "0692348560", "02351022", "02363831022"]
)
_PUBLIC_PREFIXES = ("1900", "1800")
_RUN = re.compile(r"(?<![0-9@])\+?[0-9]+(?:(?:[ .\-()\u00a0]{1,3}|[,_])[0-9]+)*")
_GLUED_LABEL = re.compile(r"[^\W\d_]+$")
_GROUP = re.compile(r"[0-9]+")
_HEALTH_CARD = re.compile(
    r"(?<![^\W_])(?:DN|HX|CH|NN|TK|HC|XK|HT|TB|NO|CT|XB|TN|CS|XN|MS|CC|CK|CB|KC|HD|TE|BT|HN|DT|DK|XD|TS|TC|TQ|TA|TY|HG|LS|PV"
    r"|CN|HS|SV|GB|GD|TV|QN|CA|CY|ND|TH|AK|TD|TL|XV)[ ]{0,2}[1-5](?:[ .\-]{0,2}[0-9]){12}(?![^\W_])",
    re.IGNORECASE,
)
_MONEY_GROUPS = re.compile(r"[1-9][0-9]{0,2}(?:[. ][0-9]{3})+")
_MONEY_UNIT = re.compile(
    r"\s*(?:đồng|dong|đ|d|vnđ|vnd|k|tr|triệu|trieu|nghìn|nghin|ngàn|ngan|tỷ|ty)(?![^\W_])", re.IGNORECASE
)
_DATE = re.compile(r"[0-3]?[0-9][ .\-][01]?[0-9][ .\-](?:19|20)[0-9]{2}")
_CARD = re.compile(
    r"[0-9]{13,19}|[0-9]{4}(?:[ .\-]{1,2}[0-9]{4}){2,3}(?:[ .\-]{1,2}[0-9]{1,3})?|[0-9]{4}[ .\-][0-9]{6}[ .\-][0-9]{5}"
)
_BANK_CARD = re.compile(r"9704(?:[0-9]{12}|[0-9]{14,15})")
_MOBILE = re.compile(r"(?:0|84|0084)(?:[35789][0-9]{8}|1[2689][0-9]{8})")
_OLD_IDENTITY = re.compile(r"[0-3][0-9]{8}")
"""What an identity number of nine digits looks like without a label, if it is no code of something."""
_LONG_ACCOUNT = re.compile(r"[0-9]{13,19}")
_CODED = frozenset(["so", "tuc", "thue", "nhan", "don", "phieu", "ma", "bien", "hang", "dong", "hop", "serial", "imei"])
"""In front of a bare number these say that it is the code of something, nobody's own."""
_SLASHED = re.compile(r"(?<![0-9/])0[0-9]{2,4}(?:/[0-9]{2,4}){1,3}(?![0-9/])")
_LANDLINE = re.compile(r"02[0-9]{9}")
_OTP_BEHIND = re.compile(
    r"\s*(?:(?:la\s+)?(?:ma\s+)?otp|(?:moi\s+)?gui\s+(?:ve|den)\s+(?:may|dien thoai)|(?:trong\s+)?tin nhan)(?![^\W_])"
)
_LETTERED_ACCOUNT = re.compile(r"(?<![^\W_])[0-9]{3}[A-Z][0-9]{8}(?![^\W_])", re.IGNORECASE)
_LETTER_FOR_ZERO = re.compile(r"(?<![^\W_])[0o][0-9o .\-]{8,18}(?![^\W_])", re.IGNORECASE)
_COUNTED_BEHIND = re.compile(r"\s*(?:ba|bac|ong|co|chu|cu|chi|anh|em|di|me|o|chau|nguoi|ng|ho|luot|nha)(?![^\W_])")
_REACH_OF_COUNT = 10
_BANK_BEHIND = re.compile(rf"\s*(?:{'|'.join(BANKS)})(?![^\W_])")
_PHONE_GROUPS = re.compile(r"\+?[0-9]{3,4}[ .\-()]{0,2}[0-9]{2,3}[ .\-]?[0-9]{2,4}(?:[ .\-]?[0-9]{2})?|\+?[0-9]{10,11}")
"""How phone numbers are usually split."""
_LABELLED_PHONE = re.compile(r"0[1-9][0-9]{8,9}|84[0-9]{9,10}|[1-9][0-9]{8}")
_NOT_PERSONAL = frozenset(["thue", "mst", "vach", "imei", "serial"])
"""A number right behind these is of a firm or a thing."""


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
    while finds := _first_of_overlapping(
        [
            *(_Find(start, end, "password") for start, end in find_secrets(text)),
            *_health_cards(text),
            *_lettered_accounts(text),
            *_slashed(text),
            *_with_letters(text),
            *_in_words(text),
            *_numbers(text),
        ]
    ):
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


def _health_cards(text: str) -> Iterator[_Find]:
    for match in _HEALTH_CARD.finditer(text):
        yield _Find(match.start(), match.end(), "insurance")


def _lettered_accounts(text: str) -> Iterator[_Find]:
    for match in _LETTERED_ACCOUNT.finditer(text):
        yield _Find(match.start(), match.end(), "account")


def _slashed(text: str) -> Iterator[_Find]:
    """Find phone numbers, and labelled identity numbers, cut by strokes like a date."""
    for match in _SLASHED.finditer(text):
        digits = match.group().replace("/", "")
        if _MOBILE.fullmatch(digits):
            yield _Find(match.start(), match.end(), "phone")
        elif len(digits) in _LENGTHS["identity"] and label_before(text, match.start()) == "identity":
            yield _Find(match.start(), match.end(), "identity")


def _with_letters(text: str) -> Iterator[_Find]:
    """Find phone numbers typed with the letter o for zero: "o9o5 123 456"."""
    for match in _LETTER_FOR_ZERO.finditer(text):
        written = match.group().rstrip(" .-")
        digits = "".join(mark for mark in written.casefold().replace("o", "0") if mark.isdigit())
        if not written.isdigit() and "o" in written.casefold() and _MOBILE.fullmatch(digits):
            yield _Find(match.start(), match.start() + len(written), "phone")
        elif not written.isdigit() and len(digits) == _IDENTITY_LENGTH and "o" in written.casefold():
            yield _Find(match.start(), match.start() + len(written), "identity")


def _in_words(text: str) -> Iterator[_Find]:
    """Find numbers said digit by digit: "số không chín một hai ba bốn năm sáu bảy tám"."""
    for run in _SPOKEN_CODE.finditer(text):
        label = label_before(text, run.start(), 0)
        if label in {"otp", "password"}:
            yield _Find(run.start(), run.end(), label)
    for run in _SPOKEN_RUN.finditer(text):
        said = [fold(match.group()) for match in WORD.finditer(run.group())]
        if len(said) == _IDENTITY_LENGTH:
            yield _Find(run.start(), run.end(), "identity")
        elif len(said) in _LENGTHS["phone"]:
            yield _Find(run.start(), run.end(), "phone")


def _numbers(text: str) -> Iterator[_Find]:
    for run in _RUN.finditer(text):
        groups = [(run.start() + match.start(), run.start() + match.end()) for match in _GROUP.finditer(run.group())]
        if run.group().startswith("+"):
            groups[0] = (run.start(), groups[0][1])
        if _is_part_of_word(text, run.start(), run.end()):
            continue
        if _is_of_thing(text, run.start()):
            continue
        label = label_before(text, run.start(), sum(map(str.isdigit, run.group())))
        first = 0
        while first < len(groups):
            find, used = _personal_number(text, groups[first:], label)
            if find is not None:
                yield find
            first += used


def _is_part_of_word(text: str, start: int, end: int) -> bool:
    """Tell whether letters or strokes touch a number so that it is none by itself: "H47", "78/KH-UBND", "mk123"."""
    digits = sum(mark.isdigit() for mark in text[start:end])
    before, after = text[max(0, start - 1) : start], text[end : end + 1]
    if before and (before.isalpha() or before == "_"):
        label = _GLUED_LABEL.search(text, 0, start)
        return label is None or label_ending_at([fold(label.group())]) is None
    touched = "/" in (before, after) or after.isalpha() or after == "_"
    return touched and digits < _SHORTEST_TOUCHED


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
    grouped = _PHONE_GROUPS.fullmatch(text[start : groups[count - 1][1]])
    counts = _COUNTED_BEHIND.match(fold(text[groups[-1][1] : groups[-1][1] + _REACH_OF_COUNT]))
    if kind == "phone" and found[-1] == ("identity", len(groups)) and not (grouped and counts):
        kind, count = found[-1]  # "0 3 1 2 …" are no phone number and two more, "0905 123 456 12 bà" are
    if kind == "identity" and label is None:
        kind, count = found[-1]  # nine digits that go on were no old number
    if label == "identity" and "identity" in {named for named, _ in found}:
        kind = label  # "căn cước 036 099 00 12 34" only begins like a phone number
    if kind == label and (kind == "identity" or (count > 1 and kind != "phone")):
        kind, count = next(item for item in reversed(found) if item[0] == kind)
    return _Find(start, groups[count - 1][1], kind), count


def _number_kind(text: str, start: int, end: int, label: str | None) -> str | None:
    written = text[start:end]
    digits = "".join(_GROUP.findall(written))
    if _is_public(written) or _DATE.fullmatch(written) or (digits[0] != "0" and _MONEY_UNIT.match(text, end)):
        return None
    if _MOBILE.fullmatch(digits) and label not in {"account", "insurance"}:
        return "phone"
    if label == "password" and len(digits) in _LENGTHS["otp"] and text[start - 1 : start].isalpha():
        return label
    if label == "bank" and (_MONEY_GROUPS.fullmatch(written) or digits.endswith("00000")):
        return None
    if label == "account" and "." in written and len(digits) <= _LONGEST_AMOUNT and _MONEY_GROUPS.fullmatch(written):
        return None  # "mở tài khoản, nộp 831.000"
    if label == "phone" and not _LABELLED_PHONE.fullmatch(digits):
        label = None
    if label in _LENGTHS and len(digits) in _LENGTHS[label]:
        return {"bank": "account", "insured": "insurance"}.get(label, label)
    if _MONEY_GROUPS.fullmatch(written):
        return None
    if len(digits) == 12 and (digits[0] == "0" or written.isdigit()):
        return "identity"
    if _MOBILE.fullmatch(digits) or _LANDLINE.fullmatch(digits):
        return "phone"
    if label is None and len(digits) == _USUAL_CODE and written.isdigit() and _is_bare_code(text, start):
        return "otp"
    if len(digits) in _LENGTHS["bank"] and written.isdigit() and _BANK_BEHIND.match(fold(text[end : end + 20])):
        return "account"
    if len(digits) in _LENGTHS["otp"] and written.isdigit() and _OTP_BEHIND.match(fold(text[end : end + 20])):
        return "otp"
    if _BANK_CARD.fullmatch(digits):
        return "card"
    bare = written.isdigit() and not written.endswith("000") and not _is_code(text, start)
    if bare and _OLD_IDENTITY.fullmatch(written):
        return "identity"
    if bare and _LONG_ACCOUNT.fullmatch(written) and not _passes_luhn(digits):
        return "account"
    return "card" if _CARD.fullmatch(written) and _passes_luhn(digits) else None


def _is_of_thing(text: str, start: int) -> bool:
    """Tell whether a number is a firm's or a thing's: "mã số thuế 0312345678"."""
    words = WORD.findall(text[max(0, start - _REACH_OF_COUNT) : start])
    return bool(words) and fold(words[-1]) in _NOT_PERSONAL


def _is_bare_code(text: str, start: int) -> bool:
    """Tell whether only "mã" stands in front of a number: "tin nhắn báo mã 551122"."""
    words = WORD.findall(text[max(0, start - _REACH_OF_COUNT) : start])
    return bool(words) and words[-1].casefold() in {"mã", "ma"} and text[start - 1 : start] == " "


def _is_code(text: str, start: int) -> bool:
    """Tell whether the words in front of a number say that it numbers a thing: "mã hồ sơ 123456789"."""
    words = [fold(match.group()) for match in WORD.finditer(text[max(0, start - _REACH_OF_COUNT) : start])]
    return bool(_CODED.intersection(words[-2:]))


def _is_public(written: str) -> bool:
    digits = "".join(_GROUP.findall(written))
    return digits in _PUBLIC_NUMBERS or (digits.startswith(_PUBLIC_PREFIXES) and len(digits) in range(8, 11))


def _passes_luhn(digits: str) -> bool:
    total = 0
    for place, digit in enumerate(reversed(digits)):
        value = int(digit) * (2 if place % 2 else 1)
        total += value - 9 if value > 9 else value
    return total % 10 == 0 and digits[0] != "0"
