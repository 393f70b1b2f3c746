"""A model's TOML file: its name, its engine and its card, as `docs/models.md` describes them. Reading one loads no
engine, but for the `facts` that it names, if it names any; what it says of another server is checked.
"""

from __future__ import annotations

import importlib
import math
import re
import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any, cast

from vitascope.clip import MAX_SIDE, REFERENCE_KINDS, Size
from vitascope.engines.card import (
    HOOKS,
    MODES,
    SOUNDS,
    ClipFormat,
    CostRate,
    Licence,
    ModelCard,
    ModelPrice,
    OptionCard,
    PresetDefaults,
    Tier,
    VendorCost,
)
from vitascope.errors import BadSettings, BadSpec

_FORMS = "docs/models.md shows the form of each line."
_NAME = re.compile(r"[a-z0-9][a-z0-9._-]{0,63}(?:/[a-z0-9][a-z0-9._-]{0,63})?")
REMOTE = "remote"  # nothing here: another server does it, and a courier orders it there
NEEDS = ("cpu", "cuda", REMOTE)
_THEIRS = "its server's terms"  # the licence of a model that another server has
_ELSEWHERE = "vitascope.engines.remote."  # engines in there are all of that kind
_IMPORT = re.compile(r"[A-Za-z_][\w.]*:[A-Za-z_]\w*")
_SIZE = re.compile(r"(\d{1,5})x(\d{1,5})")
_TOP = (
    "name", "engine", "facts", "title", "modes", "sound", "references", "loras", "presets", "languages", "hints",
    "needs", "gigabytes", "parameters", "size_bytes", "weights", "limits", "format", "options", "licence", "price",
    "hooks", "source", "pictures_in_recipe", "cost",
)  # fmt: skip
_FORMAT = (
    "fps", "first", "group", "side", "sizes", "tiers", "any_size", "any_rate", "lengths", "min_seconds", "max_seconds",
    "max_total_seconds", "steps", "max_steps", "guidance",
)  # fmt: skip
_CARD_FACTS = ("title", "weights", "parameters", "size_bytes", "limits")
_FACTS = (*_CARD_FACTS, "licence", "scores", "steps", "guidance")


@dataclass(frozen=True)
class ModelFile:
    """A model as its file tells it. `engine`: "module:factory"; `source`: a table that is the engine's own business,
    such as the folder of its weights.
    """

    card: ModelCard
    engine: str
    source: Mapping[str, Any]
    path: Path


def read(path: Path) -> ModelFile:
    """Raises BadSettings, which names the file by its name and the line's key, never by its folder."""
    try:
        text = path.read_text("utf-8")
        data = tomllib.loads(text)
    except (OSError, ValueError) as error:
        why = error.strerror if isinstance(error, OSError) else str(error)
        raise BadSettings(f"The model file {path.name} cannot be read: {why}.", hint="Mend or remove it.") from error
    try:
        return _model(data, path)
    except BadSettings:
        raise
    except BadSpec as error:
        raise BadSettings(f"The model file {path.name}: {error.message}", hint=error.hint) from error
    except KeyError as error:
        raise BadSettings(f"The model file {path.name}: {error} is missing.", hint=_FORMS) from error
    except (TypeError, ValueError, AttributeError, ZeroDivisionError) as error:
        raise BadSettings(f"The model file {path.name} cannot be read: {error}.", hint=_FORMS) from error


def load(path: str) -> Any:
    """What an import path "module:name" names. Raises BadSettings."""
    module, _, name = path.partition(":")
    hint = "Give module:name, such as my_models.big:engine."
    if not module or not name:
        raise BadSettings(f'"{path}" is not an import path.', hint=hint)
    try:
        return getattr(importlib.import_module(module), name)
    except (ImportError, AttributeError) as error:
        place = f"Is {module.partition('.')[0]} installed, or its folder in PYTHONPATH?"
        why = str(error).partition(" (")[0]  # a place on this machine may follow
        raise BadSettings(f'"{path}" cannot be found: {why}.', hint=place) from error
    except Exception as error:
        raise BadSettings(
            f'"{path}" cannot be loaded: {type(error).__name__}.', hint="Import it to see why."
        ) from error


