"""A template film with values in the place of its variables. Pure."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from vitascope.errors import BadSpec
from vitascope.film.document import Film, Overlay, read
from vitascope.film.variants.axes import TEXTS, Option

_VARIABLE = re.compile(r"\{\{|\}\}|\{([^\W\d][^{}\n]{0,60})\}")
_DEPTH = 3  # a hook may name a product


def variables(template: Film) -> tuple[str, ...]:
    """Names of the variables of the template, in the order in which they come."""
    found = (match[1].strip() for text in _texts(_data(template)) for match in _VARIABLE.finditer(text) if match[1])
    return tuple(dict.fromkeys(found))


def filled(template: Film, values: Mapping[str, str], option: Option) -> tuple[Film, dict[str, str]]:
    """The film, and the values that it uses. A column such as "product.zh" is the product in that language; a column
    of an axis's name is that row's own. Raises BadSpec when a value is missing or the film doesn't come out right.
    """
    known = {name.casefold(): value for name, value in {**option.words, **_of_language(values, option)}.items()}
    used: dict[str, str] = {}

    def value_of(name: str, depth: int) -> str:
        value = known.get(name.strip().casefold(), "").strip()
        if not value:
            there = name.strip().casefold() in known
            raise BadSpec(f"{{{name.strip()}}} is empty." if there else f"There is no value for {{{name.strip()}}}.")
        used[name.strip()] = made = fill(value, depth + 1) if name.strip().casefold() in TEXTS else value
        return made

    def fill(text: str, depth: int = 0) -> str:
        if depth > _DEPTH:
            raise BadSpec("A value names itself.")
        return _VARIABLE.sub(lambda match: value_of(match[1], depth) if match[1] else match[0][0], text)

    data = _changed(_data(template), lambda text: fill(option.translations.get(text, text)))
    data |= {"language": option.language, "width": option.width, "height": option.height}
    for overlay in data.get("overlays", {}).values():  # of as many pixels as in the template
        share = overlay.get("height", Overlay().height) * template.height / option.height
        overlay["height"] = min(1.0, round(share, 6))
    return read(data), used


def untranslated(template: Film, option: Option) -> tuple[str, ...]:
    """Words that are spoken or shown, other than variables, that stay in the template's language."""
    if option.language == template.language:
        return ()
    shown = [line.text for shot in template.shots.values() for line in shot.lines]
    shown += [overlay.text for overlay in template.overlays.values()]
    return tuple(
        text
        for text in dict.fromkeys(shown)
        if text not in option.translations and re.search(r"[^\W\d_]", _VARIABLE.sub("", text))
    )


def _of_language(values: Mapping[str, str], option: Option) -> dict[str, str]:
    found = dict(values)
    for name, value in values.items():
        base, dot, language = name.rpartition(".")
        if dot and language == option.language and value.strip():
            found[base] = value
    return found


def _data(template: Film) -> dict[str, Any]:
    """Without its identity and approvals, which are another film's, and its script, whose places no longer hold."""
    data = {key: value for key, value in template.to_dict().items() if key not in ("identity", "source", "gates")}
    for shot in data.get("shots", {}).values():
        shot["lines"] = [{key: value for key, value in line.items() if key != "span"} for line in shot.get("lines", [])]
    return data


def _texts(data: Any) -> Iterator[str]:
    if isinstance(data, str):
        yield data
    elif isinstance(data, dict):
        for value in data.values():
            yield from _texts(value)
    elif isinstance(data, list):
        for value in data:
            yield from _texts(value)


def _changed(data: Any, change: Callable[[str], str]) -> Any:
    if isinstance(data, str):
        return change(data)
    if isinstance(data, dict):
        return {key: _changed(value, change) for key, value in data.items()}
    return [_changed(value, change) for value in data] if isinstance(data, list) else data
