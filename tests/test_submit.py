"""The whole way of a clip through the service: ordered, made, kept, paid; or not, and then nothing is paid."""

import dataclasses
from pathlib import Path

import numpy as np
import pytest

import service
from doubles import CARD, DiscEngine
from vitascope import ask, plans, pricing
from vitascope.clip import ClipSpec
from vitascope.engines import render
from vitascope.errors import BadSpec, Conflict, LeaseLost, NotAllowed, NotEnoughCredits, PolicyRefused, TooMany
from vitascope.media import recipe, video
from vitascope.orders import fulfil
from vitascope.orders.produce import Unwatched
from vitascope.policy import Rules
from vitascope.store import accounts, events, invariants, jobs, ledger, library
from vitascope.store.blobs import content
from vitascope.store.folder_blobs import FolderBlobs

RULES = Rules.parse('format = 1\n[[words]]\nrule = "no kites"\nwhole = ["kite"]\nhint = "Say ball."')


@pytest.fixture
def house(store, tmp_path):
    return House(store, FolderBlobs(tmp_path / "blobs"))


@dataclasses.dataclass
class House:
    """One account that orders, and what becomes of it."""

    store: object
    blobs: object

    def __post_init__(self):
        self.mia = service.add_account(self.store, plan="pro", units=10_000)

    def account(self, account_id=None):
        with self.store.read() as tx:
            return accounts.by_id(tx, account_id or self.mia)

    def submit(self, spec=None, *, by=None, **more):
        account = self.account(by)
        spec = spec or ask.spec("a red ball", CARD, seconds=1)
        return service.order(self.store, account, spec, **({"rules": RULES} | more))

    def claim(self, worker="wrk_1"):
        with self.store.begin() as tx:
            now = self.store.clock()
            return jobs.claim(tx, worker, now, models=[CARD.name], plans=plans.packaged())

    def fulfil(self, engine=None, lease=None, **more):
        return fulfil.fulfil(self.store, self.blobs, lease or self.claim(), engine or DiscEngine(), **more)

    @property
    def balance(self):
        with self.store.read() as tx:
            found = ledger.balance(tx, self.mia, self.store.clock())
        return found.available, found.held

    def clip(self, job):
        with self.store.read() as tx:
            return library.get(tx, job.account_id, job.clip_id)

    def check(self):
        with self.store.read() as tx:
            assert invariants.broken(tx) == []

    def kinds(self):
        with self.store.read() as tx:
            return [event.kind for event in events.since(tx, self.mia, 0)]


def test_from_words_to_the_library(house):
    before, _ = house.balance
    (job,) = house.submit(
        ask.spec("a red ball", CARD, seconds=1, seed=7), project_id=None, request={"metadata": {"a": 1}}
    )
    assert (job.state, job.request, house.balance[1]) == ("queued", {"metadata": {"a": 1}}, job.units)
    done = house.fulfil()
    assert (done.state, done.step) == ("succeeded", 4)
    clip = house.clip(done)
    assert (clip.job_id, clip.seed, clip.frames, clip.defects) == (job.id, 7, 17, ())
    assert house.balance[1] == 0
    assert before + 302_000 - house.balance[0] == job.units  # the plan's day and month came on top
    assert house.kinds() == ["job.queued", "job.running", "job.succeeded"]
    house.check()


def test_what_is_kept_is_what_was_asked_for_byte_by_byte(house, tmp_path):
    spec = ask.spec("a red ball", CARD, seconds=1, seed=7)
    house.submit(spec)
    clip = house.clip(house.fulfil())
    (tmp_path / "clip.mp4").write_bytes(content(house.blobs, clip.video_key))
    alone = render.make(spec, DiscEngine(), tmp_path / "alone.mp4").path
    assert (tmp_path / "clip.mp4").read_bytes() == alone.read_bytes()
    assert (clip.sha256, clip.bytes) == (render.sha256(alone), alone.stat().st_size)
    assert recipe.read(tmp_path / "clip.mp4").spec == spec
    assert content(house.blobs, clip.poster_key)[:3] == content(house.blobs, clip.sprite_key)[:3] == b"\xff\xd8\xff"


def test_each_take_is_a_job_of_its_own_with_the_next_seed(house):
    placed = house.submit(ask.spec("a red ball", CARD, seconds=0, seed=40), n=3)
    assert [job.spec["seed"] for job in placed] == [40, 41, 42]
    assert len({job.batch_id for job in placed}) == 1
    for _ in placed:
        house.fulfil()
    assert house.claim() is None
    house.check()


