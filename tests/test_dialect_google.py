"""Google's three forms (Gemini, Vertex, Interactions), as their documentation and their SDKs have them."""

import base64
import json
import urllib.parse

import pytest

from dialects import ERRORS, ID, REFUSED, START, call, view
from serving import png, until
from vitascope.errors import BadSpec, NotSupported
from vitascope.outbound import standard_webhooks
from vitascope.vendors.api import Earlier, Upload, Uploaded
from vitascope.vendors.callback import Secrets
from vitascope.vendors.google import files as google_files
from vitascope.vendors.google import gemini, interactions, vertex
from vitascope.vendors.google import veo as google
from vitascope.vendors.view import Fault

SECRETS = Secrets(webhook=standard_webhooks.new_secret(), plain="0" * 64, seed=b"0" * 32)
MODEL = "veo-3.1-generate-preview"


def veo(instance=None, parameters=None, **more):
    fields = {"instances": [{"prompt": "a red ball", **(instance or {})}], "parameters": parameters, **more}
    return google.veo(call(fields, params={"model": MODEL}))


def omni(given="a red ball", **more):
    return interactions.parse(call({"model": "gemini-omni-flash", "input": given, **more}))


def test_veos_fields_arrive():
    asked = veo(
        {"image": {"bytesBase64Encoded": "aGk=", "mimeType": "image/png"}, "lastFrame": {"gcsUri": None, "uri": "u"}},
        {"durationSeconds": "4", "negativePrompt": "rain", "seed": 7, "sampleCount": 2},
        webhookConfig={"uris": ["https://a.example/hook"], "userMetadata": {"order": 17}},
    )
    assert (asked.prompt, asked.model, asked.negative_prompt) == ("a red ball", MODEL, "rain")
    assert (asked.seconds, asked.seed, asked.n, asked.image, asked.last_image) == (4.0, 7, 2, "aGk=", "u")
    assert (asked.callback_url, asked.metadata) == ("https://a.example/hook", {"user_metadata": {"order": 17}})


def test_null_is_absent_and_the_shape_is_googles_own():
    asked = veo({"image": None, "video": None}, {"seed": None, "aspectRatio": None, "resolution": None})
    assert (asked.image, asked.seed, asked.aspect, asked.size) == (None, None, "16:9", None)
    assert veo(parameters={"aspectRatio": "9:16", "resolution": "720p"}).size == (720, 1280)
    assert veo({"image": {"bytesBase64Encoded": "aGk="}}).aspect == ""  # the picture's


@pytest.mark.parametrize(
    ("given", "meant"),
    [
        ({"inlineData": {"data": "aGk=", "mimeType": "image/png"}}, "aGk="),
        ({"uri": f"files/up{ID}"}, Uploaded(f"up{ID}")),
        ({"uri": f"https://us/v1beta/files/{ID}:download?alt=media"}, Earlier(ID)),
        ({"fileUri": f"http://us/gemini/v1beta/files/up{ID}"}, Uploaded(f"up{ID}")),
        ({"uri": "https://a.example/files/cat.png"}, "https://a.example/files/cat.png"),
    ],
)
def test_pictures_in_all_of_googles_forms(given, meant):
    assert google.picture(given, "image") == meant


@pytest.mark.parametrize(
    "wrong",
    [
        {"instances": []},
        {"instances": [{"prompt": ""}]},
        {"instances": [{"prompt": "a", "image": {}}, {}]},
        {"instances": [{"prompt": "a", "image": {"mimeType": "image/png"}}]},
        {"instances": [{"prompt": "a"}], "parameters": []},
        {"instances": [{"prompt": "a"}], "parameters": {"durationSeconds": "long"}},
        {"instances": [{"prompt": "a"}], "webhookConfig": {"uris": ["https://a", "https://b"]}},
    ],
)
def test_wrong_bodies_of_veo_are_told(wrong):
    with pytest.raises(BadSpec):
        google.veo(call(wrong, params={"model": MODEL}))


