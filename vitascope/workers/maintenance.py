"""What has to be done from time to time: of all the workers on one database, one does each duty when
it is due. A duty that was cut off is done again the next time, so each can be repeated without harm.
"""

from __future__ import annotations

import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import sqlalchemy as sa

from vitascope import logs
from vitascope.clip import Recipe
from vitascope.engines import hooks, registry
from vitascope.engines.card import ModelCard
from vitascope.engines.score import Score
from vitascope.errors import BadClip, Blocked, LeaseLost, Unavailable, VitascopeError
from vitascope.frames import Frame
from vitascope.media import video
from vitascope.metrics import RULES_KEY
from vitascope.orders.fulfil import give_up
from vitascope.runtime import House
from vitascope.store import (
    account_deletion,
    callbacks,
    clock,
    deliveries,
    events,
    film_renders,
    handles,
    health,
    idempotency,
    invariants,
    jobs,
    ledger,
    library,
    limits,
    outbox,
    recipes,
    retention,
    schema,
    serving,
    similar_clips,
    unread,
)
from vitascope.store.database import insert_new

TICK_SECONDS = 1.0
EVENTS_DAYS = 7
WORKER_DAYS = 1
DAY = 86_400.0
READ_AT_ONCE = 2_000  # prompts; about a second of one core

_log = logs.get(__name__)


@dataclass(frozen=True)
class Duty:
    name: str
    every_seconds: float  # 0: at every tick, by all workers; several may do it at once
    do: Callable[[House], object]


def exhausted(house: House) -> int:
    """Jobs that no worker will finish: failed with a reason, or cancelled, and the credits are back."""
    with house.store.read() as tx:
        gone = jobs.exhausted(tx, house.store.clock())
    for job in gone:
        try:
            give_up(house.store, house.blobs, job)
        except LeaseLost:
            continue  # another was quicker
    return len(gone)


def stranded(house: House) -> int:
    """Jobs that wait for a clip which will never be there: failed with that reason, and the credits are back. Each may
    leave others behind that waited for it.
    """
    count, ended = 0, 1
    while ended:
        ended = 0
        with house.store.read() as tx:
            found = jobs.stranded(tx)
        for job in found:
            why = Blocked(
                "It goes on from another clip, which could not be made.", hint="The credits are back. Make both again."
            )
            with suppress(LeaseLost):  # another was quicker
                give_up(house.store, house.blobs, job, why)
                ended += 1
        count += ended
    return count


def clock_went_back(house: House, *, lease_seconds: float) -> None:
    """What a clock that was ahead has put off for too long is due within its usual time. A worker with longer leases
    than this one loses nothing: it beats every second.
    """
    now = house.store.clock()
    with house.store.begin() as tx:
        shortened = jobs.shorten(tx, now, lease_seconds=lease_seconds)
        outbox.shorten(tx, now)
        film_renders.shorten(tx, now)
        for table in (schema.clips, schema.projects, schema.films):
            tx.execute(sa.update(table).where(table.c.trashed_at > now + DAY).values(trashed_at=now))
        tx.execute(sa.delete(schema.workers).where(schema.workers.c.seen_at > now + WORKER_DAYS * DAY))
    if shortened:
        _log.warning("leases ended too late for this clock and were shortened", jobs=shortened)


def expire(house: House) -> None:
    with house.store.begin() as tx:
        ledger.expire(tx, clock.due(tx, house.store.clock()))


def check_rules(house: House) -> None:
    """The rules of money and jobs, checked; what is broken is logged and shown by the metrics."""
    with house.store.read() as tx:
        found = invariants.broken(tx)
    now = house.store.clock()
    value = {"at": now, "broken": found[:100]}
    with house.store.begin() as tx:
        insert_new(tx, schema.settings, {"key": RULES_KEY, "value": value, "created_at": now})
        tx.execute(sa.update(schema.settings).where(schema.settings.c.key == RULES_KEY).values(value=value))
    for sentence in found:
        _log.error("a rule is broken", rule=sentence)


def look_over(house: House) -> None:
    """Every page of an SQLite file, so that damage is known before it is met."""
    found = house.store.damages()
    health.note(house.store, found)
    for line in found:
        _log.error("the database is damaged; see `vitascope check`", what=line)


