"""The examination of an installation: one finding for each part, in words a person can act on."""

from __future__ import annotations

import platform
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import sqlalchemy as sa

from vitascope import __version__, scratch
from vitascope.config import TABLE, Settings, cores, settings
from vitascope.engines import hooks, registry
from vitascope.engines.openweights import fits, room, shelf
from vitascope.errors import VitascopeError
from vitascope.film import voices
from vitascope.film.voices import bought

_FILMS = 100  # that are looked at
_ROOM_BYTES = 500 * 2**20  # below this a few long clips fill the disk


@dataclass(frozen=True)
class Finding:
    part: str
    text: str
    good: bool = True


def examine() -> Iterator[Finding]:
    yield Finding(
        "vitascope", f"{__version__} on Python {platform.python_version()}, {platform.system()} {platform.machine()}"
    )
    now = settings()
    for setting in TABLE:
        yield Finding("setting", f"{setting.name} = {now.shown(setting)}  [{now.origins[setting.name]}]")
    opened = [name for name, file in registry.registry().files().items() if file.engine == shelf.ENGINE]
    yield from (_weights(name) for name in registry.names() if name not in opened)
    yield from _open_models(opened)
    for name, error in registry.registry().faults().items():
        yield Finding("model", f"{name}: {error.message} {error.hint}", good=False)
    for card in registry.cards():
        yield from (Finding("model", f"{card.name}: {fault}", good=False) for fault in hooks.faults(card))
    yield _package("runtime", "onnxruntime")
    yield _ffmpeg()
    yield _studio(now.studio_dir)
    yield from _voices(now)
    yield Finding("cores", f"{cores()} for this process")
    yield from _kept(now)
    files, size = scratch.usage(now.home)
    yield Finding("scratch", f"{files} temporary files, {size / 1e6:.1f} MB, in the home folder")
    yield _disk("home", now.home)
    yield _disk("here", Path.cwd())


def _voices(now: Settings) -> Iterator[Finding]:
    found = voices.speakers(now)
    for speaker in found:
        where = f"; lines of films are sent to {speaker.sends_to}" if speaker.sends_to else ""
        yield Finding("voices", f"{speaker.name}: {len(speaker.voices())} voices{where}")
    try:
        for offer in bought.offers(now.speech_vendors):
            told = f"{len(offer.voices)} voices; lines of a server's films are sent to {offer.host} and paid for"
            yield Finding("voices", f"{offer.name}: {told}")
    except VitascopeError as error:
        yield Finding("voices", f"{error.message} {error.hint}", good=False)
    if not found and not now.speech_vendors:
        yield Finding("voices", "none; films have captions alone. docs/voices.md says how to add some.")


def _weights(name: str) -> Finding:
    try:
        card = registry.load(name).card
    except VitascopeError as error:
        return Finding("weights", f"{name}: {error.message} {error.hint}", good=False)
    return Finding("weights", f"{name}: whole, {card.size_bytes / 1e6:.1f} MB, {card.weights[:16]}")


def _open_models(names: list[str]) -> Iterator[Finding]:
    """The device with what it has free, and for each model of open weights how it would be put there; none is loaded.
    torch is asked only where there is such a model.
    """
    machine = room.here()
    free = machine.room.ram if machine.room.shared else machine.room.vram
    ram = f"RAM {machine.room.ram / 1e9:.1f} GB free"
    yield Finding("device", f"{machine.name}, {free / 1e9:.1f} of {machine.total / 1e9:.1f} GB free; {ram}")
    if not names:
        return
    build = room.torch_build()
    lacking = "not installed: pip install 'vitascope[open]', and torch for your device"
    yield Finding("torch", build or lacking, good=bool(build) and "cannot be loaded" not in build)
    for name in names:
        told, good = fits.of_source(registry.registry().files()[name].source, machine.room)
        yield Finding("model", f"{name}: {told}", good=good)


def _package(part: str, name: str) -> Finding:
    try:
        return Finding(part, f"{name} {version(name)}")
    except PackageNotFoundError:
        return Finding(part, f"{name} is not installed: pip install {name}", good=False)


def _ffmpeg() -> Finding:
    try:
        import av

        number = ".".join(str(part) for part in av.library_versions["libavcodec"])
        able = "libx264" in av.codecs_available
    except ImportError as error:
        return Finding("ffmpeg", f"PyAV cannot be loaded: {error}", good=False)
    text = f"libavcodec {number} (PyAV {av.__version__}), H.264 encoder {'present' if able else 'missing'}"
    return Finding("ffmpeg", text, good=able)


def _studio(other: Path | None) -> Finding:
    folder = other or Path(__file__).parent / "server" / "studio"
    if (folder / "index.html").is_file():
        return Finding("studio", f"built, in {folder}")
    return Finding("studio", f"not built: {folder} has no page; `make studio` builds it", good=other is None)


def _kept(now: Settings) -> Iterator[Finding]:
    """Database and storage, looked at without making either; of the films only the newest, and only their sizes."""
    from vitascope.store import clock, health, identity, orphans, schema, serving
    from vitascope.store.blobs import blobs
    from vitascope.store.database import Store

    store = Store(now.database)
    if store.is_sqlite and not Path(str(store.url.database)).is_file():
        yield Finding("database", "none yet; `vitascope serve` makes it")
        return
    try:
        damages = store.damages()
        if damages:
            yield Finding("database", f"damaged: {damages[0]}; see `vitascope check`", good=False)
            return
        with store.read() as tx:
            mine = identity.of_database(tx)
            newest = tx.execute(sa.select(schema.clips).order_by(schema.clips.c.id.desc()).limit(_FILMS)).all()
            doubt = clock.doubt(tx, store.clock())
            unserved = serving.faults(tx, store.clock())
            swept = tx.scalar(sa.select(schema.settings.c.value).where(schema.settings.c.key == orphans.KEY)) or {}
        yield Finding("database", "whole" if store.is_sqlite else "answers")
        yield from (Finding("unserved", text) for text in unserved)
        yield Finding("clock", doubt or "agrees with the newest rows", good=not doubt)
        kept = blobs(now.storage)
        theirs = identity.of_storage(kept)
        if mine and mine.name != theirs:
            text = f"is of {theirs or 'no database'}, and the database is {mine.name}; see `vitascope check`"
            yield Finding("storage", text, good=False)
            return
        lost = sum(bool(health.film(kept, row.video_key, row.bytes)) for row in newest)
        text = f"{lost} of the newest {len(newest)} clips have no whole file" if lost else "the newest clips are whole"
        yield Finding("storage", f"{text}; `vitascope check` looks at all", good=not lost)
        if swept.get("stopped"):
            yield Finding("sweep", "stopped: too many files belong to no clip; see `vitascope sweep`", good=False)
    except VitascopeError as error:
        yield Finding("database", f"{error.message} {error.hint}", good=False)
    finally:
        store.close()


def _disk(part: str, folder: Path) -> Finding:
    there = next(place for place in (folder, *folder.absolute().parents) if place.exists())
    free = shutil.disk_usage(there).free
    return Finding(part, f"{folder}: {free / 2**30:.1f} GB free", good=free > _ROOM_BYTES)
