"""Files that claim what they do not hold: everything is checked while it is read, with a bound, and refused as bad
input before a worker is held by it.
"""

import time

import av
import numpy as np
import pytest

from serving import finished, serving
from vitascope.errors import BadClip
from vitascope.media import video
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
    begun = time.perf_counter()
    files = {"video": ("liar.mp4", liar.read_bytes(), "video/mp4")}
    answer = client.post("/v1/videos/extensions", data={"prompt": "a ball", "seconds": "1"}, files=files)
    assert time.perf_counter() - begun < 10
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
