"""Requests and answers as vendors without an official SDK document them, as data: our client says and reads them so,
and so does our own dialect. Read on 22 November 2026 where no other date stands; `docs` names the page.
"""

from dataclasses import dataclass

import pytest

from test_openai_client import drive, said
from test_vendor_clients import CASES, FORMAT, client, order, read
from vitascope.clip import ClipSpec
from vitascope.vendors.client import Refused, Ticket

VIDEO = "https://cdn.example.org/v.mp4"


@dataclass(frozen=True)
class Page:
    """`asks`: (what is asked, path, fields that must go out exactly so). `done`, `failed`: answers to a look.
    `refused`: (status, body, reason) of an order.
    """

    vendor: str
    model: str
    docs: str
    asks: tuple
    done: dict
    failed: tuple  # (body, reason)
    refused: tuple
    cost: int | None = None


TEXT = {"prompt": "a kite", "seconds": 5.0, "size": (1280, 720), "seed": 7}
UPRIGHT = {**TEXT, "size": (720, 1280), "seconds": 10.0}
PAGES = (
    Page(
        "kling2", "kling-3.0", "Kling AI API 2.0: text to video, query tasks",
        (
            (TEXT, "/text-to-video/kling-3.0", {
                "prompt": "a kite",
                "settings": {"resolution": "720p", "aspect_ratio": "16:9", "duration": 5, "audio": "off"},
                "options": {"external_task_id": "7d9f2a4e-0b1c-4d5e-8f90-0123456789ab"}}),
            ({**UPRIGHT, "sound": True}, "/text-to-video/kling-3.0", {
                "prompt": "a kite",
                "settings": {"resolution": "720p", "aspect_ratio": "9:16", "duration": 10, "audio": "native"},
                "options": {"external_task_id": "7d9f2a4e-0b1c-4d5e-8f90-0123456789ab"}}),
        ),
        {"code": 0, "message": "SUCCEED", "request_id": "r", "data": [{
            "id": "1234567890", "status": "succeeded", "message": "", "create_time": 1781080778802,
            "update_time": 1781080794151, "external_id": "",
            "outputs": [{"type": "video", "id": "1", "url": VIDEO, "watermark_url": "", "duration": "5"}],
            "billing": [{"charge_type": "unit", "amount": "3"}]}]},
        ({"code": 0, "message": "SUCCEED", "request_id": "r", "data": [{
            "id": "1234567890", "status": "failed", "message": "Failure to pass the risk control system"}]}, "fault"),
        (400, {"code": 1301, "message": "content safety", "request_id": "r"}, "moderation"),
        3,
    ),
    Page(
        "minimax", "MiniMax-Hailuo-2.3", "MiniMax, video generation, first version",
        (
            ({**TEXT, "seconds": 6.0, "size": (1366, 768)}, "/v1/video_generation", {
                "model": "MiniMax-Hailuo-2.3", "prompt": "a kite", "duration": 6, "resolution": "768P"}),
            ({**TEXT, "seconds": 6.0, "size": (1920, 1080)}, "/v1/video_generation", {
                "model": "MiniMax-Hailuo-2.3", "prompt": "a kite", "duration": 6, "resolution": "1080P"}),
        ),
        # cloud.baidu.com/doc/qianfan-api/s/tmwbl4b6e, 11 November 2026, has the same answer
        {"task_id": "67bd3a0334815", "status": "Success", "file_id": "241342648594580", "video_width": 1280,
         "video_height": 720, "base_resp": {"status_code": 0, "status_msg": "success"}},
        ({"task_id": "67bd3a0334815", "status": "Fail", "file_id": "",
          "base_resp": {"status_code": 1027, "status_msg": "output content"}}, "moderation"),
        (200, {"base_resp": {"status_code": 1026, "status_msg": "input content"}}, "moderation"),
    ),
    Page(
        "minimax", "MiniMax-H3", "platform.minimax.io/docs/api-reference/video-generation-v2-query",
        (
            ({**TEXT, "size": (1366, 768)}, "/v2/video_generation", {
                "model": "MiniMax-H3", "content": [{"type": "text", "text": "a kite"}], "resolution": "768P",
                "duration": 5, "ratio": "16:9"}),
            ({**TEXT, "size": (1366, 768), "seconds": 15.0}, "/v2/video_generation", {
                "model": "MiniMax-H3", "content": [{"type": "text", "text": "a kite"}], "resolution": "768P",
                "duration": 15, "ratio": "16:9"}),
        ),
        {"task": {"id": "424010985738629", "model": "MiniMax-H3", "status": "succeeded", "content": {"url": VIDEO},
                  "resolution": "768P", "duration": 5, "ratio": "16:9", "task_type": "text_to_video"}},
        ({"task": {"id": "424010985738629", "model": "MiniMax-H3", "status": "failed",
                   "error": {"code": "output_sensitive", "message": "no"}}}, "moderation"),
        (402, {"type": "error", "error": {"type": "insufficient_balance_error", "message": "no", "http_code": "402"},
               "request_id": "r"}, "money"),
    ),
    Page(
        "vidu", "viduq3-pro", "Vidu API, second version; docs.comfy.org has the form of a look",
        (
            (TEXT, "/text2video", {
                "model": "viduq3-pro", "prompt": "a kite", "duration": 5, "seed": 7, "aspect_ratio": "16:9",
                "resolution": "720p", "audio": False, "payload": "7d9f2a4e-0b1c-4d5e-8f90-0123456789ab"}),
            ({**UPRIGHT, "sound": True}, "/text2video", {
                "model": "viduq3-pro", "prompt": "a kite", "duration": 10, "seed": 7, "aspect_ratio": "9:16",
                "resolution": "720p", "audio": True, "payload": "7d9f2a4e-0b1c-4d5e-8f90-0123456789ab"}),
        ),
        {"id": "1", "state": "success", "err_code": "", "credits": 4, "payload": "x",
         "creations": [{"id": "2", "url": VIDEO, "cover_url": "", "watermarked_url": "", "moderation_url": []}]},
        ({"id": "1", "state": "failed", "err_code": "TaskPromptPolicyViolation", "credits": 0, "creations": []},
         "moderation"),
        (400, {"code": 400, "reason": "CreditInsufficient", "message": "no", "metadata": {"trace_id": "t"}}, "money"),
        4,
    ),
    Page(
        "pixverse", "v6", "docs.platform.pixverse.ai: text-to-video, get video generation status",
        (
            (TEXT, "/video/text/generate", {
                "model": "v6", "prompt": "a kite", "aspect_ratio": "16:9", "duration": 5, "quality": "720p", "seed": 7,
                "generate_audio_switch": False}),
            ({**UPRIGHT, "negative_prompt": "fog"}, "/video/text/generate", {
                "model": "v6", "prompt": "a kite", "aspect_ratio": "9:16", "duration": 10, "quality": "720p", "seed": 7,
                "generate_audio_switch": False, "negative_prompt": "fog"}),
        ),
        {"ErrCode": 0, "ErrMsg": "success", "Resp": {"id": 1, "status": 1, "url": VIDEO, "outputWidth": 1280,
                                                    "outputHeight": 720, "seed": 7, "size": 1000}},
        ({"ErrCode": 0, "ErrMsg": "success", "Resp": {"id": 1, "status": 7, "url": ""}}, "moderation"),
        (200, {"ErrCode": 500090, "ErrMsg": "Insufficient balance", "Resp": None}, "money"),
    ),
    Page(
        "xai", "grok-imagine-video", "docs.x.ai/docs/guides/video-generations; docs.comfy.org has the form of a look",
        (
            (TEXT, "/videos/generations", {
                "model": "grok-imagine-video", "prompt": "a kite", "duration": 5, "aspect_ratio": "16:9",
                "resolution": "720p"}),
            (UPRIGHT, "/videos/generations", {
                "model": "grok-imagine-video", "prompt": "a kite", "duration": 10, "aspect_ratio": "9:16",
                "resolution": "720p"}),
        ),
        {"status": "done", "model": "grok-imagine-video", "usage": {"cost_in_usd_ticks": 3_500_000_000},
         "video": {"url": VIDEO, "duration": 5, "respect_moderation": True}},
        ({"status": "done", "video": {"url": "", "duration": 5, "respect_moderation": False}}, "moderation"),
        (429, {"code": "Some resource has been exhausted", "error": "Too many requests"}, "limit"),
        350_000,
    ),
)  # fmt: skip
each = pytest.mark.parametrize("page", PAGES, ids=lambda page: f"{page.vendor}:{page.model}")


