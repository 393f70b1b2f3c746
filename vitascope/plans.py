"""Plans and prices as data: what an account may do and what a clip costs, read from one TOML file (`plans.toml` beside
this file, or the operator's own). Everything is checked when it is read; no other module reads the file.
"""

from __future__ import annotations

import dataclasses
import re
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from functools import cache
from pathlib import Path
from typing import Any

from vitascope import clip_format_1
from vitascope.engines.card import ModelPrice
from vitascope.errors import BadSettings
from vitascope.pricing import Prices, SizeClass

PACKAGED = Path(__file__).with_name("plans.toml")


@dataclass(frozen=True, kw_only=True)
class Plan:
    """What each number means is written in `plans.toml`."""

    name: str
    title: str
    daily_units: int
    monthly_units: int
    concurrency: int
    waiting: int
    priority: int
    weight: int
    requests_per_minute: int
    max_seconds: float
    max_takes: int
    label: bool
    relaxed: bool
    retention_days: int
    remote: tuple[str, ...] = ()


@dataclass(frozen=True)
class Plans:
    """All plans by name, and the prices. `plans["pro"]` must exist; `plans.of(account.plan)` always answers."""

    by_name: Mapping[str, Plan] = field(hash=False)
    default: str
    prices: Prices
    routes: Mapping[str, tuple[str, ...]] = field(default_factory=dict, hash=False)  # names that lead to several models

    def __getitem__(self, name: str) -> Plan:
        return self.by_name[name]

    def __iter__(self) -> Iterator[Plan]:
        return iter(self.by_name.values())

    def __contains__(self, name: object) -> bool:
        return name in self.by_name

    def of(self, name: str) -> Plan:
        """The plan of that name; for one that is no longer here, the default."""
        return self.by_name.get(name) or self.by_name[self.default]


@cache
def packaged() -> Plans:
    return read(PACKAGED)


def read(path: str | Path = "") -> Plans:
    """The plans in this file; without one, those that came with the package. Raises BadSettings."""
    file = Path(path).expanduser() if path else PACKAGED
    try:
        return parse(tomllib.loads(file.read_text("utf-8")))
    except OSError as error:
        raise BadSettings(f"The plans cannot be read: {error}", hint="Check the setting `plans`.") from error
    except BadSettings as error:
        raise BadSettings(f"{file}: {error.message}", hint=error.hint) from error
    except ValueError as error:
        raise BadSettings(f"{file} is not TOML: {error}", hint="Compare it with the packaged plans.toml.") from error


def parse(data: Mapping[str, Any]) -> Plans:
    """The same from a dict. Raises BadSettings and names the place."""
    _only(data, ("default", "plans", "prices", "routes"), "the file")
    plans = {name: _plan(name, table) for name, table in _table(data, "plans", "the file").items()}
    default = data.get("default")
    if default not in plans:
        raise BadSettings(f'The default plan "{default}" is not among the plans.', hint=f"One of {', '.join(plans)}.")
    return Plans(plans, default, _prices(_table(data, "prices", "the file")), _routes(data.get("routes", {})))


def _plan(name: str, table: Any) -> Plan:
    place = f"[plans.{name}]"
    if not isinstance(table, dict):
        raise BadSettings(f"{place} is not a table.", hint="See the packaged plans.toml.")
    kinds = {item.name: item.type for item in dataclasses.fields(Plan) if item.name not in ("name", "remote")}
    _only(table, (*kinds, "remote"), place)
    values: dict[str, Any] = {"name": name, "remote": _names(table, place)}
    for key, kind in kinds.items():
        value = table.get(key)
        if isinstance(value, {"str": str, "bool": bool}.get(str(kind), ())):
            values[key] = value
        elif kind == "float" and _is_number(value):
            values[key] = float(table[key])
        elif kind == "int" and _is_number(value) and isinstance(value, int):
            values[key] = value
        else:
            words = {"str": "a text", "bool": "true or false", "float": "a number", "int": "an integer"}[str(kind)]
            raise BadSettings(f"{key} in {place} is {value!r}.", hint=f"It is {words}, 0 or more.")
    for key in ("concurrency", "weight"):
        if values[key] < 1:
            raise BadSettings(f"{key} in {place} is {values[key]}.", hint="At least 1.")
    return Plan(**values)