@pytest.mark.parametrize(("lane", "draft", "n"), [("normal", False, 2), ("offpeak", False, 1), ("normal", True, 1)])
def test_the_quote_is_the_charge(house, lane, draft, n):
    spec, plan = ask.spec("a red ball", CARD, seconds=2.5, steps=8, seed=1), plans.packaged()["pro"]
    quote = pricing.quote(
        CARD.resolve(spec), CARD, n=n, plan=plan, prices=plans.packaged().prices, lane=lane, draft=draft
    )
    placed = house.submit(spec, n=n, lane=lane, draft=draft)
    assert sum(job.units for job in placed) == quote.units == house.balance[1]


def test_the_same_key_orders_once(house):
    first = house.submit(n=2, idempotency="k1")
    done = house.fulfil()
    again = house.submit(n=2, idempotency="k1")
    assert [job.id for job in again] == [job.id for job in first]
    assert done in again
    with pytest.raises(Conflict):
        house.submit(n=3, idempotency="k1")
    assert [job.id for job in house.submit(n=2, idempotency="k2")] != [job.id for job in first]
    house.check()


def test_refused_orders_cost_nothing_and_leave_nothing(house):
    poor = service.add_account(house.store, plan="free")
    cases = [
        (PolicyRefused, "kite", {"spec": ask.spec("a red kite", CARD, seconds=1)}),
        (NotAllowed, "10", {"spec": ask.spec("a ball", CARD, seconds=12), "by": poor}),
        (NotAllowed, "4", {"n": 5, "by": poor}),
        (NotAllowed, "relaxed", {"lane": "relaxed"}),
        (NotEnoughCredits, "costs", {"spec": ask.spec("a ball", CARD, seconds=10, steps=64), "by": poor, "n": 4}),
        (BadSpec, "512x512", {"spec": ClipSpec(prompt="a ball", size=(512, 512))}),
    ]
    before = house.balance
    for error, said, order in cases:
        with pytest.raises(error) as caught:
            house.submit(**order)
        assert said in caught.value.message + caught.value.hint
    assert house.balance == before
    assert house.claim() is None
    house.check()


def test_more_may_not_wait_than_the_plan_says(house):
    small = service.add_account(house.store, plan="free", units=100_000)
    for _ in range(5):
        house.submit(ask.spec("a ball", CARD, seconds=0), by=small, n=4)
    with pytest.raises(TooMany, match="20 jobs"):
        house.submit(ask.spec("a ball", CARD, seconds=0), by=small)


def test_the_rules_may_count_an_account_s_day(house):
    text = "format = 1\n[accounts.everyone]\nclips_a_day = 3\nseconds_a_day = 2.5"
    rules = Rules.parse(text)
    house.submit(n=2, rules=rules)
    with pytest.raises(PolicyRefused, match="seconds_a_day"):
        house.submit(rules=rules)
    house.submit(ask.spec("a ball", CARD, seconds=0), rules=rules)
    with pytest.raises(PolicyRefused, match="clips_a_day"):
        house.submit(ask.spec("a ball", CARD, seconds=0), rules=rules)
    house.store.clock.forward(90_000)
    house.submit(rules=rules)


def test_with_credits_off_nothing_costs_anything(house):
    poor = service.add_account(house.store, plan="unlimited")
    house.submit(by=poor, credits=False)
    assert house.fulfil().units == 0
    house.check()


def test_a_failed_clip_gives_the_credits_back_and_says_why(house, caplog):
    class Broken(DiscEngine):
        def step(self, drafts):
            raise ZeroDivisionError("deep inside")

    house.submit()
    before = sum(house.balance)
    done = house.fulfil(Broken())
    assert (done.state, house.balance) == ("failed", (before, 0))
    assert (done.error_code, done.error_message) == (
        "engine_failed",
        f"The engine of {CARD.name} failed: ZeroDivisionError.",
    )
    assert "deep inside" in caplog.text  # all of it is in the operator's log
    assert "credits are back" in done.error_hint
    assert list(house.blobs.keys("clips")) == []
    house.check()


def test_a_defective_clip_is_kept_and_given_back_without_asking(house):
    class Black(DiscEngine):
        def frames(self, draft):
            return (np.zeros_like(frame) for frame in super().frames(draft))

    house.submit()
    before = sum(house.balance)
    done = house.fulfil(Black())
    assert (done.state, house.balance) == ("succeeded", (before, 0))
    assert [defect["kind"] for defect in house.clip(done).defects] == ["black"]
    assert house.kinds()[-2:] == ["job.succeeded", "job.refunded"]
    house.check()


def test_a_clip_of_the_library_is_continued(house, tmp_path):
    house.submit(ask.spec("a red ball", CARD, seconds=1, seed=7))
    first = house.clip(house.fulfil())
    (tmp_path / "first.mp4").write_bytes(content(house.blobs, first.video_key))
    spec = ask.spec("it stops", CARD, extend=tmp_path / "first.mp4", seconds=0.5, seed=8)
    (tmp_path / "first.mp4").unlink()
    house.submit(spec, parent_clip_id=first.id, relation="extend")
    longer = house.clip(house.fulfil())
    assert (longer.parent_id, longer.relation, longer.frames) == (first.id, "extend", 25)
    (tmp_path / "longer.mp4").write_bytes(content(house.blobs, longer.video_key))
    assert video.probe(tmp_path / "longer.mp4").frames == 25


