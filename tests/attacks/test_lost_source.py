"""A clip is to be continued, and the one before it is gone or damaged in the storage: it is made again from its recipe,
by the same worker, or the job fails with the reason, and nothing is charged.
"""

import errno
import os

import pytest

from doubles import DiscEngine
from footage import film, halves
from serving import finished, serving
from vitascope.media import video
from vitascope.store import jobs, library


@pytest.fixture
def server(tmp_path):
    with serving(tmp_path, work=True) as running:
        yield running


def made(client, path="/v1/videos", **fields):
    body = {"prompt": "a red ball", "seconds": "1", "seed": 7, **fields}
    return finished(client, client.post(path, json=body).json()["id"])


def file_of(server, client, video):
    """Where the storage keeps it."""
    with server.store.read() as tx:
        job = jobs.get(tx, None, video["id"].replace("video_", "job_"))
        clip = library.get(tx, job.account_id, job.clip_id)
    return server.context.blobs.root / clip.video_key


def continued(client, video):
    return made(client, "/v1/videos/extensions", video={"id": video["id"]})


def gone(path):
    path.unlink()


def damaged(path):
    path.write_bytes(path.read_bytes()[:-2000] + bytes(2000))


def halved(path):
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


@pytest.mark.parametrize("harm", [gone, damaged, halved])
def test_it_is_made_again_and_continued(server, harm):
    client = server.client(server.key())
    first = made(client)
    whole = continued(client, first)
    wanted = client.get(f"/v1/videos/{whole['id']}/content").content
    harm(file_of(server, client, first))
    again = continued(client, first)
    assert again["status"] == "completed", again["error"]
    assert client.get(f"/v1/videos/{again['id']}/content").content == wanted


def test_a_whole_line_is_made_again(server):
    client = server.client(server.key())
    first = made(client)
    second = continued(client, first)
    for one in (first, second):
        gone(file_of(server, client, one))
    third = continued(client, second)
    assert third["status"] == "completed", third["error"]
    assert third["seconds"] == "3"


def test_of_a_line_what_is_still_there_is_taken(server, tmp_path):
    """The first of the line was sent along, so it could not be made again; it lies among the files that were sent."""
    client = server.client(server.key())
    sent = film(tmp_path / "sent.mp4", [halves(256, 256)] * 17).read_bytes()
    files = {"video": ("sent.mp4", sent, "video/mp4")}
    answer = client.post("/v1/videos/extensions", data={"prompt": "a ball", "seconds": "1", "seed": "7"}, files=files)
    second = finished(client, answer.json()["id"])
    gone(file_of(server, client, second))
    assert continued(client, second)["status"] == "completed"


def test_without_a_recipe_it_fails_with_the_reason_and_costs_nothing(server, tmp_path):
    client = server.client(server.key())
    before = client.get("/v1/credits").json()["available"]
    sent = film(tmp_path / "sent.mp4", [halves(256, 256)] * 17).read_bytes()
    files = {"video": ("sent.mp4", sent, "video/mp4")}
    real = server.context.blobs.put

    def lost(key, *rest):
        real(key, *rest)
        if key.startswith("uploads/"):
            (server.context.blobs.root / key).unlink()

    object.__setattr__(server.context.blobs, "put", lost)
    answer = client.post("/v1/videos/extensions", data={"prompt": "a ball", "seconds": "1"}, files=files)
    failed = finished(client, answer.json()["id"])
    assert failed["status"] == "failed"
    assert failed["error"]["code"] == "bad_clip"
    assert "no recipe" in failed["error"]["message"]
    assert failed["error"]["hint"]
    assert client.get("/v1/credits").json()["available"] == before


def test_another_model_since_then_is_said(tmp_path):
    engine = DiscEngine()
    with serving(tmp_path, work=True, engine=engine) as server:
        client = server.client(server.key())
        first = made(client)
        gone(file_of(server, client, first))

        def otherwise(draft, frames=engine.frames):
            return (255 - frame for frame in frames(draft))

        engine.frames = otherwise
        failed = continued(client, first)
        assert failed["status"] == "failed"
        assert "came out differently" in failed["error"]["message"]


def test_a_full_disk_fails_the_job_without_telling_where(server, monkeypatch):
    def full(*_):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(video.Mp4Writer, "write", full)
    failed = made(server.client(server.key()))
    assert failed["status"] == "failed"
    assert "the disk is full" in failed["error"]["message"]
    assert "/" not in failed["error"]["message"] + failed["error"]["hint"]