def tidy(house: House) -> None:
    """What was only of use for a while."""
    with house.store.begin() as tx:
        now = clock.due(tx, house.store.clock())
        events.forget(tx, now - EVENTS_DAYS * DAY)
        limits.forget(tx, now)
        idempotency.forget(tx, now)
        deliveries.forget(tx, now)
        callbacks.forget(tx, now)
        account_deletion.forget(tx)
        old = handles.forget(tx, now)
        serving.tidy(tx, now - WORKER_DAYS * DAY)
        tx.execute(sa.delete(schema.workers).where(schema.workers.c.seen_at < now - WORKER_DAYS * DAY))
    for key in old:
        house.blobs.delete(key)


def keep_house(house: House) -> None:
    """Old clips into the trash, old trash away, files without a clip set aside, those without an account deleted."""
    usual = house.settings.retention_days
    by_plan = {plan.name: plan.retention_days or usual for plan in house.plans}
    days = house.settings.swept_days
    with house.store.begin() as tx:
        due, doubt = clock.due(tx, house.store.clock()), clock.doubt(tx, house.store.clock())
    if doubt:
        _log.error("the clock is in doubt", why=doubt)
    swept = retention.sweep(house.store, house.blobs, usual, by_plan=by_plan, swept_days=days, due=due)
    gone = account_deletion.sweep(house.store, house.blobs)
    recipes.sweep(house.store, house.blobs)
    if swept.deleted or swept.aside or swept.dropped or gone:
        _log.info("swept", deleted=swept.deleted + gone, set_aside=swept.aside, days=days, dropped=swept.dropped)
    if swept.stopped:
        _log.error(
            "the sweep stopped: too many clips are unknown to the database; `vitascope sweep` shows them",
            clips=swept.orphans,
            of=swept.total,
        )


