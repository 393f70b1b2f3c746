"""`vitascope film script` and `film import-cut`: a film takes over what was changed elsewhere, in its script or in an
editor. What would become of it is shown first.
"""

from __future__ import annotations

import sys
from collections import Counter
from pathlib import Path

import click

from vitascope.cli.film_show import FOLDER, open_film, say
from vitascope.cli.options import FILE
from vitascope.errors import BadSpec

_TOLD = {"kept": "kept", "changed": "made anew", "new": "new", "dropped": "dropped"}


@click.command()
@click.argument("folder", type=FOLDER)
@click.argument("script", type=FILE, help="The script as it is now.")
@click.option("--form", default="", help="fountain, screenplay_zh, table or plain. [default: found by itself]")
@click.option("--yes", is_flag=True, help="Take it over without asking.")
def script(folder: Path, script: Path, form: str, yes: bool) -> None:
    """Break a changed script down again: show what is kept, made anew and dropped, and take it over."""
    from vitascope.film import project
    from vitascope.film.plural import counted

    film = project.film(folder=folder)
    changes = film.change_script(script, form=form)
    for note in film.notes:
        say(f"note: {note}")
    for one in changes:
        takes = counted(one.takes, "take") if one.takes else ""
        was = f"  (was {one.was})" if one.was else ""
        print(f"{_TOLD[one.what]:<9}  {one.label}  {takes:<8}  {' '.join(one.text.split())[:70]}{was}".rstrip())
    counts = Counter[str](one.what for one in changes)
    told = ", ".join(f"{counts[what]} {word}" for what, word in _TOLD.items() if counts[what])
    if not yes and not (sys.stdin.isatty() and click.confirm(f"{told}. Take the script over?", err=True)):
        say(f"{told}. Nothing was changed; take it over with --yes.")
        return
    film.change_script(script, form=form, accept=True)
    say(f"{told}. Takes of dropped shots stay in the folder. Next: vitascope film make {folder} --stale")


@click.command("import-cut")
@click.argument("folder", type=FOLDER)
@click.argument("file", type=FILE)
@click.option("--yes", is_flag=True, help="Accept all differences.")
@click.option("--only", multiple=True, help="Accept these alone, by their numbers: --only 0,3. May be given often.")
@click.option("--media", type=FOLDER, help="Folder of the clips that the editor added: they are copied in as takes.")
def import_cut(folder: Path, file: Path, yes: bool, only: tuple[str, ...], media: Path | None) -> None:
    """Read a cut that an editor has changed (OTIO, FCPXML, EDL), show what differs, and take it over."""
    from vitascope.film import finish
    from vitascope.film.handoff import picked

    if yes and only:
        raise BadSpec("Both --yes and --only are given.", hint="--yes accepts all differences.")
    opened = open_film(folder)
    differences = finish.compare(opened, file)
    for number, difference in enumerate(differences):
        print(f"{number:>3}  {difference.text}")
    if not differences:
        say("The cut is the same.")
        return
    wanted = "all" if yes else ",".join(only)
    if not wanted and sys.stdin.isatty():
        wanted = click.prompt("Take over which? Numbers such as 0,3, all or none", default="none", err=True)
    chosen = picked("" if wanted.strip() == "none" else wanted, differences)
    if not chosen:
        say("Nothing was changed. Take all over with --yes, some with --only 0,3.")
        return
    finish.accept(opened, differences, chosen, media=media)
    say(f"{len(chosen)} of {len(differences)} are taken over. What is longer than its take is out of date now.")
