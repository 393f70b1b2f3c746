"""`vitascope film approve` and `film check`: what people say of a film, and what can be told without them."""

from __future__ import annotations

import getpass
from pathlib import Path

import click

from vitascope.cli.film_show import FOLDER, say

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
    say(f"The {gate} {'is open again' if opens else 'is approved'}. Next: vitascope film plan {folder}")


def _login() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError):  # a user without a name, as in some containers
        return ""
