"""The native API as a client sees it: over the network, from a real server with a real worker and an engine that draws
discs. What OpenAI's own SDK does is in `test_openai_sdk.py`.
"""

import base64
import hashlib
import io
import json
import threading
import zipfile
from dataclasses import replace

import pytest

from doubles import CARD, DiscEngine
from processes import LONG
from serving import finished, png, serving, until
from vitascope.media import video as videos
from vitascope.store import events, handles, schema

PROMPT = "a red ball bounces"
ROW = [0.1, 0.4, 1.2, 0, 0, 0, 0, 0.9]


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    with serving(tmp_path_factory.mktemp("api"), work=True, fetch_allowed="127.0.0.1") as running:
        yield running


@pytest.fixture
def client(server):
    """A client of a new account with credits."""
    return server.client(server.key())


@pytest.fixture(scope="module")
def slow(tmp_path_factory):
    """A server whose engine takes its time, for what happens meanwhile."""
    with serving(tmp_path_factory.mktemp("slow"), work=True, engine=DiscEngine(0.15)) as running:
        yield running


@pytest.fixture(scope="module")
def idle(tmp_path_factory):
    """A server without a worker: everything waits."""
    with serving(tmp_path_factory.mktemp("idle")) as running:
        yield running


def create(client, **fields):
    answer = client.post("/v1/videos", json={"prompt": PROMPT, "seconds": "0.5"} | fields)
    assert answer.status_code == 200, answer.text
    return answer.json()


def made(client, **fields):
    video = finished(client, create(client, **fields)["id"])
    assert video["status"] == "completed", video["error"]
    return video


def error(answer, status):
    assert answer.status_code == status, answer.text
    told = answer.json()["error"]
    assert set(told) >= {"message", "type", "param", "code", "hint"}
    assert told["message"]
    assert "Traceback" not in answer.text
    return told


# Videos


def test_a_clip_is_asked_for_watched_and_fetched(client):
    video = create(client, seconds=1, aspect="16:9", seed=7, metadata={"order": "17"})
    assert (video["object"], video["status"], video["progress"]) == ("video", "queued", 0)
    video = finished(client, video["id"])
    assert (video["status"], video["progress"], video["seconds"], video["size"]) == ("completed", 100, "1", "352x192")
    assert (video["seed"], video["metadata"], video["error"]) == (7, {"order": "17"}, None)
    assert video["completed_at"] >= video["created_at"]
    for variant, kind in (("video", "video/mp4"), ("thumbnail", "image/jpeg"), ("spritesheet", "image/jpeg")):
        answer = client.get(f"/v1/videos/{video['id']}/content", params={"variant": variant})
        assert (answer.status_code, answer.headers["content-type"]) == (200, kind)
        assert len(answer.content) == int(answer.headers["content-length"])


def test_what_runs_says_when_to_ask_again(idle):
    client = idle.client(idle.key())
    answer = client.get(f"/v1/videos/{create(client)['id']}")
    assert int(answer.headers["openai-poll-after-ms"]) > 0
    assert answer.json()["queue_position"] >= 1


def test_a_form_is_as_good_as_json(client):
    picture = {"input_reference": ("first.png", png(), "image/png")}
    answer = client.post(
        "/v1/videos",
        data={"prompt": PROMPT, "seconds": "0.5", "seed": "7", "camera": json.dumps([ROW, ROW]), "draft": "false"},
        files=picture,
    )
    assert answer.status_code == 200, answer.text
    video = finished(client, answer.json()["id"])
    assert video["status"] == "completed", video["error"]
    assert video["camera"]["points"] == [ROW, ROW]
    assert video["size"] == "256x256"  # 64x48 is nearer to a square than to 16:9
    recipe = client.get(f"/v1/library/{video['clip_id']}/recipe").json()["recipe"]
    assert recipe["spec"]["image"]["width"] == 256


def test_brackets_in_a_form_are_objects(client):
    url = "data:image/png;base64," + base64.b64encode(png()).decode()
    form = {"prompt": PROMPT, "seconds": "0.5", "input_reference[image_url]": url}
    answer = client.post("/v1/videos", data=form)
    assert answer.status_code == 200, answer.text


def test_pictures_come_in_every_form(client):
    plain = base64.b64encode(png()).decode()
    for image in (plain, f"data:image/png;base64,{plain}", {"image_url": f"data:image/png;base64,{plain}"}):
        assert create(client, image=image, last_image=image)["status"] == "queued"
    clip = made(client)
    for image in (clip["id"], clip["clip_id"], {"file_id": clip["id"]}, {"clip_id": clip["clip_id"], "frame": "3"}):
        assert create(client, image=image)["status"] == "queued"
    assert error(client.post("/v1/videos", json={"prompt": PROMPT, "image": {"file_id": "file-1"}}), 404)
    assert error(client.post("/v1/videos", json={"prompt": PROMPT, "image": "not base64 at all!"}), 422)


