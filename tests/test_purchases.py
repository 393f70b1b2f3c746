"""Purchases: at most one for an order, whatever happens, and nothing lost of what was bought."""

import random
import threading
import time
import tomllib
from dataclasses import replace
from fractions import Fraction
from unittest import mock

import pytest
import sqlalchemy as sa

import buying
import vendor
from buying import CARD, GIVEN, UNITS, World
from processes import until
from service import add_account, broken, claim, order, submit
from vitascope import plans
from vitascope.clip import ClipSpec
from vitascope.engines.card import ModelPrice
from vitascope.errors import BadSettings, Conflict, NotAllowed, PriceTooHigh
from vitascope.media import video
from vitascope.store import account_deletion, accounts, jobs, ledger, paused, purchases, schema, serving, vendor_health

FAULTS = {
    "unreachable": 0.06, "lost before": 0.08, "lost after": 0.1, "busy": 0.05, "broken": 0.05, "broken after": 0.05,
    "late": 0.05, "forgets": 0.05, "lies": 0.3, "fails": 0.1, "no file": 0.05, "half a file": 0.1, "listed late": 0.3,
}  # fmt: skip


SHORT = vendor.clip_bytes(frames=5)  # 4 of 8 intervals


@pytest.fixture
def world(sqlite_only, tmp_path):
    return World(sqlite_only, tmp_path / "blobs")


@pytest.fixture
def both(store, tmp_path):
    """A world on each kind of database."""
    return World(store, tmp_path / "blobs")


def chaos(store, folder, seed, profile):
    """One run by chance: orders and cancellations while everything goes wrong; then it calms down, and the books are
    compared.
    """
    chance = random.Random(seed)
    world = World(
        store,
        folder,
        profile=profile,
        seed=seed,
        faults=dict(FAULTS),
        deadly=chance.choice([0, 0.02, 0.08]),
        stalls=0.05,
    )
    ordered = []
    for _ in range(chance.randint(10, 30)):
        if len(ordered) < 4 and chance.random() < 0.5:
            ordered.append(world.order(chance.choice(["a red ball", "a red ball", "please refuse this"])))
        if ordered and chance.random() < 0.05:
            try:
                world.cancel(chance.choice(ordered))
            except Conflict:
                assert profile == "openai"
        world.once(chance.choice([0, 1]))
        world.clock.forward(chance.choice([0.5, 5, 5, 20, 70, 400]))
    world.settle()
    world.check()
    return world


def runs(seeds, make, folder, profiles=("vitascope", "vllm", "openai")):
    total = {"deaths": 0, "stalls": 0, "tasks": 0, "clips": 0}
    for seed in seeds:
        made = make()
        try:
            done = chaos(made, folder / f"{seed}", seed, profiles[seed % len(profiles)])
            found = (done.deaths, done.slept, len(done.vendor.tasks), len(done.clips()))
        except AssertionError as error:
            raise AssertionError(f"seed {seed}: {error}") from error
        finally:
            made.close()
        total = {name: total[name] + count for name, count in zip(total, found, strict=True)}
    return total


@pytest.mark.parametrize("part", range(2))
def test_whatever_goes_wrong_nothing_is_bought_twice_and_nothing_is_lost(part, tmp_path):
    total = runs(range(15 * part, 15 * part + 15), lambda: buying.mortal_sqlite(tmp_path), tmp_path)
    assert total["deaths"] > 5
    assert total["stalls"] > 3
    assert total["clips"] > 15


@pytest.mark.slow
def test_the_same_for_hundreds_of_other_runs(tmp_path):
    runs((*range(30, 60), *range(1000, 1240)), lambda: buying.mortal_sqlite(tmp_path), tmp_path)


@pytest.mark.slow
@pytest.mark.parametrize("part", range(2))
def test_the_same_on_postgres(part, tmp_path):
    total = runs(range(2000 + 30 * part, 2030 + 30 * part), buying.mortal_postgres, tmp_path)
    assert total["clips"] > 30


