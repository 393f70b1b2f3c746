"""What a check finds: one sentence, and what to do where something is not as it should be."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Verdict = Literal["good", "note", "unchecked", "wrong"]


@dataclass(frozen=True)
class Finding:
    """`part`: document, files, words, captions, hand-off or render. `note`: nothing is wrong, and people may want to
    know. `unchecked`: it could not be looked at here, `hint` says what that needs.
    """

    part: str
    verdict: Verdict
    text: str
    hint: str = ""