def test_several_takes_are_a_batch_with_seeds_in_a_row(client):
    video = create(client, n=3, seed=5)
    assert len(video["takes"]) == 3
    listed = client.get("/v1/videos", params={"batch_id": video["batch_id"]}).json()["data"]
    assert sorted(item["seed"] for item in listed) == [5, 6, 7]


def test_a_list_is_walked_with_cursors_both_ways(client):
    ids = [create(client)["id"] for _ in range(5)]

    def walk(order):
        found, after = [], None
        while True:
            query = {"limit": 2, "order": order} | ({"after": after} if after else {})
            page = client.get("/v1/videos", params=query).json()
            found += [video["id"] for video in page["data"]]
            if not page["has_more"]:
                return found
            assert page["last_id"] == page["data"][-1]["id"]
            after = page["last_id"]

    assert walk("asc") == ids
    assert walk("desc") == ids[::-1]
    assert error(client.get("/v1/videos", params={"after": "nonsense"}), 400)["param"] == "after"


def test_the_same_key_makes_one_video(client):
    key = {"Idempotency-Key": "order-17"}
    body = {"prompt": PROMPT, "seconds": 0.5}
    first, second = (client.post("/v1/videos", json=body, headers=key).json() for _ in range(2))
    assert first["id"] == second["id"]
    assert len(client.get("/v1/videos").json()["data"]) == 1
    answer = client.post("/v1/videos", json=body | {"prompt": "a blue cube"}, headers=key)
    assert error(answer, 409)["code"] == "conflict"
    assert answer.headers["x-should-retry"] == "false"


def test_vendors_sizes_lengths_and_names_are_taken_and_the_truth_is_told(client):
    video = create(client, model="sora-2-2025-12-08", size="1280x720", seconds="0.7")
    assert (video["model"], video["requested_model"]) == ("vitascope-nano", "sora-2-2025-12-08")
    assert (video["size"], video["requested_size"], video["seconds"]) == ("352x192", "1280x720", "1")
    assert any("1280x720" in note for note in video["notes"])
    assert any("0.7 seconds" in note for note in video["notes"])
    assert create(client, size="720x1280")["size"] == "192x352"
    assert create(client, size="352x192")["notes"] == []
    assert create(client, width=1024, height=1024)["size"] == "256x256"
    assert create(client, aspect="4:3")["notes"]
    assert create(client, seconds=None, num_frames=17, fps=16)["seconds"] == "1"


def test_loose_values_are_read(client):
    video = create(
        client, seed="9", steps="3", guidance_scale="2.5", n="1", negative_prompt=None, draft="no", unknown=[1]
    )
    assert (video["seed"], video["steps"], video["guidance"]) == (9, 3, 2.5)
    assert create(client, seed=-1)["seed"] >= 0


@pytest.mark.parametrize(
    ("fields", "status", "param"),
    [
        ({"prompt": ""}, 400, "prompt"),
        ({"prompt": None}, 400, "prompt"),
        ({"prompt": "x" * 5000}, 400, "prompt"),
        ({"seconds": "long"}, 400, "seconds"),
        ({"seconds": -3}, 400, "seconds"),
        ({"seconds": 1e9}, 400, "seconds"),
        ({"seconds": True}, 400, "seconds"),
        ({"size": "big"}, 400, "size"),
        ({"size": "0x0"}, 400, "size"),
        ({"aspect": "wide"}, 400, "aspect"),
        ({"n": 0}, 400, "n"),
        ({"n": 1.5}, 400, "n"),
        ({"n": 50}, 422, "n"),
        ({"steps": 1000}, 400, "steps"),
        ({"seed": 2**40}, 400, "seed"),
        ({"camera": "wobble"}, 400, "camera"),
        ({"camera": "/etc/passwd.json"}, 400, "camera"),
        ({"camera": [[1, 2]]}, 400, "camera"),
        ({"camera": {"points": "x"}}, 400, "camera"),
        ({"lane": "fast"}, 400, "lane"),
        ({"lane": "relaxed"}, 403, "lane"),
        ({"draft": "maybe"}, 400, "draft"),
        ({"metadata": "x"}, 400, "metadata"),
        ({"model": "nimbus-9"}, 404, "model"),
        ({"project": "prj_none"}, 404, "project"),
        ({"lora": "x"}, 422, "lora"),
        ({"video_reference": "x"}, 422, "video_reference"),
    ],
    ids=str,
)
def test_what_cannot_be_made_is_said_with_its_field(client, fields, status, param):
    answer = client.post("/v1/videos", json={"prompt": PROMPT, "seconds": 0.5} | fields)
    told = error(answer, status)
    assert told["hint"]
    assert told["param"] == param


