"""Ids in each vendor's form. A job has one id, 24 hex digits that begin with its time; each skin shows it otherwise
and reads it back. Nothing is stored, so a job can be asked for in any dialect.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from hashlib import sha256

_DIGITS = 24
_EPOCH = 1_735_689_600_000  # 1 January 2025 in milliseconds; leaves a number 14 bits beside the time
_CHANCE_BITS = 14


@dataclass(frozen=True)
class Skin:
    """`read` gives the 24 digits, or what they begin with; empty for what is no such id."""

    name: str
    show: Callable[[str], str]
    read: Callable[[str], str]


def prefixed(prefix: str) -> Skin:
    """For example "cgt-" and the digits."""
    pattern = re.compile(re.escape(prefix) + r"([0-9a-f]{24})")

    def read(text: str) -> str:
        found = pattern.fullmatch(text)
        return found[1] if found else ""

    return Skin(prefix or "hex", lambda id: prefix + id, read)


def _read_decimal(text: str) -> str:
    if not re.fullmatch(r"[1-9][0-9]{0,28}", text, re.ASCII):
        return ""
    digits = f"{int(text):024x}"
    return digits if len(digits) == _DIGITS else ""


def _show_uuid(id: str) -> str:
    """A UUID of version 7: time first. What its digits have room for beyond ours is a check over them."""
    tail = f"8{id[15:18]}{id[18:]}{sha256(id.encode()).hexdigest()[:6]}"
    return f"{id[:8]}-{id[8:12]}-7{id[12:15]}-{tail[:4]}-{tail[4:]}"


def _read_uuid(text: str) -> str:
    plain = text.lower().replace("-", "")
    if not re.fullmatch(r"[0-9a-f]{32}", plain):
        return ""
    id = plain[:12] + plain[13:16] + plain[17:26]
    return id if _show_uuid(id).replace("-", "") == plain else ""


def _chance(id: str) -> int:
    return int(sha256(id.encode()).hexdigest()[:8], 16) & (2**_CHANCE_BITS - 1)


def _show_number(id: str) -> str:
    """A number below 2^53 (JavaScript reads no larger one): the milliseconds, and 14 bits that tell jobs of the same
    account and millisecond apart.
    """
    return str(max(0, int(id[:12], 16) - _EPOCH) << _CHANCE_BITS | _chance(id))


def _read_number(text: str) -> str:
    if not re.fullmatch(r"[0-9]{1,16}", text, re.ASCII) or int(text) >= 2**53:
        return ""
    return f"{(int(text) >> _CHANCE_BITS) + _EPOCH:012x}"


HEX = prefixed("")
VIDEO = prefixed("video_")
DECIMAL = Skin("decimal", lambda id: str(int(id, 16)), _read_decimal)
UUID = Skin("uuid", _show_uuid, _read_uuid)
NUMBER = Skin("number", _show_number, _read_number)
