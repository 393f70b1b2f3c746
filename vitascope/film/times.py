"""Exact times. A film has one edit rate; its cuts lie on frames of that rate; seconds are fractions, never floats."""

from __future__ import annotations

from fractions import Fraction
from typing import Annotated, Any

from pydantic import BeforeValidator, PlainSerializer, WithJsonSchema

from vitascope.exact import exact

#: Edit rates by the names that editors give them.
RATES = {
    "23.976": Fraction(24000, 1001),
    "24": Fraction(24),
    "25": Fraction(25),
    "29.97": Fraction(30000, 1001),
    "30": Fraction(30),
    "50": Fraction(50),
    "60": Fraction(60),
}
MAX_SECONDS = Fraction(4 * 3600)  # of a film, and of anything in it


def fraction(value: Any) -> Fraction:
    """ "3/8", "2.5", 4 or 2.5 as an exact number. Raises ValueError for everything else, also NaN and infinity."""
    if isinstance(value, bool) or not isinstance(value, (str, int, float, Fraction)):
        raise ValueError('must be a number of seconds such as 4, 2.5 or "3/8"')
    try:
        return exact(str(value))
    except ValueError as error:
        raise ValueError('must be a number of seconds such as 4, 2.5 or "3/8"') from error


def _length(value: Any) -> Fraction:
    read = fraction(value)
    if not 0 <= read <= MAX_SECONDS:
        raise ValueError(f"must be 0 to {MAX_SECONDS} seconds")
    return read


def _speed(value: Any) -> Fraction:
    read = fraction(value)
    if not Fraction(1, 10) <= read <= 10:
        raise ValueError("must be 0.1 to 10")
    return read


_WRITTEN = PlainSerializer(str, return_type=str)
_SCHEMA = WithJsonSchema({"type": "string", "description": 'Seconds as an exact fraction, such as "3/8" or "4".'})

#: A length or a point in time, in seconds, 0 or more; in JSON a string.
Seconds = Annotated[Fraction, BeforeValidator(_length), _WRITTEN, _SCHEMA]
#: How many times faster than it was made; 1/2 is half speed.
Speed = Annotated[Fraction, BeforeValidator(_speed), _WRITTEN, WithJsonSchema({"type": "string"})]


def frames(seconds: Fraction, rate: Fraction) -> int:
    """The nearest frame border (halves up)."""
    return int(seconds * rate + Fraction(1, 2))


def snapped(seconds: Fraction, rate: Fraction) -> Fraction:
    """The time of the nearest frame border."""
    return frames(seconds, rate) / rate


def nominal(rate: Fraction) -> int:
    """The whole number by which timecode counts: 30 for 29.97."""
    return int(rate + Fraction(1, 2))


def timecode(seconds: Fraction, rate: Fraction) -> str:
    """hh:mm:ss:ff, counted without dropping numbers."""
    count, base = frames(seconds, rate), nominal(rate)
    whole = count // base
    return f"{whole // 3600:02}:{whole // 60 % 60:02}:{whole % 60:02}:{count % base:02}"