def test_a_rule_that_refuses_is_named_and_nothing_is_charged(client):
    before = client.get("/v1/credits").json()["available"]
    told = error(client.post("/v1/videos", json={"prompt": "a nude person"}), 422)
    assert (told["code"], told["param"]) == ("policy_refused", "prompt")
    assert told["rule"]
    assert client.get("/v1/credits").json()["available"] == before


def test_too_few_credits_are_said_in_credits(server):
    poor = server.client(server.key(plan="free", credits=0))
    told = error(
        poor.post("/v1/videos", json={"prompt": PROMPT, "seconds": 10, "size": "352x192", "steps": 64, "n": 4}), 402
    )
    assert told["code"] == "not_enough_credits"
    assert "credits" in told["message"]


def test_a_quote_is_the_charge(client):
    body = {"prompt": PROMPT, "seconds": 2, "size": "1280x720", "n": 2}
    quote = client.post("/v1/quote", json=body).json()
    assert quote["credits"] == pytest.approx(sum(line["credits"] for line in quote["lines"]))
    before = client.get("/v1/credits").json()["available"]
    video = create(client, **body)
    for take in video["takes"]:
        finished(client, take)
    after = client.get("/v1/credits").json()
    assert before - after["available"] == pytest.approx(quote["credits"])
    assert after["held"] == 0
    assert client.post("/v1/quote", json={"prompt": "a nude person"}).json()["refused"]["rule"]


def test_what_no_model_can_do_is_refused_honestly(client):
    clip = {"video": ("clip.mp4", b"x", "video/mp4")}
    assert error(client.post("/v1/videos/edits", data={"prompt": "x"}, files=clip), 422)["code"] == "not_supported"
    assert error(client.post("/v1/videos/characters", data={"name": "x"}, files=clip), 422)["code"] == "not_supported"
    assert error(client.get("/v1/videos/characters/char_1"), 404)


def test_a_remix_changes_the_words_and_keeps_the_rest(client):
    first = made(client, seed=11, aspect="9:16", camera="orbit left")
    answer = client.post(f"/v1/videos/{first['id']}/remix", json={"prompt": "a blue cube spins"})
    remix = finished(client, answer.json()["id"])
    assert (remix["seed"], remix["size"], remix["camera"]) == (11, first["size"], first["camera"])
    assert (remix["remixed_from_video_id"], remix["prompt"]) == (first["id"], "a blue cube spins")
    again = client.post(f"/v1/videos/{first['id']}/rerun").json()
    assert again["seed"] != 11
    assert again["prompt"] == first["prompt"]
    line = client.get(f"/v1/library/{first['clip_id']}/lineage").json()
    assert remix["clip_id"] in [clip["id"] for clip in line["children"]]


def test_a_remix_waits_for_its_clip(idle):
    client = idle.client(idle.key())
    answer = client.post(f"/v1/videos/{create(client)['id']}/remix", json={"prompt": "x"})
    assert error(answer, 409)["code"] == "conflict"


def test_a_draft_is_cheap_and_its_price_counts_when_it_is_finished(client):
    full = client.post("/v1/quote", json={"prompt": PROMPT, "seconds": 4}).json()["credits"]
    draft = made(client, seconds=4, draft=True, seed=3)
    assert draft["credits"] < full / 2
    assert draft["steps"] < 4
    done = finished(client, client.post(f"/v1/videos/{draft['id']}/finish").json()["id"])
    assert done["status"] == "completed"
    assert (done["seed"], done["steps"], done["draft"]) == (3, 4, False)
    assert done["credits"] + draft["credits"] == pytest.approx(full)
    assert error(client.post(f"/v1/videos/{done['id']}/finish"), 409)


def test_a_clip_goes_on(server, client, tmp_path):
    first = made(client, seconds=1)
    body = {"prompt": "it rolls on", "seconds": "0.5", "video": {"id": first["id"]}}
    longer = finished(client, client.post("/v1/videos/extensions", json=body).json()["id"])
    assert longer["status"] == "completed", longer["error"]
    assert (longer["seconds"], longer["relation"], longer["parent_clip_id"]) == ("1.5", "extend", first["clip_id"])
    sent = client.get(longer["url"]).content
    (tmp_path / "longer.mp4").write_bytes(sent)
    assert videos.probe(tmp_path / "longer.mp4").frames == 17 + 8
    form = {"prompt": "and on", "seconds": "0.5"}
    answer = client.post("/v1/videos/extensions", data=form, files={"video": ("clip.mp4", sent, "video/mp4")})
    third = finished(client, answer.json()["id"])
    assert third["status"] == "completed", third["error"]
    assert third["seconds"] == "2"
    mia = client.get("/v1/account").json()["id"]
    with server.store.read() as tx:
        [kept] = handles.page(tx, mia, handles.SOURCE)  # so that the file goes when its time is over
    assert kept.target == f"uploads/{mia}/{hashlib.sha256(sent).hexdigest()}"
    assert error(client.post("/v1/videos/extensions", json={"prompt": "x"}), 400)["param"] == "video"


