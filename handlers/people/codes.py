"""Codes that give a role or link an account: how they look and how they are kept; it asks the database nothing."""

from __future__ import annotations

import hashlib
import secrets
from datetime import timedelta

CODE_LETTERS = "ABCDEFGHJKMNPQRSTUVWXYZ"
_LENGTH = 10
"""Ten letters out of 23: about 45 bits, far more than could be tried through a chat."""

INVITE_LASTS = timedelta(days=14)
"""How long an invitation can be used, and a code for a member who has no account yet."""


def new_code() -> str:
    """Return a fresh code, easy to read out: letters only, so that masking takes it for no number."""
    return "".join(secrets.choice(CODE_LETTERS) for _ in range(_LENGTH))


def code_hash(code: str) -> str:
    """Return what is stored of a code, however it was typed (case, dashes and spaces do not matter)."""
    plain = "".join(letter for letter in code.upper() if letter.isalnum())
    return hashlib.sha256(f"cnscd-invite:{plain}".encode()).hexdigest()
