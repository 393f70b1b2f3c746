"""What dialects keep in the database: names, callbacks and lists of jobs, on both kinds of it."""

import random

import pytest

from service import add_account, claim, deliver, give_up, submit
from vitascope.errors import Conflict, NotFound, Unavailable
from vitascope.server.dialects import job_lookup
from vitascope.store import callbacks, handles
from vitascope.store.callbacks import Outcome
from vitascope.vendors.api import Listing
from vitascope.vendors.id_formats import DECIMAL, HEX, NUMBER

WANTED = {"callback": {"url": "https://example.org", "states": ["running", "succeeded", "failed", "cancelled"]}}
EXTERNAL = handles.external("acme")


def told(store, job):
    with store.read() as tx:
        return [due.state for due in callbacks.of_job(tx, job.account_id, job.id)]


def test_a_name_means_one_thing_in_one_account(store):
    mia, ben = add_account(store), add_account(store)
    with store.begin() as tx:
        handles.claim(tx, mia, EXTERNAL, "mine", "job_1", store.clock())
        handles.claim(tx, mia, EXTERNAL, "mine", "job_1", store.clock())  # the same again
        handles.claim(tx, ben, EXTERNAL, "mine", "job_2", store.clock())
        handles.claim(tx, mia, handles.external("other"), "mine", "job_3", store.clock())
    with pytest.raises(Conflict), store.begin() as tx:
        handles.claim(tx, mia, EXTERNAL, "mine", "job_4", store.clock())
    with store.read() as tx:
        assert handles.find(tx, mia, EXTERNAL, "mine").target == "job_1"
        assert handles.find(tx, mia, EXTERNAL, "none\0") is None
        assert handles.targets(tx, ben, EXTERNAL, ["mine", "none"]) == {"mine": "job_2"}


def test_uploads_are_forgotten_after_a_week_and_names_are_not(store):
    mia = add_account(store)
    with store.begin() as tx:
        handles.claim(tx, mia, handles.UPLOAD, "a1", "uploads/a1", store.clock(), {"bytes": 5})
        handles.claim(tx, mia, EXTERNAL, "mine", "job_1", store.clock())
    store.clock.forward(8 * 86_400)
    with store.begin() as tx:
        handles.claim(tx, mia, handles.UPLOAD, "a2", "uploads/a2", store.clock())
        assert handles.forget(tx, store.clock()) == ["uploads/a1"]
        assert [one.name for one in handles.page(tx, mia, handles.UPLOAD)] == ["a2"]
        assert [one.name for one in handles.between(tx, mia, handles.UPLOAD, "a0", "af")] == ["a2"]
        assert handles.find(tx, mia, EXTERNAL, "mine")


def test_a_clip_sent_along_is_kept_for_a_month_from_the_last_time(store):
    mia = add_account(store)

    def send():
        with store.begin() as tx:
            handles.renew(tx, mia, handles.SOURCE, "5ha", "uploads/mia/5ha", store.clock())

    def forgotten_after(days):
        store.clock.forward(days * 86_400)
        with store.begin() as tx:
            return handles.forget(tx, store.clock())

    send()
    assert forgotten_after(20) == []
    send()
    assert forgotten_after(20) == []
    assert forgotten_after(11) == ["uploads/mia/5ha"]
    assert forgotten_after(40) == []


def test_each_state_is_noted_that_is_wanted(store):
    mia = add_account(store, units=100)
    [job] = submit(store, mia, request=WANTED)
    assert told(store, job) == []  # "queued" was not wanted
    deliver(store, claim(store))
    assert told(store, job) == ["running", "succeeded"]
    [quiet] = submit(store, mia)
    give_up(store, claim(store))
    assert told(store, quiet) == []


def test_several_takes_are_told_as_one(store):
    mia = add_account(store, units=100)
    takes = submit(store, mia, n=3, request={**WANTED, "n": 3})
    leases = [claim(store, worker) for worker in ("wrk_a", "wrk_b", "wrk_c")]
    assert told(store, takes[0]) == ["running"]
    deliver(store, leases[0])
    give_up(store, leases[1])
    assert told(store, takes[0]) == ["running"]
    deliver(store, leases[2])
    assert told(store, takes[0]) == ["running", "succeeded"]
    assert [told(store, take) for take in takes[1:]] == [[], []]