def test_a_still_is_a_clip_of_one_frame(client):
    still = made(client, seconds=0)
    assert still["seconds"] == "0"
    assert client.get(still["thumbnail_url"]).headers["content-type"] == "image/jpeg"


def test_a_deleted_video_is_gone_and_its_clip_can_come_back(client):
    video = made(client)
    path = f"/v1/videos/{video['id']}"
    assert client.delete(path).json() == {"id": video["id"], "object": "video.deleted", "deleted": True}
    assert error(client.get(path), 404)
    assert error(client.delete(path), 404)
    assert client.get("/v1/videos").json()["data"] == []
    trashed = client.get("/v1/library", params={"trashed": True}).json()["data"]
    assert [clip["id"] for clip in trashed] == [video["clip_id"]]
    client.post(f"/v1/library/{video['clip_id']}/restore")
    assert client.get(path).json()["status"] == "completed"


def test_the_first_request_after_a_start_may_be_to_cancel_what_is_done(server, client):
    """Its answer holds signed links: the key for them must not be looked up inside the transaction that cancels."""
    video = finished(client, create(client)["id"])
    for name in ("link_key", "local_secret"):
        vars(server.context).pop(name, None)  # as in a server that has just begun
    answer = client.post(f"/v1/videos/{video['id']}/cancel")
    assert (answer.status_code, answer.json()["status"]) == (200, "completed")


def test_what_waits_is_cancelled_at_once_and_costs_nothing(idle):
    client = idle.client(idle.key())
    before = client.get("/v1/credits").json()
    video = create(client, seconds=4)
    assert client.get("/v1/credits").json()["held"] == video["credits"]
    gone = client.post(f"/v1/videos/{video['id']}/cancel").json()
    assert (gone["status"], gone["state"], gone["error"]["code"]) == ("failed", "cancelled", "cancelled")
    assert client.get("/v1/credits").json() == before
    other = create(client)
    client.delete(f"/v1/videos/{other['id']}")
    assert [video["id"] for video in client.get("/v1/videos").json()["data"]] == [video["id"]]
    client.delete(f"/v1/videos/{video['id']}")
    assert client.get("/v1/videos").json()["data"] == []


def test_what_runs_stops_at_its_next_step(slow):
    client = slow.client(slow.key())
    video = create(client, seconds=4, steps=40)
    until(lambda: client.get(f"/v1/videos/{video['id']}").json()["status"] == "in_progress")
    assert error(client.get(f"/v1/videos/{video['id']}/content"), 409)
    client.post(f"/v1/videos/{video['id']}/cancel")
    assert finished(client, video["id"])["state"] == "cancelled"
    assert client.get("/v1/credits").json()["held"] == 0


# Delivery


def test_content_is_given_in_ranges(client):
    path = f"/v1/videos/{made(client)['id']}/content"
    whole = client.get(path)
    size = len(whole.content)

    def part(header, **more):
        return client.get(path, headers={"range": header} | more)

    for header, start, end in (("bytes=0-99", 0, 100), ("bytes=100-", 100, size), ("bytes=-50", size - 50, size)):
        answer = part(header)
        assert answer.status_code == 206
        assert answer.content == whole.content[start:end]
        assert answer.headers["content-range"] == f"bytes {start}-{end - 1}/{size}"
    assert part(f"bytes={size}-").status_code == 416
    assert part("bytes=-0").status_code == 416
    for header in ("bytes=0-1,5-6", "lines=1-2", "bytes=9-1", "bytes=--1", "x"):
        assert part(header).content == whole.content
    assert part("bytes=0-9", **{"if-range": '"another"'}).status_code == 200
    assert client.get(path, headers={"if-none-match": whole.headers["etag"]}).status_code == 304


def test_links_open_without_a_key_and_only_as_they_are(server, client):
    video = made(client)
    stranger = server.client()
    link = video["url"]
    assert link.startswith(server.url)
    assert stranger.get(link).content == client.get(f"/v1/videos/{video['id']}/content").content
    assert stranger.head(link).headers["content-length"] == str(len(stranger.get(link).content))
    assert stranger.get(link, headers={"range": "bytes=0-3"}).status_code == 206
    other = made(client)
    for wrong in (
        link.replace(video["clip_id"], other["clip_id"]),
        link.replace("until=", "until=1"),
        link.replace("signature=", "signature=0"),
        link.replace("video.mp4", "../../vitascope.db"),
        link.replace("video.mp4", "..%2f..%2f..%2fvitascope.db"),
    ):
        assert stranger.get(wrong).status_code in (403, 404), wrong


