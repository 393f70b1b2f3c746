"""A script over HTTP: a proposal that is accepted as a change, and again when the script is written anew."""

import pytest

from serving import serving
from test_film_server import FILM, created

SCRIPT = """Title: Two balls

INT. KITCHEN - DAY

A red ball bounces on the table.

MIA
Look at that!

EXT. GARDEN - NIGHT

A blue cube falls into the grass.
"""


@pytest.fixture(scope="module")
def client(tmp_path_factory):
    with serving(tmp_path_factory.mktemp("scripts")) as served:
        yield served.client(served.key())


def accepted(client, film, text):
    url = f"/v1/films/{film['id']}"
    found = client.post(f"{url}/breakdown", json={"source": text})
    assert found.status_code == 200, found.text
    proposal = found.json()
    assert proposal["unsaid"] == []
    assert client.get(url).json()["version"] == film["version"], "nothing is kept"
    changed = client.patch(url, json={"version": film["version"], "changes": proposal["changes"]})
    assert changed.status_code == 200, changed.text
    assert changed.json()["document"] == proposal["document"]
    return changed.json(), proposal


def test_a_script_is_proposed_and_accepted_and_one_changed_word_touches_one_shot(client):
    film = client.post("/v1/films", json={"document": {"width": 352, "height": 192}}).json()
    film, proposal = accepted(client, film, SCRIPT)
    assert (proposal["form"], film["title"], film["document"]["width"]) == ("fountain", "Two balls", 352)
    lines = [line["text"] for shot in film["document"]["shots"].values() for line in shot.get("lines", ())]
    assert lines == ["Look at that!"]
    before = film["document"]["shots"]
    empty = client.post(f"/v1/films/{film['id']}/breakdown", json={"source": ""})
    assert empty.status_code == 400
    film, proposal = accepted(client, film, SCRIPT.replace("blue cube", "green cube"))
    after = film["document"]["shots"]
    assert after.keys() == before.keys(), "shots keep their ids"
    assert sum(after[key] != before[key] for key in after) == 1


@pytest.mark.parametrize("source", ["", " \n\t\n", "Title: Two balls\n"])
@pytest.mark.parametrize("document", [{}, FILM])
def test_a_script_without_a_shot_empties_no_film(client, source, document):
    film = client.post("/v1/films", json={"document": document}).json()
    answer = client.post(f"/v1/films/{film['id']}/breakdown", json={"source": source})
    told = answer.json()["error"]
    assert (answer.status_code, told["code"], told["param"]) == (400, "bad_spec", "source")


def test_a_language_model_that_is_not_set_is_told_and_nothing_leaves(client):
    film = created(client)
    answer = client.post(f"/v1/films/{film['id']}/breakdown", json={"source": "An idea.", "by": "llm"})
    assert (answer.status_code, answer.json()["error"]["code"]) == (422, "not_supported")


def test_words_leave_for_a_language_model_only_after_that_was_said(tmp_path):
    with serving(tmp_path, llm_url="http://127.0.0.1:9/v1", llm_model="words") as served:
        owner, other = served.owner(), served.client(served.key())
        asked = {"source": SCRIPT, "by": "llm"}
        told = owner.post(f"/v1/films/{created(owner)['id']}/breakdown", json=asked)
        assert (told.status_code, told.json()["error"]["param"]) == (409, "confirm")
        assert "127.0.0.1" in told.json()["error"]["message"]
        assert other.post(f"/v1/films/{created(other)['id']}/breakdown", json=asked).status_code == 403
        sent = owner.post(f"/v1/films/{created(owner)['id']}/breakdown", json={**asked, "confirm": True})
        assert sent.status_code == 200, "without an answer it is broken down by the rules"
        assert any("by the rules" in one["text"] for one in sent.json()["warnings"])
        assert "characters" in sent.json()["sent"][0]


def test_a_film_is_handed_on_and_a_cut_comes_back(client):
    film = created(client, shots={key: {**shot, "start": "new"} for key, shot in FILM["shots"].items()})
    url = f"/v1/films/{film['id']}"
    for form in ("otio", "fcpxml", "edl", "mlt", "kdenlive", "csv", "html", "zip"):
        answer = client.get(f"{url}/export", params={"format": form})
        assert answer.status_code == 200, (form, answer.text)
        assert answer.content
        assert "x-vitascope-losses" in answer.headers
    otio = client.get(f"{url}/export", params={"format": "otio"}).content
    back = client.post(f"{url}/import", files={"content": ("film.otio", otio)})
    assert (back.status_code, back.json()["differences"]) == (200, []), back.text
    odd = client.post(f"{url}/import", files={"content": ("film.otio", b"<nonsense")})
    assert odd.status_code == 400
    assert client.get(f"{url}/export", params={"format": "nonsense"}).status_code == 422
