"""An open model in the product: from a model file to a clip on the command line and in the service, with progress,
previews and cancel.
"""

import json
import subprocess
import sys
import threading
import time

import pytest

import tiny_open
from doubles import environment
from open_models import engine
from processes import LONG
from serving import finished, serving, until
from vitascope.media import video

pytestmark = pytest.mark.slow


MODEL = """
name = "tiny-wan"
title = "Wan with random weights"
engine = "vitascope.engines.openweights.engine:open_engine"
modes = ["text", "still"]
limits = "its weights are random"
presets = ["fast"]

[source]
family = "wan"
folder = "{folder}"

[source.presets.fast]
steps = 2
guidance = 1.0
shift = 5.0
scheduler = "euler"

[format]
fps = 16
group = 4
side = 16
sizes = ["32x32", "64x32"]
steps = 5
guidance = 5.0

[price]
second = 5
still = 2
"""


@pytest.mark.smoke
def test_a_model_file_makes_a_clip_on_the_command_line(root, tmp_path):
    home = tmp_path / "home"
    (home / "models").mkdir(parents=True)
    folder = tiny_open.folder("wan_t2v", root)
    (home / "models" / "tiny-wan.toml").write_text(MODEL.format(folder=folder), "utf-8")

    def run(*words):
        told = environment() | {"VITASCOPE_HOME": str(home)}
        command = [sys.executable, "-m", "vitascope", *words]
        return subprocess.run(command, env=told, cwd=tmp_path, capture_output=True, text=True, timeout=300)

    asked = ("generate", "a red ball rolls", "--model", "tiny-wan", "--seconds", "0.5", "--seed", "1")
    done = run(*asked, "--preset", "fast", "-o", "out.mp4")
    assert done.returncode == 0, done.stderr
    assert "understood: a red ball rolls" in done.stderr
    assert "9 frames, 32x32" in done.stderr
    assert "Warning" not in done.stderr
    info = video.probe(tmp_path / "out.mp4")
    assert (info.width, info.height, info.frames, info.fps) == (32, 32, 9, 16)
    recipe = json.loads(run("recipe", "out.mp4").stdout)
    assert recipe["model"]["name"] == "tiny-wan"
    assert recipe["shape"]["steps"] == 2
    wrong = run(*asked, "--preset", "slow", "-o", "no.mp4")
    assert wrong.returncode == 2
    assert 'has no preset "slow"' in wrong.stderr
    (folder / "vae").rename(folder / "away")
    try:
        broken = run(*asked, "-o", "no.mp4")
    finally:
        (folder / "away").rename(folder / "vae")
    assert broken.returncode == 1
    assert "has no vae" in broken.stderr
    assert "Traceback" not in broken.stderr
    assert not (tmp_path / "no.mp4").exists()


@pytest.mark.smoke
def test_a_service_tells_its_steps_shows_it_and_stops_it(root, tmp_path):
    from vitascope.engines.card import ModelPrice

    price = ModelPrice(second=5, still=2, steps=0)
    maker = engine("wan_t2v", root, price=price, limits="random weights")
    steps, shown, own = [], threading.Event(), maker.step

    def slowly(runs):
        time.sleep(0.05)
        steps.extend(run.spec.prompt for run in runs)
        if steps.count("a red ball") == 50:  # long after its first preview
            assert shown.wait(LONG)
        own(runs)

    maker.step = slowly
    with serving(tmp_path, engine=maker, cards=(maker.card,), work=True) as server:
        client = server.client(server.key())
        asked = {"model": "tiny", "seconds": 0.5, "size": "32x32", "seed": 1}
        made = client.post("/v1/videos", json={"prompt": "a red ball", "steps": 60, **asked})
        assert made.status_code < 300, made.text
        gone = client.post("/v1/videos", json={"prompt": "a dog runs", "steps": 900, **asked}).json()

        def look(what):
            return until(
                lambda: [seen for seen in [client.get(f"/v1/videos/{what}").json()] if seen.get("preview_url")]
            )

        seen = look(made.json()["id"])[0]
        assert seen["status"] == "in_progress"
        shown.set()
        until(lambda: "a dog runs" in steps)
        client.post(f"/v1/videos/{gone['id']}/cancel")
        assert finished(client, gone["id"])["state"] == "cancelled"
        done = finished(client, made.json()["id"])
        assert done["status"] == "completed", done
        count = steps.count("a dog runs")
        assert steps.count("a red ball") == 60
        assert count < 900