def test_links_end(tmp_path):
    from service import Clock

    clock = Clock()
    with serving(tmp_path, clock=clock) as running:
        from vitascope.server.files import delivery

        running.context.blobs.put("clips/clip_1/video.mp4", b"film")
        link = delivery.link(running.context, running.url, "clips/clip_1/video.mp4", name="夏 film.mp4")
        answer = running.client().get(link)
        assert (answer.status_code, answer.content) == (200, b"film")
        assert "filename*=UTF-8''%E5%A4%8F" in answer.headers["content-disposition"]
        clock.forward(delivery.LINK_SECONDS + 3600)
        assert "expired" in error(running.client().get(link), 403)["message"]


# Events


def listen(client, count, headers=None, **query):
    """The next `count` events of the stream."""
    found = []
    with client.stream("GET", "/v1/events", params=query, headers=headers or {}) as answer:
        assert answer.headers["content-type"].startswith("text/event-stream")
        for line in answer.iter_lines():
            if line.startswith("data: "):
                found.append(json.loads(line[6:]))
                if len(found) == count:
                    return found
    return found


def test_events_tell_the_way_of_a_clip_and_can_be_resumed(client):
    heard = []
    thread = threading.Thread(target=lambda: heard.extend(listen(client, 3, after=0)))
    thread.start()
    video = made(client)
    thread.join(LONG)
    assert [event["type"] for event in heard][:2] == ["job.queued", "job.running"]
    assert {event["video_id"] for event in heard} == {video["id"]}
    assert heard[0]["status"] == "queued"
    again = listen(client, 2, headers={"Last-Event-ID": str(heard[0]["id"])})
    assert [event["id"] for event in again] == [event["id"] for event in heard[1:3]]
    assert error(client.get("/v1/events", params={"after": "x"}), 400)


def test_a_stream_ends_when_the_server_does(tmp_path):
    with serving(tmp_path) as running:
        client, heard = running.client(running.key()), []

        def listen_to_the_end():
            with client.stream("GET", "/v1/events") as answer:
                heard.extend(answer.iter_lines())

        thread = threading.Thread(target=listen_to_the_end)
        thread.start()
        until(lambda: heard or not thread.is_alive())
        running.context.stopping.set()
        thread.join(LONG)
        assert not thread.is_alive()
        assert ": connected" in heard
        assert error(client.get("/readyz"), 503)["code"] == "unavailable"


def test_events_show_previews(slow):
    client = slow.client(slow.key())
    video = create(client, seconds=2, steps=20)

    def look():
        now = client.get(f"/v1/videos/{video['id']}").json()
        assert now["status"] != "completed", "no preview was shown"
        return now["preview_url"]

    preview = slow.client().get(until(look))
    assert preview.headers["content-type"] == "image/webp"
    with slow.store.read() as tx:
        job = "job_" + video["id"].removeprefix("video_")
        account = tx.execute(schema.jobs.select().where(schema.jobs.c.id == job)).one().account_id
        told = events.since(tx, account, 0, limit=500)
    assert any("preview_at" in event.data for event in told)
    client.delete(f"/v1/videos/{video['id']}")


# The library


def test_the_library_finds_marks_moves_and_throws_away(client):
    one = made(client, prompt="a red ball on snow")["clip_id"]
    two = made(client, prompt="a blue cube on sand")["clip_id"]

    def ids(**query):
        return [clip["id"] for clip in client.get("/v1/library", params=query).json()["data"]]

    assert ids() == [two, one]
    assert ids(q="red snow") == [one]
    assert ids(q="dragon") == []
    client.patch(f"/v1/library/{one}", json={"favourite": True, "tags": ["winter", "best"]})
    assert ids(favourite=True) == [one]
    assert ids(tag="winter") == [one]
    assert client.get("/v1/library/count").json()["tags"][0]["clips"] == 1
    project = client.post("/v1/library/projects", json={"name": "Film"}).json()["id"]
    assert client.patch(f"/v1/library/{two}", json={"project_id": project}).json()["project_id"] == project
    assert ids(project=project) == [two]
    assert ids(project="none") == [one]
    assert client.get(f"/v1/library/projects/{project}").json()["clips"] == 1
    assert client.patch(f"/v1/library/projects/{project}", json={"name": "Movie"}).json()["name"] == "Movie"
    client.delete(f"/v1/library/projects/{project}")
    assert ids() == [one]
    client.post(f"/v1/library/projects/{project}/restore")
    assert ids() == [two, one]
    client.patch(f"/v1/library/{two}", json={"project_id": None})
    client.post("/v1/library/change", json={"ids": [one, two], "trash": True})
    assert ids() == []
    assert ids(trashed=True) == [two, one]
    assert error(client.post("/v1/library/change", json={"ids": [one, "clip_none"], "trash": False}), 404)
    assert ids(trashed=True) == [two, one]  # all or nothing
    client.delete(f"/v1/library/{one}", params={"forever": True})
    assert error(client.get(f"/v1/library/{one}"), 404)
    assert error(client.get(f"/v1/library/{one}/content"), 404)


