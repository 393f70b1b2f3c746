"""Rows of a table of products: CSV, TSV or Markdown. A cell is text and nothing else; one that begins with = is not
computed, here or in what is written. Pure.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from vitascope.errors import BadSpec
from vitascope.film.script.cells import fused
from vitascope.film.script.cells import read as records_of

MAX_CELL = 2_000  # characters


@dataclass(frozen=True)
class Row:
    """`number`: counted from 1, without the header. `wrong`: why nothing can be made of it; "" when it is good."""

    number: int
    values: Mapping[str, str] = field(default_factory=dict)
    wrong: str = ""


def rows(text: str) -> tuple[Row, ...]:
    """Raises BadSpec when there is no table, or when a header is missing or stands twice."""
    records = records_of(text)
    if len(records) < 2:
        raise BadSpec(
            "There is no table with a header and rows.", hint="Give CSV, TSV or a Markdown table.", field="rows"
        )
    header = [" ".join(cell.text.split()).strip("{}") for cell in records[0].cells]
    if not all(header) or len({name.casefold() for name in header}) != len(header):
        raise BadSpec("A column has no name, or two have the same.", hint="Name each column once.", field="rows")
    found = []
    for number, record in enumerate(records[1:], 1):
        cells = [fused(cell.text) for cell in record.cells]
        wrong = ""
        if len(cells) > len(header):
            wrong = f"It has {len(cells)} cells; the header has {len(header)}."
        long = next((cell for cell in cells if len(cell) > MAX_CELL), "")
        if long:
            wrong = f"A cell has {len(long):,} characters; {MAX_CELL:,} are taken."
        found.append(Row(number, dict(zip(header, cells, strict=False)), wrong))
    return tuple(found)
