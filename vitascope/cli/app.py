"""The command line: options to a spec, progress to a bar, errors to a message, a hint and an exit code (0 done, 1
failed, 2 wrong usage).

Everything it does is done elsewhere; heavy parts are loaded by the command that needs them.
"""

from __future__ import annotations

import importlib.util
import json
import signal
import sys
import time
from pathlib import Path
from typing import Annotated, Any

import typer

from vitascope import __version__
from vitascope.cli import service, studio
from vitascope.config import debugging
from vitascope.errors import BadSpec, MissingExtra, VitascopeError, of_machine

app = typer.Typer(
    help="Clips from words and pictures, on your own machine.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    context_settings={"help_option_names": ["--help", "-h"]},
)
_PASS_ON = {"allow_extra_args": True, "ignore_unknown_options": True, "help_option_names": []}


def main(arguments: list[str]) -> int:
    """Run one command and return its exit code. No error leaves here as a traceback."""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="replace")  # a terminal that cannot show a letter of the prompt shows "?"
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # asked to end: clean up as for Ctrl-C
    try:
        app(arguments, prog_name="vitascope")
    except SystemExit as end:  # typer has met wrong usage, or an interrupt (130)
        return _failed("Stopped.", "Nothing was left half-written.", 1) if end.code == 130 else int(end.code or 0)
    except KeyboardInterrupt:
        return _failed("Stopped.", "Nothing was left half-written.", 1)
    except VitascopeError as error:
        return _failed(error.message, error.hint, error.exit_code)
    except Exception as error:
        if debugging():
            raise
        if told := of_machine(error):
            return _failed(told.message, told.hint, told.exit_code)
        what = f"{type(error).__name__}: {error}"
        return _failed(
            f"A fault inside Vitascope: {what}", "Run it with VITASCOPE_DEBUG=1 and report what that shows.", 1
        )
    return 0


def _failed(message: str, hint: str, code: int) -> int:
    _say(f"error: {message}")
    if hint:
        _say(f"hint: {hint}")
    return code


def _say(text: str) -> None:
    """To the terminal, not into the result: paths, recipes and tables alone go to standard output."""
    print(text, file=sys.stderr, flush=True)


@app.callback(invoke_without_command=True)
def _top(version: Annotated[bool, typer.Option("--version", help="Show the version.")] = False) -> None:
    if version:
        print(f"vitascope {__version__}")
        raise typer.Exit


@app.command()
def generate(
    prompt: Annotated[str | None, typer.Argument(help="What to show, in English or Chinese.")] = None,
    output: Annotated[
        str | None, typer.Option("-o", "--output", help="File (.mp4, or .png for a still) or folder.")
    ] = None,
    image: Annotated[Path | None, typer.Option(help="Picture to start from.")] = None,
    last_image: Annotated[Path | None, typer.Option(help="Picture to arrive at.")] = None,
    extend: Annotated[Path | None, typer.Option(help="Clip to continue, by --seconds.")] = None,
    camera: Annotated[
        str | None, typer.Option(help='Words such as "orbit left", or a .json file of eight numbers a row.')
    ] = None,
    seconds: Annotated[float | None, typer.Option(help="Length, up to 60; 0 makes a still. [default: 5]")] = None,
    aspect: Annotated[
        str | None, typer.Option(help="1:1, 16:9 or 9:16. [default: the picture's nearest, else 1:1]")
    ] = None,
    size: Annotated[str | None, typer.Option(help="Width x height, such as 352x192, in the place of --aspect.")] = None,
    seed: Annotated[int | None, typer.Option(help="Same seed, same clip. [default: drawn and shown]")] = None,
    steps: Annotated[int | None, typer.Option(help="Denoising steps, 1 to 64. [default: 4]")] = None,
    guidance: Annotated[
        float | None, typer.Option(help="How strictly the words are followed. [default: the model's]")
    ] = None,
    negative: Annotated[str | None, typer.Option("--negative-prompt", help="What not to show.")] = None,
    fit: Annotated[
        str, typer.Option(help="What to do with a picture or clip of another shape: crop it, or pad it.")
    ] = "crop",
    takes: Annotated[int, typer.Option("-n", help="How many takes, with seeds that follow each other.")] = 1,
    model: Annotated[str | None, typer.Option(help="See `vitascope models`.")] = None,
    remake: Annotated[
        Path | None, typer.Option("--from", help="Make this file again; other options change its recipe.")
    ] = None,
) -> None:
    """Make a clip and print where it is."""
    from tempfile import TemporaryDirectory

    from vitascope import ask, engines
    from vitascope.engines import render
    from vitascope.media import recipe as recipes

    notes: list[str] = []
    given: dict[str, Any] = {
        "image": image, "last_image": last_image, "extend": extend, "camera": camera, "seconds": seconds,
        "aspect": aspect, "size": _size(size), "seed": seed, "steps": steps, "guidance": guidance,
        "negative_prompt": negative, "model": model,
    }  # fmt: skip
    with TemporaryDirectory(prefix="vitascope-") as folder:
        given |= {"fit": fit, "folder": folder, "notes": notes}
        if remake:
            old = recipes.read(remake)
            spec = ask.changed(old.spec, prompt=prompt, **given)
        elif prompt is not None:
            spec = ask.spec(prompt, **given)
        else:
            raise BadSpec("There is no prompt.", hint='vitascope generate "a red ball bounces on snow", or --from FILE')
        for note in notes:
            _say(f"note: {note}")
        specs = ask.takes(spec, takes)
        targets = ask.targets(output, specs)
        maker = engines.load(spec.model)
        maker.card.check(spec)
        if remake and maker.card.weights != old.weights:
            _say("note: the model's weights have changed since; the clip will not come out the same")
        for take, target in zip(specs, targets, strict=True):
            started, bars = time.perf_counter(), _Bars()
            try:
                take = render.with_source(take, maker, Path(folder), progress=bars)
                _say(f"seed: {take.seed}")
                render.make(take, maker, target, progress=bars, begun=_show_reading)
            finally:
                bars.close()
            width, height = take.shape
            _say(f"{take.frames} frames, {width}x{height}, made in {time.perf_counter() - started:.1f} s")
            print(target, flush=True)