def test_several_clips_come_in_one_zip(client):
    found = [made(client, seed=seed) for seed in (1, 2)]
    answer = client.post("/v1/library/zip", json={"ids": [video["clip_id"] for video in found]})
    with zipfile.ZipFile(io.BytesIO(answer.content)) as archive:
        assert archive.testzip() is None
        assert sorted(archive.namelist()) == ["a-red-ball-bounces-1.mp4", "a-red-ball-bounces-2.mp4"]
        assert archive.read("a-red-ball-bounces-1.mp4") == client.get(found[0]["url"]).content


@pytest.mark.parametrize("damage", ["half", "empty"])
def test_a_damaged_file_is_never_a_clip(server, client, damage):
    video = made(client, seed=5)
    key, blobs = f"clips/{video['clip_id']}/video.mp4", server.context.blobs
    data = client.get(video["url"]).content
    blobs.put(key, data[: len(data) // 2] if damage == "half" else b"")
    for where in (video["url"], f"/v1/videos/{video['id']}/content", f"/v1/library/{video['clip_id']}/content"):
        assert f"of {len(data):,} bytes" in error(client.get(where), 404)["message"]
        assert client.get(where, headers={"range": "bytes=0-3"}).status_code == 404
    assert error(client.post("/v1/library/zip", json={"ids": [video["clip_id"]]}), 404)
    answer = client.get("/v1/library/export")
    taken = server.client(server.key()).post("/v1/library/import", content=answer.content).json()
    assert video["clip_id"] in [item["id"] for item in taken["left_out"]]


def test_a_library_is_carried_to_another_account(server, client):
    video = made(client, seed=5)
    client.patch(f"/v1/library/{video['clip_id']}", json={"tags": ["winter"], "favourite": True})
    answer = client.get("/v1/library/export")
    assert "vitascope.zip" in answer.headers["content-disposition"]
    other = server.client(server.key())
    zipped = {"content": answer.content, "headers": {"content-type": "application/zip"}}
    assert other.post("/v1/library/import", **zipped).json()["clips"] == 1
    again = other.post("/v1/library/import", files={"file": ("a.zip", answer.content, "application/zip")}).json()
    assert (again["clips"], again["already_here"]) == (0, 1)
    (clip,) = other.get("/v1/library").json()["data"]
    assert (clip["prompt"], clip["seed"], clip["tags"], clip["favourite"]) == (PROMPT, 5, ["winter"], True)
    assert other.get(clip["url"]).content == client.get(video["url"]).content
    assert clip["video_id"] is None


def test_a_file_gives_its_recipe_back(client):
    video = made(client, seed=77, camera="push in")
    sent = {"file": ("clip.mp4", client.get(video["url"]).content, "video/mp4")}
    recipe = client.post("/v1/recipe", files=sent).json()["recipe"]
    assert recipe["spec"]["seed"] == 77
    assert recipe["spec"]["camera"] == {"words": "push in"}
    assert recipe == client.get(f"/v1/library/{video['clip_id']}/recipe").json()["recipe"]
    assert error(client.post("/v1/recipe", files={"file": ("x.mp4", b"#EXTM3U\nfile:///etc/passwd")}), 422)


# The rest


def test_models_say_what_they_can_and_what_else_they_are_called(client):
    (model,) = client.get("/v1/models").json()["data"]
    assert (model["object"], model["id"], model["limits"]) == ("model", "vitascope-nano", "draws discs only")
    assert "sora-2*" in model["aliases"]
    assert client.get("/v1/models/sora-2-pro").json()["id"] == "vitascope-nano"
    assert "vitascope-nano" in error(client.get("/v1/models/nimbus"), 404)["hint"]


def test_the_operator_gives_models_other_names(server, client):
    owner = server.client()
    body = {"aliases": {"dream-*": "vitascope-nano"}}
    assert owner.put("/v1/admin/aliases", json=body).json()["aliases"] == body["aliases"]
    assert create(client, model="dream-9")["requested_model"] == "dream-9"
    assert error(owner.put("/v1/admin/aliases", json={"aliases": {"x": "nimbus"}}), 400)
    owner.put("/v1/admin/aliases", json={"aliases": {}})
    assert error(client.post("/v1/videos", json={"prompt": PROMPT, "model": "dream-9"}), 404)


def test_a_prompt_is_read_while_one_types(client):
    read = client.post("/v1/reading", json={"prompt": "a red ball and a dragon on snow"}).json()
    assert read["unknown"] == ["dragon"]
    assert read["things"][0]["shape"] == "ball"
    assert read["ground"] == "snow"
    chinese = client.post("/v1/reading", json={"prompt": "红球在雪地上弹跳"}).json()
    assert (chinese["language"], chinese["ground"]) == ("zh", "snow")
    assert client.post("/v1/reading", json={"prompt": ""}).status_code == 200


def test_webhooks_go_to_public_places_only(idle, client):
    inside = client.post("/v1/webhooks", json={"url": "http://169.254.169.254/latest"})
    assert error(inside, 403)["code"] == "not_allowed"
    assert error(idle.client().post("/v1/webhooks", json={"url": "http://127.0.0.1:9000/"}), 403)
    made = client.post("/v1/webhooks", json={"url": "http://127.0.0.1:9000/hook", "events": ["job.succeeded"]}).json()
    assert made["secret"].startswith("whsec_")
    path = f"/v1/webhooks/{made['id']}"
    assert client.get(path).json()["secret"] is None
    assert client.patch(path, json={"enabled": False}).json()["enabled"] is False
    assert client.patch(path, json={"enabled": True, "new_secret": True}).json()["secret"] != made["secret"]
    assert client.post(f"{path}/test").json()["event"] == "webhook.test"
    assert client.get(f"{path}/deliveries").json()["data"][0]["payload"]["type"] == "webhook.test"
    assert client.delete(path).json()["deleted"]
    assert error(client.get(path), 404)


def test_usage_and_statement_tell_where_credits_went(client):
    video = made(client, seconds=1)
    kinds = [entry["kind"] for entry in client.get("/v1/credits/statement").json()["data"]]
    assert kinds[:2] == ["post", "hold"]
    page = client.get("/v1/credits/statement", params={"limit": 1}).json()
    assert page["has_more"]
    after = client.get("/v1/credits/statement", params={"limit": 1, "after": page["last_id"]}).json()
    assert after["data"][0]["kind"] == "hold"
    (row,) = client.get("/v1/credits/usage", params={"by": "model"}).json()["data"]
    assert (row["model"], row["completed"], row["credits"]) == ("vitascope-nano", 1, video["credits"])
    assert error(client.get("/v1/credits/usage", params={"by": "colour"}), 400)


def test_the_operator_sees_the_server_and_nobody_else_does(server, client):
    owner = server.client()
    made(client)
    health = owner.get("/v1/admin/health", params={"check": True}).json()
    assert health["broken_rules"] == []
    assert health["workers"] == 1
    assert owner.get("/v1/admin/workers").json()["data"][0]["alive"]
    jobs = owner.get("/v1/admin/jobs").json()["data"]
    assert jobs
    assert PROMPT not in json.dumps(jobs)  # running a server is no reason to read along
    assert owner.get("/v1/admin/usage", params={"by": "account"}).json()["cost_micro_dollars"] >= 0
    assert error(client.get("/v1/admin/jobs"), 403)["code"] == "not_allowed"


def test_without_credits_nothing_costs(tmp_path):
    with serving(tmp_path, credits=0, work=True) as free:
        client = free.client()
        video = made(client)
        assert video["credits"] == 0
        assert client.get("/v1/credits").json()["on"] is False
        assert client.post("/v1/quote", json={"prompt": PROMPT}).json()["credits_on"] is False


def test_a_model_whose_name_has_a_slash_is_read_by_it(tmp_path):
    far = replace(CARD, name="far/nano", title="far away")
    with serving(tmp_path, cards=(CARD, far)) as server, server.client(server.key()) as client:
        assert client.get("/v1/models/far%2Fnano").json()["title"] == "far away"
        assert client.get("/openai/v1/models/far/nano").json()["id"] == "far/nano"
        assert client.get("/v1/models/far/nano").json()["description"].startswith("far away")  # Replicate's path
        assert error(client.get("/v1/models/far%2Fother"), 404)["code"] == "unknown_model"
        assert client.get("/v1/models/far%2Fnano%2Fmore").status_code == 404
        assert client.get("/v1/models/").status_code == 404


def test_every_error_has_the_same_form(client):
    assert error(client.get("/v1/nothing"), 404)["code"] == "not_found"
    assert error(client.get("/nothing"), 404)
    assert error(client.put("/v1/videos"), 405)["code"] == "method_not_allowed"
    misplaced = error(client.post("/v1/videos/quote", json={"prompt": PROMPT}), 405)
    assert "POST /v1/quote is meant" in misplaced["hint"]
    assert error(client.get("/v1/videos", params={"limit": "many"}), 422)["param"] == "limit"
    assert error(client.post("/v1/keys", content=b"{", headers={"content-type": "application/json"}), 400)
    assert error(client.post("/v1/keys", json={"name": 5}), 422)["param"] == "name"
    assert error(client.post("/v1/videos", content=b"x", headers={"content-type": "text/plain"}), 415)
    assert error(client.post("/v1/videos", content=b"\xff", headers={"content-type": "application/json"}), 400)
    broken = {"content-type": "multipart/form-data; boundary=x"}
    assert error(client.post("/v1/videos", content=b"--x\r\nnonsense", headers=broken), 400)
    assert error(client.get("/v1/videos/video_%00"), 400)
    assert error(client.get("/v1/library?q=%00"), 400)


def test_a_fault_of_our_own_is_said_without_its_inside(tmp_path):
    with serving(tmp_path) as running:
        running.app.add_api_route("/v1/fault", lambda: 1 // 0, methods=["GET"])
        told = error(running.client().get("/v1/fault"), 500)
        assert told["type"] == "server_error"
        assert "ZeroDivisionError" in told["message"]
        assert running.client().get("/healthz").status_code == 200


def test_requests_carry_ids_and_doubled_slashes_do_no_harm(server, client):
    answer = client.get("/v1//videos", headers={"x-request-id": "mine-17"})
    assert (answer.status_code, answer.headers["x-request-id"]) == (200, "mine-17")
    assert client.get(f"{server.url}//v1///models").status_code == 200
    assert client.get("/v1/videos").headers["x-request-id"].startswith("req_")
    assert client.get("/v1/videos", headers={"x-request-id": "a b\tc"}).headers["x-request-id"].startswith("req_")


def test_answers_tell_browsers_to_be_careful(client):
    headers = client.get("/v1/videos").headers
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["x-frame-options"] == "DENY"
    assert "default-src 'none'" in headers["content-security-policy"]
    assert "access-control-allow-origin" not in headers


def test_the_description_needs_no_other_server(client):
    page = client.get("/docs")
    parts = page.text + client.get("/docs/docs.js").text + client.get("/docs/docs.css").text
    assert "http://" not in parts
    assert "https://" not in parts
    assert "'self'" in page.headers["content-security-policy"]
    schema = client.get("/openapi.json").json()
    ids = [operation["operationId"] for methods in schema["paths"].values() for operation in methods.values()]
    assert len(ids) == len(set(ids))
    for path, methods in schema["paths"].items():
        for method, operation in methods.items():
            good = [answer for status, answer in operation["responses"].items() if status.startswith("2")]
            assert good[0].get("content"), f"{method} {path} has no typed answer"


def test_the_server_says_how_it_is(server, client):
    assert client.get("/healthz").json()["status"] == "ok"
    assert client.get("/readyz").status_code == 200
    operator = server.client(server.key(role="admin"))
    assert 'route="/v1/videos/{video_id}"' in operator.get("/metrics").text
    assert client.get("/metrics").status_code == 403
    elsewhere = {"x-forwarded-for": "203.0.113.7"}
    assert server.client().get("/metrics", headers=elsewhere).status_code == 401


def test_it_is_the_same_on_postgresql(tmp_path):
    with serving(tmp_path, database="postgres", work=True) as running:
        client = running.client(running.key())
        video = made(client, metadata={"a": "ü"})
        assert client.get("/v1/library", params={"q": "red"}).json()["data"][0]["id"] == video["clip_id"]
        assert listen(client, 2, after=0)[0]["type"] == "job.queued"
        assert client.get("/v1/credits/usage").json()["data"][0]["completed"] == 1
        assert client.delete(f"/v1/videos/{video['id']}").status_code == 200
        assert running.client().get("/v1/admin/health", params={"check": True}).json()["broken_rules"] == []


def test_a_prompt_from_outside_the_world_is_warned_of_on_the_job_and_the_clip(client):
    video = create(client, prompt="a dragon flies over a city", seconds="1")
    assert video["outside"]
    assert any("knows no thing that the prompt names" in note for note in video["notes"])
    assert not create(client, prompt="a red ball and a dragon", seconds="1")["outside"]
    assert not create(client, prompt="on snow at night", seconds="1")["outside"]


def test_a_reading_says_what_is_left_out_what_is_too_much_and_what_may_have_been_meant(client):
    def read(prompt):
        return client.post("/v1/reading", json={"prompt": prompt}).json()

    assert read("a blue cube, no red ball")["left_out"] == ["red ball"]
    assert read("five cubes")["too_many"] == ["five"]
    assert read("a red bal and a dragon")["suggestions"] == {"bal": "ball"}
