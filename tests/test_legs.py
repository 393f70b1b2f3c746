"""The next leg of a route: only after a verdict that nothing was bought, the same clip, at the agreed price."""

from dataclasses import replace
from pathlib import Path

import pytest
import sqlalchemy as sa

from buying import CARD, UNITS, World
from doubles import CARD as HERE
from vitascope.clip import ClipSpec
from vitascope.engines.model_file import ModelFile
from vitascope.orders import legs
from vitascope.orders.order import Order
from vitascope.store import budgets, purchases, schema
from vitascope.store.budgets import Budget

OTHER = replace(CARD, name="other/m")


class Models:
    def __init__(self, source):
        engine, path = "vitascope.engines.remote.openai:engine", Path("m.toml")
        self.files = {card.name: ModelFile(card, engine, source, path) for card in (CARD, OTHER)}

    def remote(self):
        return self.files


@pytest.fixture
def world(sqlite_only, tmp_path):
    made = World(sqlite_only, tmp_path / "blobs")
    for courier in made.couriers:
        courier.models = Models(made.source)
    made.answers = []
    ask = made.vendor._create
    made.vendor._create = lambda headers, body: made.answers.pop(0) if made.answers else ask(headers, body)
    return made


def ordered(world, *cards):
    job_id = world.order()
    with world.store.begin() as tx:
        job = world.job(job_id)
        spec = ClipSpec.from_dict(job.spec)
        rest = [legs.written(Order(spec=spec, card=card)) for card in cards]
        tx.execute(sa.update(schema.jobs).where(schema.jobs.c.id == job_id).values(request={legs.KEY: rest}))
        budgets.expect(tx, job_id, CARD.name, 50_000, world.clock())
    return job_id


def refused(world, status=401, code="unauthorized"):
    return status, {}, world.vendor._error(code, "no")


def spent(world, scope="all", name=""):
    with world.store.read() as tx:
        return budgets.spent(tx, Budget(scope, name, "day", 0), world.clock())


def rows(world):
    with world.store.read() as tx:
        return [(one.leg, one.model, one.state, one.billed) for one in reversed(purchases.page(tx))]


def test_another_model_makes_it_at_the_same_price_and_the_clip_says_why(world):
    job_id = ordered(world, OTHER)
    world.answers = [refused(world)]
    world.once()
    job = world.job(job_id)
    assert (job.state, job.model, job.units) == ("queued", "other/m", UNITS)
    assert spent(world) == spent(world, "vendor", "other") == 50_000
    world.settle()
    world.check()
    assert world.job(job_id).state == "succeeded"
    assert rows(world) == [(0, "vendor/m", "failed", "no"), (1, "other/m", "done", "yes")]
    (note,) = world.job(job_id).request["notes"]
    assert note == "vendor/m cannot be ordered at the moment. Nothing was bought there; other/m makes it."


def test_a_model_of_this_machine_may_be_the_next(world):
    job_id = ordered(world, replace(HERE, format=CARD.format))
    world.answers = [refused(world)]
    world.once()
    job = world.job(job_id)
    assert (job.state, job.model, job.needs, job.units) == ("queued", HERE.name, "cpu", UNITS)
    assert spent(world) == 0


def test_what_may_have_been_bought_never_goes_elsewhere(world):
    job_id = ordered(world, OTHER)
    world.vendor.faults = {"lost before": 1.0}
    world.run(600)
    assert rows(world) == [(0, "vendor/m", "unsure", "unknown")]
    assert world.job(job_id).model == "vendor/m"


def test_what_failed_after_it_was_taken_never_goes_elsewhere(world):
    job_id = ordered(world, OTHER)
    world.vendor.faults = {"fails": 1.0}
    world.once()
    world.settle()
    assert (world.job(job_id).state, world.job(job_id).model) == ("failed", "vendor/m")


def test_what_is_refused_for_what_it_shows_is_not_taken_to_another_vendor(world):
    job_id = ordered(world, OTHER)
    world.answers = [refused(world, 400, "moderation_blocked")]
    world.once()
    assert (world.job(job_id).state, world.job(job_id).error_code) == ("failed", "policy_refused")


def test_a_budget_holds_for_the_next_leg_too(world):
    with world.store.begin() as tx:
        budgets.put(tx, Budget("vendor", "other", "day", 10), world.clock())
    job_id = ordered(world, OTHER)
    world.answers = [refused(world)]
    world.once()
    assert (world.job(job_id).state, world.job(job_id).model) == ("failed", "vendor/m")
    world.check_nothing_spent()
