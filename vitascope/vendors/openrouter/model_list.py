"""OpenRouter's own list of its video models, read into model files: what each makes, and what that costs. Pure; who
fetches the list, and keeps the files, is `engines/remote/model_lists.py`.

Written by openrouter.ai/docs, "Video Generation", and by answers of that list that others have kept; it was never read
from OpenRouter itself. A price that cannot be told from the list for certain is left out, never guessed too low.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any

from vitascope.clip import Size
from vitascope.errors import BadSpec
from vitascope.exact import exact
from vitascope.vendors import size_tiers

FPS = 24  # the list does not tell it
SOURCE = "openrouter.ai/api/v1/videos/models"
_NAME = re.compile(r"[a-z0-9][a-z0-9._-]{0,63}")
_RES = r"(?:[-_](\d{3,4}p|\dk))?"
_AUDIO = r"(?:_(with|without)_audio)?"
_DOLLARS = re.compile(rf"(?:(?:text|image)_to_video_)?duration_seconds{_AUDIO}{_RES}|per-video-second(){_RES}")
_CENTS = re.compile(rf"cents_per_(?:second_output|video_output_second)(){_RES}")
_TOKENS = re.compile(rf"video_tokens{_RES}{_AUDIO}")
_OURS_NEVER = re.compile(r".*(?:video_input|video_continuation).*|reference_.*")  # of what is never sent here


@dataclass(frozen=True)
class Listed:
    """One model. `model`: their name of it, `name`: ours behind the slash; `rates`: lines of `[[cost.rates]]`, empty
    when the list does not tell the price in a form that is known here.
    """

    name: str
    model: str
    title: str
    modes: tuple[str, ...]
    has_sound: bool
    tiers: Mapping[str, tuple[Size, ...]]
    lengths: tuple[int, ...]
    rates: tuple[Mapping[str, Any], ...]

    def toml(self, date: str, address: str = "") -> str:
        """As a model file. `date`: of the list, "2026-11-30"; `address`: of its server, if that is another."""
        price = "" if self.rates else " Its price is not told in a form that is known here."
        limits = f"Read from OpenRouter's own list on {date}, and not tried there. It does not tell the rate.{price}"
        lines = [
            f"name = {_text(f'openrouter/{self.name}')}", f"title = {_text(self.title)}",
            'engine = "vitascope.engines.remote.vendors:engine"', f"modes = {_text(self.modes)}",
            f'sound = "{"optional" if self.has_sound else "never"}"', f"limits = {_text(limits)}",
            "", "[source]", 'vendor = "openrouter"', f"model = {_text(self.model)}",
            *(["sound_switch = true"] if self.has_sound else []), *([f"address = {_text(address)}"] if address else []),
            "", "[format]", f"fps = {FPS}", f"lengths = {_text(self.lengths)}", f"max_seconds = {max(self.lengths)}",
            "", "[format.tiers]",
            *(f"{_text(tier)} = {_text([_size(one) for one in sizes])}" for tier, sizes in self.tiers.items()),
        ]  # fmt: skip
        if self.rates:
            lines += ["", "[cost]", f"source = {_text(SOURCE)}", f"date = {_text(date)}"]
        for rate in self.rates:
            lines += ["", "[[cost.rates]]", *(f"{key} = {_text(value)}" for key, value in rate.items())]
        return "\n".join(lines) + "\n"


@dataclass(frozen=True)
class ModelList:
    """`left_out`: their names of models that cannot be ordered from here, with the reason."""

    models: tuple[Listed, ...]
    left_out: Mapping[str, str] = field(default_factory=dict)


def read(told: Any) -> ModelList:
    """Raises ValueError, which says why, for what is no such list or has nothing that can be used."""
    rows = told.get("data") if isinstance(told, dict) else None
    if not isinstance(rows, list) or not all(isinstance(row, dict) and isinstance(row.get("id"), str) for row in rows):
        raise ValueError("it is not a list of models")
    found, left_out = [], {}
    names = [row["id"].rpartition("/")[2] for row in rows]
    for row, name in zip(rows, names, strict=True):
        try:
            found.append(_listed(row, name if names.count(name) == 1 else row["id"].replace("/", "-")))
        except (ValueError, BadSpec) as error:
            left_out[row["id"]] = str(error)
    if not found:
        raise ValueError("it has no model that could be ordered from here")
    return ModelList(tuple(found), left_out)


def _listed(row: Mapping[str, Any], name: str) -> Listed:
    if not _NAME.fullmatch(name):
        raise ValueError("its name has letters that no name here has")
    lengths = tuple(sorted({one for one in _list(row, "supported_durations") if type(one) is int and 0 < one <= 600}))
    if not lengths:
        raise ValueError("it tells no lengths")
    tiers = _tiers(row)
    if not tiers:
        raise ValueError("it tells no sizes")
    frames = _list(row, "supported_frame_images")
    pictures = [mode for mode, kind in (("image", "first_frame"), ("last_image", "last_frame")) if kind in frames]
    title = str(row.get("name") or name)
    has_sound = row.get("generate_audio") is True
    return Listed(
        name=name,
        model=row["id"],
        title=f"{title.partition(': ')[2] or title} at OpenRouter",
        modes=("text", *pictures),
        has_sound=has_sound,
        tiers=tiers,
        lengths=lengths,
        rates=_rates(row.get("pricing_skus"), tiers, has_sound, len(pictures)),
    )


def _list(row: Mapping[str, Any], key: str) -> list[Any]:
    """An empty one when it is not told."""
    value = row.get(key)
    if not isinstance(value, list | None):
        raise ValueError(f"{key} is no list")
    return value or []


def _tiers(row: Mapping[str, Any]) -> dict[str, tuple[Size, ...]]:
    """The sizes of each resolution, the smaller first: those that are listed, else one for each shape."""
    names = [str(one) for one in _list(row, "supported_resolutions") if str(one).lower() in size_tiers.SHORT_SIDES]
    sizes = [size for one in _list(row, "supported_sizes") if (size := size_tiers.size(str(one)))]
    if not sizes:
        shapes = [str(one) for one in _list(row, "supported_aspect_ratios")]
        sizes = [size for name in names for shape in shapes if (size := size_tiers.read(name, shape)[0])]
    found: dict[str, list[Size]] = {}
    for size in sizes:
        found.setdefault(_tier(size, names), []).append(size)
    order = sorted(found, key=lambda tier: max(_area(size) for size in found[tier]))
    return {tier: tuple(dict.fromkeys(found[tier])) for tier in order}


def _tier(size: Size, names: Sequence[str]) -> str:
    """The resolution that a size belongs to: by its shorter side, else the nearest in area."""
    sides = {name: size_tiers.SHORT_SIDES[name.lower()] for name in names}
    exact = [name for name, side in sides.items() if side == min(size)]
    if exact or not names:
        return exact[0] if exact else f"{min(size)}p"
    return min(names, key=lambda name: abs(math.log(_area(size) / (sides[name] ** 2 * 16 / 9))))


@dataclass(frozen=True)
class _Price:
    """Of a second, or of a token of which a clip has as many as its pixels in all frames / 1024; in dollars."""

    amount: Fraction
    resolution: str
    audio: bool | None
    is_token: bool = False

    def second(self, pixels: int) -> Fraction:
        return self.amount * pixels * FPS / 1024 if self.is_token else self.amount


def _rates(
    skus: Any, tiers: Mapping[str, tuple[Size, ...]], has_sound: bool, pictures: int
) -> tuple[Mapping[str, Any], ...]:
    """Empty when any price is of a kind that is not known here."""
    prices, once = list[_Price](), Fraction(0)
    for key, value in (skus if isinstance(skus, dict) else {}).items():
        key, amount = str(key).rpartition(":")[2], _amount(value)
        if _OURS_NEVER.fullmatch(key):
            continue
        if key == "cents_per_image_input" and amount is not None:
            once = pictures * amount / 100
            continue
        price = _price(key, amount) if amount is not None else None
        if not price:
            return ()
        prices.append(price)
    sounds: tuple[bool | None, ...] = (True, False) if has_sound else (None,)
    rates = [row for sound in sounds if prices for row in _of_sound(prices, tiers, sound, once)]
    return tuple(rates) if len({row.get("sound") for row in rates}) == len(sounds) else ()


def _price(key: str, amount: Fraction) -> _Price | None:
    if found := _DOLLARS.fullmatch(key):
        return _Price(amount, found[2] or found[4] or "", {"with": True, "without": False}.get(found[1]))
    if found := _CENTS.fullmatch(key):
        return _Price(amount / 100, found[2] or "", None)
    if found := _TOKENS.fullmatch(key):
        return _Price(amount, found[1] or "", {"with": True, "without": False}.get(found[2]), is_token=True)
    return None


def _of_sound(
    prices: Iterable[_Price], tiers: Mapping[str, tuple[Size, ...]], sound: bool | None, once: Fraction
) -> list[Mapping[str, Any]]:
    """A rate for each resolution, of which a larger one is never cheaper. Where a size of the one is as large as one of
    the next, it gets the dearer rate.
    """
    rows, before = list[Mapping[str, Any]](), Fraction(0)
    wanted = bool(sound)  # of a model without sound, the price without it
    ordered = list(tiers.items())
    for place, (tier, sizes) in enumerate(ordered):
        smallest_above = min((_area(size) for _, some in ordered[place + 1 :] for size in some), default=0)
        mine = [size for size in sizes if not smallest_above or _area(size) < smallest_above]
        found = [one for one in prices if one.resolution in ("", tier.lower()) and one.audio in (None, wanted)]
        found = [one for one in found if one.resolution] or found
        found = [one for one in found if one.audio is not None] or found
        if not found:
            return []
        largest = max(sizes, key=_area)
        second = max(one.second(_area(largest)) for one in found)
        if second < before:
            return []
        before = second
        if mine:
            row = {"up_to": _size(max(mine, key=_area)), "second": float(second), "clip": float(once), "sound": sound}
            rows.append({key: value for key, value in row.items() if value is not None and (key != "clip" or once)})
    return rows


def _amount(value: Any) -> Fraction | None:
    try:
        amount = exact(str(value))
    except ValueError:
        return None
    return amount if 0 < amount <= 10_000 else None


def _area(size: Size) -> int:
    return size[0] * size[1]


def _size(size: Size) -> str:
    return f"{size[0]}x{size[1]}"


def _text(value: Any) -> str:
    """As TOML writes it, which for these is as JSON does."""
    if isinstance(value, str):
        value = "".join(letter for letter in value if letter.isprintable())
    return json.dumps(value, ensure_ascii=False)
