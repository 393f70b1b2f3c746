"""Films over HTTP: one document that several change, takes through the real queue and ledger, nothing made twice."""

import io
import json
import os
import zipfile
from concurrent.futures import ThreadPoolExecutor
from fractions import Fraction

import httpx2
import numpy as np
import pytest
import sqlalchemy as sa
from PIL import Image

import footage
from processes import until
from serving import png, serving
from vitascope.film import document, edit, render, timeline
from vitascope.media import video
from vitascope.server.films import files
from vitascope.store import film_takes, schema

FILM = {
    "title": "The red ball",
    "width": 352,
    "height": 192,
    "scene_order": ["s1", "s2"],
    "scenes": {"s1": {"heading": "A field", "shots": ["k1", "k2"]}, "s2": {"shots": ["k3"]}},
    "shots": {
        "k1": {"action": "A red ball bounces.", "seconds": "1"},
        "k2": {"action": "It rolls away.", "seconds": "1", "start": "continue"},
        "k3": {"action": "A blue cube falls.", "seconds": "1"},
    },
}


@pytest.fixture(scope="module")
def served(tmp_path_factory):
    """A server without a worker."""
    with serving(tmp_path_factory.mktemp("films")) as running:
        yield running


@pytest.fixture(scope="module")
def working(tmp_path_factory):
    """A server with a worker."""
    with serving(tmp_path_factory.mktemp("working"), work=True) as running:
        yield running


@pytest.fixture
def client(served):
    return served.client(served.key())


def created(client, **changed):
    answer = client.post("/v1/films", json={"document": {**FILM, **changed}})
    assert answer.status_code == 201, answer.text
    return answer.json()


def patched(client, film, changes, **more):
    return client.patch(f"/v1/films/{film['id']}", json={"version": film["version"], "changes": changes, **more})


def states(film, kind="clip"):
    return {one["of"]: one["state"] for one in film["states"] if one["kind"] == kind}


def test_a_film_is_made_shown_changed_and_put_away(client):
    film = created(client)
    assert (film["version"], film["title"], states(film)) == (
        1, "The red ball", {"k1": "missing", "k2": "blocked", "k3": "missing"},
    )  # fmt: skip
    assert film["estimate"]["missing"]["clips"] == 3
    changed = patched(client, film, {"title": "The ball", "shots": {"k1": {"seconds": None}}}).json()
    assert (changed["version"], changed["title"], "seconds" in changed["document"]["shots"]["k1"]) == (
        2, "The ball", False,
    )  # fmt: skip
    listed = client.get("/v1/films").json()["data"]
    assert [(one["id"], one["shots"]) for one in listed] == [(film["id"], 3)]
    assert client.delete(f"/v1/films/{film['id']}").json()["object"] == "film.trashed"
    trashed = client.get(f"/v1/films/{film['id']}")
    assert (trashed.status_code, trashed.json()["trashed_at"] is None) == (200, False), (
        "as a clip in the trash is shown"
    )
    assert client.get("/v1/films").json()["data"] == []
    assert client.post(f"/v1/films/{film['id']}/make", json={}).status_code == 409
    assert client.post(f"/v1/films/{film['id']}/restore").json()["trashed_at"] is None


def test_two_editors_do_not_write_over_each_other(client):
    film = created(client)
    assert patched(client, film, {"shots": {"k1": {"action": "A blue ball bounces."}}}, by="Mia").status_code == 200
    other = patched(client, film, {"shots": {"k3": {"action": "A cube."}}}, by="Tom")
    assert (other.status_code, other.json()["version"]) == (200, 3), "their changes do not touch each other"
    third = patched(client, film, {"shots": {"k1": {"action": "No ball."}}}, by="Tom")
    told = third.json()["error"]
    assert (third.status_code, told["code"], told["version"]) == (409, "film_changed", 3)
    assert told["conflicts"][0]["path"] == "shots.k1.action"
    assert told["conflicts"][0]["by"] == "Mia"
    assert patched(client, film, {"shots": {"k1": None}}).status_code == 409, "what Mia changed is not removed"
    assert patched(client, film, {"width": 7}).status_code == 400, "that could never be"
    same = patched(client, film, {"shots": {"k1": {"action": "A blue ball bounces."}}}, by="Tom")
    assert (same.status_code, same.json()["version"]) == (200, 3), "both meant the same"