@pytest.mark.slow
def test_three_couriers_at_once_buy_each_order_once(store, tmp_path):
    store.clock = time.time
    world = World(store, tmp_path, parallel=20, poll_seconds=1)
    ordered = [world.order() for _ in range(20)]
    world.vendor.chance = mock.Mock(choice=lambda of: 1, random=lambda: 1.0)  # everything takes a second
    couriers = [world.courier() for _ in range(3)]
    threads = [threading.Thread(target=courier.run) for courier in couriers]
    for thread in threads:
        thread.start()
    try:
        until(lambda: all(world.job(job_id).state == "succeeded" for job_id in ordered), "the end of all orders")
    finally:
        for courier in couriers:
            courier.stop()
        for thread in threads:
            thread.join()
    world.check()
    assert len(world.vendor.tasks) == 20


def test_an_order_is_written_sent_placed_and_done(both):
    world = both
    job_id = world.order()
    world.once()
    job, bought = world.job(job_id), world.purchase(job_id)
    assert (job.state, job.attempts, job.lease_worker) == ("running", 1, bought.id)
    assert (bought.state, bought.sends, bought.estimate) == ("placed", 1, 50_000)
    assert bought.source["key"] == "env:TEST_VENDOR_KEY"
    world.run(300)
    world.check()
    bought = world.purchase(job_id)
    assert (bought.state, bought.billed, bought.cost, bought.next_at) == ("done", "yes", 15_000, None)
    (clip,) = world.clips()
    assert (clip.job_id, clip.frames, clip.fps, clip.width, clip.sound) == (job_id, 9, "16", 64, False)
    assert clip.recipe["model"] == {"name": CARD.name, "weights": ""}


def test_five_restarts_in_an_hour_of_waiting_cost_no_attempt(both):
    world = both
    job_id = world.order()
    world.once()
    for task in world.vendor.tasks.values():
        task.ready_at = world.clock() + 3500
    for _ in range(5):
        world.couriers[0] = world.courier()
        world.run(680, step=20)
        with world.store.begin() as tx:
            jobs.shorten(tx, world.clock(), lease_seconds=30)  # as the worker's duty does
            assert jobs.exhausted(tx, world.clock()) == []
        assert world.job(job_id).attempts == 1
    world.run(150)
    assert world.job(job_id).state == "succeeded"
    world.check()


def test_a_job_elsewhere_takes_no_machine_and_no_place_of_the_plan(both):
    world = both
    account = add_account(world.store, plan="free", units=GIVEN)  # one place
    world.account = account
    for _ in range(3):
        world.order(units=0)
    world.once()
    assert len(world.vendor.tasks) == 3
    submit(world.store, account)
    assert claim(world.store) is not None  # the one place of the plan is free
    submit(world.store, account)
    assert claim(world.store) is None
    with world.store.read() as tx:
        assert tx.scalar(sa.select(sa.func.max(schema.turns.c.turn))) == 1


def test_no_more_than_the_model_allows_are_under_way(world):
    for _ in range(5):
        world.order()
    world.once()
    assert len(world.vendor.tasks) == 3  # `parallel` of its model file
    world.run(1200)
    assert len(world.vendor.tasks) == 5
    world.check()


def test_orders_that_may_be_bought_take_no_place_for_ever(sqlite_only, tmp_path):
    world = World(sqlite_only, tmp_path, profile="openai")
    world.vendor.faults = {"lost before": 1.0}
    for _ in range(4):
        world.order()
    world.run(600, step=60)
    world.vendor.faults = {}
    assert len(world.states()) == 3
    world.run(4000, step=200)
    assert len(world.states()) == 4
    assert len(world.vendor.tasks) == 1


def test_what_is_ordered_costs_what_it_cost_then(world):
    """The price, the address and the key are those of the order, whatever the model file says later."""
    job_id = world.order()
    world.once()
    changed = {**world.source, "cost_per_second": 9.0, "key": "env:ANOTHER_KEY", "address": "https://elsewhere.org/v1"}
    for courier in world.couriers:
        courier.models.file = replace(courier.models.file, source=changed)
    world.run(300)
    assert world.job(job_id).state == "succeeded"
    assert world.purchase(job_id).estimate == 50_000
    world.check()


