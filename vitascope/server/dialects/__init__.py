"""The ways of speaking: one file for each vendor's API. A dialect translates, purely: what was asked into our own
words, a job and an error into the vendor's. It has no powers of its own.

To add one, write its file and name it here. `spoken` finds whose words to use for an error that no route has seen.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from vitascope.errors import VitascopeError
from vitascope.server.dialects import openai


@dataclass(frozen=True)
class Dialect:
    name: str
    claims: Callable[[str, Mapping[str, str]], bool]  # (path, headers) -> does this request speak it?
    fail: Callable[[VitascopeError], tuple[int, dict[str, Any]]]  # -> (HTTP status, body)


NATIVE = Dialect("openai", lambda path, headers: True, openai.fail)
DIALECTS: tuple[Dialect, ...] = (NATIVE,)  # the first that claims a request has it; the native one claims all


def spoken(path: str, headers: Mapping[str, str]) -> Dialect:
    return next(dialect for dialect in DIALECTS if dialect.claims(path, headers))
