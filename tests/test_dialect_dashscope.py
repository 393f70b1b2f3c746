"""Alibaba's DashScope, as its documentation and its SDK have it."""

import json

import pytest

from dialects import ERRORS, REFUSED, START, call, view
from serving import png, serving, until
from vitascope.errors import BadSpec, NotFound, NotSupported
from vitascope.vendors.api import Page, Upload, Uploaded
from vitascope.vendors.dashscope import dialect as dashscope
from vitascope.vendors.dashscope import facts
from vitascope.vendors.view import Fault

MAKE = "/api/v1/services/aigc/video-generation/video-synthesis"


def asked(parameters=None, model="wan2.5-t2v-preview", **given):
    body = {"model": model, "input": {"prompt": "a red ball", **given}, "parameters": parameters or {}}
    return dashscope.parse(call(body))


def test_all_fields_arrive():
    found = asked({"size": "1280*720", "duration": 5, "seed": 7}, negative_prompt="rain", img_url="http://a/1.png")
    assert (found.prompt, found.negative_prompt, found.model) == ("a red ball", "rain", "wan2.5-t2v-preview")
    assert (found.size, found.seconds, found.seed, found.image) == ((1280, 720), 5, 7, "http://a/1.png")
    frames = asked({"resolution": "480P"}, first_frame_url="http://a/1.png", last_frame_url="http://a/2.png")
    assert (frames.image, frames.last_image, frames.size) == ("http://a/1.png", "http://a/2.png", None)
    assert asked({"resolution": "720P", "ratio": "9:16"}).size == (720, 1280)


def test_what_the_sdk_adds_by_itself_changes_nothing():
    assert asked(extend_prompt=True, function="video-synthesis").prompt == "a red ball"


def test_media_have_types():
    media = [{"type": "first_frame", "url": "http://a/1.png"}, {"type": "last_frame", "url": "http://a/2.png"}]
    found = asked(media=media)
    assert (found.image, found.last_image) == ("http://a/1.png", "http://a/2.png")
    assert asked(media=[{"type": "first_clip", "url": "http://a/1.mp4"}]).extend == "http://a/1.mp4"
    with pytest.raises(NotSupported, match=r"media\[0\]"):
        asked(media=[{"type": "driving_audio", "url": "http://a/1.mp3"}])
    with pytest.raises(BadSpec):
        asked(media=[{"type": "first_frame"}])


def test_files_sent_beforehand():
    assert asked(img_url="oss://vitascope/some-id/a b.png").image == Uploaded("some-id/a b.png")
    with pytest.raises(NotFound):
        asked(img_url="oss://dashscope-instant/other/a.png")


@pytest.mark.parametrize("name", ["audio_url", "reference_urls", "template", "mask_image_url"])
def test_what_no_model_can_do_is_refused(name):
    with pytest.raises(NotSupported, match=name):
        asked(**{name: ["http://a"]})


def test_other_functions_and_several_shots_are_refused():
    with pytest.raises(NotSupported):
        asked(function="video_repainting")
    with pytest.raises(NotSupported):
        asked({"shot_type": "multi"})


@pytest.mark.parametrize("body", [{}, {"input": 5}, {"input": {"prompt": ""}}, {"input": {}, "parameters": 7}])
def test_what_makes_no_sense_is_said(body):
    with pytest.raises(BadSpec):
        dashscope.parse(call(body))


@pytest.mark.parametrize("state", facts.STATUS)
def test_states(state):
    told = dashscope.show(call(), view(dashscope.DIALECT, state)).body
    assert told["output"]["task_status"] == facts.STATUS[state]
    assert ("usage" in told) == ("video_url" in told["output"]) == (state == "succeeded")
    json.dumps(told)


def test_a_task_that_is_done():
    told = dashscope.show(call(), view(dashscope.DIALECT)).body
    assert told["output"]["video_url"] == "http://here/v.mp4"
    assert told["output"]["submit_time"] == "2027-01-15 16:00:00.000"  # China's time
    assert (told["usage"]["duration"], told["usage"]["size"]) == (1, "352*192")