@pytest.mark.parametrize(
    ("instance", "parameters"),
    [
        ({"referenceImages": [{"image": {"bytesBase64Encoded": "aGk="}}]}, {}),
        ({"mask": {"bytesBase64Encoded": "aGk="}}, {}),
        ({"image": {"gcsUri": "gs://a/b.png"}}, {}),
        ({}, {"storageUri": "gs://a"}),
        ({}, {"pubsubTopic": "t"}),
    ],
)
def test_what_cannot_be_done_is_refused(instance, parameters):
    with pytest.raises(NotSupported):
        veo(instance, parameters)


def test_an_operation_from_its_beginning_to_its_end():
    asks = call(base="http://us", params={"model": MODEL})
    begun = gemini.operation(asks, view(gemini.DIALECT, "queued")).body
    assert (begun["name"], begun["done"]) == (f"models/{MODEL}/operations/{ID}", False)
    assert "response" not in begun
    done = gemini.operation(asks, view(gemini.DIALECT)).body
    video = done["response"]["generateVideoResponse"]["generatedSamples"][0]["video"]
    assert video["uri"] == f"http://us/v1beta/files/{ID}:download?alt=media"
    broken = view(gemini.DIALECT, "failed", error=Fault("internal", "bad_clip", "It broke.", "Again."))
    assert gemini.operation(asks, broken).body["error"] == {"code": 13, "message": "It broke. Again."}
    assert gemini.operation(asks, view(gemini.DIALECT, "cancelled")).body["done"] is True


def test_of_several_takes_the_good_ones_come_and_the_refused_are_counted():
    refused = view(gemini.DIALECT, "failed", error=Fault("safety_output", "policy_refused", "No."))
    both = view(gemini.DIALECT, takes=(view(gemini.DIALECT), refused))
    response = gemini.generated(call(base="http://us"), both)
    assert (len(response["generatedSamples"]), response["raiMediaFilteredCount"]) == (1, 1)
    inline = vertex.operation(call(params={"model": MODEL}), both).body["response"]
    assert (len(inline["videos"]), inline["raiMediaFilteredReasons"]) == (1, ["No."])


def test_vertex_names_and_finds_operations_with_and_without_a_project():
    project = {"model": MODEL, "project": "p", "location": "here"}
    name = vertex.begun(call(params=project), view(vertex.DIALECT)).body["name"]
    assert name == f"projects/p/locations/here/publishers/google/models/{MODEL}/operations/{ID}"
    assert vertex.operation_id(call({"operationName": name})) == ID
    with pytest.raises(BadSpec):
        vertex.operation_id(call({"operationName": "it"}))
    done = vertex.operation(call(params=project), view(vertex.DIALECT, content=lambda: b"film")).body
    assert base64.b64decode(done["response"]["videos"][0]["bytesBase64Encoded"]) == b"film"


def test_interactions_read_texts_lists_and_turns():
    text, picture = {"type": "text", "text": "a red ball"}, {"type": "image", "data": "aGk=", "mime_type": "image/png"}
    assert omni([text, picture]).image == "aGk="
    assert omni([{"type": "user_input", "content": [text]}]).prompt == "a red ball"
    assert omni([{"role": "user", "content": "one"}, {"role": "model", "content": "no"}]).prompt == "one"
    form = {"type": "video", "aspect_ratio": "9:16", "duration": "6s", "delivery": "uri"}
    asked = omni(response_format=form, generation_config={"seed": 7}, labels={"a": "b"})
    assert (asked.aspect, asked.seconds, asked.seed, asked.metadata) == ("9:16", 6.0, 7, {"labels": {"a": "b"}})
    assert omni(response_format=[{"type": "text"}, {"type": "image"}]).still
    task = {"video_config": {"task": "image_to_video"}}
    both = omni([text, picture, {"type": "image", "uri": "https://a/b"}], generation_config=task)
    assert (both.image, both.last_image) == ("aGk=", "https://a/b")
    more = omni(previous_interaction_id=ID, generation_config={"video_config": {"task": "extend"}})
    assert more.extend == Earlier(ID)


