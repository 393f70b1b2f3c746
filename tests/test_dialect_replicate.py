"""Replicate: what its inputs mean, what its predictions say, and the same over HTTP."""

import base64
import hashlib
import hmac
import json
import time

import pytest

from serving import png, until
from vendors import ERRORS, FIELD, ID, UNKNOWN, T, call, receiving, view
from vitascope.errors import BadSpec, NotSupported
from vitascope.outbound import standard_webhooks
from vitascope.vendors.api import Listing, Page
from vitascope.vendors.callback import Secrets
from vitascope.vendors.id_formats import HEX
from vitascope.vendors.replicate import dialect as replicate

PARAMS = {"owner": "kwaivgi", "name": "kling-v2.1"}
PATH = "/v1/models/wan-video/wan-2.2-t2v-fast/predictions"


def asked(**given):
    return replicate.parse(call({"input": {"prompt": "a ball", **given}}, params=PARAMS))


def test_an_input_in_the_names_of_several_models():
    kling = asked(duration=5, aspect_ratio="16:9", start_image="https://x/a.png", end_image="https://x/b.png")
    assert (kling.model, kling.seconds, kling.aspect) == ("kwaivgi/kling-v2.1", 5.0, "16:9")
    assert (kling.image, kling.last_image) == ("https://x/a.png", "https://x/b.png")
    wan = asked(num_frames=81, frames_per_second=16, resolution="480p", aspect_ratio="9:16", go_fast=True, seed=-1)
    assert (wan.seconds, wan.size, wan.seed) == (5.0, (480, 854), None)
    assert wan.echo["go_fast"] is True
    veo = asked(duration="8s", last_frame="https://x/b.png", num_inference_steps="8")
    assert (veo.seconds, veo.last_image, veo.steps) == (8.0, "https://x/b.png", 8)
    assert asked(camera_fixed=True).camera.words == "still"


def test_stills_and_takes():
    flux = replicate.parse(
        call({"input": {"prompt": "a ball", "num_outputs": 2}}, params={"owner": "black-forest-labs", "name": "flux"})
    )
    assert (flux.still, flux.n, flux.seconds) == (True, 2, None)


@pytest.mark.parametrize("name", ["audio", "video", "reference_images", "mask", "lora_weights", "pose_video"])
def test_what_no_model_here_can_do_is_refused(name):
    given = {"audio": "audio_file"}.get(name, name)
    with pytest.raises(NotSupported):
        asked(**{given: "https://x/y"})


@pytest.mark.parametrize("body", [{}, {"input": "a ball"}, {"input": {"prompt": " "}}, {"input": {"seed": 1}}])
def test_an_input_that_says_nothing_is_refused(body):
    with pytest.raises(BadSpec):
        replicate.parse(call(body, params=PARAMS))


def test_versions():
    hashed = replicate.parse(call({"version": "5b8f" * 16, "input": {"prompt": "a ball"}}))
    assert (hashed.model, hashed.notes[0][:7]) == ("", "Version")
    assert replicate.parse(call({"version": "a/b:77", "input": {"prompt": "a"}})).model == "a/b"
    assert replicate.parse(call({"version": "vitascope-nano", "input": {"prompt": "a"}})).model == "vitascope-nano"
    with pytest.raises(BadSpec):
        replicate.parse(call({"input": {"prompt": "a ball"}}))


@pytest.mark.parametrize(
    ("state", "status"),
    [("queued", "starting"), ("running", "processing"), ("succeeded", "succeeded"), ("cancelled", "canceled")],
)
def test_a_prediction_in_every_state(state, status):
    told = replicate.prediction(call(), view(HEX, state))
    assert (told["id"], told["status"]) == (ID, status)
    assert told["urls"]["get"] == f"http://here/v1/predictions/{ID}"
    assert told["output"] == ("http://here/files/ball.mp4" if state == "succeeded" else None)
    assert told["created_at"] == "2027-01-15T08:00:00.000Z"


