"""A model that is not the built-in one: it has no hooks, or hooks of its own; and a server to which the built-in model,
its runtime and torch are all missing.
"""

import json
import re
import subprocess
import sys
import urllib.error
from pathlib import Path

import pytest
import sqlalchemy as sa

from doubles import CARD
from processes import LONG, Service, until
from serving import finished, png, serving
from test_models import blocks
from vitascope import ask
from vitascope.engines import hooks, model_file
from vitascope.engines.registry import SHIPPED, Registry
from vitascope.errors import BadSettings, BadSpec, EngineFailed
from vitascope.store import schema

#: The engine of docs/models.md, which also fails, freezes, goes dark or makes noise, as its prompt says.
ENGINE = """
import numpy as np

import page


class Moody(page.Stripes):
    def begin(self, spec, shape):
        if "fail" in spec.prompt:
            raise RuntimeError("it shall")
        return super().begin(spec, shape)

    def frames(self, run):
        first, noise = None, np.random.default_rng(1)
        for frame in super().frames(run):
            first = frame if first is None else first
            if "dark" in run.spec.prompt:
                yield frame * 0
            elif "noise" in run.spec.prompt:
                yield noise.integers(0, 256, frame.shape, np.uint8)
            else:
                yield first if "still" in run.spec.prompt else frame
"""
#: What a model's author may write: a reader of two words, and a judge that always asks for motion.
HOOKS = """
from vitascope.engines.hooks import Reading, Terms
from vitascope.engines.score import ScoreLine, Score

KNOWN = {"stripes": "thing:stripe", "条纹": "thing:stripe", "blue": "colour:azure"}


def read(prompt, language=""):
    words = prompt.split()
    known = tuple(word for word in words if word in KNOWN)
    unknown = tuple(word for word in words if word not in KNOWN)
    return Reading(understood=known, unknown=unknown, warning="" if known else "It knows stripes alone.")


def search_terms(words):
    found = tuple(KNOWN[word] for word in words.split() if word in KNOWN)
    return Terms(found, (), tuple(word for word in words.split() if word not in KNOWN))


class judge:
    asks_motion = staticmethod(lambda spec: True)

    @staticmethod
    def score(recipe, frames):
        next(iter(frames))
        return Score((ScoreLine("width", "wide", "wide"),), {"length": "Nobody counted."})


class cameras:
    moves = ("sideways",)
    knows = staticmethod(lambda words: words == "sideways")
    path = staticmethod(lambda spec, shape: [(0.0,) * 8] * shape.total)
"""
NAMES = ("reader", "search_terms", "judge", "cameras")
TABLE = "\n[hooks]\n" + "\n".join(
    f'{name} = "stripe_hooks:{"read" if name == "reader" else name}"' for name in NAMES
)  # fmt: skip


@pytest.fixture
def models(tmp_path, monkeypatch):
    """A folder for model files that begins with that of docs/models.md, and its engine beside it."""
    here, folder = tmp_path / "here", tmp_path / "home" / "models"
    here.mkdir()
    folder.mkdir(parents=True)
    (here / "page.py").write_text(blocks("python")[0], "utf-8")
    (here / "moody.py").write_text(ENGINE, "utf-8")
    (here / "stripe_hooks.py").write_text(HOOKS, "utf-8")
    file = blocks("toml")[0].replace("stripes:Stripes", "moody:Moody").replace('"text", "still"', '"text", "camera"')
    (folder / "stripes.toml").write_text(file, "utf-8")
    monkeypatch.syspath_prepend(here)
    hooks._loaded.cache_clear()
    return folder


def with_hooks(models):
    path = models / "stripes.toml"
    path.write_text(path.read_text("utf-8") + TABLE, "utf-8")


def running(models, **changed):
    """A server with the stripes as its default model, and a worker that has them."""
    known = Registry((SHIPPED, models))
    return serving(models.parent, models=known, model="stripes", engine=known.load("stripes"), work=True, **changed)


def make(client, prompt, **more):
    video_id = client.post("/v1/videos", json={"prompt": prompt, "seconds": 1, **more}).json()["id"]
    return finished(client, video_id)


def kinds(found):
    return [one["kind"] for one in found]