@pytest.mark.parametrize(
    "more",
    [
        {"agent": "deep-research"},
        {"tools": [{"type": "google_search"}]},
        {"stream": True},
        {"previous_interaction_id": ID},
        {"response_format": {"type": "text"}},
        {"response_format": {"gcs_uri": "gs://a"}},
        {"generation_config": {"video_config": {"task": "edit"}}},
        {"input": [{"type": "audio", "data": "aGk="}]},
        {"input": [{"type": "text", "text": "a"}, *[{"type": "image", "data": "aGk="}] * 2]},
    ],
)
def test_what_interactions_cannot_do_is_refused(more):
    with pytest.raises(NotSupported):
        omni(**{"given": more.pop("input", "a red ball"), **more})


def test_an_interaction_shows_its_clip_as_it_was_asked():
    show = lambda **told: interactions.show(call(base="http://us"), view(interactions.DIALECT, **told)).body  # noqa: E731
    assert show(state="queued")["status"] == "queued"
    assert (show(state="running")["status"], show(state="running")["steps"]) == ("in_progress", [])
    both = show(content=lambda: b"film")["steps"][0]["content"][0]
    assert (base64.b64decode(both["data"]), both["type"]) == (b"film", "video")
    assert both["uri"].startswith("http://us/v1beta/files/")
    assert "data" not in show(echo={"delivery": "uri"})["steps"][0]["content"][0]
    assert "uri" not in show(echo={"delivery": "inline"})["steps"][0]["content"][0]
    failed = show(state="failed", error=Fault("internal", "bad_clip", "It broke."))
    assert (failed["status"], failed["errors"][0]["message"]) == ("failed", "It broke.")


def test_the_answer_waits_unless_it_is_in_the_background():
    assert interactions.hold(call({})) > 0
    assert interactions.hold(call({"background": "true"})) == 0


@pytest.mark.parametrize("status", ERRORS)
def test_errors_are_googles(status):
    said = google.fail(ERRORS[status], None)
    fault = said.body["error"]
    assert (said.status, fault["code"]) == (400 if status in (415, 422) else status, said.status)
    words = {400: "INVALID_ARGUMENT", 401: "UNAUTHENTICATED", 404: "NOT_FOUND", 429: "RESOURCE_EXHAUSTED"}
    assert fault["status"] == words.get(said.status, fault["status"])
    assert isinstance(interactions.fail(ERRORS[status], None).body["error"]["code"], str)


def test_a_rule_that_refuses_says_so():
    assert google.fail(REFUSED, None).body["error"]["message"].startswith("A rule refuses this.")


def test_notices_are_signed_as_standard_webhooks():
    one = view(gemini.DIALECT, metadata={"user_metadata": {"order": 17}})
    told = gemini.tell(one, "succeeded", SECRETS, "msg_1", START)
    assert standard_webhooks.verify(SECRETS.webhook, told.headers, told.body, START)
    event = json.loads(told.body)
    assert (event["type"], event["data"]["output_file_uri"]) == ("video.generated", "http://here/v.mp4")
    assert event["data"]["user_metadata"] == {"order": 17}
    assert json.loads(interactions.tell(one, "failed", SECRETS, "m", START).body)["type"] == "interaction.failed"


def test_files_go_where_the_ticket_says_without_a_key():
    ticket = Upload(id=ID, handle=f"up{ID}", put_url="http://us/uploads/acc_1/abc?until=5&signature=f00")
    said = google_files.ticket_shown(call(base="http://us/gemini"), ticket)
    where = urllib.parse.urlsplit(said.headers["x-goog-upload-url"])
    assert where.path == f"/gemini/upload/v1beta/files/up{ID}"
    assert dict(urllib.parse.parse_qsl(where.query)) == {"account": "acc_1", "until": "5", "signature": "f00"}


