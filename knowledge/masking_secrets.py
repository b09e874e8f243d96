"""Finds passwords and PINs behind the words that name them, by how they are told; it hides nothing."""

from __future__ import annotations

import re
from collections.abc import Iterator

from knowledge.masking_labels import WORD, label_ending_at
from knowledge.syllables import is_syllable
from knowledge.vietnamese import fold

_NO_SECRET = re.compile(r"[0-9]{1,2}[/\-][0-9]{1,2}(?:[/\-][0-9]{2,4})?|[0-9]{1,2}[hg][0-9]{0,2}|[0-9.]+(?:đ|k|tr|vnđ)")
"""Days, times and amounts behind "mật khẩu" are none."""
_SECRET_VALUE = re.compile(r"\s*([:=]?)\s*(\S+)")
_DIGITS_COUNTED = re.compile(r"[4-9] (?:chữ )?(?:số|so)(?![^\W_])", re.IGNORECASE)
_SURE_SECRET = 6
"""Behind words that are no fillers only so long a mix of letters and digits is a secret: not "em Lan lớp 12A3"."""
_WORDS_BEFORE = 9
"""Words among which a secret is looked for: "mật khẩu dịch vụ công của chú Ba là…"."""
_FEWEST_LETTERS = 3
_DONE = frozenset(["xong", "duoc", "on", "vao", "chay", "roi"])
_PIN_LENGTHS = range(4, 9)
_SPLIT_PIN = re.compile(r"\s*[:=]?\s*([0-9]{1,4}(?:[ .\-][0-9]{1,4}){1,7})(?![0-9.,/\-]*[0-9])")
"""A secret of digits told in groups: "mã pin: 55 21 90"."""
_SECRET_FILLERS = frozenset(
    [
        "sim",
        "mo",
        "khoa",
        "man",
        "hinh",
        "ung",
        "dung",
        "cap",
        "dich",
        "vu",
        "cong",
        "vi",
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


def find_secrets(text: str) -> Iterator[tuple[int, int]]:
    """Find passwords, whose value may be any characters, not only digits."""
    found = list(WORD.finditer(text))
    words = [fold(match.group()) for match in found]
    for index in range(len(found)):
        label = label_ending_at(words[: index + 1])
        if label == "password" and not _is_own_token(text, found[index].end()):
            value = _secret_value(text, found[index].end())
            if value is not None:
                yield value


def _is_own_token(text: str, end: int) -> bool:
    return text[end : end + 1] == "]"


def _secret_value(text: str, position: int) -> tuple[int, int] | None:
    """Return where the secret behind a label stands: behind a sign or "là" any word, else one that looks coded.

    Other words may stand between: "mật khẩu zalo của bà Tám là…", "mật khẩu là tên con ghép năm sinh: …".
    """
    told = skipped = talked = False
    for _ in range(_WORDS_BEFORE):
        match = _SECRET_VALUE.match(text, position)
        if match is None:
            return None
        told = told or bool(match.group(1))
        written = match.group(2)
        if written.startswith(("[", "]", ",", ";", "?")):
            return None
        start = match.start(2) + len(written) - len(written.lstrip("("))
        bare = fold(written.rstrip(".,;!?:=)"))
        counted = _DIGITS_COUNTED.match(text, match.start(2)) is not None
        if (bare in _SECRET_FILLERS or counted) and not match.group(1):
            told = told or bare == "la"
            position = match.end()
            if written[-1] in ".,;!?":
                return None
            told = told or written[-1] in ":="
            continue
        split = _SPLIT_PIN.match(text, match.start(2)) if told else None
        if split is not None and sum(map(str.isdigit, split[1])) in _PIN_LENGTHS:
            return split.span(1)
        value = written.strip("(").rstrip(".,;!?)")
        sure = not skipped or told or len(value) >= _SURE_SECRET
        if _looks_secret(value, told and not talked) and sure and not (told and _is_talk(text, match)):
            return start, start + len(value)
        opens = written[-1] in ":=" and bare.isalpha()
        if not (opens or bare.isalpha() or (bare.isdigit() and len(bare) == 1)) or written[-1] in ".,;!?)":
            return None
        position, skipped, talked, told = match.end(), True, told and not opens, told or opens
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
    return told and len(value) >= _FEWEST_LETTERS and (value.isascii() or not is_syllable(fold(value)))