def known(page):
    case = next(case for case in CASES if (case.vendor, case.model) == (page.vendor, page.model))
    return case, client(case, sound_switch=page.vendor in ("kling2", "vidu", "pixverse"), cost_per_credit=0.000001)


@each
def test_what_goes_out_is_what_is_documented_and_our_dialect_reads_it(page):
    case, ours = known(page)
    for asked, path, fields in page.asks:
        wanted = order(case, **asked)
        request = ours.order(wanted)
        assert (request.method, request.path, dict(request.json)) == ("POST", path, fields)
        got = read(request, case.at)
        spec = ClipSpec(**asked)
        assert (got.prompt, got.seconds) == (spec.prompt, spec.seconds)
        assert FORMAT.of_aspect(got.aspect)[0][0] > 0 if got.aspect else got.size


@each
def test_documented_answers_are_read_as_they_are_meant(page):
    case, ours = known(page)
    _, (seen,) = drive(ours.poll([Ticket("1")]), said(200, page.done))
    assert (seen.state, seen.billed, seen.cost) == ("done", "yes", page.cost)
    if case.model != "MiniMax-Hailuo-2.3":  # which names its file in a third answer
        assert ours.address(page.done) == VIDEO
    body, reason = page.failed
    _, (seen,) = drive(ours.poll([Ticket("1")]), said(200, body))
    assert (seen.state, seen.reason) == ("failed", reason)
    status, body, reason = page.refused
    with pytest.raises(Refused) as refused:
        drive(ours.submit(order(case, **page.asks[0][0])), said(status, body))
    assert refused.value.reason == reason


def test_hailuos_file_is_asked_for_by_a_third_request():
    page = PAGES[1]
    _, ours = known(page)
    file = {"file": {"file_id": 241342648594580, "download_url": VIDEO}, "base_resp": {"status_code": 0}}
    requests, _ = drive(ours.fetch(Ticket("1")), said(200, page.done), said(200, file), said(200, {}))
    assert [one.path for one in requests] == [
        "/v1/query/video_generation?task_id=1", "/v1/files/retrieve?file_id=241342648594580", VIDEO,
    ]  # fmt: skip
    assert requests[-1].download
