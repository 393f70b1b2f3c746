"""Workers placed by Ray over a real cluster of a head and two worker nodes, of which one is killed."""

import time

import pytest
import sqlalchemy as sa

import doubles
import service
from test_models import blocks
from test_worker import check, open_house, order, read
from vitascope import config
from vitascope.clip import ClipSpec
from vitascope.errors import BadSettings, MissingExtra, Unavailable
from vitascope.store import schema, serving
from vitascope.workers import ray as rays

LONG = 120


@pytest.fixture
def cluster():
    """A head that works not, and two nodes that do."""
    pytest.importorskip("ray", reason="the extra ray is not installed")
    config.silence(**rays.OFF)
    from ray.cluster_utils import Cluster

    made = Cluster(initialize_head=True, head_node_args={"num_cpus": 0, "include_dashboard": False})
    made.nodes = [made.add_node(num_cpus=1) for _ in range(2)]
    with rays.connected(made.address):
        yield made
    made.shutdown()


def until(true, fleet, what):
    ends = time.monotonic() + LONG
    while not true():
        assert time.monotonic() < ends, f"{what} did not happen"
        fleet.look(0.2)


@pytest.fixture
def house(tmp_path, own_home, monkeypatch):
    """On PostgreSQL, as a fleet should be."""
    made = service.postgres_store()
    url = made.url.render_as_string(hide_password=False)
    monkeypatch.setenv("VITASCOPE_DATABASE_URL", url)
    monkeypatch.setenv("VITASCOPE_STORAGE_URL", str(tmp_path / "blobs"))
    config.settings.cache_clear()
    yield open_house(made, tmp_path)
    made.close()


@pytest.mark.slow
def test_a_killed_node_s_jobs_are_finished_elsewhere(cluster, house):
    mia = service.add_account(house.store, plan="unlimited", units=1_000_000)
    fleet = rays.Fleet(
        config.settings(),
        workers=2,
        engine="engines:slow",
        environment={"PYTHONPATH": doubles.environment()["PYTHONPATH"]},
        lease_seconds=3.0,
        slots=2,
    )
    places = fleet.where(LONG)
    assert len({place["node"] for place in places}) == 2  # spread over both
    placed = order(house, mia, n=8, steps=4)

    def workers():
        return {job.lease_worker for job in (read(house, job) for job in placed)}

    until(lambda: workers() >= {place["worker"] for place in places}, fleet, "both at work")
    doomed = next(node for node in cluster.nodes if node.node_id == places[0]["node"])
    held = [job.id for job in placed if read(house, job).lease_worker == places[0]["worker"]]
    cluster.remove_node(doomed, allow_graceful=False)
    until(lambda: all(read(house, job).done for job in placed), fleet, "the end")
    ended = [read(house, job) for job in placed]
    assert {job.state for job in ended} == {"succeeded"}
    assert any(job.id in held and job.attempts == 2 for job in ended)
    check(house)

    cluster.nodes.append(cluster.add_node(num_cpus=1))  # a node comes back, and the worker with it
    until(lambda: fleet.running == 2 and len({place["node"] for place in fleet.where(LONG)}) == 2, fleet, "the return")
    assert places[0]["node"] not in {place["node"] for place in fleet.where(LONG)}
    (more,) = order(house, mia)
    until(lambda: read(house, more).done, fleet, "one more")
    fleet.drain()
    until(lambda: not fleet.running, fleet, "the good-bye")
    fleet.kill()
    check(house)


@pytest.mark.slow
def test_a_fleet_without_an_engine_serves_the_models_that_jobs_ask_for(house, own_home, tmp_path):
    pytest.importorskip("ray", reason="the extra ray is not installed")
    engine, file = (blocks(language)[0] for language in ("python", "toml"))
    (own_home / "models").mkdir()
    (tmp_path / "stripes.py").write_text(engine, "utf-8")
    (own_home / "models" / "stripes.toml").write_text(file, "utf-8")
    path = f"{tmp_path}:{doubles.environment()['PYTHONPATH']}"
    mia = service.add_account(house.store, plan="unlimited", units=1_000_000)
    (job,) = service.submit(house.store, mia, spec=ClipSpec(prompt="a", seed=1, seconds=1), model="stripes")
    with rays.connected("local"):
        environment = {"PYTHONPATH": path, "VITASCOPE_MODEL": "stripes"}
        fleet = rays.Fleet(config.settings(), workers=1, environment=environment, lease_seconds=3.0, slots=2, width=1)
        until(lambda: read(house, job).done, fleet, "the clip")
        assert read(house, job).state == "succeeded"
        fleet.drain()
        until(lambda: not fleet.running, fleet, "the good-bye")
        fleet.kill()
    with house.store.read() as tx:
        assert tx.execute(sa.select(schema.workers)).first() is None
        assert serving.read(tx, house.store.clock()) == {}
    check(house)


def test_nothing_is_sent_to_the_makers_of_ray():
    ray = pytest.importorskip("ray", reason="the extra ray is not installed")
    config.silence(**rays.OFF)
    from ray._common.usage import usage_lib

    assert not usage_lib.usage_stats_enabled()
    assert ray


def test_without_a_cluster_it_says_how_to_start_one():
    pytest.importorskip("ray", reason="the extra ray is not installed")
    with pytest.raises(Unavailable) as caught, rays.connected("auto"):
        pass
    assert "ray start --head" in caught.value.hint


def test_a_database_in_a_file_is_not_for_several_machines(monkeypatch):
    ray = pytest.importorskip("ray", reason="the extra ray is not installed")
    alive = [{"NodeManagerAddress": f"10.0.0.{number}", "Alive": True} for number in (1, 2)]
    monkeypatch.setattr(ray, "nodes", lambda: alive)
    with pytest.raises(BadSettings, match="2 machines"):
        rays._refuse_unshared(config.settings())


def test_without_ray_the_extra_is_named(monkeypatch):
    import sys

    monkeypatch.setitem(sys.modules, "ray", None)
    with pytest.raises(MissingExtra, match="fleet"), rays.connected("local"):
        pass