def call_back(store, attempt):
    """What is due, one after another; how many were tried."""
    with store.read() as tx:
        due = callbacks.waiting(tx, store.clock())
    return len([callbacks.deliver(store, attempt, one.id, rng=random.Random(7)) for one in due])


def test_a_callback_is_tried_again_later_and_given_up_in_the_end(store):
    mia = add_account(store, units=100)
    submit(store, mia, request=WANTED)
    give_up(store, claim(store))
    tried = []

    def attempt(due):
        tried.append((due.state, due.attempts))
        if due.state == "running":
            return Outcome(200)
        if due.attempts == 1:
            raise Unavailable("Nobody is there.")
        return Outcome(500, "It answered 500.", over=due.attempts >= 3)

    for _ in range(6):
        call_back(store, attempt)
        store.clock.forward(3600)
    assert tried == [("running", 1), ("failed", 1), ("failed", 2), ("failed", 3)]
    with store.begin() as tx:
        assert not callbacks.waiting(tx, store.clock())
        assert callbacks.forget(tx, store.clock() + 31 * 86_400) == 2


def test_two_senders_do_not_send_one_callback(store):
    mia = add_account(store, units=100)
    submit(store, mia, request=WANTED)
    claim(store)

    def attempt(due):
        assert call_back(store, lambda other: Outcome(200)) == 0  # it is leased
        assert callbacks.deliver(store, lambda other: Outcome(200), due.id) is None
        return Outcome(200)

    assert call_back(store, attempt) == 1


@pytest.mark.parametrize("skin", [HEX, DECIMAL, NUMBER], ids=lambda skin: skin.name)
def test_a_job_is_found_by_its_handle_and_its_external_id(store, skin):
    mia, ben = add_account(store), add_account(store)
    [job] = submit(store, mia)
    handle = skin.show(job.id.removeprefix("job_"))
    with store.begin() as tx:
        handles.claim(tx, mia, EXTERNAL, "mine", job.id, store.clock())
    with store.read() as tx:
        for name in (handle, "mine"):
            assert job_lookup.one(tx, mia, name, skin=skin, family="acme").id == job.id
            with pytest.raises(NotFound):
                job_lookup.one(tx, ben, name, skin=skin, family="acme")
        with pytest.raises(NotFound):
            job_lookup.one(tx, mia, "mine", skin=skin, family="other")


def test_lists_show_what_they_are_asked_for(store):
    mia = add_account(store, units=100)
    asked = {"dialect": "acme", "operation": "text"}
    made = []
    for more in ({}, {"operation": "picture"}, {"dialect": "other"}, {"hidden": True}, {"model": "m2"}):
        store.clock.forward(10)
        made += submit(store, mia, request={**asked, **more})
    takes = submit(store, mia, n=3, request={**asked, "n": 3})
    give_up(store, claim(store))
    names = {job.id: number for number, job in enumerate([*made, *takes])}

    def listed(listing):
        wanted = {"dialect": "acme", "skin": HEX}
        with store.read() as tx:
            found = job_lookup.page(tx, mia, listing, family="acme", **wanted)
            total = job_lookup.count(tx, mia, listing, family="acme", **wanted)
        assert total >= len(found[: listing.limit])
        return [names[job.id] for job in found]

    assert listed(Listing()) == [5, 4, 1, 0]  # not the other dialect's, the deleted one, the second take
    assert listed(Listing(order="asc", limit=2)) == [0, 1, 4]  # one more says that there are more
    assert listed(Listing(page=2, limit=2)) == [1, 0]
    assert listed(Listing(after=made[4].id.removeprefix("job_"))) == [1, 0]
    assert listed(Listing(operations=("picture",))) == [1]
    assert listed(Listing(model="m2")) == [4]
    assert listed(Listing(states=("failed",))) == [0]
    assert listed(Listing(everywhere=True)) == [5, 4, 2, 1, 0]
    assert listed(Listing(since=made[1].created_at, until=made[1].created_at)) == [1]
    ids = tuple(job.id.removeprefix("job_") for job in (made[0], made[2]))
    assert listed(Listing(ids=(*ids, "none"))) == [2, 0]
