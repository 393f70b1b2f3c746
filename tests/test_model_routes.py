"""Names that lead to one of several models: the operator's order, nothing changed silently, and why it was taken."""

import tomllib
from dataclasses import replace
from fractions import Fraction

import pytest

from doubles import CARD, FORMAT
from serving import serving
from vitascope import plans
from vitascope.engines import registry
from vitascope.engines.card import CostRate, ModelPrice, VendorCost
from vitascope.errors import BadSettings
from vitascope.server import model_aliases
from vitascope.store import eta, jobs

LONG = replace(CARD, name="long", format=replace(FORMAT, max_seconds=Fraction(60)), price=ModelPrice(
    second=Fraction(50), still=Fraction(10)))  # fmt: skip
SHORT = replace(CARD, name="short", format=replace(FORMAT, max_seconds=Fraction(2)), price=ModelPrice(
    second=Fraction(5), still=Fraction(5)))  # fmt: skip
LOUD = replace(CARD, name="loud", sound="always", price=ModelPrice(second=Fraction(10), still=Fraction(10)))
FAR = replace(
    CARD, name="far/m", needs="remote", price=ModelPrice(second=Fraction(1), still=Fraction(1)),
    cost=VendorCost(rates=(CostRate(pixels=4096**2, second=10_000),)),
)  # fmt: skip
CARDS = (CARD, LONG, SHORT, LOUD, FAR)
LISTS = {"auto": ("short", "far/m", "long", "loud"), "talkies": ("long", "loud")}


@pytest.fixture
def server(tmp_path):
    with serving(tmp_path, cards=CARDS) as made:
        object.__setattr__(made.context, "plans", replace(made.context.plans, routes=LISTS))
        yield made


def ordered(client, **asked):
    answer = client.post("/v1/videos", json={"prompt": "a red ball", "seconds": 2, **asked})
    assert answer.status_code == 200, answer.text
    return answer.json()


def test_the_operators_order_decides_and_the_clip_says_why(server):
    client = server.client(server.key())
    made = ordered(client, model="auto")
    assert made["model"] == "short"
    assert "auto took short, the first of its list that makes this." in " ".join(made["notes"])
    made = ordered(client, model="auto", seconds=5)
    assert (made["model"], made["seconds"]) == ("long", "5")
    told = " ".join(made["notes"])
    assert "Not short: short cannot make 5 seconds." in told
    assert "far/m" not in told  # the plan does not list it, so nothing is said of it
    assert made["credits"] > ordered(client, model="short")["credits"]
    quote = client.post("/v1/quote", json={"prompt": "a red ball", "seconds": 5, "model": "auto"}).json()
    assert (quote["model"], quote["credits"]) == ("long", made["credits"])


def test_nothing_is_changed_silently(server):
    client = server.client(server.key())
    assert ordered(client, model="auto", sound=True)["model"] == "loud"
    assert ordered(client, model="talkies", sound=False)["model"] == "long"
    answer = client.post("/v1/videos", json={"prompt": "a ball", "seconds": 2, "model": "auto", "size": "1280x720"})
    assert answer.status_code == 422
    said = answer.json()["error"]["message"]
    assert "No model of auto makes this." in said
    assert "short: it makes 352x192" in said
    assert client.post("/v1/videos", json={"prompt": "a ball", "seconds": 1.3, "model": "auto"}).status_code == 422
    assert client.post("/v1/videos", json={"prompt": "a ball", "seconds": 2, "model": "nobody"}).status_code == 404


FILM = {
    "width": 352, "height": 192, "model": "auto", "scene_order": ["s1"],
    "scenes": {"s1": {"shots": ["k1", "k2", "k3", "k4"]}},
    "shots": {
        "k1": {"action": "A red ball.", "seconds": "2"},
        "k2": {"action": "It rolls.", "seconds": "5", "start": "continue"},
        "k3": {"action": "It stops.", "seconds": "4", "model": "auto:cheap"},
        "k4": {"action": "Mia waves.", "seconds": "2", "model": "talkies",
               "lines": [{"id": "l1", "text": "Hi!", "spoken_by": "take"}]},
    },
}  # fmt: skip