def test_a_task_that_failed_or_is_not_known():
    failed = view(dashscope.DIALECT, "failed", error=Fault("safety_input", "x", "No.", "Other."))
    output = dashscope.show(call(), failed).body["output"]
    assert (output["code"], output["message"]) == ("DataInspectionFailed", "No. Other.")
    told = dashscope.unknown(call(), "some-id")
    assert (told.status, told.body["output"]["task_status"]) == (200, "UNKNOWN")


def test_a_list_is_asked_for():
    query = {"page_no": "2", "page_size": "5", "status": "SUCCEEDED", "start_time": "20270115160000"}
    listing = dashscope.parse_list(call(query=query))
    assert (listing.page, listing.limit, listing.states, listing.since) == (2, 5, ("succeeded",), START)
    told = dashscope.show_list(call(), [view(dashscope.DIALECT)], Page(listing, total=11)).body
    assert (told["total"], told["total_page"], told["data"][0]["status"]) == (11, 3, "SUCCEEDED")
    for wrong in ({"page_size": "0"}, {"start_time": "yesterday"}, {"status": "LOST"}):
        with pytest.raises(BadSpec):
            dashscope.parse_list(call(query=wrong))


@pytest.mark.parametrize("status", ERRORS)
def test_errors_in_its_form(status):
    reply = dashscope.fail(ERRORS[status], call(params={"id": "1"}))
    assert set(reply.body) == {"code", "message", "request_id"}
    assert reply.status == {402: 400, 409: 400, 422: 400}.get(status, status)


def test_the_codes_that_clients_look_at():
    codes = {status: dashscope.fail(error, None).body["code"] for status, error in ERRORS.items()}
    assert (codes[400], codes[401], codes[429]) == ("InvalidParameter", "InvalidApiKey", "Throttling.RateQuota")
    assert dashscope.fail(REFUSED, None).body["code"] == "DataInspectionFailed"


def test_pictures():
    found = dashscope.parse_image(call({"input": {"prompt": "a red ball"}, "parameters": {"n": "2"}}))
    assert (found.still, found.n, found.aspect) == (True, 2, "1:1")
    drawn = view(dashscope.DIALECT, is_still=True, image_url="http://here/i.png")
    told = dashscope.show(call(), drawn).body
    assert told["output"]["results"][0]["url"] == "http://here/i.png"
    assert told["output"]["task_metrics"] == {"TOTAL": 1, "SUCCEEDED": 1, "FAILED": 0}


def test_a_form_policy():
    with pytest.raises(BadSpec):
        dashscope.parse_ticket(call())
    told = dashscope.show_ticket(call(), Upload(id="1", handle="some-id", put_url="http://here/up")).body["data"]
    assert (told["upload_host"], told["upload_dir"]) == ("http://here/up", "vitascope/some-id")


def test_live(tmp_path):
    with serving(tmp_path, work=True) as server:
        client = server.client(server.key())
        policy = client.get("/api/v1/uploads", params={"action": "getPolicy", "model": "wan2.5"}).json()["data"]
        form = {"key": f"{policy['upload_dir']}/a.png", "policy": policy["policy"], "success_action_status": "200"}
        up = server.client().post(policy["upload_host"], data=form, files={"file": ("a.png", png())})
        assert up.status_code == 200
        body = {"model": "wan2.5-i2v", "input": {"prompt": "a red ball", "img_url": f"oss://{form['key']}"}}
        body["parameters"] = {"duration": 1}
        made = client.post(MAKE, json=body, headers={"x-dashscope-async": "enable"}).json()["output"]
        assert made["task_status"] == "PENDING"
        path = f"/api/v1/tasks/{made['task_id']}"
        done = until(lambda: (told := client.get(path).json()["output"])["task_status"] == "SUCCEEDED" and told)
        assert client.get(done["video_url"], headers={"authorization": ""}).content[4:8] == b"ftyp"
        assert client.get(f"/dashscope{path}").json()["output"] == done
        assert client.get("/api/v1/tasks").json()["total"] == 1
        assert client.post(f"{path}/cancel").status_code == 200  # it is done, and stays so
        lost = client.get("/api/v1/tasks/00000000-0000-7000-8000-000000000000")
        assert (lost.status_code, lost.json()["output"]["task_status"]) == (200, "UNKNOWN")
        wrong = server.client("vs_wrong").post(MAKE, json=body)
        assert (wrong.status_code, wrong.json()["code"]) == (401, "InvalidApiKey")