@pytest.mark.parametrize("prefix", ["", "/gemini", "/google"])
@pytest.mark.parametrize("version", ["v1", "v1beta", "v1beta1"])
def test_veo_over_http(server, prefix, version):
    http, head = server.client(), f"{prefix}/{version}"
    keyed = {"x-goog-api-key": server.key()}
    body = {"instances": [{"prompt": "a red ball"}], "parameters": {"durationSeconds": 1}}
    made = http.post(f"{head}/models/{MODEL}:predictLongRunning", json=body, headers=keyed).json()

    def look():
        found = http.get(f"{head}/{made['name']}", headers=keyed).json()
        return found if found["done"] else None

    uri = until(look)["response"]["generateVideoResponse"]["generatedSamples"][0]["video"]["uri"]
    assert uri.startswith(f"{server.url}{prefix}/v1beta/files/")
    assert http.get(uri, headers=keyed).content[4:8] == b"ftyp"
    nested = f"{head}/files/{uri}:download?alt=media"  # as Google's SDK asks for what is not https
    assert http.get(nested, headers=keyed).content[4:8] == b"ftyp"
    assert http.get(f"{head}/files/{ID}", headers=keyed).json()["error"]["status"] == "NOT_FOUND"


def test_a_picture_is_uploaded_and_used_over_http(server):
    keyed, http = {"x-goog-api-key": server.key()}, server.client()
    begin = {"file": {"displayName": "first.png", "mimeType": "image/png"}}
    said = http.post("/upload/v1beta/files", json=begin, headers=keyed)
    json_type = {"content-type": "application/json"}  # what the SDK calls it
    sent = http.post(said.headers["x-goog-upload-url"], content=png(), headers=json_type)
    assert sent.headers["x-goog-upload-status"] == "final"
    file = sent.json()["file"]
    body = {"instances": [{"prompt": "a ball", "image": {"uri": file["uri"]}}], "parameters": {"durationSeconds": 1}}
    made = http.post(f"/v1beta/models/{MODEL}:predictLongRunning", json=body, headers=keyed)
    assert made.status_code == 200, made.text
    assert http.delete(f"/v1beta/{file['name']}", headers=keyed).json() == {}
    wrong = said.headers["x-goog-upload-url"].replace("signature=", "signature=0")
    assert http.post(wrong, content=png()).json()["error"]["status"] == "PERMISSION_DENIED"


def test_errors_of_paths_methods_and_keys_over_http(server):
    http, keyed = server.client(), {"x-goog-api-key": "vs_wrong"}
    told = http.get(f"/v1beta/models/{MODEL}/operations/{ID}", headers=keyed)
    assert (told.status_code, told.json()["error"]["status"]) == (401, "UNAUTHENTICATED")
    assert http.get("/v1beta/nothing").json()["error"]["status"] == "NOT_FOUND"
    assert http.put("/v1beta/interactions", json={}).json()["error"]["code"] == "unimplemented"
    cut = http.post(f"/v1beta/models/{MODEL}:predictLongRunning", content=b"{", headers={"content-type": "text/json"})
    assert cut.json()["error"]["status"] == "INVALID_ARGUMENT"


def test_an_interaction_over_http(server):
    http, keyed = server.client(), {"x-goog-api-key": server.key()}
    body = {"model": "gemini-omni-flash", "input": "a red ball", "response_format": {"type": "video", "duration": "1s"}}
    made = http.post("/v1/interactions", json=body, headers=keyed).json()
    assert made["status"] == "completed", made
    assert base64.b64decode(made["steps"][0]["content"][0]["data"])[4:8] == b"ftyp"
    path = f"/v1beta/interactions/{made['id']}"
    assert http.get(path, headers=keyed).json()["id"] == made["id"]
    assert http.delete(path, headers=keyed).json() == {}
    assert http.get(path, headers=keyed).status_code == 404