def test_each_shot_of_a_film_is_made_by_the_route_at_its_price_and_its_take_says_why(server):
    client = server.client(server.key())
    film = client.post("/v1/films", json={"document": FILM}).json()
    url = f"/v1/films/{film['id']}"
    quote = client.post(f"{url}/quote", json={}).json()
    assert quote["refused"] == []
    assert {one["of"]: one["model"] for one in quote["items"]} == {
        "k1": "short", "k2": "long", "k3": "loud", "k4": "loud",
    }  # fmt: skip
    assert quote["credits"] == film["estimate"]["missing"]["credits"] > 0
    made = client.post(f"{url}/make", json={"max_credits": quote["credits"]}).json()
    assert made["credits"] == quote["credits"]
    takes = {one["of"]: one for one in made["film"]["takes"]}
    assert {of: one["engine"] for of, one in takes.items()} == {one["of"]: one["model"] for one in quote["items"]}
    told = {of: " ".join(one["notes"]) for of, one in takes.items()}
    assert "auto took long, the first of its list that makes this. Not short: S01-02 lasts 5 s" in told["k2"]
    assert "auto:cheap took loud, the cheapest" in told["k3"]
    assert "Not long: it makes no sound" in told["k4"]
    assert told["k2"] in " ".join(client.get(f"/v1/videos/{takes['k2']['video_id']}").json()["notes"])


def test_a_shot_that_no_model_of_its_route_makes_is_refused_with_all_reasons(server):
    client = server.client(server.key())
    shots = {**FILM["shots"], "k1": {"action": "A red ball.", "seconds": "90"}}
    film = client.post("/v1/films", json={"document": {**FILM, "shots": shots}}).json()
    refused = client.post(f"/v1/films/{film['id']}/quote", json={"ids": ["k1"]}).json()["refused"]
    assert [one["of"] for one in refused] == ["k1"]
    assert "No model of auto makes this." in refused[0]["message"]
    assert "short makes at most 2 s" in refused[0]["message"]
    assert "long makes at most 60 s" in refused[0]["message"]


def test_the_cheapest_and_the_fastest(server):
    owner, client = server.owner(), server.client(server.key())
    assert ordered(client, model="auto:cheap")["model"] == "short"
    assert ordered(client, model="auto:cheap", seconds=4)["model"] == "loud"
    assert ordered(client, model="auto:best", seconds=4)["model"] == "long"
    made = owner.post("/v1/quote", json={"prompt": "a red ball", "seconds": 4, "model": "auto:cheap"}).json()
    assert made["model"] == "far/m"  # the owner may order it
    usual = eta.Pace(usual={"long": 1.0, "loud": 9.0, "short": 5.0})
    server.context._pace[:] = [(1e18, usual)]
    made = ordered(client, model="auto:fast")
    assert made["model"] == "long"
    assert "the fastest here" in " ".join(made["notes"])


def test_an_unknown_name_is_told_with_the_routes_that_there_are(server):
    told = (
        server.client(server.key()).post("/v1/quote", json={"prompt": "a ball", "model": "auto:nope"}).json()["error"]
    )
    assert told["code"] == "unknown_model"
    assert all(f" {name}," in told["message"] + told.get("hint", "") for name in ("auto", "auto:cheap", "talkies"))


def test_without_a_list_only_models_of_this_machine_are_taken(tmp_path):
    with serving(tmp_path, cards=(FAR, LONG, CARD)) as server:
        client = server.owner()
        assert ordered(client, model="auto")["model"] == CARD.name  # the default
        assert ordered(client, model="auto:best")["model"] == CARD.name
        answer = client.post("/v1/videos", json={"prompt": "a", "seconds": 2, "model": "auto", "sound": True})
        assert "far/m" not in answer.json()["error"]["message"]


def test_every_dialect_takes_a_route(server):
    client = server.client(server.key())
    made = client.post("/runway/v1/text_to_video", json={
        "model": "auto", "promptText": "a red ball", "ratio": "352:192", "duration": 5})  # fmt: skip
    assert made.status_code == 200, made.text
    (video,) = client.get("/v1/videos?limit=1").json()["data"]
    assert video["model"] == "long"


