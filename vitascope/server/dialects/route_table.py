"""Which operation of which dialect a request means: a table of all their paths, at the root and under each prefix.
Pure. Several dialects may claim one path; each route's `match` says whose it is.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import cache

from vitascope.vendors.api import Dialect, Route

_ROOT = "/"


@dataclass(frozen=True)
class Spot:
    """A place where a route can be reached."""

    dialect: Dialect
    route: Route
    prefix: str
    path: str  # with the prefix
    pattern: re.Pattern[str] = field(repr=False)


@dataclass(frozen=True)
class Found:
    spot: Spot
    params: dict[str, str]


class Table:
    """All routes of these dialects. Looking one up costs the same however many there are."""

    def __init__(self, dialects: Iterable[Dialect]):
        self._spots: dict[tuple[str, int], list[Spot]] = defaultdict(list)  # by first segment and how many; -1: any
        for dialect in dialects:
            for route in dialect.routes:
                for prefix in ("", dialect.prefix, *dialect.also_under):
                    if prefix or (route.root and dialect.root):
                        self._add(dialect, route, prefix, prefix + route.path)
                for prefix, cut in dialect.also_as.items():
                    if route.path.startswith(cut):
                        self._add(dialect, route, prefix, prefix + route.path.removeprefix(cut))
        self.firsts = {first for first, _ in self._spots if first != "*"}

    def find(self, path: str) -> list[Found]:
        """All that have this path, whatever their method: those under a prefix first, those that take all last."""
        parts = _segments(path)
        first = parts[0] if parts else ""
        near = [*self._at(first, len(parts)), *self._at("*", len(parts)), *self._at(first, -1), *self._at("*", -1)]
        found = [Found(spot, match.groupdict()) for spot in near if (match := spot.pattern.fullmatch(_plain(path)))]
        return sorted(found, key=lambda one: (one.spot.route.catch_all, -len(one.spot.prefix)))

    def _add(self, dialect: Dialect, route: Route, prefix: str, path: str) -> None:
        parts = _segments(path)
        first = parts[0] if parts else ""
        count = -1 if ":path}" in path else len(parts)
        spot = Spot(dialect, route, prefix, path, _pattern(path))
        self._spots["*" if first.startswith("{") else first, count].append(spot)

    def _at(self, first: str, count: int) -> list[Spot]:
        return self._spots.get((first, count), [])


def _segments(path: str) -> list[str]:
    return [part for part in path.split("/") if part]


def _plain(path: str) -> str:
    return path.rstrip("/") or _ROOT


@cache  # more than `re` keeps: a second server in one process has no need to compile a thousand again
def _pattern(path: str) -> re.Pattern[str]:
    """`{id}` is one segment or a part of one, `{rest:path}` any number."""
    pieces = re.split(r"\{(\w+)(:path)?\}", _plain(path))
    made = re.escape(pieces[0])
    for name, many, text in zip(pieces[1::3], pieces[2::3], pieces[3::3], strict=True):
        made += f"(?P<{name}>{'.+' if many else '[^/]+'}){re.escape(text)}"
    return re.compile(made)
