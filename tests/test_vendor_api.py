"""What the operator sees and does over HTTP about other servers: keys, budgets, spending, orders out, the switch."""

import pytest

from buying import World
from serving import serving
from vitascope.engines import registry
from vitascope.engines.registry import Registry
from vitascope.store import paused, purchases, vendor_health
from vitascope.store.vendor_health import Answers

KEY = "ak-0123456789abcdef:sk-fedcba98765432100123456789abcdef"


MODEL = """\
name = "far/m"
title = "M"
engine = "vitascope.engines.remote.openai:engine"
modes = ["text"]

[source]
address = "http://gpu.example.org/v1"
cost_per_second = 0.15

[format]
fps = 16
side = 32
sizes = ["256x256"]
max_seconds = 4

[price]
second = 1
"""


@pytest.fixture
def server(tmp_path, monkeypatch):
    monkeypatch.setenv("VITASCOPE_HOME", str(tmp_path))
    models = Registry((registry.SHIPPED, tmp_path / "models"), keys=tmp_path / "keys")
    with serving(tmp_path, models=models) as made:
        yield made


@pytest.fixture
def owner(server):
    return server.owner()


def vendors_of(client):
    answer = client.get("/v1/admin/vendors")
    assert answer.status_code == 200, answer.text
    assert KEY not in answer.text
    assert "fedcba" not in answer.text
    return {one["name"]: one for one in answer.json()["data"]}


def test_a_key_is_added_replaced_and_removed_and_never_shown(server, owner, tmp_path):
    before = vendors_of(owner)
    assert len(before) == 20
    assert (before["kling"]["state"], before["kling"]["key_end"]) == ("no_key", "")
    assert "kling/kling-v3" in before["kling"]["models"]
    assert [before[name]["takes"] for name in ("kling", "vidu", "vertex")] == ["pair", "key", "account"]
    added = owner.put("/v1/admin/vendors/kling/key", json={"key": KEY})
    assert added.status_code == 200
    assert KEY not in added.text
    assert (tmp_path / "keys" / "kling").read_text() == f"{KEY}\n"
    server.context.models._looked_at = float("-inf")
    here = vendors_of(owner)["kling"]
    assert (here["state"], here["key_end"], here["hours"]) == ("connected", "cdef", ["none"] * 24)
    again = owner.put("/v1/admin/vendors/kling/key", json={"key": KEY})
    assert (again.status_code, again.json()["error"]["code"]) == (409, "conflict")
    assert owner.put("/v1/admin/vendors/kling/key", json={"key": KEY, "replace": True}).status_code == 200
    assert owner.put("/v1/admin/vendors/..%2Fx/key", json={"key": KEY}).status_code in (400, 404)
    assert owner.delete("/v1/admin/vendors/kling/key").status_code == 200
    assert owner.delete("/v1/admin/vendors/kling/key").status_code == 404
    assert vendors_of(owner)["kling"]["key_end"] == ""


def test_a_member_sees_nothing_of_it(server):
    mia = server.client(server.key())
    for path in ("vendors", "buying", "budgets", "spend", "orders", "routes"):
        assert mia.get(f"/v1/admin/{path}").status_code == 403, path
    assert mia.put("/v1/admin/vendors/kling/key", json={"key": KEY}).status_code == 403


def test_the_switch_stops_all_buying(server, owner):
    assert owner.get("/v1/admin/buying").json() == {"on": True, "why": ""}
    owner.put("/v1/admin/buying", json={"on": False, "why": "over budget"})
    assert owner.put("/v1/admin/buying", json={"on": False, "why": "too dear"}).json() == {
        "on": False,
        "why": "too dear",
    }
    with server.context.store.read() as tx:
        assert purchases.stopped(tx) == "too dear"
    assert owner.put("/v1/admin/buying", json={"on": True}).json()["on"]