def test_a_clip_is_made_again_by_a_route(server):
    client = server.client(server.key())
    video = ordered(client, model="short")
    answer = client.post(f"/v1/videos/{video['id']}/cancel")
    assert answer.status_code == 200
    again = client.post(f"/v1/videos/{video['id']}/rerun", json={"model": "auto", "seconds": 5}).json()
    assert again["model"] == "long"


@pytest.mark.parametrize("routes", ["auto = []", 'auto = "x"', '"Two words" = ["x"]', "auto = [1]"])
def test_a_route_that_leads_nowhere_is_refused(routes):
    text = plans.PACKAGED.read_text("utf-8")
    with pytest.raises(BadSettings):
        plans.parse(tomllib.loads(f"{text}\n[routes]\n{routes}\n"))
    assert plans.parse(tomllib.loads(f'{text}\n[routes]\nfilm = ["a", "b"]\n')).routes == {"film": ("a", "b")}


def test_a_new_model_of_another_server_changes_nothing_for_that_vendors_clients():
    sold = replace(FAR, name="minimax/hailuo-02")
    for dialect in ("together", "replicate"):
        found = model_aliases.resolve(
            "minimax/hailuo-02", (CARD, sold), {}, CARD.name, offered=(CARD,), dialect=dialect
        )
        assert found is CARD
        own = {"minimax/hailuo-02": "minimax/hailuo-02"}
        found = model_aliases.resolve(
            "minimax/hailuo-02", (CARD, sold), own, CARD.name, offered=(CARD,), dialect=dialect
        )
        assert found is sold
    found = model_aliases.resolve("minimax/hailuo-02", (CARD, sold), {}, CARD.name, offered=(CARD,), dialect="openai")
    assert found is sold


def test_nothing_tells_an_account_of_models_that_it_may_not_order(server):
    owner, other = server.owner(), server.client(server.key())
    assert owner.put("/v1/admin/aliases", json={"aliases": {"mine": "far/m", "yours": "long"}}).status_code == 200
    taking = replace(FAR, name="far/refs", modes=("text", "references"), references={"image": 1})
    server.context.models.extra = (*CARDS, taking)
    clip = {"prompt": "a red ball", "seconds": 2}
    picture = {"kind": "image", "file": "data:image/png;base64,AAAA"}
    asked = (
        ("/v1/videos", {**clip, "model": "nobody"}),  # which there are
        ("/v1/reading", {"prompt": "a ball", "model": "nobody"}),
        ("/v1/prompt", {"prompt": "a ball", "model": "nobody"}),
        ("/v1/videos", {**clip, "model": "short", "sound": True, "seconds": 9}),  # which others can
        ("/v1/videos", {**clip, "model": "short", "references": [picture]}),
    )
    for path, body in asked:
        answer = other.post(path, json=body)
        assert answer.status_code >= 400
        assert "far/" not in answer.text, path
    told = other.post("/v1/videos", json={**clip, "model": "nobody"}).text
    assert "yours" in told
    assert "mine" not in told
    assert "far/m" in owner.post("/v1/videos", json={**clip, "model": "nobody"}).text
    assert "far/refs" in owner.post("/v1/videos", json={**clip, "model": "short", "references": [picture]}).text
    for path in ("/v1/models/nobody", "/v1/models", "/openrouter/api/v1/videos/models"):
        assert "far/" not in other.get(path).text


def test_models_that_would_make_the_very_same_for_no_more_are_kept_for_the_next_leg(server):
    twin = replace(LONG, name="twin", price=ModelPrice(second=Fraction(40), still=Fraction(10)))
    dearer = replace(LONG, name="dearer", price=ModelPrice(second=Fraction(60), still=Fraction(10)))
    wider = replace(LONG, name="wider", format=replace(LONG.format, sizes=((704, 384),)))
    lists = {"auto": ("long", "dearer", "wider", "twin", "loud")}
    models = registry.Registry((), (*CARDS, twin, dearer, wider))
    object.__setattr__(server.context, "models", models)
    object.__setattr__(server.context, "plans", replace(server.context.plans, routes=lists))
    made = ordered(server.client(server.key()), model="auto", seconds=5)
    assert made["model"] == "long"
    with server.context.store.read() as tx:
        job = jobs.get(tx, None, made["id"].replace("video_", "job_"))
    assert [leg["model"] for leg in job.request["legs"]] == ["twin"]
    assert "legs" not in made
