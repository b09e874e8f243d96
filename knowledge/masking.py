"""Hides personal numbers and secrets in what people write before it is kept; it never decides what a text means."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache

from rapidfuzz.distance import OSA

from knowledge.syllables import is_syllable
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

_BANKS = (
    "vietcombank", "vcb", "agribank", "bidv", "vietinbank", "techcombank", "mbbank", "mb bank", "acb", "sacombank",
    "vpbank", "tpbank", "hdbank", "shb", "vib", "msb", "seabank", "ocb", "lpbank", "lienvietpostbank", "eximbank",
    "scb", "pvcombank", "bac a bank", "nam a bank", "kienlongbank", "abbank", "baovietbank", "coopbank", "vbsp",
)  # fmt: skip
"""Beside a bank's name a long number is an account."""

# Folded words in front of a value, most telling first: "số thẻ bhyt" is insurance before it is a card.
_LABELS: tuple[tuple[str, tuple[str, ...]], ...] = (
    (
        "otp",
        (
            "otp",
            "ma xac thuc",
            "ma xac nhan",
            "ma xac minh",
            "ma kich hoat",
            "ma bao mat",
            "ma gui ve",
            "ma gui ve may",
            "ma gui ve dien thoai",
            "ma gui den",
            "ma gui den may",
            "ma 6 so",
            "ma 4 so",
            "ma sau so",
            "ma bon so",
            "6 so gui ve",
            "sau so gui ve",
            "ma so gui ve",
            "ma so gui ve may",
            "ma sms",
            "ma tin nhan",
        ),
    ),
    (
        "password",
        (
            "mat khau",
            "matkhau",
            "mk",
            "mkhau",
            "mat ma",
            "password",
            "pass",
            "passwd",
            "passw",
            "passcode",
            "pw",
            "pwd",
            "ma pin",
            "pin",
            "ma bi mat",
            "ma so bi mat",
            "ma mo khoa",
            "ma khoa",
            "ma dang nhap",
        ),
    ),
    ("insurance", ("bhyt", "bhxh", "bao hiem", "bao hiem y te", "bao hiem xa hoi")),
    ("identity", ("cccd", "cmnd", "cmt", "cmtnd", "can cuoc", "chung minh", "dinh danh", "chung minh nhan dan")),
    ("account", ("stk", "so tai khoan", "so tk", "tk", "tai khoan", "account")),
    ("bank", _BANKS),
    ("card", ("so the", "the", "the ngan hang", "visa", "atm")),
    ("phone", ("sdt", "dt", "dien thoai", "so dien thoai", "phone", "zalo", "hotline", "lh", "lien he")),
)
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
_IDENTITY_LENGTH = 12
_SPOKEN_DIGIT = r"(?:kh[oô]ng|m[oộ]t|hai|ba|b[oố]n|t[uư]|n[aă]m|l[aă]m|s[aá]u|b[aả]y|b[aẩ]y|t[aá]m|ch[ií]n)"
_SPOKEN_RUN = re.compile(
    rf"(?<![^\W_]){_SPOKEN_DIGIT}(?:[ ,.\-]{{1,2}}{_SPOKEN_DIGIT}){{9,12}}(?![^\W_])", re.IGNORECASE
)
_SHORTEST_SLIPPED = 4
"""Words of a label from this length on may have a slip."""
_LONGEST_AMOUNT = 9
_SHORTEST_TOUCHED = 10
"""Digits from which a number is personal although something touches it: "0905123456/0912345678"."""
_REACH = 6  # words between a label and its number: "cccd của bà Lý là 045…"
_PUBLIC_NUMBERS = frozenset(
    ["111", "112", "113", "114", "115", "156", "5656", "1022", "8001", "0692348560", "02351022", "02363831022"]
)
_PUBLIC_PREFIXES = ("1900", "1800")

