"""What several dialects share: fields of many names, pages of lists, what is kept of a request. Pure."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any

from vitascope.errors import NotSupported
from vitascope.vendors.api import Call, Reply
from vitascope.vendors.fields import Fields, bad, first, flag, whole
from vitascope.vendors.request import SoundFlag


def echo(fields: Fields) -> dict[str, Any]:
    """The small plain fields as they came, known or not, so that nothing a client said is lost."""
    plain = {name[:100]: value for name, value in fields.items() if isinstance(value, str | int | float | bool)}
    kept = {name: value for name, value in plain.items() if len(str(value)) <= 500 and name != "prompt"}
    return dict(list(kept.items())[:50])


def sentence(error: Any) -> str:
    """What happened and what to do about it, in one line. Takes an error or a `Fault`."""
    return f"{error.message} {error.hint}".strip()


def inner(fields: Fields, name: str) -> dict[str, Any]:
    """The object of this name; empty when absent. Raises BadSpec when it is something else."""
    found = fields.get(name)
    if found is None or found == "":
        return {}
    if not isinstance(found, Mapping):
        raise bad(name, f"{name} is not an object.", 'For example {"name": "value"}.')
    return dict(found)


def many(fields: Fields, name: str) -> list[Any]:
    """The list of this name; one thing alone is a list of one; empty when absent."""
    found = fields.get(name)
    if found in (None, "", [], {}):
        return []
    return list(found) if isinstance(found, list | tuple) else [found]


def refuse(fields: Fields, cannot: Mapping[str, str]) -> None:
    """Raise NotSupported for the first of these fields that is there: name -> what no model here can do. False, "off",
    "no" and the like count as absent.
    """
    for name, what in cannot.items():
        value = fields.get(name)
        if value in (None, "", [], {}, False, 0) or str(value).lower() in ("false", "off", "no", "none", "0"):
            continue
        raise NotSupported(f"No model here can {what} ({name}).", hint=f"Leave {name} out.", field=name)


def sound(fields: Fields, *names: str, needed: bool = False) -> SoundFlag | None:
    """What the first of these fields that is there says of sound; None when none is. Raises BadSpec."""
    name, value = first(fields, *names)
    if not name:
        return None
    word = str(value).strip().lower()
    on = word == "native" or (word != "none" and flag(fields, name))
    return SoundFlag(name, on, needed)


def paging(query: Fields, size: str, page: str, *, usual: int, most: int) -> tuple[int, int]:
    """(how many on a page, which page) from the fields of these names. Raises BadSpec."""
    many_, number_ = whole(query, size), whole(query, page)
    wanted = usual if many_ is None else many_, 1 if number_ is None else number_
    if not (1 <= wanted[0] <= most and 1 <= wanted[1] <= 10_000):
        raise bad(size, f"Page {wanted[1]} with {wanted[0]} on each cannot be given.", f"{size} is 1 to {most}.")
    return wanted


def emptied(call: Call, what: object) -> Reply:
    """What several vendors answer when something was cancelled or deleted: an empty object."""
    return Reply(200, {})


def iso(at: float | None) -> str | None:
    """2026-11-24T09:00:00.123Z"""
    if at is None:
        return None
    return datetime.fromtimestamp(at, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def under(*starts: str) -> Callable[[str, Mapping[str, str]], bool]:
    """For `Dialect.claims`: paths that begin so, each a whole segment."""

    def claims(path: str, headers: Mapping[str, str]) -> bool:
        return any(path == start or path.startswith(f"{start.rstrip('/')}/") for start in starts)

    return claims


def bearer(call: Call) -> str:
    """The token in the Authorization header; empty when there is none."""
    return call.headers.get("authorization", "").partition(" ")[2].strip()


def is_jwt(text: str) -> bool:
    return text.count(".") == 2 and not text.startswith("vs_")
