"""`vitascope film variants`: many films of one template."""

from __future__ import annotations

from pathlib import Path

import click

from vitascope.cli.film_show import FOLDER, open_film, pixels, say
from vitascope.cli.options import FILE
from vitascope.errors import BadSpec, VitascopeError


@click.command()
@click.argument("template", type=FOLDER, help="Folder of a film with {variables} in its words.")
@click.argument("table", type=FILE, help="CSV or TSV: a column for each variable, a row for each product.")
@click.option("-o", "--output", type=FOLDER, required=True, help="Folder of the batch.")
@click.option(
    "--axes", "axes_file", type=FILE, help="JSON: hook, body, call_to_action, language, aspect, translations."
)
@click.option("--size", help="Width x height of the films, in the place of the template's.")
@click.option("--plan", "only_plan", is_flag=True, help="Count, and make nothing.")
@click.option("--verdicts", type=FILE, help="What the contact sheet exported, for the ZIP.")
@click.option(
    "--zip", "packed", type=FILE, help="Also pack the accepted films into this ZIP; where none is, all not rejected."
)
def variants(
    template: Path,
    table: Path,
    output: Path,
    axes_file: Path | None,
    size: str | None,
    only_plan: bool,
    verdicts: Path | None,
    packed: Path | None,
) -> None:
    """Many films of one template: each row of a table times hooks, languages and aspects."""
    from vitascope import strictjson
    from vitascope.film import begin
    from vitascope.film import variants as batches
    from vitascope.film.plural import counted
    from vitascope.film.variants import making, manifest
    from vitascope.film.variants.axes import Axes, axes
    from vitascope.film.variants.rows import rows

    made_of = open_film(template)
    try:
        chosen = axes(strictjson.loads(begin.read_text(axes_file))) if axes_file else Axes()
    except ValueError as error:
        raise BadSpec(f"{axes_file} is not JSON: {error}.", hint='Such as {"hook": ["Cold coffee?"]}.') from error
    batch = batches.plan(made_of.film, rows(begin.read_text(table)), chosen)
    for one in (*batch.skipped, *batch.duplicates):
        say(f"left out: {one.name}: {one.why}")
    for warning in batch.warnings:
        say(f"note: {warning}")
    left = making.missing(batch, output)
    words = [counted(left[kind], word) for kind, word in (("clip", "take"), ("voice", "voice")) if left[kind]]
    say(
        f"{counted(batch.count, 'film')} of {batch.asked}, {float(batch.seconds()):.0f} s in all; "
        f"{' and '.join(words) or 'no take and no voice'} to be made."
    )
    title = making.heading(made_of.film, output)
    if only_plan:
        if not (output / "batch.json").exists():  # or what was made would look as if it were not
            making.write(batch, output, {}, title=title, language=made_of.film.language)
            print(output / "index.html", flush=True)
        return
    done = making.make(
        batch, output, template=made_of, size=pixels(size) if size else None,
        progress=lambda variant, at, total: say(f"{at + 1}/{total} {variant.name}"),
    )  # fmt: skip
    if packed:
        said = manifest.verdicts(begin.read_text(verdicts), batch) if verdicts else {}
        count, open_in, open_out = making.pack(output, packed, said, title=title, language=made_of.film.language)
        undecided = f"; {open_in} of them undecided" if open_in else ""
        undecided += f"; {counted(open_out, 'undecided film')} left out" if open_out else ""
        say(f"{counted(count, 'film')} in {packed}{undecided}")
    print(output / "index.html", flush=True)
    failed = {name: one.error for name, one in done.items() if one.error}
    for name, why in failed.items():
        say(f"not made: {name}: {why}")
    if failed:
        raise VitascopeError(
            f"{len(failed)} of {batch.count} films failed.", hint="The others are there; run it again."
        )
