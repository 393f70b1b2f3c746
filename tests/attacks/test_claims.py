"""Files that claim what they do not hold: everything is checked while it is read, with a bound, and refused as bad
input before a worker is held by it.
"""

import contextlib
import random
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import av
import numpy as np
import pytest
from PIL import Image

from footage import CASES, film, halves, tone
from processes import LONG
from serving import finished, png, serving
from vitascope.errors import BadClip, BadPicture
from vitascope.media import incoming, video
from vitascope.media.limits import SENT, Limits


def grey(path, frames, *, size=(256, 256), fps=16, group=48, movflags=""):
    """An mp4 of one grey, written in no time. With `movflags` "frag_keyframe" its header tells of the first `group`
    frames only.
    """
    options = {"movflags": movflags} if movflags else {}
    with av.open(str(path), "w", format="mp4", options=options) as box:
        coding = {"preset": "ultrafast", "x264-params": f"keyint={group}:min-keyint={group}:scenecut=0"}
        stream = box.add_stream("libx264", rate=fps, options=coding)
        stream.width, stream.height, stream.pix_fmt = *size, "yuv420p"
        plain = np.full((size[1], size[0], 3), 90, np.uint8)
        for number in range(frames):
            frame = av.VideoFrame.from_ndarray(plain, format="rgb24")
            frame.pts = number
            box.mux(stream.encode(frame))
        box.mux(stream.encode(None))
    return path


@pytest.fixture(scope="module")
def liar(tmp_path_factory):
    """86 kB that say 250 frames and have 3,000."""
    path = grey(tmp_path_factory.mktemp("liar") / "liar.mp4", 3000, group=250, movflags="frag_keyframe")
    with av.open(str(path)) as box:
        assert box.streams.video[0].frames == 250
    return path


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    with serving(tmp_path_factory.mktemp("claims"), work=True) as running:
        yield running


def test_a_clip_that_is_longer_than_it_says_is_refused_at_once(server, liar):
    client = server.client(server.key())
    begun = time.process_time()
    files = {"video": ("liar.mp4", liar.read_bytes(), "video/mp4")}
    answer = client.post("/v1/videos/extensions", data={"prompt": "a ball", "seconds": "1"}, files=files)
    assert time.process_time() - begun < 10  # of the server in this process
    assert answer.status_code == 422
    error = answer.json()["error"]
    assert error["code"] == "bad_clip"
    assert "longer than 61 seconds" in error["message"]
    assert error["hint"]
    assert client.get("/v1/videos").json()["data"] == []


def test_a_recipe_or_an_archive_with_such_a_clip_is_refused_too(server, liar):
    client = server.client(server.key())
    answer = client.post("/v1/recipe", files={"file": ("liar.mp4", liar.read_bytes(), "video/mp4")})
    assert answer.status_code == 422
    assert "longer than" in answer.json()["error"]["message"]


@pytest.mark.parametrize(("there", "said"), [(40, "more than the 33"), (20, "20 of the 33")])
def test_a_source_with_other_frames_than_were_counted_is_no_source(tmp_path, there, said):
    path = grey(tmp_path / "source.mp4", there)
    with pytest.raises(BadClip, match=said) as refused:
        list(video.read_frames(path, name="The clip", frames=33))
    assert str(tmp_path) not in refused.value.message + refused.value.hint
    with pytest.raises(BadClip, match=said):
        video.tail(path, 9, frames=33)


@pytest.mark.parametrize(
    ("limits", "said"),
    [
        (Limits(clip_frames=10), "more than 10 frames"),
        (Limits(clip_seconds=1.0), "longer than 1 seconds"),
        (Limits(clip_work=20 * 256 * 256), "more than 20 frames of 256x256"),
        (Limits(clip_side=200), "is 256x256"),
        (Limits(clip_pixels=60_000), "is 256x256"),
    ],
)
def test_every_limit_holds_while_a_clip_is_read(tmp_path, limits, said):
    path = grey(tmp_path / "clip.mp4", 33)
    for read in (video.probe, lambda path, limits: list(video.read_frames(path, limits=limits))):
        with pytest.raises(BadClip, match=said) as refused:
            read(path, limits=limits)
        assert refused.value.hint


