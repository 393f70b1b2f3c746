"""What `vitascope models` prints: what is ready first, then what is here and not ready, then what can be pulled."""

from __future__ import annotations

import sys
from pathlib import Path

from vitascope.cli import served
from vitascope.cli.served import State
from vitascope.engines import hooks, registry
from vitascope.engines.card import ModelCard
from vitascope.engines.openweights import fits, known, room, shelf


def show(own: Path, *, everything: bool) -> None:
    """`own`: the folder of the user's model files. `everything`: each model's whole card, and all that is known."""
    machine = room.here().room
    states = served.states(registry.names())
    files, here = registry.registry().files(), set()
    ready: list[tuple[ModelCard, str, str]] = []
    others: list[tuple[ModelCard, str, str]] = []
    for card in registry.cards():
        state, memory = states.get(card.name, State(True, "")), ""
        if card.name in files and files[card.name].engine == shelf.ENGINE:
            here.add(shelf.record(own, card.name).get("like", ""))
            memory, fit = fits.of_source(files[card.name].source, machine)
            state = State(state.ready and fit, state.line)
        (ready if state.ready else others).append((card, state.line, memory))
        for fault in hooks.faults(card):
            _say(f"{card.name}: {fault}")
    for name, error in registry.registry().faults().items():
        _say(f"{name}: {error.message} {error.hint}")
    for title, found in (("Ready", ready), ("Here, and not ready", others)):
        if found:
            print(f"{title}:")
        for card, line, memory in found:
            (_whole if everything else _brief)(card, line, memory)
    _known(here, machine, everything=everything)


def _brief(card: ModelCard, line: str, memory: str) -> None:
    form = card.format
    length = f"up to {float(form.max_seconds):g} s" if form.max_seconds else "stills"
    there = f"of another server, {_costs(card)}" if card.needs == "remote" else ""
    told = (there, card.licence.id, memory, line)
    print(f"  {card.name}  {card.title}")
    print(f"    {'; '.join([', '.join(card.modes), length, *(one for one in told if one)])}")


def _whole(card: ModelCard, line: str, memory: str) -> None:
    form = card.format
    sizes = ", ".join(f"{width}x{height}" for width, height in form.sizes)
    steps = f"; {form.steps} steps" if form.steps else ""
    print(f"{card.name}  {card.title}")
    print(f"  takes    {', '.join(card.modes)}; {', '.join(card.languages)}")
    print(f"  makes    {sizes}; up to {float(form.max_seconds):g} s at {float(form.fps):g} frames a second{steps}")
    if card.needs == "remote":
        print(f"  costs    {_costs(card, dated=True)}; {card.licence.id}")
    else:
        print(f"  size     {card.parameters / 1e6:.1f} M parameters, {card.size_bytes / 1e6:.1f} MB; {card.licence.id}")
        print(f"  weights  {card.weights}")
    if line:
        print(f"  served   {line}")
    for name, value in card.scores.items():
        print(f"  score    {name} {value:g}")
    print(f"  limits   {card.limits}")
    if memory:
        print(f"  memory   {memory}")


def _costs(card: ModelCard, *, dated: bool = False) -> str:
    """What its server takes, as far as that is known."""
    if not card.cost:
        return "cost unknown"
    each = sorted({(rate.second, rate.clip) for rate in card.cost.rates})
    told = [f"{second / 1e6:g} USD a second" if second else f"{clip / 1e6:g} USD a clip" for second, clip in each]
    where = f", as of {card.cost.date}; {card.cost.source}" if dated and card.cost.date else ""
    return f"{told[0]}{f' to {told[-1]}' if len(told) > 1 else ''}{where}"


def _known(here: set[str], machine: room.Room, *, everything: bool) -> None:
    """What can be pulled; without `everything` only what this machine can run, and how many more there are."""
    left_out = 0
    lines = []
    for one in known.every().values():
        if one.name in here:
            continue
        told = fits.said(one.weights, one.card["format"], machine)
        if not everything and (not one.served or told.startswith("does not fit")):
            left_out += 1
            continue
        licence = one.card["licence"]
        limits = ", not in " * bool(licence.get("excluded")) + ", ".join(licence.get("excluded", ()))
        told = told if one.served else "no engine here draws it yet"
        lines.append(f"  {one.name:<26} {one.size / 1e9:6.1f} GB  {licence['id']}{limits}; {told}")
    if lines:
        print("\nKnown, and not here (vitascope models pull NAME):", *lines, sep="\n")
    if left_out:
        print(f"\n{left_out} more are known; they do not fit this machine, or no engine here draws them yet.")
        print("vitascope models --all lists them, and tells more of each model.")


def _say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)
