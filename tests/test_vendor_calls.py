"""Vendors that call when something has changed: a call brings the next look forward, and does nothing else."""

from dataclasses import replace

import pytest
import sqlalchemy as sa

import service
from buying import World
from serving import serving
from vitascope import config
from vitascope.engines.remote.engine import RemoteEngine
from vitascope.store import accounts, purchases, schema, vendor_calls

PUBLIC = "https://clips.example.org/video"


@pytest.fixture
def server(tmp_path):
    with serving(tmp_path, clock=service.Clock(), vendor_calls=True, public_url=PUBLIC) as made:
        yield made


@pytest.fixture
def world(server, tmp_path):
    return World(server.context.store, tmp_path / "blobs")


def placed(world):
    """The row of an order that its vendor has, whose next look is an hour away."""
    job_id = world.order()
    world.once()
    with world.store.begin() as tx:
        held = purchases.of_job(tx, job_id)
        assert held.state == "placed"
        tx.execute(sa.update(schema.purchases).values(next_at=world.clock() + 3600))
    return held


def address(server, purchase_id):
    return vendor_calls.path(server.context.vendor_call_secret, purchase_id)


def rows(world):
    with world.store.read() as tx:
        return [dict(row._mapping) for row in tx.execute(sa.select(schema.purchases))]


def test_a_call_brings_the_next_look_forward_and_nothing_else(server, world):
    held = placed(world)
    before = rows(world)
    said = server.client().post(address(server, held.id), json={"status": "failed", "url": "https://evil.example.org"})
    assert (said.status_code, said.json()) == (200, {"ok": True})
    (row,), (old,) = rows(world), before
    assert row["next_at"] <= world.clock() < old["next_at"]
    assert {**row, "next_at": 0} == {**old, "next_at": 0}
    world.settle()
    assert world.job(held.job_id).state == "succeeded"


def test_a_forged_call_changes_nothing(server, world):
    held, other = placed(world), "pur_another"
    right = address(server, held.id)
    before = rows(world)
    for forged in (
        right[:-1] + ("0" if right[-1] != "0" else "1"), right[:-1], f"{right}0", right.partition(".")[0], f"{right}é",
        f"{vendor_calls.PATH}{other}.{right.partition('.')[2]}", f"{vendor_calls.PATH}.", right.replace("pur", "PUR"),
        vendor_calls.path(b"another house", held.id),
    ):  # fmt: skip
        assert server.client().post(forged, json={}).status_code == 404, forged
    assert server.client().get(right).status_code in (404, 405)
    assert server.client().post(address(server, other)).status_code == 200  # of nobody, and nothing comes of it
    assert rows(world) == before


def test_repeated_calls_are_soon_not_heard_any_more(server, world):
    held = placed(world)
    heard = 0
    for _ in range(10):
        with world.store.begin() as tx:
            tx.execute(sa.update(schema.purchases).values(next_at=world.clock() + 3600))
        assert server.client().post(address(server, held.id)).status_code == 200
        heard += rows(world)[0]["next_at"] < world.clock() + 1800
    assert heard == vendor_calls.AT_ONCE


def test_what_is_settled_or_not_placed_is_let_be(server, world):
    held = placed(world)
    for changed in ({"state": "unsure"}, {"state": "done"}, {"settled_at": 1.0}, {"next_at": None}):
        with world.store.begin() as tx:
            tx.execute(sa.update(schema.purchases).values(**changed))
        before = rows(world)
        assert server.client().post(address(server, held.id)).status_code == 200
        assert rows(world) == before
        with world.store.begin() as tx:
            back = {"state": "placed", "settled_at": None, "next_at": world.clock() + 3600}
            tx.execute(sa.update(schema.purchases).values(**back))


def test_off_by_default(tmp_path):
    with serving(tmp_path, public_url=PUBLIC) as server:
        world = World(server.context.store, tmp_path / "blobs")
        held = placed(world)
        before = rows(world)
        assert server.client().post(address(server, held.id)).status_code == 404
        assert rows(world) == before


@pytest.mark.parametrize(("on", "public"), [(True, PUBLIC), (True, ""), (False, PUBLIC)])
def test_a_courier_tells_an_address_only_where_the_operator_wants_it(sqlite_only, tmp_path, monkeypatch, on, public):
    world, told, submit = World(sqlite_only, tmp_path), [], RemoteEngine.submit
    settings = config.read({"VITASCOPE_VENDOR_CALLS": str(on), "VITASCOPE_PUBLIC_URL": public})
    world.house = replace(world.house, settings=settings)
    world.couriers = [world.courier()]
    monkeypatch.setattr(RemoteEngine, "submit", lambda engine, order: told.append(order.call) or submit(engine, order))
    job_id = world.order()
    world.once()
    with world.store.begin() as tx:
        held = purchases.of_job(tx, job_id)
        secret = vendor_calls.secret_of(accounts.master_secret(tx, world.clock()))
    assert told == [PUBLIC + vendor_calls.path(secret, held.id) if on and public else ""]