def test_changes_are_undone_and_done_again(client):
    film = created(client)
    url = f"/v1/films/{film['id']}"
    for title in ("one", "two"):
        client.patch(url, json={"changes": {"title": title}})
    assert client.post(f"{url}/undo").json()["title"] == "one"
    assert client.post(f"{url}/undo", json={"by": "Mia"}).json()["title"] == "The red ball"
    assert client.post(f"{url}/undo").status_code == 409
    again = client.post(f"{url}/redo").json()
    assert (again["title"], again["can_undo"], again["can_redo"], again["version"]) == ("one", True, True, 6)
    client.patch(url, json={"changes": {"title": "three"}})
    assert client.post(f"{url}/redo").status_code == 409, "a new change leaves nothing to be done again"
    kinds = [one["kind"] for one in client.get(f"{url}/history").json()["data"]]
    assert kinds == ["edit", "redo", "undo", "undo", "edit", "edit", "edit"]


def test_nobody_sees_anothers_film(served, client):
    film, other = created(client), served.client(served.key())
    url = f"/v1/films/{film['id']}"
    asked = [
        other.get(url), other.patch(url, json={"changes": {}}), other.delete(url), other.post(f"{url}/undo"),
        other.get(f"{url}/history"), other.post(f"{url}/quote", json={}), other.post(f"{url}/make", json={}),
        other.get(f"{url}/timeline"), other.post(f"{url}/renders", json={}),
        other.post(f"{url}/takes", json={"of": "k1", "kind": "clip", "clip_id": "clip_1"}),
    ]  # fmt: skip
    assert {answer.status_code for answer in asked} == {404}


@pytest.mark.parametrize(
    "changes",
    [
        {"scenes": {"s2": {"shots": ["k3", "k3"]}}},
        {"rate": "16"},
        {"shots": {"k1": {"seconds": "-1"}}},
        {"shots": {"k1": {"seconds": "1e9999999"}}},
        {"gates": {"cut": {"by": "Mia", "at": "nan", "digest": ""}}},
        {"nonsense": 1},
        {"width": 3},
    ],
)
def test_what_is_no_film_is_refused_and_nothing_is_kept(client, changes):
    film = created(client)
    answer = patched(client, film, changes)
    assert (answer.status_code, answer.json()["error"]["code"]) == (400, "bad_spec")
    assert client.get(f"/v1/films/{film['id']}").json()["version"] == 1


@pytest.mark.parametrize(
    ("changes", "path"),
    [
        ({"shots": {"k1": {"take": "take_nowhere"}}}, "shots.k1.take"),
        ({"shots": {"k2": {"still": "take_nowhere"}}}, "shots.k2.still"),
        ({"shots": {"k1": None}}, "scenes.s1.shots.0"),
        ({"shots": {"k1": {"cast": ["nobody"]}}}, "shots.k1.cast.0"),
        ({"shots": {"k3": {"lines": [{"id": "l1", "text": "Hi.", "speaker": "c9"}]}}}, "shots.k3.lines.0.speaker"),
        ({"scene_order": ["s1", "s9", "s2"]}, "scene_order.1"),
        ({"scenes": {"s1": {"place": "c9"}}}, "scenes.s1.place"),
        ({"cut": {"items": [{"id": "a", "shot": "k9"}]}}, "cut.items.0.shot"),
        ({"cut": {"items": [{"id": "a", "shot": "k1", "take": "take_nowhere"}]}}, "cut.items.0.take"),
        ({"cut": {"items": [{"id": "a", "file": "clip_nowhere"}]}}, "cut.items.0.file"),
        ({"cut": {"left_out": ["k9"]}}, "cut.left_out.0"),
        ({"cast": {"c1": {"name": "Mia", "references": ["clip_nowhere"]}}}, "cast.c1.references.0"),
        ({"cast": {"c1": {"name": "Mia", "voice": {"engine": "nobody"}}}}, "cast.c1.voice.engine"),
        ({"cues": {"m1": {"file": "ab" * 32}}}, "cues.m1.file"),
        ({"overlays": {"o1": {"picture": "ab" * 32}}}, "overlays.o1.picture"),
    ],
)
def test_a_name_of_what_is_not_there_is_refused_with_its_path(client, changes, path):
    film = created(client)
    told = patched(client, film, changes)
    error = told.json()["error"]
    assert (told.status_code, error["code"], error["param"]) == (422, "unknown_id", path)
    assert error["hint"]
    assert client.get(f"/v1/films/{film['id']}").json()["version"] == 1
    assert client.post("/v1/films", json={"document": edit.merged(FILM, changes)}).status_code == 422