def _routes(table: Any) -> dict[str, tuple[str, ...]]:
    if not isinstance(table, dict):
        raise BadSettings("[routes] is not a table.", hint='auto = ["kling/kling-v3", "vitascope-nano"]')
    for name, models in table.items():
        good = isinstance(models, list) and models and all(isinstance(one, str) and one for one in models)
        if not good or not re.fullmatch(r"[a-z0-9][a-z0-9:._-]{0,63}", name):
            raise BadSettings(
                f'The route "{name[:40]}" is not a name with a list of models.',
                hint='auto = ["kling/kling-v3", "vitascope-nano"]',
            )
    return {name: tuple(models) for name, models in table.items()}


def _names(table: Mapping[str, Any], place: str) -> tuple[str, ...]:
    given = table.get("remote", [])
    if not isinstance(given, list) or not all(isinstance(one, str) and one for one in given):
        raise BadSettings(f"remote in {place} is {str(given)[:60]}.", hint='A list of names: ["kling/*"].')
    return tuple(given)


def _prices(table: Mapping[str, Any]) -> Prices:
    _only(table, ("draft", "offpeak", "relaxed", "units_per_dollar", "sizes", "models"), "[prices]")
    sizes = []
    for number, row in enumerate(table.get("sizes") or (), 1):
        place = f"[[prices.sizes]] number {number}"
        _only(row, ("name", "pixels", "factor"), place)
        sizes.append(SizeClass(str(row.get("name")), _whole(row, "pixels", place), _factor(row, "factor", place)))
    if not sizes or sorted(sizes, key=lambda size: size.pixels) != sizes:
        raise BadSettings("The size classes are missing or not in order.", hint="List them from small to large.")
    models = {}
    for name, row in _table(table, "models", "[prices]").items():
        place = f"[prices.models.{name}]"
        _only(row, ("second", "still", "steps"), place)
        models[name] = ModelPrice(
            second=_factor(row, "second", place),
            still=_factor(row, "still", place),
            steps=_whole({"steps": 0, **row}, "steps", place),
        )
    default = models.pop("default", None)
    if default:  # in a file of the first edition it is the price of the built-in model too
        models.setdefault(clip_format_1.MODEL, default)
    parts = {key: _factor(table, key, "[prices]") for key in ("draft", "offpeak", "relaxed")}
    dollar = _whole({"units_per_dollar": 0, **table}, "units_per_dollar", "[prices]")
    return Prices(models=models, sizes=tuple(sizes), first_edition=default, units_per_dollar=dollar, **parts)


def _table(data: Mapping[str, Any], key: str, place: str) -> dict[str, Any]:
    value = data.get(key)
    if not isinstance(value, dict) or not all(isinstance(row, dict) or key == "prices" for row in value.values()):
        raise BadSettings(f"{key} is missing in {place} or not a table.", hint="See the packaged plans.toml.")
    return value


def _only(table: Any, known: tuple[str, ...], place: str) -> None:
    if not isinstance(table, dict):
        raise BadSettings(f"{place} is not a table.", hint="See the packaged plans.toml.")
    unknown = sorted(set(table) - set(known))
    if unknown:
        raise BadSettings(f'{place} has an unknown entry "{unknown[0]}".', hint=f"Known: {', '.join(known)}.")


def _factor(table: Mapping[str, Any], key: str, place: str) -> Fraction:
    value = table.get(key)
    if not _is_number(value):
        raise BadSettings(f"{key} in {place} is {value!r}.", hint="It is a number, 0 or more.")
    return Fraction(str(value))  # 0.2 as it is written, not as the nearest binary number


def _whole(table: Mapping[str, Any], key: str, place: str) -> int:
    value = table.get(key)
    if not _is_number(value) or not isinstance(value, int):
        raise BadSettings(f"{key} in {place} is {value!r}.", hint="It must be an integer, 0 or more.")
    return value


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and 0 <= value < float("inf")