@app.command()
def recipe(
    file: Annotated[Path, typer.Argument(help="An .mp4 or .png made by Vitascope.")],
    full: Annotated[bool, typer.Option("--full", help="Also the given pictures, in full.")] = False,
) -> None:
    """Show how a clip was made, as JSON."""
    from vitascope.media import recipe as recipes

    data = recipes.read(file).to_dict()
    print(json.dumps(data if full else _without_pictures(data), indent=2, ensure_ascii=False))


@app.command()
def models() -> None:
    """List the models and their honest limits."""
    from vitascope import engines

    for card in engines.models():
        sizes = ", ".join(f"{width}x{height}" for width, height in card.sizes)
        print(f"{card.name}  {card.title}")
        print(f"  takes    {', '.join(card.modes)}; {', '.join(card.languages)}")
        print(f"  makes    {sizes}; up to {card.max_seconds:g} s at {card.fps} frames a second; {card.steps} steps")
        print(f"  size     {card.parameters / 1e6:.1f} M parameters, {card.size_bytes / 1e6:.1f} MB; {card.licence}")
        print(f"  weights  {card.weights}")
        for name, value in card.scores.items():
            print(f"  score    {name} {value:g}")
        print(f"  limits   {card.limits}")


@app.command()
def doctor() -> None:
    """Check the installation, one honest line for each part."""
    from vitascope import doctor as examiner

    whole = True
    for finding in examiner.examine():
        whole = whole and finding.good
        print(f"{'ok ' if finding.good else 'BAD'} {finding.part:<10} {finding.text}", flush=True)
    if not whole:
        raise VitascopeError("Something is wrong with this installation.", hint="See the lines marked BAD.")


@app.command()
def exam(
    model: Annotated[str | None, typer.Option(help="See `vitascope models`.")] = None,
    quick: Annotated[bool, typer.Option("--quick", help="Fewer clips for each skill.")] = False,
    aspect: Annotated[str, typer.Option(help="Shape of the clips.")] = "1:1",
    json_file: Annotated[Path | None, typer.Option("--json", help="Also write the sheet as JSON.")] = None,
) -> None:
    """Measure what a model really knows."""
    from vitascope.smallworld import exam as examination

    print(examination.run(model=model, quick=quick, json_path=json_file, aspect=aspect))


@app.command(context_settings=_PASS_ON)
def train(context: typer.Context) -> None:
    """Train a model; needs the extra `train`. All options go to the training itself (try --help)."""
    if importlib.util.find_spec("torch") is None:
        raise MissingExtra("Training", "train")
    from vitascope.smallworld.training import train as training

    training.main(context.args)


@app.command()
def bench(
    prompt: Annotated[str, typer.Option(help="What to show.")] = "a large red ball bounces on snow at sunset",
    seconds: Annotated[float, typer.Option(help="Length of the clip.")] = 5,
    rounds: Annotated[int, typer.Option(min=1, help="How often; medians are shown.")] = 3,
    json_file: Annotated[Path | None, typer.Option("--json", help="Also write the figures as JSON.")] = None,
) -> None:
    """Measure this machine: from prompt to file, and the peak of memory."""
    from vitascope import bench as measuring

    figures = measuring.measure(prompt, seconds=seconds, rounds=rounds)
    for name, value in figures.items():
        print(f"{name:<20} {value}")
    if json_file:
        measuring.write(json_file, figures)


app.command()(studio.studio)
service.add_to(app)


class _Bars:
    """A bar with the time left for each stage; silent where there is no terminal."""

    def __init__(self) -> None:
        self._stage = ""
        self._bar: Any = None

    def __call__(self, stage: str, done: int, total: int) -> None:
        from tqdm import tqdm

        if stage != self._stage:
            self.close()
            self._stage = stage
            self._bar = tqdm(total=total, desc=f"{stage:<6}", unit=stage[:-1], disable=None, leave=False, miniters=1)
        if self._bar is not None:
            self._bar.update(done - self._bar.n)

    def close(self) -> None:
        if self._bar is not None:
            self._bar.close()
        self._stage, self._bar = "", None


def _show_reading(draft: Any) -> None:
    reading = draft.reading
    _say(f"understood: {'; '.join(reading.understood) or 'nothing'}")
    if reading.chosen:
        _say(f"chosen: {', '.join(reading.chosen)}")
    if reading.unknown:
        _say(f"not known to the built-in model: {', '.join(reading.unknown)}")


def _size(text: str | None) -> tuple[int, int] | None:
    if text is None:
        return None
    width, _, height = text.lower().partition("x")
    if not (width.isdecimal() and height.isdecimal()):
        raise BadSpec(f'"{text}" is no size.', hint="Width x height, such as 352x192.")
    return int(width), int(height)


def _without_pictures(data: Any) -> Any:
    if isinstance(data, dict):
        return {
            key: f"({len(value):,} letters; --full)" if key == "png" else _without_pictures(value)
            for key, value in data.items()
        }
    return data
