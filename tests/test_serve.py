"""`vitascope serve` and `work` as processes: ready, of use to the official client, gone without loss."""

import os
import re
import signal
import socket
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest

import test_worker
import vitascope
from processes import LONG, Service, children, until
from vitascope.cli import app as cli
from vitascope.config import settings
from vitascope.engines import registry
from vitascope.errors import BadSettings
from vitascope.media import recipe
from vitascope.runtime import open_house
from vitascope.store import accounts

MANIFEST = Path(vitascope.__file__).parent / "smallworld" / "weights" / "manifest.json"
linux_only = pytest.mark.skipif(sys.platform != "linux", reason="looks into /proc")


@pytest.fixture
def service(tmp_path):
    made = Service(tmp_path)
    yield made
    made.close()


def ended(process, seconds=LONG):
    return process.wait(seconds)


def states(service):
    with sqlite3.connect(service.folder / "home" / "vitascope.db") as base:
        return [row[0] for row in base.execute("SELECT state FROM jobs ORDER BY id")]


def test_it_says_when_it_is_ready_and_how_to_use_it_and_ends_politely(service):
    process = service.serve()
    assert service.get("/readyz")["status"] == "ok"
    assert f'base_url="{service.url}/v1"' in "\n".join(process.said)
    assert "vitascope keys create" in "\n".join(process.said)
    process.send_signal(signal.SIGTERM)
    assert ended(process) == 0
    assert "Traceback" not in service.words()


@pytest.mark.skipif(not MANIFEST.exists(), reason="no model has been trained and exported yet")
@pytest.mark.filterwarnings("ignore:The Sora API:DeprecationWarning")  # its makers' service ended; the form lives on
def test_the_official_client_gets_a_clip_of_the_true_model(service, tmp_path):
    openai = pytest.importorskip("openai")
    process = service.serve(engine="true")
    key = service.run("keys", "create", "--name", "test")
    secret = key.stdout.read().strip()
    assert re.fullmatch(r"vs_[\w-]{43}", secret)
    base_url = re.search(r'base_url="([^"]+)"', "\n".join(process.said)).group(1)
    with openai.OpenAI(base_url=base_url, api_key=secret) as client:
        video = client.videos.create_and_poll(prompt="a red ball bounces on snow", seconds="4")
        assert video.status == "completed", video.error
        client.videos.download_content(video.id).write_to_file(tmp_path / "clip.mp4")
    assert recipe.read(tmp_path / "clip.mp4").spec.prompt == "a red ball bounces on snow"
    said = service.get("/metrics", authorization=f"Bearer {secret}").decode()
    assert re.search(r'vitascope_http_requests_total\{.*route="/v1/videos".*\} [1-9]', said)  # counted in the server
    assert 'vitascope_jobs{state="succeeded"} 1.0' in said
    assert re.search(r"vitascope_step_seconds_count\{.*\} [1-9]", said)  # counted in the worker, shown by the server


@pytest.mark.slow
def test_asked_to_end_it_finishes_or_gives_back(service):
    process = service.serve("--drain-seconds", 3, engine="engines:slow")
    orders = [service.order(seconds="1", steps=steps) for steps in (1, 40)]
    until(lambda: service.video(orders[1])["step"] or service.video(orders[0])["status"] == "completed", "a step")
    process.send_signal(signal.SIGTERM)
    assert ended(process) == 0
    assert set(states(service)) <= {"succeeded", "queued"}
    service.serve()
    until(lambda: all(service.video(order)["status"] == "completed" for order in orders), "the rest")


@linux_only
def test_a_worker_that_dies_is_started_again_and_one_whose_server_dies_ends(service):
    process = service.serve()
    (worker,) = until(lambda: children(process))
    os.kill(worker, signal.SIGKILL)
    (other,) = until(lambda: [pid for pid in children(process) if pid != worker], "another worker")
    until(lambda: service.video(service.order())["status"] != "failed")
    process.kill()
    until(lambda: not Path(f"/proc/{other}").exists() or "Z" in Path(f"/proc/{other}/stat").read_text(), "its end")


def test_workers_may_be_added_and_the_api_may_be_alone(service):
    process = service.serve("--workers", 0)
    assert "vitascope work" in "\n".join(process.said)
    order = service.order()
    worker = service.work("--drain-seconds", 5)
    until(lambda: service.video(order)["status"] == "completed", "the clip")
    worker.send_signal(signal.SIGTERM)
    assert ended(worker) == 0


def test_a_port_that_is_taken_is_named(service):
    with socket.create_server(("127.0.0.1", service.port)):
        second = service.run("serve", "--port", service.port)
        assert ended(second) == 2
    assert f"127.0.0.1:{service.port}" in service.words()


def test_an_engine_that_is_none_is_named(service):
    process = service.run("work", "--engine", "nowhere:engine")
    assert ended(process) == 2
    assert "nowhere" in service.words()
    assert "Traceback" not in service.words()
    for path, said in (("engines:none", "none"), ("engines", "import path"), ("engines:DiscEngine.card", "cannot be")):
        with pytest.raises(BadSettings, match=said):
            registry.build(path)
    assert registry.card_of("engines:quick").title == "a drawn disc"
    assert registry.card_of("doubles:DiscEngine").title == "a drawn disc"


@pytest.fixture
def run(capsys):
    """One command in this process; its standard output."""

    def run(*arguments):
        code = cli.main([str(argument) for argument in arguments])
        out, err = capsys.readouterr()
        assert code == 0, err
        return out

    return run


def test_the_operator_s_commands(run, tmp_path, monkeypatch):
    assert re.match(r"ak_\w+:\w+\n$", run("keys", "create", "--name", "relay", "--pair"))
    assert "available  3020\n" in run("credits", "balance")
    assert run("credits", "grant", "100", "--reason", "thanks") == "available  3120\n"
    assert run("credits", "grant", "100", "--reason", "thanks") == "available  3120\n"  # one reason gives once
    house = open_house()
    with house.store.begin() as tx:
        owner = accounts.owner(tx, house.store.clock())
    (job,) = test_worker.order(house, owner.id, seconds=1)
    with test_worker.working(house):
        test_worker.until(lambda: test_worker.read(house, job).done)
    house.store.close()
    assert re.search(rf"post .*{job.id}", run("credits", "statement"))
    assert re.search(r"all +1 +0 +1\.1 +0\.2 ", run("credits", "report", "--by", ""))
    file = tmp_path / "all.zip"
    assert run("backup", file) == f"{file}\n"

    monkeypatch.setenv("VITASCOPE_HOME", str(tmp_path / "other"))
    settings.cache_clear()
    run("restore", file)
    assert "available  3119.8\n" in run("credits", "balance")
    house = open_house()
    clip_id = test_worker.read(house, job).clip_id
    assert b"".join(house.blobs.read(f"clips/{clip_id}/video.mp4"))[4:8] == b"ftyp"
    test_worker.check(house)
    house.store.close()


def test_the_command_line_loads_nothing_of_the_service_for_a_clip():
    code = (
        "import sys, vitascope.cli.app; print(sorted({'sqlalchemy', 'fastapi', 'ray', 'structlog'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