def _model(data: dict[str, Any], path: Path) -> ModelFile:
    _only(data, _TOP, path, "the file")
    name = str(data.get("name", ""))
    if not _NAME.fullmatch(name):
        raise BadSettings(
            f'The model file {path.name}: the name is "{name[:80]}".',
            hint="Small letters, digits, . _ and -; a vendor's model is vendor/model.",
        )
    engine = str(data.get("engine", ""))
    if not engine:
        raise BadSettings(f"The model file {path.name} names no engine.", hint='engine = "module:factory"')
    if not _IMPORT.fullmatch(engine):
        raise BadSettings(f'The model file {path.name}: the engine is "{engine[:80]}".', hint='"module:factory"')
    _check_kinds(data, path)
    source = dict(data.get("source", {}))
    needs = str(data.get("needs", REMOTE if engine.startswith(_ELSEWHERE) else "cpu"))
    if needs == REMOTE:  # a wrong address or a missing key is said now, not when something is ordered
        built = load(engine)(name, source)
        if data.get("sound") == "optional" and getattr(built, "is_mute", False):
            raise BadSettings(
                f"The model file {path.name}: sound is optional, and nothing says how it is asked for.",
                hint='[source] sound_switch = true, or sound = "never" or "always".',
            )
    facts = _facts(data.get("facts"), source, path)
    own: dict[str, Any] = {
        key: data[key] for key in ("title", "parameters", "size_bytes", "weights", "limits") if key in data
    }
    told: dict[str, Any] = {"title": name, **{key: facts[key] for key in _CARD_FACTS if key in facts}, **own}
    licence = data.get("licence", facts.get("licence", _THEIRS if needs == REMOTE else "Apache-2.0"))
    card = ModelCard(
        name=name,
        format=_format(data.get("format"), facts, path),
        modes=_words(data.get("modes", ["text"]), MODES, "modes", path),
        sound=_words([data.get("sound", "never")], SOUNDS, "sound", path)[0],
        references={str(kind): int(most) for kind, most in data.get("references", {}).items()},
        pictures_in_recipe=data.get("pictures_in_recipe", False),
        loras=_texts(data, "loras"),
        presets=_texts(data, "presets"),
        preset_defaults=_preset_defaults(data, path),
        options=tuple(_option(one, path) for one in data.get("options", [])),
        languages=_texts(data, "languages") or ("en",),
        hints=_texts(data, "hints"),
        needs=needs,
        gigabytes=float(data.get("gigabytes", 0)),
        licence=_licence(licence, path),
        price=_price(data.get("price"), path),
        cost=_own_cost(source) or _cost(data.get("cost"), path),
        hooks=_hooks(data.get("hooks", {}), path),
        scores=dict(facts.get("scores", {})),
        **told,
    )
    return ModelFile(card, engine, source, path)


#: What each line of the file must be.
_KINDS: dict[str, tuple[type | tuple[type, ...], str]] = {
    **dict.fromkeys(("name", "title", "weights", "limits", "sound", "needs"), (str, "a text")),
    **dict.fromkeys(("modes", "loras", "presets", "languages", "hints", "options"), (list, "a list")),
    **dict.fromkeys(("references", "source", "format", "price", "hooks", "cost"), (dict, "a table")),
    **dict.fromkeys(("parameters", "size_bytes"), (int, "an integer")),
    "gigabytes": ((int, float), "a number"),
    "pictures_in_recipe": (bool, "true or false"),
    "licence": ((str, dict), "a text or a table"),
}
_FORMAT_KINDS: dict[str, tuple[type | tuple[type, ...], str]] = {
    **dict.fromkeys(("first", "group", "side", "steps", "max_steps"), (int, "an integer")),
    **dict.fromkeys(("sizes", "lengths"), (list, "a list")),
    **dict.fromkeys(("min_seconds", "max_seconds", "max_total_seconds", "guidance"), ((int, float), "a number")),
    "fps": ((int, float, str), 'a number, or a fraction such as "30000/1001"'),
    "tiers": (dict, "a table"),
    **dict.fromkeys(("any_size", "any_rate"), (bool, "true or false")),
}