def test_nobody_waits_while_a_program_lists_its_voices(served, client, tmp_path, monkeypatch):
    asked, tell = tmp_path / "asked", tmp_path / "tell"
    program = tmp_path / "espeak-ng"
    program.write_text(f"#!/bin/sh\n>{asked}\nuntil [ -e {tell} ]; do sleep 0.05; done\n")
    program.chmod(0o755)
    film, other = created(client), served.client(served.key())
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    with ThreadPoolExecutor() as pool:
        slow = pool.submit(patched, client, film, {"cast": {"c1": {"name": "Mia", "voice": {"engine": "nobody"}}}})
        try:
            until(asked.exists)
            created(other)
            assert not slow.done()
        finally:
            tell.touch()
        assert slow.result().status_code == 422


def test_a_renamed_character_makes_nothing_out_of_date(client):
    cast = {"c1": {"name": "Mia", "looks": "a red ball"}}
    shots = {**FILM["shots"], "k1": {"action": "Mia bounces.", "cast": ["c1"], "seconds": "1"}}
    film = created(client, cast=cast, shots=shots)
    url = f"/v1/films/{film['id']}"
    renamed = client.post(f"{url}/rename", json={"id": "c1", "name": "Ida"}).json()
    assert renamed["document"]["shots"]["k1"]["action"] == "Ida bounces."
    assert client.post(f"{url}/rename", json={"id": "c9", "name": "Ida"}).status_code == 400


def test_a_gate_opens_again_when_what_was_seen_has_changed(client):
    film = created(client)
    url = f"/v1/films/{film['id']}"
    assert client.post(f"{url}/gates/breakdown", json={"by": "Mia"}).json()["gates"]["breakdown"] == "passed"
    client.patch(url, json={"changes": {"shots": {"k1": {"action": "Another ball."}}}})
    assert client.get(url).json()["gates"]["breakdown"] == "open again"
    assert client.post(f"{url}/gates/breakdown", json={"approve": False}).json()["gates"]["breakdown"] == "closed"
    assert client.post(f"{url}/gates/nonsense", json={}).status_code == 400


def test_a_quote_is_the_charge_and_nothing_is_made_twice(working):
    client = working.client(working.key(credits=1000))
    film = created(client)
    url = f"/v1/films/{film['id']}"
    quote = client.post(f"{url}/quote", json={}).json()
    assert [(one["of"], one["mode"], one["after"]) for one in quote["items"]] == [
        ("k1", "text", ""), ("k2", "continue", "k1"), ("k3", "text", ""),
    ]  # fmt: skip
    assert quote["credits"] == film["estimate"]["missing"]["credits"] > 0
    made = client.post(f"{url}/make", json={"max_credits": quote["credits"], "version": 1})
    assert (made.status_code, made.json()["credits"]) == (202, quote["credits"]), made.text
    assert client.post(f"{url}/make", json={}).json()["items"] == [], "all of it is on its way"
    film = until(lambda: settled(client, url))
    assert states(film) == {"k1": "current", "k2": "current", "k3": "current"}
    assert film["estimate"]["spent"] == quote["credits"]
    assert film["estimate"]["running"] == 0
    takes = {take["of"]: take for take in film["takes"]}
    second = client.get(f"/v1/videos/{takes['k2']['video_id']}").json()
    assert second["given"] == ["first"]
    first = client.get(f"/v1/library/{takes['k1']['clip_id']}").json()
    given = client.get(f"/v1/videos/{second['id']}/given").content
    assert (pixels(given) == pixels(client.get(first["last_frame_url"]).content)).all(), "it goes on from there"
    assert client.post(f"{url}/make", json={}).json()["items"] == []
    seams = until(lambda: [take["seam"] for take in client.get(url).json()["takes"] if take["seam"] is not None])
    assert len(seams) == 1, "how one goes on from the other is measured"
    assert seams[0] > 0
    film = client.patch(url, json={"changes": {"shots": {"k1": {"action": "A green ball bounces."}}}}).json()
    assert states(film) == {"k1": "stale", "k2": "current", "k3": "current"}
    again = client.post(f"{url}/make", json={"stale": True}).json()
    assert [one["of"] for one in again["items"]] == ["k1"]
    film = until(lambda: settled(client, url))
    assert states(film) == {"k1": "current", "k2": "stale", "k3": "current"}, "what follows is out of date"


