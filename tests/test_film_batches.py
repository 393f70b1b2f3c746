"""A film's batch through the real queue: whole or not at all, one that waits for another, and who is served between."""

import pytest
import sqlalchemy as sa

import service
from doubles import CARD, DiscEngine
from processes import until
from serving import serving
from test_film_server import created, settled, states
from vitascope import plans
from vitascope.errors import BadClip, NotEnoughCredits, TooMany
from vitascope.orders import batch, following, fulfil
from vitascope.orders.batch import Step
from vitascope.orders.following import FOLLOWS
from vitascope.orders.order import Order
from vitascope.policy import Rules
from vitascope.store import accounts, invariants, jobs, ledger, library, schema
from vitascope.store.folder_blobs import FolderBlobs
from vitascope.workers import maintenance

IMAGE = {"request": {FOLLOWS: "image"}, "coming": ("image",)}


class Here:
    """A store with blobs, as duties want them."""

    def __init__(self, store, blobs):
        self.store, self.blobs = store, blobs


@pytest.fixture
def here(store, tmp_path):
    return Here(store, FolderBlobs(tmp_path / "blobs"))


def submit(here, account_id, steps, *, plan="pro", **more):
    with here.store.read() as tx:
        account = accounts.by_id(tx, account_id)
    return batch.submit(
        here.store, account, steps, blobs=here.blobs, plan=plans.packaged().of(plan),
        prices=plans.packaged().prices, rules=Rules.read(), before=lambda tx: None,
        also=lambda tx, placed, units: None, **more,
    )  # fmt: skip


def step(after=None, **more):
    return Step(Order(spec=service.SPEC, card=CARD, **(IMAGE if after is not None else {}), **more), after)


def job(here, job_id):
    with here.store.read() as tx:
        return jobs.get(tx, None, job_id)


def whole(here):
    with here.store.read() as tx:
        assert invariants.broken(tx) == []


def test_what_waits_for_another_is_not_claimed_before_it(here):
    account_id = service.add_account(here.store, units=10_000)
    _, ((first,), (second,)) = submit(here, account_id, [step(), step(after=0)])
    assert (second.after, second.batch_id) == (first.id, first.batch_id)
    lease = service.claim(here.store)
    assert lease.job.id == first.id
    assert service.claim(here.store, "wrk_b") is None
    assert fulfil.fulfil(here.store, here.blobs, lease, DiscEngine()).state == "succeeded"
    lease = service.claim(here.store)
    assert lease.job.id == second.id
    done = fulfil.fulfil(here.store, here.blobs, lease, DiscEngine())
    assert done.state == "succeeded", done.error_message
    assert job(here, second.id).spec["image"]["fitted"], "what it began with is kept with it"
    whole(here)


def test_a_failed_one_blocks_its_chain_alone_and_its_credits_are_back(here):
    account_id = service.add_account(here.store, units=10_000)
    placed = submit(here, account_id, [step(), step(after=0), step(after=1), step(), step(after=3)])[1]
    held = balance(here, account_id)
    ids = [made[0].id for made in placed]
    service.give_up(here.store, service.claim(here.store), BadClip("No."))
    assert maintenance.stranded(here) == 2
    found = [job(here, one) for one in ids]
    assert [one.state for one in found] == ["failed", "failed", "failed", "queued", "queued"]
    assert {one.error_code for one in found[1:3]} == {"blocked"}
    whole(here)
    while lease := service.claim(here.store):
        assert fulfil.fulfil(here.store, here.blobs, lease, DiscEngine()).state == "succeeded"
    assert maintenance.stranded(here) == 0
    assert balance(here, account_id) == held + sum(one.units for one in found[:3])
    whole(here)


def test_one_that_is_cancelled_blocks_what_follows(here):
    account_id = service.add_account(here.store, units=10_000)
    _, ((first,), (second,)) = submit(here, account_id, [step(), step(after=0)])
    fulfil.cancel(here.store, account_id, first.id)
    assert service.claim(here.store) is None
    maintenance.stranded(here)
    assert job(here, second.id).state == "failed"
    whole(here)