def test_a_failed_prediction_says_why():
    told = replicate.prediction(call(), view(HEX, "failed"))
    assert (told["status"], told["error"]) == ("failed", "It broke. Try again.")


def test_progress_is_in_the_logs_as_the_sdk_reads_it():
    assert replicate.prediction(call(), view(HEX, "running"))["logs"].split("|")[::2] == ["50%", " 2/4"]


def test_a_held_answer_that_is_not_done_says_starting():
    """The SDK's run() would take "processing" for the end, and lose the output."""
    waits = call(headers={"prefer": "wait"})
    assert replicate.created(waits, view(HEX, "running")).body["status"] == "starting"
    assert replicate.created(waits, view(HEX, "succeeded")).body["status"] == "succeeded"
    assert replicate.created(call(), view(HEX, "running")).body["status"] == "processing"


@pytest.mark.parametrize(
    ("header", "seconds"), [("", 0), ("wait", 59), ("wait=5", 4), ("wait=600", 59), ("wait = 10, x", 9), ("waiter", 0)]
)
def test_how_long_an_answer_is_held(header, seconds):
    assert replicate.hold(call(headers={"prefer": header})) == seconds


def test_lists_go_on_where_they_ended():
    one = view(HEX)
    told = replicate.listed(call(), [one], Page(Listing(), has_more=True)).body
    cursor = told["next"].partition("cursor=")[2]
    assert replicate.listing(call(query={"cursor": cursor})).after == ID
    assert replicate.listing(call()).after == ""
    for nonsense in ("%%%", "bm9uZQ"):
        with pytest.raises(BadSpec):
            replicate.listing(call(query={"cursor": nonsense}))
    assert replicate.listed(call(), [], Page(Listing())).body == {"previous": None, "next": None, "results": []}


def test_a_callback_is_signed_as_standard_webhooks_are():
    secret = "whsec_" + base64.b64encode(b"k" * 32).decode()
    sent = replicate.write(view(HEX, "succeeded"), "succeeded", Secrets(secret, "", b""), "msg_1", T)
    signed = f"msg_1.{int(T)}.".encode() + sent.body
    digest = base64.b64encode(hmac.new(b"k" * 32, signed, hashlib.sha256).digest()).decode()
    assert sent.headers["webhook-signature"] == f"v1,{digest}"
    assert json.loads(sent.body)["urls"]["get"] == f"http://here/v1/predictions/{ID}"


def test_events_of_a_callback():
    def states(*events):
        fields = {"input": {"prompt": "a"}, "webhook": "https://x", "webhook_events_filter": list(events)}
        return replicate.parse(call(fields, params=PARAMS)).callback_states

    assert states("completed") == ("succeeded", "failed", "cancelled")
    assert states("start", "logs") == ("running",)
    with pytest.raises(BadSpec):
        states("finished")


@pytest.mark.parametrize("status", ERRORS)
def test_every_error_is_a_problem(status):
    told = replicate.fail(ERRORS[status], None)
    assert told.status == told.body["status"] == (422 if status == 400 else status)
    assert told.body["title"]
    assert ERRORS[status].message in told.body["detail"]


def test_an_error_of_a_field_names_it():
    assert replicate.fail(FIELD, None).body["invalid_fields"][0]["field"] == "input.seed"
    assert replicate.fail(ERRORS[429], None).body["retry_after"] == 7
    assert replicate.fail(UNKNOWN, None).status == 404


@pytest.fixture(scope="module")
def server(calling_server):
    return calling_server


@pytest.fixture
def receiver():
    with receiving() as (url, came):
        yield url, came


@pytest.fixture
def client(server):
    return server.client(server.key())