def test_an_order_is_refused_while_buying_is_stopped_and_when_it_is_too_dear(world):
    priced = replace(CARD, price=ModelPrice(second=Fraction(300), still=Fraction(1)))
    with world.store.begin() as tx:
        account = accounts.by_id(tx, world.account)
    asked = ClipSpec(prompt="a red ball", seconds=0.5)
    with pytest.raises(NotAllowed, match="does not list it"):  # the owner's alone until a plan lists it
        order(world.store, account, asked, card=priced)
    plan = replace(plans.packaged()["pro"], remote=("vendor/*",))
    with pytest.raises(PriceTooHigh):
        order(world.store, account, asked, card=priced, plan=plan, max_units=100)
    (job,) = order(world.store, account, asked, card=priced, plan=plan, max_units=150)
    assert (job.needs, job.units) == ("remote", 150)
    with world.store.begin() as tx:
        purchases.stop(tx, "", world.clock())
    with pytest.raises(NotAllowed, match="nothing is bought"):
        order(world.store, account, asked, card=priced, plan=plan)


@pytest.mark.parametrize("wrong", ["kling/*", [1], [""], {"a": 1}])
def test_a_plan_lists_models_of_other_servers_by_their_names(wrong):
    data = tomllib.loads(plans.PACKAGED.read_text("utf-8"))
    data["plans"]["pro"]["remote"] = ["kling/*", "upstairs/nano"]
    assert plans.parse(data)["pro"].remote == ("kling/*", "upstairs/nano")
    data["plans"]["pro"]["remote"] = wrong
    with pytest.raises(BadSettings, match=r"remote in \[plans.pro\]"):
        plans.parse(data)


def test_a_lost_answer_is_found_again_by_its_name(world):
    world.vendor.faults = {"lost after": 1.0}
    job_id = world.order()
    world.once()
    assert world.purchase(job_id).state == "unsure"
    assert "perhaps bought" in world.purchase(job_id).note
    world.vendor.faults = {}
    world.run(20)
    assert world.purchase(job_id).state == "placed"
    assert len(world.vendor.tasks) == 1
    world.settle()
    world.check()


def test_an_order_that_never_arrived_is_sent_again_under_its_name(world):
    world.vendor.faults = {"lost before": 1.0}
    job_id = world.order()
    world.once()
    world.vendor.faults = {}
    world.run(20)
    assert world.purchase(job_id).sends == 2
    world.settle()
    world.check()


def test_without_names_what_may_be_bought_is_never_sent_again(sqlite_only, tmp_path):
    world = World(sqlite_only, tmp_path, profile="openai")
    world.vendor.faults = {"lost before": 1.0}
    job_id = world.order()
    world.once()
    world.vendor.faults = {}
    world.run(23 * 3600, step=1800)
    assert world.purchase(job_id).state == "unsure"
    assert world.job(job_id).state == "running"
    world.run(2 * 3600, step=1800)
    job = world.job(job_id)
    assert (job.state, job.error_code) == ("failed", "not_made")
    assert "credits are back" in job.error_hint
    assert world.purchase(job_id).state == "lost"
    assert len(world.vendor.tasks) == 0
    world.settle()
    world.check()


def test_what_is_found_after_the_credits_are_back_is_the_users_for_nothing(sqlite_only, tmp_path):
    world = World(sqlite_only, tmp_path, profile="openai", keeps_seconds=2 * 86_400)
    world.vendor.faults = {"lost after": 1.0}
    job_id = world.order()
    world.once()
    (task,) = world.vendor.tasks.values()
    world.vendor.faults, task.listed_at = {}, world.clock() + 30 * 3600
    world.run(26 * 3600, step=1800)
    assert world.job(job_id).state == "failed"
    assert world.clips() == []
    world.settle()
    world.check()
    (clip,) = world.clips()
    assert clip.job_id is None
    assert world.job(job_id).state == "failed"
    assert world.purchase(job_id).clip_id == clip.id


def test_two_couriers_settle_each_purchase_once(both):
    world = both
    for _ in range(3):
        world.order()
    world.once()
    world.clock.forward(300)
    first, second = world.couriers
    held = first.turn()
    assert len(held) == 3
    assert second.turn() == []
    world.clock.forward(61)  # the first one sleeps
    again = second.turn()
    assert [one.id for one in again] == [one.id for one in held]
    for mine, theirs in zip(held, again, strict=True):
        second.act(theirs)
        first.act(mine)  # and wakes: too late
    world.check()
    assert len(world.clips()) == 3
    files = [key for key in world.blobs.keys("clips") if key.endswith(".mp4")]
    assert len(files) == 3  # what the late one had fetched is thrown away