def pixels(data):
    return np.asarray(Image.open(io.BytesIO(data)).convert("RGB"))


def settled(client, url):
    film = client.get(url).json()
    return film if "running" not in film["summary"] else None


def test_a_film_is_rendered_as_it_was_when_it_was_asked(working):
    client = working.client(working.key())
    film = created(client)
    url = f"/v1/films/{film['id']}"
    asked = client.post(f"{url}/renders", json={"height": 96})
    assert asked.status_code == 202, asked.text
    render = asked.json()
    client.patch(url, json={"changes": {"shots": {"k1": {"seconds": "9"}}}})
    done = until(lambda: ended(client, f"{url}/renders/{render['id']}"))
    assert (done["state"], done["seconds"], done["version"], done["progress"]) == ("succeeded", "3", 1, 100), done
    file = httpx2.get(done["url"]).content
    info = video.probe(file)
    assert (info.width, info.height, info.frames) == (176, 96, 72)
    assert [one["id"] for one in client.get(f"{url}/renders").json()["data"]] == [render["id"]]
    assert client.delete(f"{url}/renders/{render['id']}").json()["object"] == "render.deleted"
    assert client.get(f"{url}/renders/{render['id']}").status_code == 404


def test_the_timeline_has_links_captions_and_what_is_missing(working):
    client = working.client(working.key())
    lines = [{"id": "l1", "kind": "voice_over", "text": "Look, a ball!", "spoken_by": "nobody"}]
    shots = {**FILM["shots"], "k1": {**FILM["shots"]["k1"], "lines": lines}}
    film = created(client, shots=shots)
    url = f"/v1/films/{film['id']}"
    client.post(f"{url}/make", json={"ids": ["k1"]})
    until(lambda: settled(client, url))
    line = client.get(f"{url}/timeline").json()
    assert [piece["name"] for piece in line["pieces"]] == ["S01-01 t1", "S01-02 -", "S02-01 -"]
    assert line["captions"][0]["text"] == "Look, a ball!"
    first = line["pieces"][0]["media"]
    assert (first["rate"], first["begin"]) == ("16", "0")
    assert httpx2.get(first["url"]).status_code == 200
    assert line["pieces"][1]["media"] is None
    for form in ("srt", "vtt", "json"):
        assert client.get(f"{url}/export", params={"format": form}).status_code == 200
    cut = client.get(f"{url}/export", params={"format": "otio"}).text
    assert '"S01-02 -"' in cut
    other = created(client, shots=shots, title="Another")["id"]
    refused = client.post(f"/v1/films/{other}/import", files={"content": ("cut.otio", cut)})
    assert refused.status_code == 400
    assert '"Another"' in refused.json()["error"]["message"]
    file = {"content": ("cut.otio", cut.replace('"S01-02 -"', '"Beach"'))}

    def taken_over(**more):
        return client.post(f"{url}/import", files=file, data={"accept": "all", **more})

    assert taken_over().json()["error"]["param"] == "files"
    assert taken_over(files="[").status_code == 400
    assert taken_over(files='{"Beach": "clip_nowhere"}').status_code == 404
    clip_id = client.get(url).json()["takes"][0]["clip_id"]
    changes = taken_over(files=json.dumps({"Beach": clip_id})).json()["changes"]
    film = client.patch(url, json={"changes": changes}).json()
    assert [one.get("file", one.get("shot")) for one in film["document"]["cut"]["items"]] == ["k1", clip_id, "k3"]
    packed = client.get(f"{url}/export", params={"format": "zip", "formats": "otio,vtt"})
    with zipfile.ZipFile(io.BytesIO(packed.content)) as box:
        kinds = {name.rpartition(".")[2] for name in box.namelist() if "/" not in name}
    assert kinds == {"otio", "vtt", "json"}
    for params in ({"format": "zip", "formats": "avi"}, {"format": "otio", "formats": "srt"}):
        refused = client.get(f"{url}/export", params=params)
        assert (refused.status_code, refused.json()["error"]["param"]) == (400, "formats")


