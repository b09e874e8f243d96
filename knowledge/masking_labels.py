"""Finds the words that say what the number behind them is: "cccd", "số tài khoản"; it hides nothing."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping, Sequence
from functools import cache

from rapidfuzz.distance import OSA

from knowledge.vietnamese import fold

BANKS = (
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
            "ma ve may",
            "ma ve dien thoai",
            "ma vua nhan",
            "ma nhan duoc",
            "ma dang nhap mot lan",
            "mat khau mot lan",
            "ma dung mot lan",
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
    ("bank", BANKS),
    ("card", ("so the", "the", "the ngan hang", "visa", "atm")),
    (
        "phone",
        (
            "sdt",
            "dt",
            "goi",
            "alo",
            "call",
            "so may",
            "sim",
            "so cua",
            "dien thoai",
            "so dien thoai",
            "phone",
            "zalo",
            "hotline",
            "lh",
            "lien he",
        ),
    ),
)
_SHORTEST_PHONE = 9
_SHORTEST_SLIPPED = 4
"""Words of a label from this length on may have a slip."""
REACH = 6  # words between a label and its number: "cccd của bà Lý là 045…"
WORD = re.compile(r"[^\W_]+")
_SENTENCE_END = re.compile(r"[;\n!?\]]")


def is_bank(folded: str) -> bool:
    """Tell whether a folded word names a bank."""
    return folded in BANKS


def label_before(text: str, start: int, digits: int = _SHORTEST_PHONE) -> str | None:
    """Return the kind named by the nearest label in front of a number at `start` in the same sentence.

    A number of few `digits` is no phone number: "mã xác nhận Zalo 4821".
    """
    before = _SENTENCE_END.split(text[max(0, start - 60) : start])[-1]
    words = [fold(match.group()) for match in WORD.finditer(unicodedata.normalize("NFC", before))]
    bank: str | None = None
    for skipped in range(min(REACH, len(words))):
        label = label_ending_at(words[: len(words) - skipped])
        if label == "phone" and digits < _SHORTEST_PHONE:
            continue
        if label == "bank" and skipped <= 2:
            bank = label  # "otp vcb 445566": what the number is says more than whose it is
            continue
        # A loose label word ("thẻ", "zalo") speaks only for the number that follows at once.
        if label == "insurance":
            return _insurance_or_account(words, skipped)
        if label and (skipped <= 2 or label in {"identity", "account", "otp"}):
            return label
    return bank


def _insurance_or_account(words: Sequence[str], skipped: int) -> str:
    """Return what a number behind an insurance's name is: "tài khoản nhận tiền bảo hiểm …" tells an account."""
    told = words[: len(words) - skipped]
    numbered = len(told) > 1 and told[-2] in {"so", "ma", "the", "hiem"}
    if not numbered and any(
        label_ending_at(told[:end]) == "account" for end in range(max(1, len(told) - 4), len(told))
    ):
        return "account"
    return "insurance" if skipped <= 2 else "insured"


def label_ending_at(words: Sequence[str]) -> str | None:
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