def test_a_ticket_that_comes_late_is_kept(store, tmp_path):
    """Who sent the order slept while it was answered; meanwhile another found nothing."""
    world = World(store, tmp_path, profile="openai")
    job_id = world.order()

    def sleep(moment, what):
        if (moment, what) == ("after", "POST /videos"):
            (task,) = world.vendor.tasks.values()
            task.listed_at = world.clock() + 10**6
            world.clock.forward(61)
            world.vendor.around = lambda moment, what: None
            world.once(1)
            assert world.purchase(job_id).state == "unsure"

    world.vendor.around = sleep
    world.once()
    assert world.purchase(job_id).state == "placed"
    world.settle()
    world.check()


def test_a_server_that_cannot_be_reached_is_tried_until_it_can(world):
    world.vendor.faults = {"unreachable": 1.0}
    job_id = world.order()
    world.run(300)
    assert (world.purchase(job_id).state, world.purchase(job_id).sends) == ("written", 0)
    world.vendor.faults = {}
    world.settle()
    world.check()
    assert world.job(job_id).state == "succeeded"


def test_a_refusal_costs_nothing_and_says_why_without_the_key(world):
    job_id = world.order("please refuse this")
    world.once()
    job, bought = world.job(job_id), world.purchase(job_id)
    assert (job.state, bought.state, bought.billed, bought.cost) == ("failed", "failed", "no", 0)
    assert "refused; your key is Bearer ***" in job.error_message
    assert vendor.KEY not in str(job) + str(bought)
    world.check()


def test_what_concerns_the_operator_s_key_is_told_to_the_operator_alone(world):
    job_id = world.order("a ball with a wrong key")
    world.once()
    job, bought = world.job(job_id), world.purchase(job_id)
    assert job.error_message == f"{CARD.name} cannot be ordered at the moment."
    assert bought.note == "Its server takes no orders: This key is not known here."
    world.check()


def told(world):
    world.courier().turn()  # it says which models it orders; what it takes is free again when its lease has run out
    world.couriers[0] = world.courier()
    with world.store.read() as tx:
        here = serving.read(tx, world.clock())[CARD.name]
        return here, serving.notes(CARD.name, here), serving.faults(tx, world.clock())


def test_after_a_wrong_key_orders_are_paused_and_everybody_is_told_why(world):
    assert told(world)[1:] == ([], [])
    world.order("a ball with a wrong key")
    world.once()
    here, notes, faults = told(world)
    assert not here.is_served
    assert "paused: its server does not accept the key" in notes[0]
    assert "This key is not known here" not in notes[0]
    assert faults == [f"{CARD.name} on its server: This key is not known here."]
    assert vendor.KEY not in str([notes, faults])
    waiting = [world.order() for _ in range(3)]
    world.run(50)
    assert [world.purchase(id) for id in waiting] == [None] * 3
    world.clock.forward(15)
    world.once()
    assert len([id for id in waiting if world.purchase(id)]) == 1  # a trial
    world.once()
    assert told(world)[1:] == ([], [])  # the key is right again
    world.settle()
    world.check()


def test_a_pause_grows_with_each_refused_trial_and_ends_when_the_operator_says_so(world):
    waits = []
    for number in range(6):
        tried = world.order(f"a ball with a wrong key {number}")
        while not world.job(tried).done:
            world.once()
            world.clock.forward(5)
        with world.store.read() as tx:
            waits.append(paused.read(tx)[CARD.name].seconds)
    assert waits == [60, 120, 240, 480, 600, 600]
    with world.store.begin() as tx:
        paused.go_on(tx)
    good = world.order()
    world.once()
    assert world.purchase(good).state == "placed"


def test_a_failure_is_believed_when_it_is_said_twice(world):
    job_id = world.order()
    world.once()
    (task,) = world.vendor.tasks.values()
    task.ready_at, task.fate = world.clock() + 3, "moderation"
    world.clock.forward(6)
    world.once()
    assert world.job(job_id).state == "running"
    world.clock.forward(6)
    world.once()
    job = world.job(job_id)
    assert (job.state, job.error_code) == ("failed", "policy_refused")
    task.fate = "done"  # it was no true word
    world.settle()
    (clip,) = world.clips()
    assert clip.job_id is None
    world.check()