_WORD = re.compile(r"[^\W_]+")
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
_MOBILE = re.compile(r"(?:0|84)(?:[35789][0-9]{8}|1[2689][0-9]{8})")
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
_LETTER_FOR_ZERO = re.compile(r"(?<![^\W_])[0o][0-9o .\-]{8,13}(?![^\W_])", re.IGNORECASE)
_COUNTED_BEHIND = re.compile(r"\s*(?:ba|bac|ong|co|chu|cu|chi|anh|em|di|me|o|chau|nguoi|ng|ho|luot|nha)(?![^\W_])")
_REACH_OF_COUNT = 10
_BANK_BEHIND = re.compile(rf"\s*(?:{'|'.join(_BANKS)})(?![^\W_])")
_PHONE_GROUPS = re.compile(r"\+?[0-9]{3,4}[ .\-()]{0,2}[0-9]{2,3}[ .\-]?[0-9]{2,4}(?:[ .\-]?[0-9]{2})?|\+?[0-9]{10,11}")
"""How phone numbers are usually split."""
_LABELLED_PHONE = re.compile(r"0[0-9]{9,10}|84[0-9]{9,10}|[1-9][0-9]{8}")
_SENTENCE_END = re.compile(r"[;\n!?\]]")

_NO_SECRET = re.compile(r"[0-9]{1,2}[/\-][0-9]{1,2}(?:[/\-][0-9]{2,4})?|[0-9]{1,2}[hg][0-9]{0,2}|[0-9.]+(?:đ|k|tr|vnđ)")
"""Days, times and amounts behind "mật khẩu" are none."""
_SECRET_VALUE = re.compile(r"\s*([:=]?)\s*(\S+)")
_DIGITS_COUNTED = re.compile(r"[4-9] (?:chữ )?(?:số|so)(?![^\W_])", re.IGNORECASE)
_SURE_SECRET = 6
"""Behind words that are no fillers only so long a mix of letters and digits is a secret: not "em Lan lớp 12A3"."""
_DONE = frozenset(["xong", "duoc", "on", "vao", "chay", "roi"])
_SPLIT_PIN = re.compile(r"\s*[:=]?\s*([0-9]{1,4}(?:[ .\-][0-9]{1,4}){1,7})(?![0-9.,/\-]*[0-9])")
"""A secret of digits told in groups: "mã pin: 55 21 90"."""
_NOT_PERSONAL = frozenset(["thue", "mst", "vach", "imei", "serial"])
"""A number right behind these is of a firm or a thing."""
_SECRET_FILLERS = frozenset(
    [
        "la",
        "cua",
        "cai",
        "moi",
        "cu",
        "vneid",
        "vnid",
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
        "dat",
        "dang",
        "nhap",
        "thanh",
        "sang",
        "doi",
        "lai",
        "the",
        "atm",
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


def is_bank(folded: str) -> bool:
    """Tell whether a folded word names a bank."""
    return folded in _BANKS


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
            *_secrets(text),
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
    told = skipped = False
    for _ in range(_REACH):
        match = _SECRET_VALUE.match(text, position)
        if match is None:
            return None
        told = told or bool(match.group(1))
        written = match.group(2)
        if written.startswith(("[", "]", "(", ",", ";", "?")):
            return None
        bare = fold(written.rstrip(".,;!?:=)"))
        if (bare in _SECRET_FILLERS or _DIGITS_COUNTED.match(text, match.start(2))) and not match.group(1):
            told = told or bare == "la"
            position = match.end()
            if written[-1] in ".,;!?":
                return None
            told = told or written[-1] in ":="
            continue
        split = _SPLIT_PIN.match(text, match.start(2)) if told else None
        if split is not None and sum(map(str.isdigit, split[1])) in _LENGTHS["otp"]:
            return split.span(1)
        value = written.rstrip(".,;!?)")
        if _looks_secret(value, told) and not (
            _is_talk(text, match) if told else skipped and len(value) < _SURE_SECRET
        ):
            return match.start(2), match.start(2) + len(value)
        if told or not value.isalpha() or len(value) < len(written):
            return None
        position, skipped = match.end(), True  # "mật khẩu zalo của bà Tám là…"
    return None


def _is_talk(text: str, match: re.Match[str]) -> bool:
    """Tell whether a bare word behind "là" is a word of the sentence: "đổi mật khẩu là xong", "là tên con"."""
    word = match.group(2).rstrip(".,;!?)")
    if match.group(1) or not word.isalpha() or not word.islower() or not is_syllable(word):
        return False
    follows = text[match.end() :].lstrip()
    return word in _DONE or (word == match.group(2) and follows[:1].isalpha())


def _looks_secret(value: str, told: bool) -> bool:
    if "[" in value or fold(value) in _QUESTION_WORDS:
        return False
    if _NO_SECRET.fullmatch(value):
        return False
    coded = any(mark.isdigit() for mark in value) or any(mark in "@#$%^&*_!" for mark in value)
    if coded:
        return len(value) >= 4
    # A plain Vietnamese word behind "là" is talk ("mật khẩu là chữ thường"), a bare ASCII one may be the secret.
    return told and len(value) >= 3 and value.isascii()


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
        elif len(digits) in _LENGTHS["identity"] and _label_before(text, match.start()) == "identity":
            yield _Find(match.start(), match.end(), "identity")


def _with_letters(text: str) -> Iterator[_Find]:
    """Find phone numbers typed with the letter o for zero: "o9o5 123 456"."""
    for match in _LETTER_FOR_ZERO.finditer(text):
        written = match.group().rstrip(" .-")
        digits = "".join(mark for mark in written.casefold().replace("o", "0") if mark.isdigit())
        if not written.isdigit() and "o" in written.casefold() and _MOBILE.fullmatch(digits):
            yield _Find(match.start(), match.start() + len(written), "phone")


def _in_words(text: str) -> Iterator[_Find]:
    """Find numbers said digit by digit: "số không chín một hai ba bốn năm sáu bảy tám"."""
    for run in _SPOKEN_RUN.finditer(text):
        said = [fold(match.group()) for match in _WORD.finditer(run.group())]
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
        label = _label_before(text, run.start())
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
        return label is None or _label_ending_at([fold(label.group())]) is None
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
    words = _WORD.findall(text[max(0, start - _REACH_OF_COUNT) : start])
    return bool(words) and fold(words[-1]) in _NOT_PERSONAL


def _is_code(text: str, start: int) -> bool:
    """Tell whether the words in front of a number say that it numbers a thing: "mã hồ sơ 123456789"."""
    words = [fold(match.group()) for match in _WORD.finditer(text[max(0, start - _REACH_OF_COUNT) : start])]
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


def _label_before(text: str, start: int) -> str | None:
    """Return the kind named by the nearest label in front of `start` in the same sentence."""
    before = _SENTENCE_END.split(text[max(0, start - 60) : start])[-1]
    words = [fold(match.group()) for match in _WORD.finditer(unicodedata.normalize("NFC", before))]
    bank: str | None = None
    for skipped in range(min(_REACH, len(words))):
        label = _label_ending_at(words[: len(words) - skipped])
        if label == "bank" and skipped <= 2:
            bank = label  # "otp vcb 445566": what the number is says more than whose it is
            continue
        # A loose label word ("thẻ", "zalo") speaks only for the number that follows at once.
        if label and (skipped <= 2 or label in {"identity", "account", "otp"}):
            return label
        if label == "insurance":
            return "insured"
    return bank


def _label_ending_at(words: Sequence[str]) -> str | None:
    for label, kind in _labels_by_end().get(words[-1], ()) if words else ():
        if list(words[-len(label) :]) == label:
            return kind
    for label, kind in _labels_by_last_but_one().get(words[-2], ()) if len(words) > 1 else ():
        if list(words[-len(label) : -1]) == label[:-1] and _is_slip_of(words[-1], label[-1]):
            return kind
    return None


def _is_slip_of(typed: str, word: str) -> bool:
    """Tell whether a word is a long one of a label with one slip: "mat khaau"."""
    return len(word) >= _SHORTEST_SLIPPED and OSA.distance(typed, word, score_cutoff=1) <= 1


@cache
def _labels_by_end() -> Mapping[str, Sequence[tuple[list[str], str]]]:
    """Return the words of each label with its kind, by the last of them, most telling first."""
    found: dict[str, list[tuple[list[str], str]]] = {}
    for kind, labels in _LABELS:
        for label in map(str.split, labels):
            found.setdefault(label[-1], []).append((label, kind))
    return found


@cache
def _labels_by_last_but_one() -> Mapping[str, Sequence[tuple[list[str], str]]]:
    """Return the labels of several words by the last but one of them."""
    found: dict[str, list[tuple[list[str], str]]] = {}
    for listed in _labels_by_end().values():
        for label, kind in listed:
            if len(label) > 1:
                found.setdefault(label[-2], []).append((label, kind))
    return found
