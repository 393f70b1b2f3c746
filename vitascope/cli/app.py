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
import tomllib
from functools import partial
from pathlib import Path
from typing import Any

import click

from vitascope import __version__
from vitascope.cli import accounts, credits, film, keys, mcp, models, prompt, remote, service, storage, studio
from vitascope.cli.options import FILE
from vitascope.config import debugging
from vitascope.errors import BadSpec, EngineFailed, MissingExtra, VitascopeError, of_machine

_PASS_ON = {"allow_extra_args": True, "ignore_unknown_options": True, "help_option_names": []}


def main(arguments: list[str]) -> int:
    """Run one command and return its exit code. No error leaves here as a traceback."""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="replace")  # a terminal that cannot show a letter of the prompt shows "?"
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # asked to end: clean up as for Ctrl-C
    try:
        code = app.main(arguments, prog_name="vitascope", standalone_mode=False)
        return code if isinstance(code, int) else 0
    except click.ClickException as error:  # wrong usage
        error.show()
        return error.exit_code
    except (click.Abort, KeyboardInterrupt):
        return _failed("Stopped.", "Nothing was left half-written.", 1)
    except EngineFailed as error:
        if debugging():
            raise
        return _failed(error.whole, error.hint, error.exit_code)
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


def _failed(message: str, hint: str, code: int) -> int:
    _say(f"error: {message}")
    if hint:
        _say(f"hint: {hint}")
    return code


def _say(text: str) -> None:
    """To the terminal, not into the result: paths, recipes and tables alone go to standard output."""
    print(text, file=sys.stderr, flush=True)