def test_what_its_server_forgets_is_lost_after_ten_minutes(world):
    job_id = world.order()
    world.once()
    world.vendor.tasks.clear()
    world.run(400, step=10)
    assert world.job(job_id).state == "running"
    world.run(400, step=10)
    assert world.purchase(job_id).state == "lost"
    assert world.job(job_id).state == "failed"


def test_our_patience_is_no_verdict(world):
    job_id = world.order()
    world.once()
    (task,) = world.vendor.tasks.values()
    task.ready_at = world.clock() + 7100  # keeps_seconds of its model file are 7200, late_seconds 3600
    world.run(6000, step=60)
    bought = world.purchase(job_id)
    assert world.job(job_id).state == "running"
    assert bought.next_at - world.clock() > 60  # looked at every hour now
    task.ready_at = world.clock()
    world.settle()
    assert world.job(job_id).state == "succeeded"


class TestCancel:
    def test_one_that_waits_is_cancelled_at_once(self, world):
        job_id = world.order()
        assert world.cancel(job_id).state == "cancelled"
        world.settle()
        assert world.vendor.tasks == {}
        world.check_nothing_spent()

    def test_one_that_can_be_stopped_is(self, world):
        job_id = world.order()
        world.once()
        assert world.cancel(job_id).cancel_requested
        world.run(30)
        assert world.job(job_id).state == "cancelled"
        assert world.purchase(job_id).billed == "no"
        world.settle()
        world.check()
        world.check_nothing_spent()

    def test_one_that_cannot_says_so_and_is_kept(self, sqlite_only, tmp_path):
        world = World(sqlite_only, tmp_path, profile="openai")
        job_id = world.order()
        world.once()
        with pytest.raises(Conflict, match="cannot stop"):
            world.cancel(job_id)
        world.settle()
        assert world.job(job_id).state == "succeeded"
        world.check()

    def test_one_that_is_made_already_is_not_deleted(self, sqlite_only, tmp_path):
        world = World(sqlite_only, tmp_path, profile="vllm")
        job_id = world.order()
        world.once()
        (task,) = world.vendor.tasks.values()
        task.ready_at = world.clock()
        world.cancel(job_id)
        world.run(30)
        assert world.job(job_id).state == "succeeded"
        assert not task.cancelled
        world.check()

    def test_one_that_is_deleted_there_is_cancelled_here(self, sqlite_only, tmp_path):
        world = World(sqlite_only, tmp_path, profile="vllm")
        job_id = world.order()
        world.once()
        world.cancel(job_id)
        world.run(400)
        assert world.job(job_id).state == "cancelled"
        assert world.purchase(job_id).billed == "unknown"
        world.settle()
        world.check_nothing_spent()

    def test_one_that_was_made_before_it_could_be_stopped_is_kept_and_paid(self, world):
        job_id = world.order()
        world.once()
        (task,) = world.vendor.tasks.values()
        task.ready_at = world.clock() + 1
        world.cancel(job_id)
        world.clock.forward(2)
        world.run(30)
        assert world.job(job_id).state == "succeeded"
        world.check()


def test_one_switch_stops_all_buying(world):
    first = world.order()
    world.once()
    with world.store.begin() as tx:
        purchases.stop(tx, "the budget is spent", world.clock())
        with pytest.raises(NotAllowed, match="the budget is spent"):
            purchases.refuse_stopped(tx, CARD.name)
    second = world.order()
    world.run(600)
    assert world.job(first).state == "succeeded"  # what is bought is brought home
    assert world.job(second).state == "queued"
    assert len(world.vendor.tasks) == 1
    with world.store.begin() as tx:
        purchases.go_on(tx)
    world.settle()
    world.check()


def test_an_account_that_leaves_takes_its_clip_with_it(both):
    world = both
    job_id = world.order()
    world.once()
    with world.store.begin() as tx:
        account_deletion.leave(tx, world.account, world.clock())
    world.settle()
    assert world.clips() == []
    assert broken(world.store) == []
    (task,) = world.vendor.tasks.values()
    assert task.cancelled
    assert world.purchase(job_id).state in ("cancelled", "done", "failed")