def _check_kinds(data: Mapping[str, Any], path: Path) -> None:
    form = data.get("format")
    for table, kinds, place in ((data, _KINDS, ""), (form if isinstance(form, dict) else {}, _FORMAT_KINDS, "format.")):
        for key, (kind, words) in kinds.items():
            value = table.get(key)
            wrong = key in table and (not isinstance(value, kind) or (isinstance(value, bool) and kind is not bool))
            if wrong or (isinstance(value, int | float) and value < 0):
                raise BadSettings(
                    f"The model file {path.name}: {place}{key} is {str(value)[:40]!r}.",
                    hint=f"It must be {words}{', 0 or more' if not wrong else ''}.",
                )
    if not data.get("modes", ["text"]):
        raise BadSettings(f"The model file {path.name}: modes is empty.", hint=f"Some of {', '.join(MODES)}.")
    for kind, most in data.get("references", {}).items():
        if kind not in REFERENCE_KINDS or type(most) is not int or most < 1:
            raise BadSettings(
                f"The model file {path.name}: references.{kind} is {most!r}.",
                hint=f"1 or more of each of {', '.join(REFERENCE_KINDS)}.",
            )
    if data.get("needs", "cpu") not in NEEDS:
        raise BadSettings(f'The model file {path.name}: needs is "{data["needs"]}".', hint=f"{', '.join(NEEDS)}.")


def _facts(named: Any, source: Mapping[str, Any], path: Path) -> Mapping[str, Any]:
    if not named:
        return {}
    try:
        facts = cast(Callable[[Mapping[str, Any]], Mapping[str, Any]], load(str(named)))
    except BadSettings as error:
        hint = f"{error.hint} This model is left out; the others can be used."
        raise BadSettings(f"The model file {path.name}: its facts {error.message}", hint=hint) from error
    found = facts(source)
    _only(found, _FACTS, path, "its facts")
    return found


def _format(table: Any, facts: Mapping[str, Any], path: Path) -> ClipFormat:
    if not isinstance(table, dict) or "fps" not in table:
        raise BadSettings(f"The model file {path.name} has no [format] with fps.", hint="[format]\nfps = 24")
    _only(table, _FORMAT, path, "[format]")
    values: dict[str, Any] = {key: int(table[key]) for key in ("first", "group", "side", "max_steps") if key in table}
    seconds: dict[str, Any] = {
        key: Fraction(str(table[key])) for key in ("min_seconds", "max_seconds", "max_total_seconds") if key in table
    }
    guidance = table.get("guidance", facts.get("guidance"))
    return ClipFormat(
        fps=Fraction(str(table["fps"])),
        sizes=tuple(_size(one, path) for one in table.get("sizes", [])),
        tiers=tuple(
            Tier(str(name), tuple(_size(one, path) for one in sizes)) for name, sizes in table.get("tiers", {}).items()
        ),
        any_size=bool(table.get("any_size", False)),
        any_rate=bool(table.get("any_rate", False)),
        lengths=tuple(sorted(Fraction(str(one)) for one in table.get("lengths", []))),
        steps=int(table.get("steps", facts.get("steps", 0))),
        guidance=None if guidance is None else float(guidance),
        **values,
        **seconds,
    )


def _size(text: Any, path: Path) -> Size:
    found = _SIZE.fullmatch(str(text))
    if not found:
        raise BadSettings(f'The model file {path.name}: "{text}" is not a size.', hint='Width and height: "832x480".')
    return int(found[1]), int(found[2])


def _option(table: Mapping[str, Any], path: Path) -> OptionCard:
    _only(table, ("name", "kind", "default", "low", "high", "choices", "title"), path, "[[options]]")
    kind = _words([table.get("kind")], ("flag", "integer", "number", "text", "choice"), "kind of an option", path)[0]
    option = OptionCard(
        name=str(table["name"]),
        kind=kind,
        default=table.get("default"),
        low=table.get("low"),
        high=table.get("high"),
        choices=_texts(table, "choices"),
        title=str(table.get("title", "")),
    )
    if kind == "choice" and not option.choices:
        raise BadSettings(f"The model file {path.name}: the option {option.name} has no choices.", hint="List them.")
    if not all(value is None or isinstance(value, int | float) for value in (option.low, option.high)):
        raise BadSettings(
            f"The model file {path.name}: low and high of {option.name} must be numbers.", hint="Such as 0."
        )
    if option.default is not None:
        option.check(option.default)
    return option


def _licence(given: Any, path: Path) -> Licence:
    if isinstance(given, str):
        return Licence(id=given)
    known = ("id", "url", "sha256", "excluded", "revenue_limit", "notice", "outputs", "must_mark")
    _only(given, known, path, "[licence]")
    return Licence(**{**given, "excluded": _texts(given, "excluded")})