def test_of_a_model_without_hooks_nothing_is_judged_and_nothing_paid_back(models, monkeypatch):
    monkeypatch.setenv("VITASCOPE_HOME", str(models.parent))
    with running(models) as server, server.client(server.key()) as client:
        before = client.get("/v1/credits").json()["available"]
        made = {words: make(client, words) for words in ("a still red ball rolls", "dark", "noise", "red stripes")}
        seen = {words: (kinds(video["defects"]), kinds(video["warnings"])) for words, video in made.items()}
        assert seen == {
            "a still red ball rolls": ([], ["frozen"]),
            "dark": ([], ["black"]),
            "noise": ([], ["broken"]),
            "red stripes": ([], []),
        }
        assert [video["charged"] for video in made.values()] == [video["credits"] for video in made.values()]
        spent = sum(video["credits"] for video in made.values())
        assert client.get("/v1/credits").json()["available"] == pytest.approx(before - spent)
        assert not any(video["outside"] or video["notes"] for video in made.values())
        clips = client.get("/v1/library").json()["data"]
        assert {clip["prompt"]: (kinds(clip["defects"]), kinds(clip["warnings"])) for clip in clips} == seen
        assert all(clip["credits"] > 0 for clip in clips)
        failed = make(client, "fail")
        assert (failed["status"], failed["charged"]) == ("failed", 0)
        assert client.get("/v1/credits").json()["available"] == pytest.approx(before - spent)

        score = until(lambda: scored(client, clips[0]["id"]))
        assert (score["state"], score["reason"], score["overall"]) == ("not_measured", "other_model", None)
        assert {clip["score"] for clip in client.get("/v1/library").json()["data"]} == {None}

        reading = client.post("/v1/reading", json={"prompt": "a red ball"}).json()
        assert (reading["model"], reading["reads"]) == ("stripes", False)
        assert not any(reading[name] for name in ("understood", "unknown", "sentence", "phrases", "things"))
        theirs = client.post("/v1/reading", json={"prompt": "a red ball", "model": "vitascope-nano"}).json()
        assert (theirs["reads"], theirs["phrases"]) == (True, ["red ball"])

        assert found(client, "stripes") == ["red stripes"]
        assert found(client, "RED") == ["red stripes", "a still red ball rolls"]
        assert found(client, "红") == [], "what its words mean nobody says"
        assert client.get("/v1/library/near", params={"q": "red cube"}).json()["data"]
        with server.store.read() as tx:
            assert set(tx.scalars(sa.select(schema.clips.c.meaning))) == {""}

        told = client.post("/v1/camera", json={"prompt": "x", "seconds": 1, "camera": "any way it likes"})
        assert (told.status_code, told.json()["error"]["code"]) == (422, "not_supported")


def test_a_model_s_own_hooks_are_asked(models, monkeypatch):
    monkeypatch.setenv("VITASCOPE_HOME", str(models.parent))
    with_hooks(models)
    with running(models) as server, server.client(server.key()) as client:
        moved, still = make(client, "blue stripes"), make(client, "still 条纹")
        assert (moved["defects"], moved["warnings"], moved["charged"]) == ([], [], moved["credits"])
        assert (kinds(still["defects"]), still["charged"]) == (["frozen"], 0)
        assert found(client, "stripes") == ["still 条纹", "blue stripes"]
        assert found(client, "blue 条纹") == ["blue stripes"]
        assert found(client, "", thing="条纹", colour="azure") == ["blue stripes"]
        clip = client.get("/v1/library").json()["data"][1]
        score = until(lambda: scored(client, clip["id"]))
        assert (score["state"], score["overall"], score["lines"][0]["key"]) == ("measured", 100, "width")
        assert score["not_measured"] == [{"key": "length", "reason": "Nobody counted.", "why": "Nobody counted."}]
        video = client.post("/v1/videos", json={"prompt": "a dog", "seconds": 1}).json()
        assert (video["outside"], video["notes"]) == (True, ["It knows stripes alone."])
        assert client.post("/v1/reading", json={"prompt": "blue dog"}).json()["unknown"] == ["dog"]
        refused = client.post("/v1/videos", json={"prompt": "x", "seconds": 1, "camera": "push in"}).json()["error"]
        assert (refused["param"], "sideways" in refused["hint"]) == ("camera", True)
        rows = client.post("/v1/camera", json={"prompt": "x", "seconds": 1, "camera": "sideways"}).json()["rows"]
        assert len(rows) == 25


