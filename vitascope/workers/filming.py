"""What a worker makes for films besides clips: voices, music, renders and smaller copies for players, one after the
other, in a thread of its own. Each is leased for a while; a worker that dies leaves it to another, which makes it again
from nothing, and the same words, seed or cut give the same bytes. Nothing of it costs credits. A line that was bought
is never bought again by itself (`orders/speech.py`).
"""

from __future__ import annotations

import tempfile
import threading
from collections.abc import Callable
from contextlib import suppress
from fractions import Fraction
from pathlib import Path
from typing import Any

from sqlalchemy import Connection

from vitascope import logs
from vitascope.errors import BadClip, Conflict, LeaseLost, NotFound, NotSupported, Unavailable, VitascopeError
from vitascope.film import captions as captioning
from vitascope.film import render, state, subtitles, timeline, voices
from vitascope.film.document import Captions, Film
from vitascope.film.render import FilmMarks
from vitascope.film.take import Media, Take, Takes
from vitascope.media import compose, joins
from vitascope.orders import speech, stills
from vitascope.orders.retry import patiently
from vitascope.runtime import House
from vitascope.store import accounts, film_renders, film_takes, films, inputs
from vitascope.store.film_renders import Render
from vitascope.store.film_takes import Join, Row, Unseen

LOOK_SECONDS = 1.0
PROXY_LEASE_SECONDS = 900.0  # after which another worker makes the smaller copy that one has begun
_log = logs.get(__name__)
Stopped = Callable[[], bool]


def sounds(house: House, worker: str, lease_seconds: float, stopped: threading.Event) -> bool:
    """Make one voice or piece of music that waits. Whether there was one."""
    with house.store.begin() as tx:
        row = film_takes.claim(tx, worker, house.store.clock(), lease_seconds=lease_seconds)
    if not row:
        return False

    def beat(_: int) -> bool:
        with house.store.begin() as tx:
            film_takes.beat(tx, row, house.store.clock() + lease_seconds)
        return True

    key = film_takes.key(row.account_id, row.id, ".wav")
    try:
        with _Heart(beat, lease_seconds), tempfile.TemporaryDirectory(prefix="vitascope-") as folder:
            target = Path(folder) / "sound.wav"
            values = _voice(house, row, target, stopped) if row.kind == "voice" else _music(house, row, target)
            patiently(lambda: house.blobs.put(key, target, "audio/wav"), stopped=stopped, what="keeping a sound")
        media = Media(key=key, seconds=values.pop("seconds"), sound=True)
        values |= {"state": "made", "key": key, "media": media.to_dict()}
    except VitascopeError as error:
        if error.status == 503 and row.attempts < film_takes.MAX_ATTEMPTS:  # it may be there in a while
            _log.warning("a sound waits", take=row.id, why=error.message)
            return True
        values = {"state": "failed", "error": f"{error.message} {error.hint}".strip()[:500]}
    except Exception as error:
        _log.exception("a fault while making a sound", take=row.id)
        values = {"state": "failed", "error": f"A fault inside Vitascope: {type(error).__name__}."}
    try:
        with house.store.begin() as tx:
            house.store.lock_account(tx, row.account_id)
            film_takes.end(tx, row, **values)
            films.tell(tx, films.get(tx, row.account_id, row.film_id), house.store.clock())
    except (LeaseLost, NotFound):  # it was removed meanwhile, or another has made it
        with house.store.read() as tx:
            used = film_takes.is_used(tx, key)
        if not used:
            with suppress(VitascopeError):
                house.blobs.delete(key)
    return True


def seam(house: House, join: Join) -> bool:
    """Measure how smoothly this take goes on from the shot before it. True: it is done with."""
    with house.store.begin() as tx:
        if not film_takes.take_up(tx, join):
            return True
    with tempfile.TemporaryDirectory(prefix="vitascope-") as name:
        paths = [Path(name) / f"{number}.mp4" for number in range(2)]
        try:
            for path, key in zip(paths, (join.before_key, join.key), strict=True):
                with open(path, "wb") as file:
                    file.writelines(house.blobs.read(key))
            found = joins.of_files(paths[0], paths[1], join.skip)
        except VitascopeError as error:
            _log.warning("a seam cannot be measured", take=join.take_id, why=error.message)
            return True
    with house.store.begin() as tx:
        film_takes.change(tx, join.take_id, {"seam": found})
    return True


def proxy(house: House, one: Unseen) -> bool:
    """Make the smaller copy that players show of a large clip, once; of another say that it needs none. True: it is
    done with.
    """
    made = ""
    if one.lines > compose.PROXY_LINES:
        now = house.store.clock()
        with house.store.begin() as tx:
            if not film_takes.look_at(tx, one, now, now + PROXY_LEASE_SECONDS):
                return True
        made = _copied(house, one)
    with house.store.begin() as tx:
        kept = film_takes.seen(tx, one, made)
        if made and kept:
            with suppress(NotFound):
                films.tell(tx, films.get(tx, one.account_id, one.film_id), house.store.clock())
    if made and not kept:
        house.blobs.delete(made)
    return True