def test_an_overlay_is_drawn_for_the_preview_as_the_render_draws_it(served, tmp_path):
    client = served.client(served.key())
    logo = Image.new("RGBA", (40, 20), (200, 30, 40, 255))
    logo.save(tmp_path / "logo.png")
    url = f"/v1/films/{created(client)['id']}"
    kept = client.post(f"{url}/files", files={"content": ("logo.png", (tmp_path / "logo.png").read_bytes())}).json()
    overlays = {
        "o1": {"picture": kept["sha256"], "place": "top left", "height": 0.2, "start": "1/2", "end": "1"},
        "o2": {"text": "9.99", "place": "bottom", "height": 0.1},
        "o3": {"text": " "},
    }
    client.patch(url, json={"changes": {"overlays": overlays}})
    line = client.get(f"{url}/timeline").json()
    assert [(one["id"], one["start"], one["end"]) for one in line["overlays"]] == [
        ("o1", "1/2", "1"), ("o2", "0", line["seconds"]),
    ]  # fmt: skip
    film = document.read(client.get(url).json()["document"])
    rendered = render.frame_at(
        timeline.timeline(film, ()), Fraction(3, 4), locate=lambda _: tmp_path / "logo.png",
        overlays=tuple(film.overlays.values()),
    )  # fmt: skip
    seen = Image.fromarray(render.frame_at(timeline.timeline(film, ()), Fraction(3, 4), locate=lambda _: None))
    for one in line["overlays"]:
        answer = client.get(one["url"])
        assert (answer.headers["content-type"], answer.headers["cache-control"]) == (
            "image/png", "private, max-age=86400, immutable",
        )  # fmt: skip
        seen.paste(drawn := Image.open(io.BytesIO(answer.content)), mask=drawn)
    assert np.abs(np.asarray(seen).astype(int) - rendered).max() <= 1
    client.patch(url, json={"changes": {"overlays": {"o2": {"text": "8.99"}}}})
    then = client.get(f"{url}/timeline").json()["overlays"]
    assert then[0]["url"] == line["overlays"][0]["url"]
    assert then[1]["url"] != line["overlays"][1]["url"]
    for gone in ("o3", "o9"):
        assert client.get(f"{url}/overlays/{gone}").status_code == 404
    with served.store.begin() as tx:
        tx.execute(sa.delete(schema.inputs).where(schema.inputs.c.sha256 == kept["sha256"]))
    assert client.get(f"{url}/overlays/o1").status_code == 404


def ended(client, url):
    found = client.get(url).json()
    return found if found["finished_at"] else None


def test_voices_and_music_are_made_by_the_worker_and_cost_nothing(working, programs):
    client = working.client(working.key(credits=0, plan="free"))
    lines = [{"id": "l1", "kind": "voice_over", "text": "Look, a ball!"}]
    shots = {"k1": {**FILM["shots"]["k1"], "lines": lines}}
    scenes = {"s1": {"shots": ["k1"]}}
    film = created(client, shots=shots, scenes=scenes, scene_order=["s1"], cues={"m1": {"mood": "calm", "seed": 3}})
    url = f"/v1/films/{film['id']}"
    assert (states(film, "voice"), states(film, "music")) == ({"l1": "missing"}, {"m1": "missing"})
    made = client.post(f"{url}/make", json={"kinds": ["voice", "music"]}).json()
    told = [(one["kind"], one["label"], one["credits"]) for one in made["items"]]
    assert told == [("voice", "S01-01", 0), ("music", "m1", 0)]
    film = until(lambda: settled(client, url))
    takes = {take["kind"]: take for take in film["takes"]}
    assert takes["voice"]["state"] == takes["music"]["state"] == "made", takes
    assert states(film, "voice") == {"l1": "current"}
    for take in takes.values():
        file = httpx2.get(take["media"]["url"])
        assert (file.headers["content-type"], file.content[:4]) == ("audio/wav", b"RIFF")
    assert [word for word, _, _ in takes["voice"]["words"]]
    line = client.get(f"{url}/timeline").json()
    assert [one["of"] for one in (*line["voices"], *line["music"])] == ["l1", "m1"]
    film = client.patch(url, json={"changes": {"shots": {"k1": {"seconds": "5"}}}}).json()
    assert states(film, "music") == {"m1": "stale"}, "it is as long as the film"
    for take in takes.values():
        assert client.delete(f"{url}/takes/{take['id']}").status_code == 200
        assert httpx2.get(take["media"]["url"]).status_code == 404, "its file has gone"