def test_a_hook_that_raises_is_logged_once_and_taken_for_absent(models, monkeypatch, caplog):
    monkeypatch.setenv("VITASCOPE_HOME", str(models.parent))
    faulty = HOOKS.replace("    words = prompt.split()", "    words = prompt.absent")
    faulty = faulty.replace("for word in words.split() if word in KNOWN)", "for word in words.absent)")
    faulty = faulty.replace("lambda spec: True", "lambda spec: spec.absent").replace(
        "next(iter(frames))", "frames.absent"
    )
    (models.parent.parent / "here" / "faulty_hooks.py").write_text(faulty, "utf-8")
    with_hooks(models)
    path = models / "stripes.toml"
    path.write_text(path.read_text("utf-8").replace("stripe_hooks:", "faulty_hooks:"), "utf-8")
    with running(models) as server, server.client(server.key()) as client:
        still, moved = make(client, "still blue stripes"), make(client, "dark stripes")
        assert [kinds(video["warnings"]) for video in (still, moved)] == [["frozen"], ["black"]]
        assert [video["charged"] for video in (still, moved)] == [still["credits"]] * 2
        assert not any(video["outside"] or video["notes"] for video in (still, moved))
        assert client.post("/v1/reading", json={"prompt": "blue stripes"}).json()["reads"] is False
        assert found(client, "blue stripes") == ["still blue stripes"]
        clips = client.get("/v1/library").json()["data"]
        scores = [until(lambda one=one: scored(client, one["id"])) for one in clips]
        assert {(score["state"], score["reason"]) for score in scores} == {("not_measured", "other_model")}
    told = [record.message for record in caplog.records if "a hook of a model failed" in record.message]
    assert sorted(told, key=str) == sorted(set(told), key=str)
    assert len(told) == 3


def scored(client, clip_id):
    score = client.get(f"/v1/library/{clip_id}/score").json()
    return score if score["state"] != "waiting" else None


def found(client, words, **more):
    return [clip["prompt"] for clip in client.get("/v1/library", params={"q": words, **more}).json()["data"]]


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (("stripe_hooks:judge", "stripe_hooks:none"), "has no attribute 'none'"),
        (("stripe_hooks:judge", "nowhere:judge"), "No module named 'nowhere'"),
        (("stripe_hooks:judge", "stripe_hooks:read"), "has no asks_motion, score"),
        (("stripe_hooks:read", "stripe_hooks:KNOWN"), "is no function"),
    ],
)
def test_a_hook_that_cannot_be_used_is_named(models, change, said):
    with_hooks(models)
    path = models / "stripes.toml"
    path.write_text(path.read_text("utf-8").replace(*change), "utf-8")
    (fault,) = hooks.faults(model_file.read(path).card)
    assert "of stripes" in fault
    assert said in fault
    assert str(models.parent) not in fault


def test_a_judge_that_cannot_be_loaded_ends_a_job_before_it_is_drawn(models, monkeypatch):
    monkeypatch.setenv("VITASCOPE_HOME", str(models.parent))
    with_hooks(models)
    path = models / "stripes.toml"
    path.write_text(path.read_text("utf-8").replace("stripe_hooks:judge", "nowhere:judge"), "utf-8")
    with running(models) as server, server.client(server.key()) as client:
        failed = make(client, "blue stripes")
        assert (failed["status"], failed["charged"]) == ("failed", 0)
        assert "nowhere" not in json.dumps(failed)


def test_an_engine_that_fails_while_it_is_loaded_is_named(models):
    (models.parent.parent / "here" / "faulty.py").write_text("def engine(card, source):\n    return 1 // 0\n", "utf-8")
    path = models / "stripes.toml"
    path.write_text(path.read_text("utf-8").replace("moody:Moody", "faulty:engine"), "utf-8")
    with pytest.raises(EngineFailed, match="The engine of stripes failed: ZeroDivisionError"):
        Registry((models,)).load("stripes")


def test_a_hook_without_an_import_path_is_refused(models):
    path = models / "stripes.toml"
    path.write_text(path.read_text("utf-8") + '\n[hooks]\njudge = "stripe_hooks"\n', "utf-8")
    with pytest.raises(BadSettings, match=r"stripes\.toml: the hook judge"):
        model_file.read(path)