def test_a_refused_key_and_a_silent_server_are_told(server, owner):
    owner.put("/v1/admin/vendors/kling/key", json={"key": KEY})
    server.context.models._looked_at = float("-inf")
    store, now = server.context.store, server.context.now()
    with store.begin() as tx:
        paused.pause(tx, "kling/kling-v3", "auth", "unknown key", now, sent_at=now)
        vendor_health.add(tx, "kling", Answers(good=3), now)
        vendor_health.add(tx, "kling", Answers(failed=5), now)
    here = vendors_of(owner)["kling"]
    assert (here["state"], here["why"], here["since"]) == ("key_refused", "unknown key", now)
    assert here["hours"][-1] == "failed"
    owner.put("/v1/admin/vendors/kling/key", json={"key": KEY, "replace": True})
    assert vendors_of(owner)["kling"]["state"] == "connected"
    with store.begin() as tx:
        paused.pause(tx, "kling/", "down", "no answer", now, sent_at=now)
    assert vendors_of(owner)["kling"]["state"] == "no_answer"


def test_budgets_are_set_and_removed(server, owner):
    asked = {"scope": "vendor", "name": "kling", "period": "month", "dollars": 50}
    shown = {**asked, "title": "Kling (API before 2.0)", "spent": 0}
    assert owner.put("/v1/admin/budgets", json=asked).json() == shown
    assert owner.get("/v1/admin/budgets").json()["data"] == [shown]
    assert vendors_of(owner)["kling"]["budget"] == 50
    assert owner.put("/v1/admin/budgets", json={"dollars": -1}).status_code == 422
    query = {"scope": "vendor", "name": "kling", "period": "month"}
    assert owner.delete("/v1/admin/budgets", params=query).status_code == 200
    assert owner.delete("/v1/admin/budgets", params=query).status_code == 404


def test_a_budget_holds_for_the_orders_of_one_key(server, owner, tmp_path):
    """Through the whole server: what the key orders is counted, and what its account orders otherwise is not."""
    made = owner.post("/v1/keys", json={"name": "ci"}).json()
    found = owner.put("/v1/admin/budgets", json={"scope": "key", "name": made["key"][:10], "dollars": 0.2})
    assert (found.json()["name"], found.json()["title"]) == (made["id"], f"ci ({made['key'][:10]}...)")
    assert owner.put("/v1/admin/budgets", json={"scope": "key", "name": "vs_nobody", "dollars": 1}).status_code == 404
    models = tmp_path / "models"
    models.mkdir(exist_ok=True)
    (models / "m.toml").write_text(MODEL)
    server.context.models._looked_at = float("-inf")
    asked, ci = {"prompt": "a ball", "model": "far/m", "seconds": "1"}, server.client(made["key"])
    assert ci.post("/v1/videos", json=asked).status_code == 200
    assert owner.post("/v1/videos", json=asked).status_code == 200
    refused = ci.post("/v1/videos", json=asked)
    assert (refused.status_code, refused.json()["error"]["code"]) == (402, "over_spending_limit")
    assert owner.get("/v1/admin/budgets").json()["data"][0]["spent"] == 0.15
    assert owner.post("/v1/videos", json=asked).status_code == 200


def test_orders_out_are_looked_at_and_let_go(server, owner, tmp_path):
    world = World(server.context.store, tmp_path / "blobs", faults={"lost before": 1.0}, profile="openai")
    world.clock = server.context.store.clock
    job_id = world.order()
    world.once()
    (out,) = owner.get("/v1/admin/orders").json()["data"]
    assert (out["state"], out["vendor"], out["dollars"]) == ("unsure", "vendor", 0.05)
    assert "red ball" not in str(out)
    looked = owner.post(f"/v1/admin/orders/{out['id']}/look").json()
    assert looked["id"] == out["id"]
    assert owner.post(f"/v1/admin/orders/{out['id']}/let-go").status_code == 200
    world.vendor.faults = {}
    world.once()
    assert world.job(job_id).state == "cancelled"
    assert owner.get("/v1/admin/orders").json()["data"] == []
    world.check_nothing_spent()
    (row,) = owner.get("/v1/admin/spend").json()["data"]
    assert (row["vendor"], row["purchases"], row["dollars"]) == ("vendor", 1, 0.05)


def test_routes_say_their_models_in_order(server, owner):
    found = {one["name"]: one["models"] for one in owner.get("/v1/admin/routes").json()["data"]}
    assert set(found) == {"auto", "auto:cheap", "auto:fast", "auto:best"}
    assert found["auto"][0] == server.context.settings.model