class _InOrder(click.Group):
    """Its help lists the commands as they were added, generate first; click would sort them by name."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(self.commands)


@click.group(cls=_InOrder, context_settings={"help_option_names": ["--help", "-h"], "show_default": True})
@click.version_option(__version__, message="vitascope %(version)s", help="Show the version.")
def app() -> None:
    """Clips from words and pictures, on your own machine."""


@app.command()
@click.argument("prompt", required=False, help="What to show, in English or Chinese.")
@click.option("-o", "--output", help="File (.mp4, or .png for a still) or folder.")
@click.option("--image", type=FILE, help="Picture to start from.")
@click.option("--last-image", type=FILE, help="Picture to arrive at.")
@click.option("--extend", type=FILE, help="Clip to continue, by --seconds.")
@click.option("--reference", multiple=True, help="Who or what is in it: image=cat.png, or image:cat=cat.png for @cat.")
@click.option("--camera", help='Words such as "orbit left", or a .json file of eight numbers a row.')
@click.option("--seconds", type=float, help="Length; 0 makes a still. [default: 5]")
@click.option("--aspect", help="1:1, 16:9, 9:16 ... [default: the picture's nearest, else the model's]")
@click.option("--size", help="Width x height, such as 352x192, in the place of --aspect.")
@click.option("--seed", type=int, help="Same seed, same clip. [default: drawn and shown]")
@click.option("--steps", type=int, help="Denoising steps. [default: the model's]")
@click.option("--guidance", type=float, help="How strictly the words are followed. [default: the model's]")
@click.option("--negative-prompt", "negative", help="What not to show.")
@click.option("--fit", help="What to do with a picture or clip of another shape: crop it, or pad it. [default: crop]")
@click.option("--tier", help="A resolution by the model's own name, such as 720p.")
@click.option("--sound/--silent", default=None, help="With or without sound, where the model can.")
@click.option("--preset", help="One of the model's presets.")
@click.option("--lora", multiple=True, help="A LoRA of the model, as name or name=weight.")
@click.option("--option", multiple=True, help="An option of the model, as name=value.")
@click.option("-n", "takes", default=1, help="How many takes, with seeds that follow each other.")
@click.option("--model", help="See `vitascope models`.")
@click.option("--from", "remake", type=FILE, help="Make this file again; other options change its recipe.")
def generate(
    prompt: str | None,
    output: str | None,
    image: Path | None,
    last_image: Path | None,
    extend: Path | None,
    reference: tuple[str, ...],
    camera: str | None,
    seconds: float | None,
    aspect: str | None,
    size: str | None,
    seed: int | None,
    steps: int | None,
    guidance: float | None,
    negative: str | None,
    fit: str | None,
    tier: str | None,
    sound: bool | None,
    preset: str | None,
    lora: tuple[str, ...],
    option: tuple[str, ...],
    takes: int,
    model: str | None,
    remake: Path | None,
) -> None:
    """Make a clip and print where it is."""
    from tempfile import TemporaryDirectory

    from vitascope import ask
    from vitascope.engines import registry, render
    from vitascope.media import recipe as recipes

    notes: list[str] = []
    given: dict[str, Any] = {
        "image": image, "last_image": last_image, "extend": extend, "camera": camera, "seconds": seconds,
        "aspect": aspect, "size": _size(size), "seed": seed, "steps": steps, "guidance": guidance,
        "negative_prompt": negative, "tier": tier, "sound": sound, "preset": preset, "loras": _loras(lora),
        "options": _options(option), "references": _references(reference),
    }  # fmt: skip
    with TemporaryDirectory(prefix="vitascope-") as folder:
        given |= {"fit": fit, "folder": folder, "notes": notes}
        if remake:
            old = recipes.read(remake)
            card = registry.card(model or old.model)
            spec = ask.changed(old.spec, card, prompt=prompt, **given)
        elif prompt is not None:
            card = registry.card(model or "")
            spec = ask.spec(prompt, card, **given)
        else:
            raise BadSpec("There is no prompt.", hint='vitascope generate "a red ball bounces on snow", or --from FILE')
        for note in notes:
            _say(f"note: {note}")
        render.check_given(spec)
        specs = ask.takes(spec, takes)
        targets = ask.targets(output, specs)
        if remake and (other := render.other_weights(old, card)):
            _say(f"note: {other} The clip will not come out the same.")
        maker = registry.load(card.name)
        for take, target in zip(specs, targets, strict=True):
            started, bars = time.perf_counter(), _Bars()
            try:
                take = render.with_source(take, maker, Path(folder), progress=bars)
                _say(f"seed: {take.seed}")
                render.make(take, maker, target, progress=bars, begun=partial(_show_reading, card.name))
            finally:
                bars.close()
            shape = card.resolve(take)
            _say(f"{shape.total} frames, {shape.width}x{shape.height}, made in {time.perf_counter() - started:.1f} s")
            print(target, flush=True)


@app.command()
@click.argument("file", type=FILE, help="An .mp4 or .png made by Vitascope.")
@click.option("--full", is_flag=True, help="Also the given pictures, in full.")
def recipe(file: Path, full: bool) -> None:
    """Show how a clip was made, as JSON."""
    from vitascope.media import recipe as recipes

    data = recipes.read(file).to_dict()
    print(json.dumps(data if full else _without_pictures(data), indent=2, ensure_ascii=False))


def _loras(given: tuple[str, ...]) -> dict[str, float] | None:
    """Of "name" and "name=0.8"."""
    if not given:
        return None
    found = {}
    for text in given:
        name, _, weight = text.partition("=")
        try:
            found[name] = float(weight or 1)
        except ValueError as error:
            raise BadSpec(
                f'The weight of the LoRA "{name}" is "{weight}".', hint="A number: --lora film=0.8."
            ) from error
    return found


def _references(given: tuple[str, ...]) -> list[dict[str, str]] | None:
    """Of "image=cat.png" and "image:cat=cat.png"."""
    if not given:
        return None
    found = []
    for text in given:
        what, equals, file = text.partition("=")
        kind, _, name = what.partition(":")
        if not equals or not file:
            raise BadSpec(f'The reference "{text}" names no file.', hint="Write image=cat.png.", field="references")
        found.append({kind: file, **({"name": name} if name else {})})
    return found


def _options(given: tuple[str, ...]) -> dict[str, Any] | None:
    """Of "name=value", where a value is what TOML would read, else a text."""
    if not given:
        return None
    found: dict[str, Any] = {}
    for text in given:
        name, equals, value = text.partition("=")
        if not equals:
            raise BadSpec(f'The option "{text}" has no value.', hint="Write name=value.", field="options")
        try:
            found[name] = tomllib.loads(f"value = {value}")["value"]
        except tomllib.TOMLDecodeError:
            found[name] = value
    return found


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
@click.option("--model", help="See `vitascope models`.")
@click.option("--quick", is_flag=True, help="Fewer clips for each skill.")
@click.option("--clips", type=click.IntRange(1, 10_000), help="How many clips, if not 1,000, or 200 with --quick.")
@click.option("--several", is_flag=True, help="Scenes of two and three things: are all there, and no other?")
@click.option("--aspect", default="1:1", help="Shape of the clips.")
@click.option("--json", "json_file", type=FILE, help="Also write the sheet as JSON.")
def exam(model: str | None, quick: bool, clips: int | None, several: bool, aspect: str, json_file: Path | None) -> None:
    """Measure what a model really knows."""
    from vitascope.smallworld import exam as examination

    print(examination.run(model=model, quick=quick, json_path=json_file, aspect=aspect, clips=clips, several=several))


@app.command(context_settings=_PASS_ON)
@click.pass_context
def train(context: click.Context) -> None:
    """Train a model; needs the extra `train`. All options go to the training itself (try --help)."""
    if importlib.util.find_spec("torch") is None:
        raise MissingExtra("Training", "train")
    from vitascope.smallworld.training import train as training

    training.main(context.args)


@app.command()
@click.option("--prompt", default="a large red ball bounces on snow at sunset", help="What to show.")
@click.option("--model", help="A model, whose figures are kept as its usual time.")
@click.option("--seconds", type=float, help="Length of the clip. [default: 5, or what is usual with the model]")
@click.option("--steps", type=click.IntRange(1), help="With --model. [default: as is usual with it]")
@click.option("--rounds", type=click.IntRange(1), default=3, help="How often; medians are shown.")
@click.option("--minutes", default=9.0, help="With --model: no longer than this; the same command goes on.")
@click.option("--json", "json_file", type=FILE, help="Also write the figures as JSON.")
def bench(
    prompt: str, model: str | None, seconds: float | None, steps: int | None, rounds: int, minutes: float,
    json_file: Path | None,
) -> None:  # fmt: skip
    """Measure this machine: from prompt to file, and the peak of memory."""
    from vitascope import bench as measuring

    if model:
        figures = measuring.measure_model(model, prompt, seconds=seconds, steps=steps, rounds=rounds, minutes=minutes)
    else:
        figures = measuring.measure(prompt, seconds=5.0 if seconds is None else seconds, rounds=rounds)
    for name, value in figures.items():
        print(f"{name:<20} {value}")
    if json_file:
        measuring.write(json_file, figures)


for command in (
    film.film,
    models.models,
    studio.studio,
    service.serve,
    service.work,
    service.fleet,
    mcp.mcp,
    prompt.prompt,
    remote.courier,
    remote.buying,
    storage.backup,
    storage.restore,
    storage.sweep,
    storage.check,
    keys.keys,
    credits.credits,
    accounts.accounts,
):
    app.add_command(command)


class _Bars:
    """A bar with the time left for each stage; silent where there is no terminal."""

    def __init__(self) -> None:
        self._stage = ""
        self._bar: Any = None

    def __call__(self, stage: str, done: int, total: int) -> None:
        if stage != self._stage:
            self.close()
            self._stage = stage
            if not sys.stderr.isatty():
                return
            from tqdm import tqdm

            self._bar = tqdm(total=total, desc=f"{stage:<6}", unit=stage[:-1], leave=False, miniters=1)
        if self._bar is not None:
            self._bar.update(done - self._bar.n)

    def close(self) -> None:
        if self._bar is not None:
            self._bar.close()
        self._stage, self._bar = "", None


def _show_reading(name: str, draft: Any) -> None:
    from vitascope.engines import registry

    reading = draft.reading
    if reading is None:
        return
    _say(f"understood: {'; '.join(reading.understood) or 'nothing'}")
    if chosen := getattr(reading, "chosen", ()):  # by the built-in model alone
        _say(f"chosen: {', '.join(chosen)}")
    if reading.unknown:
        model = "the built-in model" if name == registry.BUILT_IN else name
        _say(f"not known to {model}: {', '.join(reading.unknown)}")


def _size(text: str | None) -> tuple[int, int] | None:
    if text is None:
        return None
    width, _, height = text.lower().partition("x")
    if not (width.isdecimal() and height.isdecimal()):
        raise BadSpec(f'"{text}" is not a size.', hint="Width x height, such as 352x192.")
    return int(width), int(height)


def _without_pictures(data: Any) -> Any:
    if isinstance(data, dict):
        return {
            key: f"({len(value):,} letters; --full)" if key in ("png", "small") else _without_pictures(value)
            for key, value in data.items()
        }
    return data
