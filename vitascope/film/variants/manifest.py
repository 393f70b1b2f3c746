"""The list of a batch's variants, as JSON and as CSV, and the verdicts of its contact sheet. Pure."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from vitascope import strictjson
from vitascope.errors import BadSpec
from vitascope.film.script.cells import defused
from vitascope.film.variants import Plan, Variant, film_seconds

Verdict = Literal["accept", "reject"]
_PLAIN = (
    "name", "row", "title", "language", "width", "height", "seconds", "state", "file", "credits", "error", "verdict",
)  # fmt: skip


@dataclass(frozen=True)
class Outcome:
    """What became of a variant. `file`: its film, beside the manifest; "": not made. `seconds`: as measured."""

    file: str = ""
    seconds: float = 0.0
    credits: float = 0.0
    error: str = ""
    pictures: tuple[str, ...] = ()  # some of its frames, beside the manifest


def manifest(
    plan: Plan, outcomes: Mapping[str, Outcome] = {}, verdicts: Mapping[str, Verdict] = {}
) -> dict[str, Any]:  # fmt: skip
    """By the names of the variants. What was left out is listed with its reason."""
    return {
        "format": 1,
        "asked": plan.asked,
        "films": [_entry(one, outcomes.get(one.name), verdicts.get(one.name)) for one in plan.variants],
        "skipped": [{"name": one.name, "row": one.row, "why": one.why} for one in plan.skipped],
        "duplicates": [{"name": one.name, "row": one.row, "why": one.why} for one in plan.duplicates],
        "warnings": list(plan.warnings),
    }


def _entry(variant: Variant, outcome: Outcome | None, verdict: Verdict | None) -> dict[str, Any]:
    film = variant.film
    made = outcome or Outcome()
    return {
        "name": variant.name,
        "row": variant.row,
        "labels": dict(variant.labels),
        "values": dict(variant.values),
        "title": film.title,
        "language": film.language,
        "width": film.width,
        "height": film.height,
        "seconds": round(made.seconds or float(film_seconds(film)), 3),
        "digest": variant.digest,
        "state": "failed" if made.error else "made" if made.file else "planned",
        "file": made.file,
        "pictures": list(made.pictures),
        "credits": made.credits,
        "error": made.error,
        "verdict": verdict or "",
    }


def as_csv(listed: Mapping[str, Any]) -> str:
    """The films of a manifest, a row each. Cells that a spreadsheet would take for formulas begin with '."""
    films = listed["films"]
    names = list(dict.fromkeys(name for film in films for name in film["values"]))
    made = io.StringIO()
    writer = csv.writer(made, lineterminator="\n")
    writer.writerow([*_PLAIN, *(defused(name) for name in names)])
    for film in films:
        cells = [film[name] for name in _PLAIN] + [film["values"].get(name, "") for name in names]
        writer.writerow([defused(str(cell)) for cell in cells])
    return made.getvalue()


def verdicts(text: str, plan: Plan) -> dict[str, Verdict]:
    """What the contact sheet exported: {"row-001_9x16": "accept"}. Raises BadSpec for names that the plan hasn't."""
    hint = "Export it with the button of the contact sheet."
    try:
        data = strictjson.loads(text)
    except (ValueError, RecursionError) as error:
        raise BadSpec("The decisions are not JSON.", hint=hint, field="verdicts") from error
    known = {one.name for one in plan.variants}
    if not isinstance(data, dict) or not all(value in ("accept", "reject") for value in data.values()):
        raise BadSpec('Each decision must be "accept" or "reject".', hint=hint, field="verdicts")
    unknown = sorted(data.keys() - known)
    if unknown:
        raise BadSpec(f"There is no film {unknown[0][:80]} in this batch.", hint=hint, field="verdicts")
    return data


def as_json(listed: Mapping[str, Any]) -> str:
    return json.dumps(listed, ensure_ascii=False, indent=2) + "\n"