def _copied(house: House, one: Unseen) -> str:
    """The key of the copy; empty: the clip cannot be read."""
    key = film_takes.key(one.account_id, one.take_id, ".proxy.mp4")
    with tempfile.TemporaryDirectory(prefix="vitascope-") as name:
        source, target = Path(name) / "take.mp4", Path(name) / "proxy.mp4"
        try:
            with open(source, "wb") as file:
                file.writelines(house.blobs.read(one.key))
            compose.write_proxy(source, target, name="The take")
        except (BadClip, NotFound) as error:
            _log.warning("a take has no smaller copy", take=one.take_id, why=error.message)
            return ""
        house.blobs.put(key, target, "video/mp4")
    return key


def _film_now(tx: Connection, row: Row) -> tuple[Film, tuple[Take, ...]]:
    film = films.get(tx, row.account_id, row.film_id).film
    return film, Takes(one.take for one in film_takes.shown(tx, row.film_id))


def _voice(house: House, row: Row, target: Path, stopped: threading.Event) -> dict[str, Any]:
    with house.store.read() as tx:
        film, _ = _film_now(tx, row)
        account = accounts.by_id(tx, row.account_id)
    line = film.line(row.of)
    if not line:
        raise Conflict("The line was removed before it was spoken.")
    buyer = speech.Buyer(house.store, row.account_id, row.id, stopped=stopped)
    speakers = speech.speakers(house.settings, account, house.plans.of(account.plan), buyer)
    found = voices.choose(film, line, speakers)
    language = voices.language_of(line.text, film.language)
    if not found:
        raise NotSupported(f"No voice that speaks {language} is here.", hint="docs/voices.md says how to add one.")
    speaker, name = found
    member = film.cast.get(line.speaker)
    said = speaker.say(
        line.text, voice=name, speed=member.voice.speed if member else 1.0, language=language, target=target
    )
    words = [[word, str(start), str(end)] for word, start, end in said.words]
    digest = state.of_voice(film, line)  # of the words as they are now
    return {"seconds": said.seconds, "words": words, "engine": f"{speaker.name}/{name}"[:200], "digest": digest}


def _music(house: House, row: Row, target: Path) -> dict[str, Any]:
    from vitascope.film import music

    with house.store.read() as tx:
        film, takes = _film_now(tx, row)
    cue = film.cues.get(row.of)
    cut = timeline.timeline(film, takes)
    seconds = timeline.cue_seconds(film, row.of, cut.seconds) if cue else Fraction(0)
    if not cue or seconds <= 0:
        raise Conflict("The music was taken out of the film before it was composed.")
    cuts = [piece.start - cue.start for piece in cut.pieces]
    made = music.compose(cue.mood, cue.seed, seconds, cuts=cuts, bpm=cue.bpm, target=target)
    digest = state.of_music(cue, seconds)
    return {"seconds": made.seconds, "engine": f"composer, {float(made.bpm):g} bpm", "digest": digest}


def renders(house: House, worker: str, lease_seconds: float, stopped: Stopped) -> bool:
    """Make one render that waits. Whether there was one."""
    with house.store.begin() as tx:
        held = film_renders.claim(tx, worker, house.store.clock(), lease_seconds=lease_seconds)
    if not held:
        return False

    def beat(done: int) -> bool:
        with house.store.begin() as tx:
            return film_renders.beat(tx, held, done, held.frames, house.store.clock() + lease_seconds)

    keys = [film_takes.key(held.account_id, held.id, suffix) for suffix in (".mp4", ".srt")]
    heart = _Heart(beat, lease_seconds)
    ending = "failed"
    values: dict[str, Any] = {}
    try:
        with heart:
            values = _rendered(house, held, keys, heart, stopped)
        ending = "succeeded"
    except render.Cancelled:
        if heart.lost:
            return True  # another makes it, under the same keys
        if not heart.unwanted:
            with suppress(LeaseLost), house.store.begin() as tx:
                film_renders.release(tx, held)
            return True
        ending = "cancelled"
    except VitascopeError as error:
        values = {"error": f"{error.message} {error.hint}".strip()[:500]}
    except Exception as error:
        _log.exception("a fault while rendering a film", render=held.id)
        values = {"error": f"A fault inside Vitascope: {type(error).__name__}."}
    try:
        with house.store.begin() as tx:
            house.store.lock_account(tx, held.account_id)
            film_renders.end(tx, held, ending, house.store.clock(), **values)
            films.tell(tx, films.get(tx, held.account_id, held.film_id), house.store.clock())
    except (LeaseLost, NotFound):
        ending = "lost"
    if ending != "succeeded":
        for key in keys:
            with suppress(VitascopeError):
                house.blobs.delete(key)
    _log.info("render ended", render=held.id, state=ending)
    return True