def _price(table: Any, path: Path) -> ModelPrice | None:
    if table is None:
        return None
    _only(table, ("second", "still", "steps", "source", "date"), path, "[price]")
    numbers: dict[str, Any] = {key: Fraction(str(table.get(key, 0))) for key in ("second", "still")}
    if min(numbers.values()) < 0:
        raise BadSettings(f"The model file {path.name}: a price is below 0.", hint="In units; 100 are a credit.")
    words: dict[str, Any] = {key: str(table.get(key, "")) for key in ("source", "date")}
    return ModelPrice(steps=int(table.get("steps", 0)), **numbers, **words)


def _own_cost(source: Mapping[str, Any]) -> VendorCost | None:
    """What the operator knows of it, in `[source]`: it wins over a list. The engine has checked it."""
    given = source.get("cost_per_second")
    if given is None:
        return None
    return VendorCost(rates=(CostRate(pixels=MAX_SIDE**2, second=round(given * 1_000_000)),))


def _cost(table: Any, path: Path) -> VendorCost | None:
    """US dollars in the file, micro-dollars on the card."""
    if table is None:
        return None
    _only(table, ("source", "date", "rates"), path, "[cost]")
    rates = []
    for row in table.get("rates", []):
        _only(row, ("up_to", "second", "clip", "length", "sound"), path, "[[cost.rates]]")
        width, height = _size(row["up_to"], path)
        second, clip = (math.ceil(Fraction(str(row.get(key, 0))) * 1_000_000) for key in ("second", "clip"))
        if min(second, clip) < 0 or not (second or clip) or not isinstance(row.get("sound"), bool | None):
            raise BadSettings(
                f"The model file {path.name}: a rate of [cost] costs nothing, or its sound is not true or false.",
                hint='up_to = "1280x720", second = 0.10, in US dollars.',
            )
        length = Fraction(str(row["length"])) if "length" in row else None
        rates.append(CostRate(pixels=width * height, second=second, clip=clip, length=length, sound=row.get("sound")))
    return VendorCost(rates=tuple(rates), source=str(table.get("source", "")), date=str(table.get("date", "")))


def _preset_defaults(data: Mapping[str, Any], path: Path) -> dict[str, PresetDefaults]:
    """Of an engine whose source has a table for each preset; `steps` and `guidance` in it change what is usual."""
    tables = data.get("source", {}).get("presets", {})
    found = {}
    for name in data.get("presets", []):
        table = tables.get(name, {}) if isinstance(tables, dict) else {}
        steps, guidance = table.get("steps"), table.get("guidance")
        good = steps is None or (type(steps) is int and steps >= 1)
        if not good or isinstance(guidance, bool) or not isinstance(guidance, int | float | None):
            raise BadSettings(
                f"The model file {path.name}: steps or guidance of the preset {name} cannot be this.",
                hint="steps must be an integer from 1, guidance a number.",
            )
        found[name] = PresetDefaults(steps=steps, guidance=guidance)
    return found


def _hooks(table: Mapping[str, Any], path: Path) -> dict[str, str]:
    _only(table, HOOKS, path, "[hooks]")
    for name, value in table.items():
        if not _IMPORT.fullmatch(str(value)):
            raise BadSettings(
                f'The model file {path.name}: the hook {name} is "{str(value)[:80]}".', hint="module:name"
            )
    return {name: str(value) for name, value in table.items()}


def _texts(table: Mapping[str, Any], key: str) -> tuple[str, ...]:
    given = table.get(key, [])
    if not isinstance(given, list) or not all(isinstance(one, str) for one in given):
        raise TypeError(f"{key} is not a list of texts")
    return tuple(given)


def _words(given: Any, known: tuple[str, ...], what: str, path: Path) -> tuple[str, ...]:
    unknown = [one for one in given if one not in known]
    if unknown:
        raise BadSettings(
            f'The model file {path.name}: {what} has an unknown "{unknown[0]}".', hint=f"Known: {', '.join(known)}."
        )
    return tuple(given)


def _only(table: Mapping[str, Any], known: tuple[str, ...], path: Path, where: str) -> None:
    unknown = sorted(set(table) - set(known))
    if unknown:
        raise BadSettings(
            f'The model file {path.name}: {where} has an unknown "{unknown[0]}".', hint=f"Known: {', '.join(known)}."
        )