def read_old(house: House) -> None:
    """Clips older than the search by meaning are read for it, by their models' hooks. While the hook of one cannot be
    loaded, it and the clips after it wait.
    """
    faults = registry.registry().faults()
    cards = {card.name: card for card in registry.cards()}
    for _ in range(READ_AT_ONCE // 100):
        with house.store.read() as tx:
            found = unread.some(tx, limit=100)
        if found is None:
            return
        meanings: dict[str, tuple[str, ...]] = {}
        for clip in found:
            if clip.model in faults:
                raise faults[clip.model]
            card = cards.get(clip.model or "")
            hook = hooks.search_terms(card) if card else None
            meanings[clip.id] = hook(clip.prompt).terms if hook else ()
        with house.store.begin() as tx:
            unread.keep(tx, found, meanings)


def read_for_new_models(house: House) -> None:
    """Clips that came without their model, as from an archive, are read when it is there."""
    cards = {card.name: card for card in registry.cards() if "search_terms" in card.hooks}
    here = {name: card.hooks["search_terms"] for name, card in cards.items()}
    with house.store.read() as tx:
        known = unread.models(tx)
    new = {name: path for name, path in here.items() if known.get(name) != path}
    for name in new:
        last = ""
        while True:
            with house.store.read() as tx:
                found = unread.of_model(tx, name, after=last, limit=100)
            if not found:
                break
            last = found[-1].id
            meanings = {clip.id: hooks.meaning(cards[name], clip.prompt) for clip in found}
            with house.store.begin() as tx:
                unread.write(tx, found, meanings)
    if new:
        with house.store.begin() as tx:
            unread.note_models(tx, new, house.store.clock())


def measure(house: House) -> int:
    """New clips are looked at by their model's judge, the newest first, a few at a time: with the built-in one about
    half a second of one core each. Where a judge cannot be loaded now, its clips wait.
    """
    judges, waiting = _judges()
    with house.store.read() as tx:
        found = similar_clips.unscored(tx, besides=waiting, limit=4)
    for clip in found:
        card = judges.get(clip.model or "")
        kept = (_score(house, clip, card) if card else Score(why="other_model")).to_dict()
        with house.store.begin() as tx:
            similar_clips.keep_score(tx, clip, kept, house.store.clock())
    return len(found)


def _judges() -> tuple[dict[str, ModelCard], list[str]]:
    """The models with a judge, by name; and those whose file, or whose judge, cannot be read."""
    found, waiting = {}, list(registry.registry().faults())
    for card in registry.cards():
        try:
            if hooks.judge(card):
                found[card.name] = card
        except VitascopeError as error:
            hooks.tell(card.name, error.message)
            waiting.append(card.name)
    return found, waiting


def _score(house: House, clip: library.Clip, card: ModelCard) -> Score:
    """A clip that cannot be looked at says so, and is not looked at again and again."""
    judge = hooks.judge(card)
    assert judge, "it was there a moment ago"
    try:
        with tempfile.TemporaryDirectory(prefix="vitascope-") as folder:
            path = Path(folder) / "clip.mp4"

            def frames() -> Iterator[Frame]:  # fetched only when the judge wants to see it
                with open(path, "wb") as file:
                    file.writelines(house.blobs.read(clip.video_key))
                try:
                    yield from video.read_frames(path)
                except Exception as error:  # of the clip, not of the judge
                    raise BadClip("It cannot be read.") from error

            with house.store.read() as tx:
                recipe = Recipe.from_dict(recipes.whole_recipe(tx, clip.account_id, clip.recipe))
            return hooks.careful(card, "judge", lambda: judge.score(recipe, frames()), Score(why="other_model"))
    except Unavailable:
        raise
    except VitascopeError as error:
        _log.warning("a clip cannot be measured", clip=clip.id, why=error.message)
    except Exception:
        _log.exception("a fault while measuring a clip", clip=clip.id)
    return Score(why="unreadable")


MEASURING = (Duty("scores", 0, measure),)


ALL = (
    Duty("exhausted", 5, exhausted),
    Duty("stranded", 2, stranded),
    Duty("expire", 60, expire),
    Duty("rules", 300, check_rules),
    Duty("read", 60, read_old),
    Duty("new models", 60, read_for_new_models),
    Duty("tidy", 3600, tidy),
    Duty("damage", 3600, look_over),
    Duty("sweep", 6 * 3600, keep_house),
)


class Duties:
    """A thread that does what is due, until `stop`."""

    def __init__(self, house: House, worker: str, duties: tuple[Duty, ...] = ALL):
        self.house, self.worker, self.duties = house, worker, duties
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._run, name="duties", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self._stopped.set()
        self._thread.join(timeout=10)  # one that hangs in the network is not waited for

    def once(self) -> list[str]:
        """Do all that is due now; their names."""
        return [duty.name for duty in self._due() if (not duty.every_seconds or self._take(duty)) and self._do(duty)]

    def _run(self) -> None:
        while not self._stopped.wait(TICK_SECONDS):
            try:
                self.once()
            except Unavailable as error:
                _log.warning("duties wait", why=error.message)
            except Exception:
                _log.exception("duties failed")

    def _due(self) -> Iterator[Duty]:
        with self.house.store.read() as tx:
            rows = tx.execute(
                sa.select(schema.settings.c.key, schema.settings.c.value).where(
                    schema.settings.c.key.in_([_key(duty) for duty in self.duties])
                )
            )
            next_at = {row.key: row.value["at"] for row in rows}
        now = self.house.store.clock()
        for duty in self.duties:
            if not self._stopped.is_set() and not _rests(duty, next_at.get(_key(duty), 0.0), now):
                yield duty

    def _take(self, duty: Duty) -> bool:
        """Whether this process does it now: the next time is written down before it begins."""
        now, key = self.house.store.clock(), _key(duty)
        mine = {"at": now + duty.every_seconds, "by": self.worker}
        with self.house.store.begin() as tx:
            if insert_new(tx, schema.settings, {"key": key, "value": mine, "created_at": now}):
                return True
            row = sa.select(schema.settings.c.value).where(schema.settings.c.key == key).with_for_update()
            if _rests(duty, tx.execute(row).scalar_one()["at"], now):
                return False
            tx.execute(sa.update(schema.settings).where(schema.settings.c.key == key).values(value=mine))
            return True

    def _do(self, duty: Duty) -> bool:
        start = time.perf_counter()
        try:
            duty.do(self.house)
        except VitascopeError as error:
            _log.warning("duty failed", duty=duty.name, why=error.message)
            return False
        except Exception:
            _log.exception("duty failed", duty=duty.name)
            return False
        _log.debug("duty done", duty=duty.name, seconds=round(time.perf_counter() - start, 3))
        return True


def _rests(duty: Duty, next_at: float, now: float) -> bool:
    """Whether it is not due yet. A time further off than its period was written by a clock that was ahead."""
    return now < next_at <= now + duty.every_seconds


def _key(duty: Duty) -> str:
    return f"duty.{duty.name}"
