"""Cells of CSV, TSV and Markdown tables, each with its place in the text. The standard library's reader does not tell
places, and a spoken line must point into its source. Pure.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from vitascope.film.script.parts import Span, rows, stripped

_RULE = re.compile(r"^\s*\|?\s*:?-{2,}:?\s*(?:\|\s*:?-{2,}:?\s*)*\|?\s*$")


@dataclass(frozen=True)
class Cell:
    """`span`: of the words in the source; None where they are written there with escapes."""

    text: str
    span: Span | None


@dataclass(frozen=True)
class Record:
    line: int
    cells: tuple[Cell, ...]
    table: int = 0  # of the text, counted from 0


def markdown(text: str) -> list[Record]:
    """The rows of the tables in a Markdown text, without the rules under their headers."""
    found: list[Record] = []
    table, inside = -1, False
    all_rows = rows(text)
    for at, row in enumerate(all_rows):
        if not inside and "|" in row.text and at + 1 < len(all_rows) and _RULE.match(all_rows[at + 1].text):
            inside, table = True, table + 1
        if not inside or "|" not in row.text:
            inside = False
        elif not _RULE.match(row.text):
            found.append(Record(row.number, _pipes(row.text, row.start), table))
    return found


def _pipes(text: str, offset: int) -> tuple[Cell, ...]:
    cells, at = [], 0
    ends = [match.start() for match in re.finditer(r"(?<!\\)\|", text)] + [len(text)]
    for end in ends:
        start, stop = stripped(text, at, end)
        raw = text[start:stop]
        plain = re.sub(r"<br\s*/?>", "\n", raw, flags=re.IGNORECASE).replace("\\|", "|")
        cells.append(Cell(plain, (start + offset, stop + offset) if plain == raw else None))
        at = end + 1
    if cells and not text[: ends[0]].strip() and len(cells) > 1:
        cells = cells[1:]
    if text.rstrip().endswith("|") and len(cells) > 1:
        cells = cells[:-1]
    return tuple(cells)


def separated(text: str, mark: str) -> list[Record]:
    """Rows of a table whose cells are parted by `mark`. Cells in quotes may hold it, line breaks, and "" (a quote)."""
    found: list[Record] = []
    cells: list[Cell] = []
    at, line, first = 0, 1, 1
    end = len(text)
    cell = re.compile(rf'[^\S\r\n{mark}]*"((?:[^"]|"")*)"[^\S\r\n{mark}]*(?=[{mark}\r\n]|\Z)|([^{mark}\r\n]*)')
    while at <= end:
        match = cell.match(text, at)
        assert match  # the second form matches everything
        quoted = match[1] is not None
        start, stop = stripped(text, *match.span(1 if quoted else 2))
        raw = text[start:stop]
        plain = raw.replace('""', '"') if quoted else raw
        cells.append(Cell(plain, (start, stop) if plain == raw else None))
        line += len(re.findall(r"\r\n|\r|\n", match[0]))
        at = match.end()
        if at < end and text[at] == mark:
            at += 1
            continue
        if any(one.text for one in cells):
            found.append(Record(first, tuple(cells)))
        cells = []
        at += 2 if text[at : at + 2] == "\r\n" else 1
        line += 1
        first = line
    return found


def read(text: str) -> list[Record]:
    """The rows of the table in this text, header first; empty when there is none."""
    found = markdown(text)
    if found:
        return found
    best: list[Record] = []
    for mark in ("\t", ",", ";", "，", "|"):
        if mark in text:
            records = separated(text, mark)
            wide = [record for record in records if len(record.cells) > 1]
            if len(wide) > 1 and len(wide[0].cells) > len(best[0].cells if best else ()):
                best = wide
    return best


def defused(text: str) -> str:
    """A cell that no spreadsheet takes for a formula."""
    return f"'{text}" if text[:1] in ("=", "+", "-", "@", "\t", "\r") else text


def fused(text: str) -> str:
    """What `defused` made of a cell, as it was."""
    return text[1:] if re.match(r"^'[=+\-@\t\r]", text) else text
