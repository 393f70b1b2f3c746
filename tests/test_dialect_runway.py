"""Runway, as its documentation and its SDK have it."""

import pytest

from dialects import ERRORS, ID, call, view
from serving import png, until
from vitascope.errors import BadSpec, NotSupported
from vitascope.vendors.api import Balance, Upload, Uploaded
from vitascope.vendors.runway import dialect as runway
from vitascope.vendors.view import Fault

ASKED = {"model": "gen4.5", "promptText": "a red ball", "ratio": "1280:720", "duration": 5}


def asked(path="/v1/text_to_video", **fields):
    return runway.parse(call({**ASKED, **fields}, path))


def test_all_fields_arrive():
    found = asked(seed="7", negativePrompt="rain", draft=True)
    assert (found.prompt, found.model, found.seconds, found.size) == ("a red ball", "gen4.5", 5, (1280, 720))
    assert (found.seed, found.negative_prompt, found.draft) == (7, "rain", True)


@pytest.mark.parametrize("ratio", [None, "", "auto", "adaptive", "auto_720p"])
def test_a_picture_gives_the_shape_when_nothing_else_does(ratio):
    found = asked("/v1/image_to_video", promptImage="https://a/b.png", ratio=ratio, duration="auto")
    assert (found.image, found.size, found.aspect, found.seconds) == ("https://a/b.png", None, "", None)


def test_pictures_have_places():
    both = [{"uri": "data:image/png;base64,aGk=", "position": "last"}, {"uri": "runway://u1", "position": "first"}]
    found = asked("/v1/image_to_video", promptImage=both)
    assert (found.image, found.last_image) == (Uploaded("u1"), "data:image/png;base64,aGk=")
    with pytest.raises(BadSpec, match="two pictures"):
        asked("/v1/image_to_video", promptImage=["https://a", "https://b"])
    with pytest.raises(BadSpec, match="missing"):
        asked("/v1/image_to_video")


@pytest.mark.parametrize(
    "more",
    [
        {"references": [{"uri": "https://a"}]},
        {"referenceVideos": [{"uri": "https://a"}]},
        {"referenceAudio": [{"uri": "https://a"}]},
        {"outputFormat": "prores"},
        {"providerSettings": {"multiPrompt": [{"prompt": "a"}]}},
    ],
)
def test_what_cannot_be_done_is_refused(more):
    with pytest.raises(NotSupported):
        asked(**more)


@pytest.mark.parametrize("wrong", [{"promptText": ""}, {"ratio": "wide"}, {"duration": "long"}, {"promptText": []}])
def test_wrong_fields_are_named(wrong):
    with pytest.raises(BadSpec):
        asked(**wrong)


def test_a_router_is_sent_the_same_in_its_input():
    pictures = [{"uri": "https://a", "role": "first"}]
    given = {"promptText": "a ball", "aspectRatio": "9:16", "duration": 4, "referenceImages": pictures}
    found = runway.parse_routed(call({"configId": "mine", "input": given}, "/v1/generate/video"))
    assert (found.model, found.aspect, found.image, found.seconds) == ("mine", "9:16", "https://a", 4)
    one = {**given, "referenceImages": [{"uri": "https://a", "role": "reference"}]}
    with pytest.raises(NotSupported):
        runway.parse_routed(call({"configId": "mine", "input": one}, "/v1/generate/video"))


def test_a_task_in_each_state():
    show = lambda state, **told: runway.show(call(), view(runway.DIALECT, state, **told)).body  # noqa: E731
    assert show("queued")["status"] == "PENDING"
    assert show("running")["progress"] == 0.5
    assert (show("succeeded")["output"], show("succeeded")["cost"]) == (["http://here/v.mp4"], {"credits": 0.2})
    failed = show("failed", error=Fault("safety_input", "policy_refused", "No.", "Else."))
    assert (failed["failure"], failed["failureCode"]) == ("No. Else.", "SAFETY.INPUT.TEXT")
    assert show("cancelled")["status"] == "CANCELLED"
    assert show("succeeded")["createdAt"].endswith("Z")
    assert show("succeeded", is_still=True, image_url="http://here/i.png")["output"] == ["http://here/i.png"]


def test_failures_have_codes():
    assert runway.failure_code(Fault("input", "bad_picture", "")) == "ASSET.INVALID"
    assert runway.failure_code(Fault("internal", "x", "")) == "INTERNAL"


def test_credits_and_places_for_files():
    said = runway.organization(call(), Balance(credits=4020.5, held=0, plan="pro", account_id="acc_1", parallel=8))
    assert said.body["creditBalance"] == 4020
    ticket = runway.upload_shown(call(), Upload(id=ID, handle="u1", put_url="http://us/uploads/x")).body
    assert (ticket["uploadUrl"], ticket["runwayUri"]) == ("http://us/uploads/x", "runway://u1")


@pytest.mark.parametrize("status", ERRORS)
def test_errors_are_runways(status):
    said = runway.fail(ERRORS[status], None)
    assert said.status == (400 if status in (402, 415, 422) else status)
    assert said.body["error"].startswith(ERRORS[status].message)


def done(http, path, task_id):
    def look():
        task = http.get(f"{path}/v1/tasks/{task_id}").json()
        return task if task["status"] in ("SUCCEEDED", "FAILED") else None

    return until(look)


@pytest.mark.parametrize("prefix", ["", "/runway"])
def test_over_http(server, prefix):
    http = server.client(server.key())
    made = http.post(f"{prefix}/v1/text_to_video", json={**ASKED, "duration": 1}).json()
    assert made["estimatedCost"]["credits"] > 0
    task = done(http, prefix, made["id"])
    assert server.client().get(task["output"][0]).content[4:8] == b"ftyp"  # opens without a key
    assert http.delete(f"{prefix}/v1/tasks/{made['id']}").status_code == 204
    assert http.get(f"{prefix}/v1/tasks/{made['id']}").status_code == 404


def test_a_picture_is_uploaded_and_used_over_http(server):
    http = server.client(server.key())
    ticket = http.post("/v1/uploads", json={"filename": "first.png", "type": "ephemeral"}).json()
    sent = server.client().post(ticket["uploadUrl"], data=ticket["fields"], files={"file": ("first.png", png())})
    assert sent.status_code < 300, sent.text
    image = [{"uri": ticket["runwayUri"], "position": "first"}]
    made = http.post("/v1/image_to_video", json={**ASKED, "duration": 1, "promptImage": image}).json()
    assert done(http, "", made["id"])["status"] == "SUCCEEDED"


def test_a_draft_is_finished_over_http(server):
    http = server.client(server.key())
    draft = http.post("/v1/text_to_video", json={**ASKED, "duration": 1, "draft": True}).json()["id"]
    assert done(http, "", draft)["status"] == "SUCCEEDED"
    whole = http.post("/v1/text_to_video", json={"model": "seedance2_5", "draftTaskId": draft}).json()
    assert done(http, "", whole["id"])["status"] == "SUCCEEDED"


def test_errors_over_http(server):
    http = server.client(server.key())
    told = http.post("/v1/text_to_video", json={**ASKED, "duration": "long"})
    assert (told.status_code, told.json()["issues"][0]["path"]) == (400, ["duration"])
    assert server.client("vs_wrong").get("/v1/tasks/x").json().keys() == {"error"}
    assert "make sounds" in http.post("/v1/sound_effect", json={}).json()["error"]
    assert http.put("/v1/tasks/x").status_code == 405
    assert "error" in http.get("/v1/nothing", headers={"x-runway-version": "2024-11-06"}).json()
    assert isinstance(http.get("/runway/v1/nothing").json()["error"], str)
