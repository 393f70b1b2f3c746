"""What is the key of a blob, and what is said where none lies. Pure; the same for every kind of store."""

from __future__ import annotations

import re

from vitascope.errors import BadSpec, NotFound

_KEY = re.compile(r"(?:[A-Za-z0-9_][A-Za-z0-9._-]{0,119}/){0,7}[A-Za-z0-9_][A-Za-z0-9._-]{0,119}")
HIDDEN = ".vitascope"  # the folder of the hidden store; no key begins with a dot
CHUNK = 1 << 20  # bytes in one piece of a read


def checked(key: str) -> str:
    """The key, if it is one: up to eight names of letters, digits, dots, dashes, none beginning with a dot."""
    if not _KEY.fullmatch(key):
        raise BadSpec(f"{key[:80]!r} is no key of a blob.", hint="Letters, digits, dots and dashes between slashes.")
    return key


def missing(key: str) -> NotFound:
    return NotFound(f"There is no blob {key}.", hint="It may have been deleted.")
