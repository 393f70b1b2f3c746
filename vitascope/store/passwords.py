"""Passwords, kept as argon2id. Hashing one takes a tenth of a second and 64 MB, so it is done outside of transactions,
and by few threads at a time.
"""

from __future__ import annotations

import secrets
import threading
from typing import NewType

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from vitascope.errors import BadSpec
from vitascope.store.account import letters

MIN_PASSWORD, MAX_PASSWORD = 8, 1_000  # characters

PasswordHash = NewType("PasswordHash", str)

_hasher = PasswordHasher()
_few = threading.BoundedSemaphore(2)  # a flood of log-ins must not take all memory
_nobody: list[PasswordHash] = []  # a hash without a known password, so that an unknown address takes as long


def hashed(password: str) -> PasswordHash:
    """Slow and large: call it outside of transactions. Raises BadSpec when it is too short or too long."""
    if not MIN_PASSWORD <= len(password) <= MAX_PASSWORD:
        raise BadSpec(
            f"The password has {len(password)} characters.",
            hint=f"{MIN_PASSWORD} to {MAX_PASSWORD}; a few words are better than odd signs.",
        )
    with _few:
        return PasswordHash(_hasher.hash(letters(password)))


def matches(password: str, kept: PasswordHash | None) -> bool:
    """Whether this is the password. Takes as long when nothing is kept, so that addresses cannot be guessed by the
    clock. Call it outside of transactions.
    """
    if len(password) > MAX_PASSWORD:
        return False
    if not _nobody:
        _nobody.append(hashed(secrets.token_urlsafe(24)))
    with _few:
        try:
            return _hasher.verify(kept or _nobody[0], letters(password)) and kept is not None
        except (VerificationError, InvalidHashError):
            return False