def test_frames_larger_than_the_header_says_are_refused(tmp_path):
    """The container claims 256x256, the stream inside is 4608x2592."""
    path = grey(tmp_path / "large.mp4", 2, size=(4608, 2592))
    data = path.read_bytes()
    at = data.index(b"avc1") + 28  # width and height in the sample entry
    path.write_bytes(data[:at] + b"\x01\0\x01\0" + data[at + 4 :])
    with pytest.raises(BadClip, match="4608x2592"):
        video.probe(path, limits=SENT)


def test_a_good_clip_is_still_continued(server, tmp_path):
    client = server.client(server.key())
    files = {"video": ("good.mp4", grey(tmp_path / "good.mp4", 33).read_bytes(), "video/mp4")}
    made = client.post("/v1/videos/extensions", data={"prompt": "a ball", "seconds": "1"}, files=files).json()
    assert finished(client, made["id"])["status"] == "completed"


def spoiled(data, rng):
    """The file with a few bytes changed, cut out or doubled."""
    data = bytearray(data)
    for _ in range(rng.randint(1, 12)):
        place, way = rng.randrange(len(data)), rng.random()
        if way < 0.6:
            data[place] = rng.randrange(256)
        elif way < 0.8:
            data[place : place + 4] = rng.choice([b"\xff\xff\xff\xff", b"\0\0\0\0", b"\x7f\xff\xff\xff"])
        elif way < 0.9:
            del data[place : place + min(rng.randint(1, 200), len(data) - 20)]
        else:
            data[place:place] = data[max(0, place - 100) : place]
    return bytes(data)


@pytest.mark.parametrize("name", ["a.mp4", "a.mkv", "a.webm", "a.avi", "a.ts", "exif6.jpg", "p3.png", "a.avif"])
def test_files_with_spoiled_bytes_are_read_or_refused(tmp_path, name):
    rng = random.Random(name)
    if (CASES / name).exists():
        whole = (CASES / name).read_bytes()
    elif name == "a.avif":
        Image.fromarray(halves()).save(tmp_path / name)
        whole = (tmp_path / name).read_bytes()
    else:
        codec = {"a.webm": "libvpx-vp9", "a.avi": "mpeg4"}.get(name, "libx264")
        sound = tone(0.5) if name in ("a.mp4", "a.mkv") else None
        whole = film(tmp_path / name, [halves()] * 8, codec=codec, sound=sound).read_bytes()
    for _ in range(25):
        path = tmp_path / "spoiled"
        path.write_bytes(spoiled(whole, rng))
        with contextlib.suppress(BadClip, BadPicture):
            incoming.picture(path.read_bytes(), name="It", limits=SENT)
        with contextlib.suppress(BadClip):
            clip = incoming.clip(path, limits=SENT)
            incoming.conform(clip, tmp_path / "out.mp4", size=(256, 256), fps=16)


def test_a_track_in_no_known_code_is_refused(tmp_path):
    data = film(tmp_path / "a.mp4", [halves()] * 4).read_bytes()
    path = tmp_path / "b.mp4"
    path.write_bytes(data.replace(b"avc1", b"zzzz"))
    with pytest.raises(BadClip, match="coded in a way"):
        video.probe(path)


def test_an_account_that_sends_clip_after_clip_keeps_nobody_else_waiting(server, tmp_path, monkeypatch):
    """Its third clip at once is sent back; pictures, and the clips of others, are read meanwhile."""
    entered, go = threading.Semaphore(0), threading.Event()
    real = incoming.clip

    def slow(path, **how):
        entered.release()
        go.wait(LONG)
        return real(path, **how)

    monkeypatch.setattr(incoming, "clip", slow)
    data = grey(tmp_path / "clip.mp4", 17).read_bytes()
    client, other = server.client(server.key()), server.client(server.key())

    def inspect(who):
        return who.post("/v1/inspect", files={"file": ("clip.mp4", data, "video/mp4")})

    with ThreadPoolExecutor(3) as pool:
        first = [pool.submit(inspect, client) for _ in range(2)]
        assert all(entered.acquire(timeout=LONG) for _ in first)
        third = inspect(client)
        assert third.status_code == 429
        assert int(third.headers["retry-after"]) >= 1
        picture = other.post("/v1/inspect", files={"file": ("x.png", png(), "image/png")})
        assert picture.status_code == 200
        waits = pool.submit(inspect, other)
        go.set()
        assert [answer.result().status_code for answer in [*first, waits]] == [200] * 3