def test_words_for_a_camera_are_checked_by_the_model_s_own_hook(models):
    card = model_file.read(models / "stripes.toml").card
    assert ask.camera_path("somewhere nice", card).words == "somewhere nice"
    with pytest.raises(BadSpec, match="no camera move known here"):
        ask.camera_path("somewhere nice", CARD)


#: In a process whose path begins with its folder, none of these can be imported.
BLOCK = """
import sys


class Missing:
    def find_spec(self, name, path=None, target=None):
        for gone in ("torch", "diffusers", "onnxruntime", "vitascope.smallworld"):
            if name == gone or name.startswith(gone + "."):
                raise ModuleNotFoundError(f"No module named {name!r}", name=name)


sys.meta_path.insert(0, Missing())
"""


@pytest.fixture
def bare(models, tmp_path):
    """The service without the built-in model; the stripes are its default."""
    here = tmp_path / "here"
    (here / "sitecustomize.py").write_text(BLOCK, "utf-8")
    service = Service(tmp_path, engine="true", model="stripes")
    service.environment["PYTHONPATH"] = f"{here}:{service.environment['PYTHONPATH']}"
    yield service
    service.close()


@pytest.mark.slow
@pytest.mark.smoke
def test_the_server_and_a_worker_need_neither_the_built_in_model_nor_its_runtime(bare):
    for name in ("torch", "vitascope.smallworld.reader.reader"):
        gone = subprocess.run([sys.executable, "-c", f"import {name}"], env=bare.environment, capture_output=True)
        assert b"ModuleNotFoundError" in gone.stderr, "or nothing is shown here"
    listed = bare.run("models")
    assert listed.wait(LONG) == 0
    assert "stripes  Moving stripes" in listed.stdout.read()
    assert re.search(r"vitascope-nano\.toml.*No module named 'vitascope.smallworld.*left out", bare.words(), re.S)

    bare.serve()
    assert [one["id"] for one in bare.get("/v1/models")["data"]] == ["stripes"]
    assert bare.get("/v1/quote", "POST", {"prompt": "a red ball", "seconds": 1})["credits"] == 0.05
    owner = bare.get("/v1/account")["id"]
    bare.get(f"/v1/admin/accounts/{owner}/credits", "POST", {"credits": 10, "kind": "gift", "source": "a"})
    before = bare.get("/v1/credits")["available"]
    orders = {prompt: bare.order(prompt) for prompt in ("a red ball", "fail")}
    ended = {prompt: until(lambda id=id: done(bare.video(id)), prompt) for prompt, id in orders.items()}
    assert [video["status"] for video in ended.values()] == ["completed", "failed"]
    assert (ended["fail"]["charged"], ended["a red ball"]["charged"]) == (0, 0.05)
    assert bare.get("/v1/credits")["available"] == pytest.approx(before - 0.05)

    clip = ended["a red ball"]["clip_id"]
    assert [one["id"] for one in bare.get("/v1/library?q=ball&thing=")["data"]] == []
    assert [one["id"] for one in bare.get("/v1/library?q=red+ball")["data"]] == [clip]
    assert bare.get("/v1/library/near?q=red+cube")["data"][0]["id"] == clip
    until(lambda: bare.get(f"/v1/library/{clip}/score")["reason"] == "other_model", "no score")
    picture = bare.get(f"/v1/library/{clip}/frame?at=first")
    assert picture[:4] == png()[:4]
    assert bare.get("/v1/reading", "POST", {"prompt": "a red ball"})["reads"] is False
    for page in ("jobs", "workers", "health", "usage", "plans", "aliases", "accounts"):
        assert bare.get(f"/v1/admin/{page}"), page
    assert bare.get("/v1/admin/workers")["data"][0]["models"] == ["stripes"]
    assert b"<!doctype html>" in bare.get("/")[:200].lower()

    with pytest.raises(urllib.error.HTTPError) as refused:
        bare.order("a red ball", model="vitascope-nano")
    said = json.loads(refused.value.read())["error"]
    assert (refused.value.code, "cannot be used on this server" in said["message"]) == (422, True)
    assert "stripes" in said["hint"]
    assert str(Path(__file__).parent.parent) not in bare.words()


def done(video):
    return video if video["status"] in ("completed", "failed") else None
