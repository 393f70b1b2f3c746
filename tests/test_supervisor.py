"""Several models from one server, in real processes: loaded as jobs ask for them, killed, changed, broken, put away."""

import os
import re
import signal
import sys
from pathlib import Path

import pytest

from doubles import DiscEngine
from processes import LONG, Service, children, until
from test_models import blocks
from test_worker import check, house, mia, order, read, working  # noqa: F401  fixtures

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="looks into /proc")


def test_a_worker_that_retires_finishes_what_it_has_begun_and_gives_back_the_rest(house, mia):  # noqa: F811
    with working(house, DiscEngine(pause_seconds=0.05), drain_seconds=0) as worker:
        placed = order(house, mia, n=3, seconds=1, steps=10)
        until(lambda: worker.held == 3 and any(read(house, job).step for job in placed))
        worker.retire()
        until(lambda: worker.held == 0)
    ended = [read(house, job) for job in placed]
    assert "succeeded" in {job.state for job in ended} <= {"succeeded", "queued"}
    assert "queued" in {job.state for job in ended}
    assert all(job.attempts == job.released for job in ended if job.state == "queued")
    check(house)


@pytest.fixture
def service(tmp_path):
    """With two models of the page on adding an engine, of 1 GB each; their steps take a while where a job has many."""
    made = Service(tmp_path, engine="true", database_url="")
    (engine,) = blocks("python")
    (tmp_path / "stripes.py").write_text(
        "import time\n" + engine.replace("run.step_index += 1", "run.step_index += 1\n            time.sleep(0.2)")
    )
    made.environment["PYTHONPATH"] += os.pathsep + str(tmp_path)
    made.models = tmp_path / "home" / "models"
    made.models.mkdir(parents=True)
    for name in ("stripes", "bands"):
        write(made, name)
    yield made
    made.close()


def write(service, name, gigabytes=1, **changed):
    (file,) = blocks("toml")
    file = file.replace('name = "stripes"', f'name = "{name}"\ngigabytes = {gigabytes}')
    for old, new in changed.items():
        file = file.replace(old, new)
    (service.models / f"{name}.toml").write_text(file)


def crew(process):
    """Its workers' process ids, by model."""
    found = {}
    for pid in children(process):
        words = Path(f"/proc/{pid}/cmdline").read_text().split("\0")
        if "--model" in words:
            found[words[words.index("--model") + 1]] = pid
    return found


@pytest.mark.smoke
def test_two_models_are_served_by_one_server_and_one_that_dies_harms_no_other(service):
    process = service.serve("--model", "stripes", "--model", "bands", "--lease-seconds", 5, "--gigabytes", 2.5)

    def model(name):
        return service.get(f"/v1/models/{name}")

    def completed(video):
        told = service.video(video)
        assert told["status"] != "failed", told
        return told["status"] == "completed"

    until(lambda: model("stripes")["loaded"], "the first model")
    assert (model("bands")["loaded"], model("bands")["served"]) == (False, True)
    assert set(crew(process)) == {"stripes"}  # no third process until a second model is asked for
    unserved = model("vitascope-nano")
    assert (unserved["served"], unserved["notes"][0][:36]) == (False, "No worker serves vitascope-nano now.")
    quote = service.get("/v1/quote", "POST", {"prompt": "a ball", "model": "vitascope-nano"})
    assert unserved["notes"][0] in quote["notes"]

    first = [service.order(model=name, steps=15) for name in ("stripes", "bands")]
    until(lambda: all(service.video(video)["step"] for video in first), "both at work")
    before = crew(process)
    os.kill(before["stripes"], signal.SIGKILL)
    until(lambda: completed(first[1]), "the other model's clip")
    until(lambda: completed(first[0]), "the killed worker's clip")
    after = crew(process)
    assert after["bands"] == before["bands"]
    assert after["stripes"] != before["stripes"]
    page = service.get("/metrics").decode()
    for name in ("stripes", "bands"):
        assert re.search(rf'vitascope_step_seconds_count{{model="{name}"}} [1-9]', page)
    ended = 'vitascope_jobs_ended_total{outcome="succeeded"} 2.0'  # of two processes
    until(lambda: ended in service.get("/metrics").decode(), "both to be counted")

    write(service, "bands", colour="# another\ncolour")
    until(lambda: crew(process).get("bands") not in (None, after["bands"]), "its process to be replaced")
    write(service, "stripes", gigabytes=2)  # too large for both
    until(lambda: crew(process).get("stripes") != after["stripes"], "the old process to end")
    last = service.order(model="stripes")
    until(lambda: completed(last), "a clip of the larger one")
    assert set(crew(process)) == {"stripes"}  # the idle one is put away, and its process gone
    process.send_signal(signal.SIGTERM)
    assert process.wait(LONG) == 0
    assert "Traceback" not in service.words()


@pytest.mark.slow
def test_a_model_that_cannot_be_loaded_is_told_and_its_jobs_fail(service):
    write(service, "broken", Stripes="Nothing")
    process = service.serve("--model", "stripes", "--model", "broken")
    good, bad = service.order(model="stripes"), service.order(model="broken")
    told = until(lambda: (one := service.video(bad))["status"] == "failed" and one, "its end")
    assert told["error"]["message"] == "The model broken cannot be loaded on this server."
    assert told["charged"] == 0
    until(lambda: service.video(good)["status"] == "completed", "the good one")
    (fault,) = service.get("/v1/admin/health")["model_faults"]
    assert "stripes:Nothing" in fault
    assert not service.get("/v1/models/broken")["served"]
    listing = service.run("models", "--all").stdout.read()
    assert re.search(r"served +no worker serves it now; .*stripes:Nothing", listing)
    assert re.search(r"served +loaded by 1 worker\n", listing)
    assert set(crew(process)) == {"stripes"}


@pytest.mark.slow
def test_a_worker_without_a_model_s_name_serves_them_all(service):
    process = service.serve("--workers", 0)
    video = service.order(model="stripes")
    assert any("No worker serves stripes" in note for note in service.video(video)["notes"])
    worker = service.run("work", "--model", "stripes", "--model", "bands", "--drain-seconds", 5)
    other = service.order(model="bands")
    until(lambda: all(service.video(one)["status"] == "completed" for one in (video, other)), "both clips")
    assert set(crew(worker)) == {"stripes", "bands"}
    pids = crew(worker).values()
    worker.send_signal(signal.SIGTERM)
    assert worker.wait(LONG) == 0
    assert not any(Path(f"/proc/{pid}").exists() for pid in pids)
    assert crew(process) == {}
