"""`vitascope film approve` and `film check`: what people say of a film, and what can be told without them."""

from __future__ import annotations

import getpass
import json
from dataclasses import asdict
from pathlib import Path

import click

from vitascope.cli.film_show import FOLDER, say
from vitascope.errors import VitascopeError

GATES = ("breakdown", "stills", "cut")  # as in film/state.py, which is loaded by the commands alone


@click.command()
@click.argument("folder", type=FOLDER)
@click.argument("gate", type=click.Choice(GATES))
@click.option("--by", help="Who says so. [default: the name you are logged in by]")
@click.option("--open", "opens", is_flag=True, help="Take an approval back.")
def approve(folder: Path, gate: str, by: str | None, opens: bool) -> None:
    """Say yes to the breakdown, the stills or the cut as they are now. It holds until what was seen changes."""
    from vitascope.film import project

    project.film(folder=folder).approve(gate, by=_login() if by is None else by, yes=not opens)
    said = f"{'are' if gate == 'stills' else 'is'} {'open again' if opens else 'approved'}"
    say(f"The {gate} {said}. Next: vitascope film plan {folder}")


@click.command()
@click.argument("folder", type=FOLDER)
@click.option("--json", "as_json", is_flag=True, help="The findings as JSON.")
def check(folder: Path, as_json: bool) -> None:
    """Look whether the film is whole, and make nothing: its document, files, words, captions, hand-offs and render.

    Exit code 1 when something is wrong. What cannot be looked at here is named.
    """
    from vitascope.film import checks
    from vitascope.film.plural import counted

    found = []
    for one in checks.check(folder):
        found.append(one)
        if not as_json:
            print(f"{_VERDICTS[one.verdict]:<11}  {one.part:<8}  {one.text}", flush=True)
            if one.hint and one.verdict != "good":
                print(f"{'':<11}  {'':<8}  {one.hint}", flush=True)
    wrong = sum(one.verdict == "wrong" for one in found)
    if as_json:
        told = {"good": not wrong, "findings": [asdict(one) for one in found]}
        print(json.dumps(told, ensure_ascii=False, indent=1))
    if wrong:
        are = "is" if wrong == 1 else "are"
        raise VitascopeError(f"{wrong} of {counted(len(found), 'finding')} {are} wrong.", hint="Each says what to do.")
    say("Nothing is wrong.")


_VERDICTS = {"good": "good", "note": "note", "unchecked": "not checked", "wrong": "WRONG"}


def _login() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError):  # a user without a name, as in some containers
        return ""