def test_a_clip_that_is_gone_when_its_turn_comes_is_told(here):
    account_id = service.add_account(here.store, units=10_000)
    (second,) = submit(here, account_id, [step(), step(after=0)])[1][1]
    done = fulfil.fulfil(here.store, here.blobs, service.claim(here.store), DiscEngine())
    with here.store.begin() as tx:
        library.trash(tx, account_id, done.clip_id, here.store.clock())
        tx.execute(schema.clips.delete())
    failed = fulfil.fulfil(here.store, here.blobs, service.claim(here.store), DiscEngine())
    assert (failed.id, failed.state, failed.error_code) == (second.id, "failed", "bad_clip")
    whole(here)


def test_a_worker_that_dies_in_between_leaves_what_it_put_in(here):
    account_id = service.add_account(here.store, units=10_000)
    (second,) = submit(here, account_id, [step(), step(after=0)])[1][1]
    fulfil.fulfil(here.store, here.blobs, service.claim(here.store), DiscEngine())
    lost = service.claim(here.store)
    kept = following.whole_spec(here.store, here.blobs, lost.job)
    here.store.clock.forward(60)
    lease = service.claim(here.store, "wrk_b")
    assert lease.job.id == second.id
    assert following.whole_spec(here.store, here.blobs, lease.job) == kept
    assert fulfil.fulfil(here.store, here.blobs, lease, DiscEngine()).state == "succeeded"


def test_a_batch_is_taken_whole_or_not_at_all(here):
    account_id = service.add_account(here.store, plan="free")
    with pytest.raises(NotEnoughCredits):  # the day's credits are enough for a part of it
        submit(here, account_id, [step() for _ in range(200)], plan="free")
    with here.store.read() as tx:
        assert jobs.count(tx, account_id) == 0
    whole(here)


def test_a_batch_counts_once_against_the_limit_of_waiting_jobs(here):
    free = plans.packaged().of("free")
    account_id = service.add_account(here.store, plan="free", units=1_000_000)
    for _ in range(free.waiting):
        submit(here, account_id, [step() for _ in range(free.waiting + 5)], plan="free")
    with here.store.read() as tx:
        assert jobs.waiting(tx, account_id) == free.waiting
        assert jobs.count(tx, account_id) == free.waiting * (free.waiting + 5)
    with pytest.raises(TooMany):
        submit(here, account_id, [step()], plan="free")


def balance(here, account_id):
    with here.store.read() as tx:
        return ledger.balance(tx, account_id, here.store.clock()).available


@pytest.mark.parametrize("database", ["sqlite", "postgres"])
def test_sixty_shots_on_the_free_plan_and_another_accounts_clip_between(tmp_path, database):
    shots = {f"k{number}": {"action": f"Ball {number} bounces.", "seconds": "1/2"} for number in range(1, 61)}
    for number in range(1, 61):
        if number % 5:
            shots[f"k{number}"]["start"] = "continue"
    order = list(shots)
    scenes = {f"s{at}": {"shots": order[at * 10 : at * 10 + 10]} for at in range(6)}
    with serving(tmp_path, database=database, work=True) as served:
        mia = served.client(served.key(plan="free", credits=10_000))
        tom = served.client(served.key(plan="free", credits=100))
        film = created(mia, shots=shots, scenes=scenes, scene_order=list(scenes), width=256, height=256)
        url = f"/v1/films/{film['id']}"
        made = mia.post(f"{url}/make", json={})
        assert (made.status_code, len(made.json()["items"])) == (202, 60), made.text
        until(lambda: "current" in mia.get(url).json()["summary"])
        single = tom.post("/v1/videos", json={"prompt": "a red cube", "seconds": 0.5}).json()
        film = until(lambda: settled(mia, url), seconds=240)
        assert set(states(film).values()) == {"current"}
        with served.store.read() as tx:
            table = schema.jobs.c
            started = tx.execute(sa.select(table.id, table.account_id).order_by(table.started_at)).all()
            mine = [row.account_id for row in started]
            other = next(at for at, row in enumerate(started) if row.id.endswith(single["id"].partition("_")[2]))
            assert invariants.broken(tx) == []
        assert other < 40, "it did not wait for the film"
        assert mine.count(mine[0]) == 60