def test_a_clip_that_is_shorter_than_ordered_is_paid_in_part(world):
    job_id = world.order()  # 9 frames at 16 a second
    world.once()
    with mock.patch.object(vendor, "clip_bytes", return_value=SHORT):
        world.run(300)
    assert world.job(job_id).state == "succeeded"
    with world.store.read() as tx:
        balance = ledger.balance(tx, world.account, world.clock())
    assert balance.available == GIVEN - UNITS + UNITS // 2
    assert broken(world.store) == []


def test_what_does_not_play_is_not_paid(world):
    job_id = world.order()
    world.once()
    with mock.patch.object(vendor, "clip_bytes", return_value=b"<svg/>" * 100):
        world.run(1500)
        assert world.job(job_id).state == "failed"
        assert world.purchase(job_id).billed == "yes"  # the loss is ours, and stands in the book
        world.settle()
    world.check_nothing_spent()


def test_a_server_is_not_asked_before_the_time_that_it_names(world):
    job_id = world.order()
    world.once()
    world.clock.forward(6)
    with mock.patch.object(world.vendor, "_shown", return_value=(429, {"retry-after": "500"}, b"")):
        world.once()
    assert world.purchase(job_id).next_at == world.clock() + 500
    world.settle()
    world.check()


def test_where_the_plan_wants_a_label_the_clip_is_a_labelled_copy(sqlite_only, tmp_path):
    world = World(sqlite_only, tmp_path)
    world.account = add_account(world.store, plan="free", units=GIVEN)  # its plan draws the label
    job_id = world.order()
    world.once()
    world.run(300)
    (clip,) = world.clips()
    assert clip.job_id == job_id
    data = b"".join(world.blobs.read(clip.video_key))
    assert data != vendor.clip_bytes()
    assert video.probe(data).frames == 9


def test_the_book_of_costs(world):
    world.order()
    world.once()
    world.run(300)
    with world.store.read() as tx:
        (row,) = purchases.spent(tx, 0)
    assert (row.model, row.purchases, row.estimate, row.cost, row.unknown) == (CARD.name, 1, 50_000, 15_000, 0)


class TestAVendorThatDoesNotAnswer:
    def test_gets_no_new_orders_until_a_trial_is_answered(self, world):
        world.vendor.faults = {"unreachable": 1.0}
        first = [world.order() for _ in range(3)]
        world.once()
        here, notes, faults = told(world)
        assert not here.is_served
        assert notes == [
            f"Orders for {CARD.name} are paused: its server does not answer. Jobs wait; one is tried now and then."
        ]
        assert "vendor.example.org cannot be reached" in faults[0]
        asked = len(world.vendor.said)
        world.run(55)
        assert len(world.vendor.said) == asked  # nothing was sent meanwhile
        world.clock.forward(10)
        world.once()
        assert len(world.vendor.said) == asked + 1  # the trial
        with world.store.read() as tx:
            assert paused.read(tx)["vendor/"].seconds == 120
        world.vendor.faults = {}
        later = world.order()
        world.run(135)
        assert told(world)[1:] == ([], [])
        world.settle()
        world.check()
        assert {world.job(id).state for id in (*first, later)} == {"succeeded"}

    def test_is_paused_also_when_only_looks_fail_and_goes_on_when_one_is_answered(self, world):
        job_id = world.order()
        world.once()
        world.vendor.faults = {"broken": 1.0}
        world.run(200)
        assert told(world)[0].paused == "its server does not answer"
        world.vendor.faults = {}
        world.settle()
        assert told(world)[1:] == ([], [])
        assert world.job(job_id).state == "succeeded"

    def test_is_not_one_that_refuses(self, world):
        for _ in range(6):
            world.order("please refuse this")
            world.once()
        assert told(world)[1:] == ([], [])

    def test_is_counted_by_the_hour(self, world):
        world.order()
        world.once()
        world.couriers[0]._watch.write()
        world.clock.forward(3600)
        world.vendor.faults = {"lost before": 1.0}
        world.order()
        world.once()
        world.couriers[0]._watch.write()
        with world.store.read() as tx:
            hours = vendor_health.read(tx, world.clock())["vendor"]
        assert [hour.state for hour in hours[-3:]] == ["none", "good", "failed"]
        assert len(hours) == 24
        with world.store.read() as tx:
            assert vendor_health.read(tx, world.clock() + 86_400) == {}