def test_who_can_speak_is_listed_and_speaks(working, programs):
    client = working.client(working.key())
    voices = client.get("/v1/voices").json()["data"]
    assert voices
    spoken = client.post("/v1/speech", json={"text": "Good morning."})
    assert (spoken.status_code, spoken.content[:4]) == (200, b"RIFF"), spoken.text
    refused = client.post("/v1/speech", json={"text": "Good morning.", "voice": "nobody"})
    assert (refused.status_code, refused.json()["error"]["param"]) == (422, "voice")
    assert client.post("/v1/speech", json={"text": ""}).status_code == 422


def test_a_budget_is_held_when_it_is_ordered(working):
    client = working.client(working.key())
    film = created(client, budget=0.3)
    url = f"/v1/films/{film['id']}"
    quote = client.post(f"{url}/quote", json={}).json()
    assert quote["credits"] > quote["budget_left"] == 0.3
    refused = client.post(f"{url}/make", json={})
    assert (refused.status_code, refused.json()["error"]["code"]) == (409, "over_budget")
    assert client.get(url).json()["takes"] == []
    assert client.post(f"{url}/make", json={"ids": ["k1"]}).status_code == 202
    assert client.post(f"{url}/make", json={"ids": ["k3"]}).status_code == 409, "what is on its way counts"
    cheap = client.post(f"{url}/make", json={"ids": ["k3"], "max_credits": 0.01})
    assert cheap.json()["error"]["code"] == "price_too_high"


def test_a_film_in_the_list_says_what_it_cost_and_may_cost(working):
    client = working.client(working.key())
    url = f"/v1/films/{created(client, budget=30)['id']}"

    def money():
        (line,) = client.get("/v1/films").json()["data"]
        return line["spent"], line["running"], line["budget"]

    assert money() == (0, 0, 30)
    credits = client.post(f"{url}/make", json={"ids": ["k1"], "kinds": ["clip"]}).json()["credits"]
    assert credits > 0
    until(lambda: settled(client, url))
    assert money() == (credits, 0, 30)


def test_what_cannot_be_made_is_told_and_nothing_of_the_batch_is_ordered(client):
    film = created(client, shots={**FILM["shots"], "k2": {"action": "Long.", "seconds": "90"}})
    url = f"/v1/films/{film['id']}"
    refused = client.post(f"{url}/make", json={})
    told = refused.json()["error"]
    assert (refused.status_code, told["code"]) == (409, "blocked")
    assert [one["of"] for one in told["refused"]] == ["k2"]
    assert "at most 60 s" in told["refused"][0]["message"]
    assert client.get(url).json()["estimate"]["missing"]["refused"] == 1
    assert client.post(f"{url}/make", json={"ids": ["k1", "k3"]}).status_code == 202
    unknown = client.post(f"{url}/quote", json={"ids": ["k9"]})
    assert (unknown.status_code, unknown.json()["error"]["param"]) == (400, "ids")


def test_the_same_order_under_its_key_is_taken_once(client):
    film = created(client)
    url = f"/v1/films/{film['id']}"
    sent = [client.post(f"{url}/make", json={}, headers={"idempotency-key": "one"}) for _ in range(2)]
    assert [answer.status_code for answer in sent] == [202, 202]
    first = sent[0].json()
    assert [one["of"] for one in first["items"]] == ["k1", "k2", "k3"]
    client.patch(url, json={"changes": {"scenes": {"s2": {"shots": ["k3", "k4"]}}, "shots": {"k4": {"action": ""}}}})
    sent.append(client.post(f"{url}/make", json={}, headers={"idempotency-key": "one"}))
    for answer in sent[1:]:
        again = answer.json()
        assert answer.status_code == 202, "a shot that cannot be made came later"
        assert {name: again[name] for name in ("batch_id", "credits", "items")} == {
            name: first[name] for name in ("batch_id", "credits", "items")
        }
    assert len(client.get(url).json()["takes"]) == 3
    other = client.post(f"{url}/make", json={"n": 2, "again": True, "ids": ["k1"]}, headers={"idempotency-key": "one"})
    assert other.status_code == 409


def test_an_order_of_nothing_sent_again_under_its_key_makes_nothing_that_came_later(client):
    film = created(client)
    url = f"/v1/films/{film['id']}"
    order = {"json": {"kinds": ["still"]}, "headers": {"idempotency-key": "none"}}
    client.patch(url, json={"changes": {"shots": {key: {"locked": True} for key in FILM["shots"]}}})
    first = client.post(f"{url}/make", **order).json()
    client.patch(url, json={"changes": {"shots": {key: {"locked": False} for key in FILM["shots"]}}})
    again = client.post(f"{url}/make", **order).json()
    assert (first["batch_id"], again["batch_id"], again["items"], again["film"]["takes"]) == ("", "", [], [])