def test_a_clip_sent_along_is_continued_and_one_that_is_gone_is_made_again(house, tmp_path):
    source = render.make(ask.spec("a red ball", CARD, seconds=1, seed=7), DiscEngine(), tmp_path / "a.mp4").path
    spec = ask.spec("it stops", CARD, extend=source, seconds=0.5, seed=8)
    house.blobs.put(f"uploads/{house.mia}/{spec.extend.sha256}", Path(source))
    house.submit(spec)
    sent = house.clip(house.fulfil())
    house.blobs.delete(f"uploads/{house.mia}/{spec.extend.sha256}")
    house.submit(spec)
    assert house.clip(house.fulfil()).sha256 == sent.sha256
    lost = dataclasses.replace(spec, extend=dataclasses.replace(spec.extend, recipe=None, path=""))
    house.submit(lost)
    done = house.fulfil()
    assert (done.state, done.error_code) == ("failed", "bad_clip")
    house.check()


class Watch(Unwatched):
    """Stops the work when this much of it is done."""

    def __init__(self, cancelled_at=None, lost_at=None):
        self.cancelled_at, self.lost_at = cancelled_at, lost_at
        self.told = []

    def progress(self, stage, done, total):
        self.told.append((stage, done))
        self.cancelled, self.lost = self.told[-1] == self.cancelled_at, self.told[-1] == self.lost_at
        if self.cancelled or self.lost:
            raise render.Stopped


@pytest.mark.parametrize("moment", [("steps", 0), ("steps", 2), ("frames", 5), ("files", 0)])
def test_a_cancelled_job_costs_nothing_at_whatever_moment(house, moment):
    house.submit()
    before = sum(house.balance)
    done = house.fulfil(watch=Watch(cancelled_at=moment))
    assert (done.state, house.balance) == ("cancelled", (before, 0))
    assert list(house.blobs.keys("clips")) == []
    house.check()


def test_one_cancelled_after_its_last_step_costs_nothing_and_leaves_nothing(house):
    class Late(Unwatched):
        def progress(self, stage, done, total):
            if stage == "files":
                assert fulfil.cancel(house.store, house.mia, job.id).state == "running"

    (job,) = house.submit()
    before = sum(house.balance)
    done = house.fulfil(watch=Late())
    assert (done.state, done.clip_id, house.balance) == ("cancelled", None, (before, 0))
    assert list(house.blobs.keys("clips")) == []
    house.check()


def test_a_waiting_job_is_cancelled_at_once(house):
    (job,) = house.submit()
    before = sum(house.balance)
    assert fulfil.cancel(house.store, house.mia, job.id).state == "cancelled"
    assert house.balance == (before, 0)
    assert house.claim() is None
    house.check()


@pytest.mark.parametrize("moment", [("steps", 2), ("files", 0)])
def test_who_lost_the_lease_throws_the_work_away(house, moment):
    house.submit()
    lease = house.claim()
    house.store.clock.forward(60)
    other = house.claim("wrk_2")
    with pytest.raises(LeaseLost):
        house.fulfil(lease=lease, watch=Watch(lost_at=moment))
    with pytest.raises(LeaseLost):
        house.fulfil(lease=lease)  # one who did not notice
    assert list(house.blobs.keys("clips")) == []
    done = house.fulfil(lease=other)
    assert done.state == "succeeded"
    assert len(list(house.blobs.keys("clips"))) == 3
    house.check()


def test_a_finish_whose_answer_was_lost_is_not_done_twice(house, monkeypatch):
    """The database commits and the connection breaks before it can say so."""
    from vitascope.errors import Unavailable

    real, broken = fulfil._in_one, []

    def once_broken(*arguments):
        done = real(*arguments)
        if not broken:
            broken.append(done)
            raise Unavailable("the connection broke")
        return done

    monkeypatch.setattr(fulfil, "_in_one", once_broken)
    house.submit()
    done = house.fulfil()
    assert done == broken[0]
    assert len(list(house.blobs.keys("clips"))) == 3
    house.check()


def test_a_job_whose_workers_keep_dying_is_given_up_with_its_credits_back(house):
    house.submit()
    before = sum(house.balance)
    for number in range(jobs.MAX_ATTEMPTS):
        assert house.claim(f"wrk_{number}")
        house.store.clock.forward(60)
    assert house.claim() is None
    with house.store.read() as tx:
        (gone,) = jobs.exhausted(tx, house.store.clock())
    done = fulfil.give_up(house.store, house.blobs, gone)
    assert (done.state, house.balance) == ("failed", (before, 0))
    assert "3 attempts" in done.error_message
    house.check()
