"""Fields as clients send them: numbers as text, null for absent, lists as JSON inside a form, one thing under several
names. Each reader gives a clean value or an error that names the field; none guesses.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from typing import Any

from vitascope import strictjson
from vitascope.errors import BadSpec, TooLarge

Fields = Mapping[str, Any]
_ABSENT: tuple[Any, ...] = (None, "", [], {})
YES, NO = ("1", "true", "yes", "on"), ("0", "false", "no", "off")
LARGEST = 2**64  # of an integer: what it means has a smaller range, which its reader tells
_NO_TEXT = "It is NUL, or half of a pair in UTF-16: take it out, or save the text in UTF-8 and send that."
MAX_DEPTH = 64  # of lists and objects inside each other


def bad(field: str, message: str, hint: str = "") -> BadSpec:
    """An error about one field; the answer carries its name."""
    return BadSpec(message, hint=hint, field=field)


def first(fields: Fields, *names: str) -> tuple[str, Any]:
    """(name, value) of the first of these that is there; ("", None) when none is."""
    return next(((name, fields[name]) for name in names if not _absent(fields.get(name))), ("", None))


def _absent(value: Any) -> bool:
    return any(value is absent or (type(value) is type(absent) and value == absent) for absent in _ABSENT)


def text(fields: Fields, *names: str, limit: int = 100_000) -> str:
    """Empty when absent."""
    name, value = first(fields, *names)
    if value is None:
        return ""
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        raise bad(name, f"{name} is not a text.", "Send it as a string.")
    if len(str(value)) > limit:
        raise bad(name, f"{name} has {len(str(value)):,} characters.", f"At most {limit:,}.")
    return str(value)


def number(fields: Fields, *names: str) -> float | None:
    name, value = first(fields, *names)
    if value is None:
        return None
    try:
        found = float(value) if not isinstance(value, bool) and isinstance(value, str | int | float) else math.nan
    except (ValueError, OverflowError):
        found = math.nan
    if not math.isfinite(found):
        raise bad(name, f'{name} must be a number, got "{str(value)[:40]}".', "For example 4 or 4.5.")
    return found


def whole(fields: Fields, *names: str) -> int | None:
    name, value = first(fields, *names)
    if isinstance(value, str) and re.fullmatch(r"\s*[+-]?\d{1,400}\s*", value, re.ASCII):
        value = int(value)
    if isinstance(value, bool) or not isinstance(value, int):
        found = number(fields, *names)
        if found is None:
            return None
        if found != int(found):
            raise bad(name, f'{name} must be an integer, got "{str(value)[:40]}".', "For example 7.")
        value = int(found)
    if abs(value) > LARGEST:
        raise bad(name, f"{name} is {str(value)[:40]}, which is too large.", f"At most {LARGEST}.")
    return value


def flag(fields: Fields, *names: str) -> bool:
    """False when absent."""
    name, value = first(fields, *names)
    if value is None:
        return False
    word = str(value).strip().lower()
    if word not in YES + NO:
        raise bad(name, f'{name} is "{word[:40]}".', "true or false.")
    return word in YES


def choice(fields: Fields, *names: str, of: tuple[str, ...]) -> str:
    """Empty when absent."""
    value = text(fields, *names).strip().lower()
    if value and value not in of:
        name, _ = first(fields, *names)
        raise bad(name, f'{name} is "{value[:40]}".', f"One of {', '.join(of)}.")
    return value


def structure(fields: Fields, *names: str) -> Any:
    """A list or object, which in a form is JSON in a text; other texts as they are. None when absent."""
    name, value = first(fields, *names)
    if isinstance(value, str) and value.strip()[:1] in ("[", "{"):
        return from_json(value, name)
    return value


def from_json(data: str | bytes, name: str = "") -> Any:
    """Raises BadSpec for invalid JSON, too deep nesting, and lone surrogates."""
    what = name or "The body"
    try:
        value = strictjson.loads(data)
    except strictjson.TooMuch as error:
        told = f"{what} holds more than {error.limit:,} values."
        raise TooLarge(told, hint="Send less at once.", field=name) from error
    except (ValueError, RecursionError) as error:
        reason = "it is nested too deeply" if isinstance(error, RecursionError) else "it is not JSON"
        raise bad(name, f"{what} cannot be read: {reason}.", "Send JSON in UTF-8.") from error
    return clean(value, name)


def clean(value: Any, name: str = "", depth: int = 0) -> Any:
    """The value, if every text in it can be kept in any database: no zero characters, no half letters."""
    if depth > MAX_DEPTH:
        raise bad(name, f"{name or 'The body'} is nested too deeply.", f"At most {MAX_DEPTH} levels.")
    if isinstance(value, str):
        if "\x00" in value or not (value.isascii() or _is_text(value)):
            raise bad(name, f"{name or 'The body'} holds a character that no text has.", _NO_TEXT)
    elif isinstance(value, dict):
        for key, inner in value.items():
            clean(key, name, depth + 1)
            clean(inner, name or str(key), depth + 1)
    elif isinstance(value, list):
        for inner in value:
            clean(inner, name, depth + 1)
    return value


def _is_text(value: str) -> bool:
    try:
        value.encode("utf-8")
    except UnicodeEncodeError:
        return False
    return True


def unbracketed(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """A form's pairs as an object: `a[b]=c` is {"a": {"b": c}}, a name given twice, or `a[]`, is a list."""
    fields: dict[str, Any] = {}
    for name, value in pairs:
        head, _, rest = name.partition("[")
        if rest.endswith("]") and rest != "]" and head:
            inner = fields.setdefault(head, {})
            if isinstance(inner, dict):
                inner[rest[:-1]] = value
            continue
        name = head if rest == "]" else name
        if name in fields:
            earlier = fields[name]
            fields[name] = [*earlier, value] if isinstance(earlier, list) else [earlier, value]
        else:
            fields[name] = [value] if rest == "]" else value
    return fields