def _rendered(house: House, held: Render, keys: list[str], heart: _Heart, stopped: Stopped) -> dict[str, Any]:
    film, takes, asked = held.film, held.takes, held.asked
    foreign = {name: Media.from_dict(one) for name, one in held.plan.get("foreign", {}).items()}
    cut = timeline.timeline(film, takes, foreign=foreign)
    style = film.captions.model_copy(update={"show": asked["captions"]} if asked.get("captions") else {})
    events = captioning.events(cut, style, language=film.language)
    with tempfile.TemporaryDirectory(prefix="vitascope-") as name:
        folder = Path(name)
        target = folder / "film.mp4"
        made = render.render(
            cut,
            target,
            locate=_locate(house, held.account_id, folder),
            captions=events,
            style=Captions.model_validate(style.model_dump()),
            overlays=tuple(film.overlays.values()),
            language=film.language,
            font=house.settings.font,
            loudness=film.loudness,
            size=tuple(asked["size"]) if asked.get("size") else None,
            animatic=bool(asked.get("animatic")),
            progress=lambda done, _: setattr(heart, "done", done),
            cancelled=lambda: heart.unwanted or heart.lost or stopped(),
            recipe_words=f"{film.title}, version {held.version}",
            marks=_marks(house, held, takes),
        )
        house.blobs.put(keys[0], target, "video/mp4")
        values: dict[str, Any] = {"key": keys[0], "done": made.frames, "frames": made.frames}
        if style.show == "file" and events:
            house.blobs.put(keys[1], subtitles.srt(events).encode(), "application/x-subrip")
            values["captions_key"] = keys[1]
        values["facts"] = {
            "seconds": str(made.seconds),
            "loudness": made.loudness,
            "notes": list(made.notes)[:100],
            "bytes": target.stat().st_size,
        }
    return values


def _marks(house: House, held: Render, takes: tuple[Take, ...]) -> FilmMarks:
    """As the clips of the account are marked."""
    marks = house.marks_of(held.account_id)
    shown = tuple(sorted({take.engine for take in takes if take.kind in ("clip", "still") and take.engine}))
    return FilmMarks(
        label=("AI生成" if held.film.language.startswith("zh") else "AI") if marks.label else "",
        mark=held.id if marks.mark else "",
        c2pa_home=marks.c2pa_home,
        models=shown,
    )


def _locate(house: House, account_id: str, folder: Path) -> Callable[[Media], Path]:
    """Where a file lies, after it was fetched; each once. An overlay names its picture by the SHA-256."""
    known: dict[str, Path] = {}

    def locate(media: Media) -> Path:
        if media.key not in known:
            key = media.key
            if "/" not in key:
                with house.store.read() as tx:
                    kept = inputs.find(tx, account_id, key)
                if not kept:
                    raise NotFound("A picture that the film names is not here any more.", hint="Give it again.")
                key = kept.key
            path = folder / f"{len(known)}{Path(key).suffix}"
            with open(path, "wb") as file:
                file.writelines(house.blobs.read(stills.there(house.blobs, key)))
            known[media.key] = path
        return known[media.key]

    return locate


class Filming:
    """A thread that makes what waits, until `stop`. It looks again every second."""

    def __init__(self, house: House, worker: str, lease_seconds: float):
        self.house, self.worker, self.lease_seconds = house, worker, lease_seconds
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._run, name="filming", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        """A render under way is given back at its next frame."""
        self._stopped.set()
        self._thread.join(timeout=10)

    def once(self) -> bool:
        """Make one thing. Whether there was one."""
        with self.house.store.read() as tx:  # most often there is nothing, and nobody has to wait for this look
            waiting, rendering = film_takes.is_waiting(tx), film_renders.is_waiting(tx)
            join = film_takes.unmeasured(tx)
            unseen = film_takes.unseen(tx, self.house.store.clock())
        if waiting and sounds(self.house, self.worker, self.lease_seconds, self._stopped):
            return True
        if rendering and renders(self.house, self.worker, self.lease_seconds, self._stopped.is_set):
            return True
        if join:
            return seam(self.house, join)
        return unseen is not None and proxy(self.house, unseen)

    def _run(self) -> None:
        while not self._stopped.is_set():
            busy = False
            try:
                busy = self.once()
            except Unavailable as error:
                _log.warning("films wait", why=error.message)
            except Exception:
                _log.exception("filming failed")
            if not busy:
                self._stopped.wait(LOOK_SECONDS)


class _Heart:
    """Keeps a lease while something is made: `beat(done)` prolongs it, and is False when it is not wanted any more."""

    def __init__(self, beat: Callable[[int], bool], lease_seconds: float):
        self.done = 0  # frames
        self.lost = self.unwanted = False
        self._beat, self._seconds = beat, min(1.0, lease_seconds / 4)
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._run, name="filming-heart", daemon=True)

    def __enter__(self) -> _Heart:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._thread.join()

    def _run(self) -> None:
        while not self._over.wait(self._seconds):
            try:
                self.unwanted = not self._beat(self.done)
            except LeaseLost:
                self.lost = True
                return
            except VitascopeError as error:  # the database is away; perhaps it is back before the lease runs out
                _log.warning("a lease is not prolonged", why=error.message)