def test_own_files_and_library_clips_are_takes_that_no_change_makes_old(working):
    client = working.client(working.key())
    film = created(client)
    url = f"/v1/films/{film['id']}"
    made = client.post("/v1/videos", json={"prompt": "a ball", "seconds": 1, "size": "352x192"}).json()
    until(lambda: client.get(f"/v1/videos/{made['id']}").json()["status"] == "completed")
    clip = client.get("/v1/library").json()["data"][0]
    film = client.post(f"{url}/takes", json={"of": "k1", "kind": "clip", "clip_id": clip["id"], "choose": True}).json()
    take = film["takes"][0]
    assert (film["document"]["shots"]["k1"]["take"], take["own"], take["clip_id"]) == (take["id"], True, clip["id"])
    file = httpx2.get(clip["url"]).content
    upload = client.post("/replicate/v1/files", files={"content": ("mine.mp4", file)}).json()
    film = client.post(f"{url}/takes", json={"of": "k3", "kind": "clip", "upload_id": f"upl_{upload['id']}"}).json()
    assert states(film) == {"k1": "current", "k2": "missing", "k3": "current"}
    changed = client.patch(url, json={"changes": {"shots": {"k1": {"action": "Else."}, "k3": {"action": "Else."}}}})
    assert states(changed.json()) == {"k1": "current", "k2": "missing", "k3": "current"}
    picture = client.post("/replicate/v1/files", files={"content": ("mine.png", png(352, 192))}).json()
    wrong = client.post(f"{url}/takes", json={"of": "k3", "kind": "clip", "upload_id": f"upl_{picture['id']}"})
    assert wrong.status_code == 400
    still = client.post(f"{url}/takes", json={"of": "k2", "kind": "still", "upload_id": f"upl_{picture['id']}"}).json()
    assert states(still, "still") == {"k2": "current"}
    client.patch(url, json={"changes": {"shots": {"k2": {"start": "still"}}}})
    assert client.post(f"{url}/quote", json={"ids": ["k2"]}).json()["items"][0]["mode"] == "image"
    assert client.post(f"{url}/make", json={"ids": ["k2"]}).status_code == 202
    film = until(lambda: settled(client, url))
    assert set(states(film).values()) == {"current"}
    for wrong in ({"of": "k9", "kind": "clip", "clip_id": clip["id"]}, {"of": "k1", "kind": "clip"}):
        assert client.post(f"{url}/takes", json=wrong).status_code == 400


def test_a_large_take_gets_a_smaller_copy_once_which_goes_with_it(working, tmp_path):
    client = working.client(working.key())
    url = f"/v1/films/{created(client)['id']}"
    sent = {}
    for name, (wide, high) in {"k1": (1024, 768), "k3": (352, 192)}.items():
        footage.film(tmp_path / "own.mp4", [np.full((high, wide, 3), 90, np.uint8)] * 8, sound=footage.tone(0.5))
        with open(tmp_path / "own.mp4", "rb") as file:
            upload = client.post("/replicate/v1/files", files={"content": ("own.mp4", file)}).json()
        said = {"of": name, "kind": "clip", "upload_id": f"upl_{upload['id']}"}
        takes = client.post(f"{url}/takes", json=said).json()["takes"]
        sent[name] = next(take["id"] for take in takes if take["of"] == name)

    def proxies():
        return {one["of"]: one["media"]["proxy_url"] for one in client.get(url).json()["takes"]}

    made = until(lambda: (found := proxies())["k1"] and found)
    assert made["k3"] is None, "a small one needs none"
    (tmp_path / "proxy.mp4").write_bytes(httpx2.get(made["k1"]).content)
    info = video.probe(tmp_path / "proxy.mp4")
    assert (info.width, info.height, info.frames, info.sound) == (960, 720, 8, True)
    pieces = {one["shot"]: one["media"] for one in client.get(f"{url}/timeline").json()["pieces"]}
    assert pieces["k1"]["proxy_url"] == made["k1"]
    with working.store.read() as tx:
        assert until(lambda: film_takes.unseen(tx, working.store.clock()) is None)
    assert client.delete(f"{url}/takes/{sent['k1']}").status_code == 200
    assert httpx2.get(made["k1"]).status_code == 404
    assert not [key for key in working.context.blobs.keys("films") if sent["k1"] in key]