@pytest.mark.parametrize("prefix", ["", "/replicate"])
def test_predict_wait_and_read(client, prefix):
    body = {"input": {"prompt": "a ball", "num_frames": "17", "image": None}}
    made = client.post(f"{prefix}{PATH}", json=body, headers={"prefer": "wait"})
    assert (made.status_code, made.json()["status"]) == (201, "succeeded")
    assert client.get(made.json()["output"]).content[4:8] == b"ftyp"
    found = client.get(made.json()["urls"]["get"])
    assert found.json()["output"] == made.json()["output"]
    assert prefix in made.json()["urls"]["get"]


def test_the_list_has_only_its_own(client):
    client.post("/v1/videos", json={"prompt": "a ball"})
    id = client.post(PATH, json={"input": {"prompt": "a ball"}}).json()["id"]
    assert [one["id"] for one in client.get("/v1/predictions").json()["results"]] == [id]


def test_the_callback_comes_signed_and_only_for_what_was_wanted(client, receiver):
    url, came = receiver
    body = {"input": {"prompt": "a ball", "duration": 1}, "webhook": url, "webhook_events_filter": ["completed"]}
    made = client.post(PATH, json=body).json()
    headers, sent = until(lambda: came and came[-1])
    secret = client.get("/v1/webhooks/default/secret").json()["key"]
    assert standard_webhooks.verify(secret, headers, sent, time.time())
    told = json.loads(sent)
    assert (told["id"], told["status"], len(came)) == (made["id"], "succeeded", 1)
    assert client.get(told["urls"]["get"]).json()["output"]


def test_cancel(client):
    made = client.post(PATH, json={"input": {"prompt": "a ball", "duration": 60}}).json()
    assert client.post(made["urls"]["cancel"]).status_code == 200
    assert until(lambda: client.get(made["urls"]["get"]).json()["status"] == "canceled")


def test_a_file_is_sent_and_is_a_picture(client):
    file = client.post("/v1/files", files={"content": ("a.png", png(), "image/png")}).json()
    assert (file["name"], file["size"]) == ("a.png", len(png()))
    body = {"input": {"prompt": "a ball", "image": file["urls"]["get"], "duration": 1}}
    assert client.post(PATH, json=body).status_code == 201
    place = f"/replicate/v1/files/{file['id']}"
    assert client.get(place).json()["id"] == file["id"]
    assert [one["id"] for one in client.get("/replicate/v1/files").json()["results"]] == [file["id"]]
    assert client.delete(place).status_code == 204
    assert client.get(place).json()["title"] == "Not found"


def test_models_and_versions(client):
    assert client.get("/replicate/v1/models").json()["results"][0]["name"] == "vitascope-nano"
    assert client.get("/v1/models/a/b").json()["latest_version"]["id"] == "vitascope-nano"
    version = client.get("/v1/models/a/b/versions/c").json()
    assert version["openapi_schema"]["components"]["schemas"]["Output"]["type"] == "string"
    assert client.get("/v1/models").json()["object"] == "list"  # OpenAI's, without the prefix


def test_errors_over_http(server, client):
    assert client.post(PATH, json={"input": {"prompt": ""}}).json()["title"] == "Input validation failed"
    assert client.post(PATH, content=b"{").status_code == 422
    assert client.put("/v1/predictions").json()["title"] == "Method not allowed"
    assert client.get(f"/v1/predictions/{ID}").json()["status"] == 404
    assert client.get("/v1/predictions/a/b/c").json()["title"] == "Not found"
    assert client.post("/v1/trainings", json={}).json()["status"] == 422
    wrong = server.client("vs_wrong").post(PATH, json={"input": {"prompt": "a"}})
    assert (wrong.status_code, wrong.json()["title"]) == (401, "Unauthenticated")
    poor = server.client(server.key(plan="free", credits=0))
    dear = {"prompt": "a", "duration": 10, "num_inference_steps": 64, "num_outputs": 4}
    assert poor.post(PATH, json={"input": dear}).json()["title"] == "Insufficient credit"