def test_a_worker_that_died_over_a_smaller_copy_leaves_it_to_another(tmp_path):
    footage.film(tmp_path / "own.mp4", [np.full((736, 736, 3), 90, np.uint8)] * 2)
    with serving(tmp_path) as served:
        client = served.client(served.key())
        upload = client.post(
            "/replicate/v1/files", files={"content": ("a", (tmp_path / "own.mp4").read_bytes())}
        ).json()
        said = {"of": "k1", "kind": "clip", "upload_id": f"upl_{upload['id']}"}
        client.post(f"/v1/films/{created(client)['id']}/takes", json=said)
        now = served.store.clock()
        with served.store.begin() as tx:
            found = film_takes.unseen(tx, now)
            assert film_takes.look_at(tx, found, now, now + 9)
            assert not film_takes.look_at(tx, found, now, now + 9)
            assert film_takes.unseen(tx, now) is None
            assert film_takes.unseen(tx, now + 10) == found
            assert film_takes.look_at(tx, found, now + 10, now + 19)
            film_takes.remove(tx, film_takes.get(tx, found.account_id, found.film_id, found.take_id), now)
            assert not film_takes.seen(tx, found, "films/a/b.proxy.mp4"), "of a take that was removed it is deleted"


def test_a_take_on_its_way_is_cancelled_when_it_is_removed(client):
    film = created(client)
    url = f"/v1/films/{film['id']}"
    film = client.post(f"{url}/make", json={"ids": ["k3"]}).json()["film"]
    (take,) = film["takes"]
    assert film["estimate"]["running"] > 0
    assert client.delete(f"{url}/takes/{take['id']}").status_code == 200
    film = client.get(url).json()
    assert (film["takes"], film["estimate"]["running"], states(film)["k3"]) == ([], 0, "missing")
    assert client.get(f"/v1/videos/{take['video_id']}").json()["state"] == "cancelled"
    assert client.delete(f"{url}/takes/{take['id']}").status_code == 404


def test_own_music_is_kept_and_heard(working, programs):
    client = working.client(working.key())
    film = created(client)
    url = f"/v1/films/{film['id']}"
    spoken = client.post("/v1/speech", json={"text": "La la la."}).content
    kept = client.post(f"{url}/files", files={"content": ("song.wav", spoken)})
    assert (kept.status_code, kept.json()["kind"], kept.json()["name"]) == (201, "audio", "song.wav"), kept.text
    client.patch(url, json={"changes": {"cues": {"m1": {"file": kept.json()["sha256"]}}}})
    line = client.get(f"{url}/timeline").json()
    assert [(one["of"], one["media"]["sound"]) for one in line["music"]] == [("m1", True)]
    assert httpx2.get(line["music"][0]["media"]["url"]).content == spoken
    lost = document.read({"cues": {"m2": {"file": "ab" * 32}}})
    assert files.missing(lost, {}) == ["The cue m2 names a file that is not here."]


def test_a_clip_starts_from_its_still_which_is_made_in_the_same_batch(working):
    client = working.client(working.key())
    shots = {"k1": {"action": "A red ball.", "seconds": "1", "start": "still"}}
    film = created(client, shots=shots, scenes={"s1": {"shots": ["k1"]}}, scene_order=["s1"])
    url = f"/v1/films/{film['id']}"
    made = client.post(f"{url}/make", json={}).json()
    assert [(one["kind"], one["mode"]) for one in made["items"]] == [("still", "still"), ("clip", "image")]
    film = until(lambda: settled(client, url))
    assert (states(film), states(film, "still")) == ({"k1": "current"}, {"k1": "current"}), film["takes"]
    takes = {take["kind"]: take for take in film["takes"]}
    still = httpx2.get(takes["still"]["media"]["url"])
    assert (still.headers["content-type"], takes["still"]["media"]["rate"]) == ("image/png", "0")
    given = client.get(f"/v1/videos/{takes['clip']['video_id']}/given").content
    assert (pixels(given) == pixels(still.content)).all()
    render = client.post(f"{url}/renders", json={"animatic": True, "height": 96}).json()
    done = until(lambda: ended(client, f"{url}/renders/{render['id']}"))
    assert (done["state"], done["animatic"]) == ("succeeded", True), done
