"""Frames to files and back: whole or not there, the same bytes each time, the right colours, the recipe inside."""

import io
import json
import os
import subprocess
import sys
import zlib
from pathlib import Path

import av
import numpy as np
import pytest
from PIL import Image

import doubles
from doubles import recipe_of
from vitascope.clip import ClipSpec
from vitascope.errors import BadClip, BadPicture, OutputFailed
from vitascope.media import picture, poster, recipe, video
from vitascope.media.limits import LOCAL

RECIPE = recipe_of(ClipSpec(prompt="红色的球 <&> ]]>", seed=7), model="m", weights="ab", version="0.1.0")


def moving_disc(count, width=256, height=256):
    rows, columns = np.mgrid[:height, :width]
    ground = np.stack([60 + columns / 2, 80 + rows / 3, 150 + 0 * rows], -1).astype(np.uint8)
    for index in range(count):
        frame = ground.copy()
        frame[(columns - 60 - 2 * index) ** 2 + (rows - height / 2) ** 2 < 40**2] = (220, 30, 40)
        yield frame


def write(path, frames, **options):
    with video.writing(path, 256, 256, fps=16, **options) as writer:
        for frame in frames:
            writer.write(frame)
    return path


@pytest.fixture
def clip(tmp_path):
    return write(tmp_path / "clip.mp4", moving_disc(33), recipe=RECIPE)


def boxes(path):
    with open(path, "rb") as file:
        return [kind for kind, _, _ in recipe._boxes(file, 0, path.stat().st_size)]


def test_frames_come_back_as_they_were_to_the_eye(clip):
    before, after = np.stack(list(moving_disc(33))), np.stack(list(video.read_frames(clip)))
    assert after.shape == before.shape
    assert after.dtype == np.uint8
    error = np.mean((before.astype(float) - after) ** 2)
    assert 10 * np.log10(255**2 / error) > 36  # the sharp edge of the disc loses colour detail, nothing else does
    assert np.abs(before.astype(int) - after).reshape(-1, 3).mean(0).max() < 2


def test_colours_are_marked_and_kept(tmp_path):
    patches = [(255, 0, 0), (0, 255, 0), (0, 0, 255), (255, 255, 255), (0, 0, 0), (128, 128, 128), (255, 200, 0)]
    frames = [np.full((256, 256, 3), colour, np.uint8) for colour in patches]
    path = write(tmp_path / "patches.mp4", frames)
    for colour, frame in zip(patches, video.read_frames(path), strict=True):
        assert np.abs(frame[128, 128].astype(int) - colour).max() <= 3, colour
    with av.open(str(path)) as box:
        context = box.streams.video[0].codec_context
        assert (context.colorspace, context.color_primaries, context.color_trc, context.color_range) == (1, 1, 1, 1)
        assert (context.name, context.pix_fmt) == ("h264", "yuv420p")


def test_the_same_frames_and_recipe_are_the_same_bytes(clip, tmp_path):
    assert write(tmp_path / "again.mp4", moving_disc(33), recipe=RECIPE).read_bytes() == clip.read_bytes()


def test_they_are_so_whatever_was_in_the_memory_before(tmp_path):
    """Tried with frames and sizes at which x264 with AVX-512 gave several files in ten."""
    with open(Path(__file__).parent / "cases" / "audio.mp4", "rb") as file:
        frames = list(video.read_frames(file.read()))
    rng, made = np.random.default_rng(), set()
    for _ in range(10):
        kept = []
        with video.writing(tmp_path / "clip.mp4", 352, 192, fps=16) as writer:
            for frame in frames:
                kept.append(rng.integers(0, 255, int(rng.integers(1_000, 400_000)), np.uint8))
                if rng.random() < 0.5:
                    kept.pop(0)
                writer.write(frame)
        made.add((tmp_path / "clip.mp4").read_bytes())
    assert len(made) == 1


def test_the_file_starts_at_once_and_the_recipe_moves_nothing(clip):
    kinds = boxes(clip)
    assert kinds.index(b"moov") < kinds.index(b"mdat")
    assert kinds[-1] == b"uuid"


def test_a_probe_says_what_is_in_the_file(clip):
    info = video.probe(clip)
    assert (info.width, info.height, info.fps, info.frames, info.seconds) == (256, 256, 16, 33, 33 / 16)


def test_the_tail_is_the_last_frames(clip):
    assert np.array_equal(video.tail(clip, 9), np.stack(list(video.read_frames(clip)))[-9:])
    assert len(video.tail(clip, 100)) == 33


def test_the_recipe_is_read_back(clip):
    assert recipe.read(clip) == RECIPE
    with av.open(str(clip)) as box:
        assert json.loads(box.metadata["comment"])["spec"]["seed"] == 7


def test_the_recipe_survives_the_loss_of_either_copy(clip, tmp_path):
    data = clip.read_bytes()
    no_comment = tmp_path / "no-comment.mp4"
    no_comment.write_bytes(data.replace(b"\xa9cmt", b"xcmt", 1))
    no_xmp = tmp_path / "no-xmp.mp4"
    no_xmp.write_bytes(data[: data.index(b"uuid") - 4])
    neither = tmp_path / "neither.mp4"
    neither.write_bytes(no_comment.read_bytes()[: data.index(b"uuid") - 4])
    assert recipe.read(no_comment) == RECIPE
    assert recipe.read(no_xmp) == RECIPE
    assert recipe.find(neither) is None
    with pytest.raises(BadClip, match="no recipe"):
        recipe.read(neither)


def test_a_recipe_survives_a_copy_by_another_muxer(clip, tmp_path):
    target = tmp_path / "copied.mp4"
    with av.open(str(clip)) as old, av.open(str(target), "w") as new:
        new.metadata.update(old.metadata)
        stream = new.add_stream_from_template(old.streams.video[0])
        for packet in old.demux(old.streams.video[0]):
            if packet.size:
                packet.stream = stream
                new.mux(packet)
    assert recipe.read(target) == RECIPE


@pytest.mark.parametrize("text", ["{", '{"format": 1}', '{"format": ' + "[" * 5000, '{"spec": {"prompt": ""}}'])
def test_a_changed_recipe_is_refused(text):
    with pytest.raises(BadClip) as caught:
        recipe.from_text(text)
    assert caught.value.hint


@pytest.mark.parametrize("content", [b"", b"not a video", b"\0\0\0\x10ftypisom\0\0\0\0" + b"\xff" * 400])
def test_what_is_no_video_is_refused_and_holds_no_recipe(tmp_path, content):
    path = tmp_path / "bad.mp4"
    path.write_bytes(content)
    assert recipe.find(path) is None
    for read in (video.probe, lambda path: list(video.read_frames(path))):
        with pytest.raises(BadClip, match=r"bad\.mp4"):
            read(path)


def test_a_cut_off_video_is_refused_not_guessed(clip, tmp_path):
    cut = tmp_path / "cut.mp4"
    cut.write_bytes(clip.read_bytes()[:900])
    with pytest.raises(BadClip):
        video.probe(cut)


def test_a_missing_file_is_named():
    with pytest.raises(BadClip, match=r"none\.mp4 does not exist"):
        video.probe(Path("none.mp4"))


@pytest.mark.parametrize("fault", [ValueError, KeyboardInterrupt, SystemExit])
def test_whatever_goes_wrong_nothing_half_written_stays(tmp_path, fault):
    def failing():
        yield from moving_disc(20)
        raise fault

    (tmp_path / "clip.mp4").write_bytes(b"an older one")
    with pytest.raises(fault):
        write(tmp_path / "clip.mp4", failing(), recipe=RECIPE)
    assert [path.name for path in tmp_path.iterdir()] == ["clip.mp4"]
    assert (tmp_path / "clip.mp4").read_bytes() == b"an older one"


def test_an_output_that_cannot_be_written_is_refused_before_the_first_frame(tmp_path):
    (tmp_path / "file").write_text("")
    (tmp_path / "folder.mp4").mkdir()
    os.mkfifo(tmp_path / "pipe.mp4")
    cases = {"none/clip.mp4": "folder does not exist", "file/clip.mp4": "not a folder", "folder.mp4": "it is a folder"}
    cases |= {"pipe.mp4": "not an ordinary file", "x" * 300 + ".mp4": "too long"}
    for name, said in cases.items():
        with pytest.raises(OutputFailed, match=said) as caught:
            write(tmp_path / name, iter([None]))
        assert caught.value.hint


@pytest.fixture
def small_disk(tmp_path):
    """A disk with room for 64 kB."""
    folder = tmp_path / "disk"
    folder.mkdir()
    if subprocess.run(["mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", folder], capture_output=True).returncode:
        pytest.skip("making a small disk needs the right to mount one")
    yield folder
    subprocess.run(["umount", folder], check=True)


def noise(count):
    rng = np.random.default_rng(1)
    return (rng.integers(0, 256, (256, 256, 3), np.uint8) for _ in range(count))


def test_a_full_disk_is_said_and_left_as_it_was(small_disk):
    with pytest.raises(OutputFailed, match="disk is full") as caught:
        write(small_disk / "clip.mp4", noise(20), recipe=RECIPE)
    assert "room" in caught.value.hint
    assert list(small_disk.iterdir()) == []
    with pytest.raises(OutputFailed, match="disk is full"):
        picture.save(small_disk / "still.png", next(noise(1)))
    assert list(small_disk.iterdir()) == []


def test_a_file_that_may_not_grow_is_said_and_removed(tmp_path):
    """The same without the right to mount: the system refuses to let any file grow beyond 64 kB."""
    code = (
        "import resource, sys; from pathlib import Path; import test_media as t; from vitascope.errors import *\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (65536, 65536))\n"
        "try: t.write(Path(sys.argv[1]), t.noise(20))\n"
        "except OutputFailed as error: print(error.message)"
    )
    call = [sys.executable, "-c", code, tmp_path / "clip.mp4"]
    done = subprocess.run(call, env=doubles.environment(), capture_output=True, text=True)
    assert "larger than is allowed" in done.stdout, done.stderr
    assert list(tmp_path.iterdir()) == []


# Pictures


def png(width, height, colour=(200, 30, 30), mode="RGB"):
    file = io.BytesIO()
    Image.new(mode, (width, height), colour).save(file, "PNG")
    return file.getvalue()


def test_a_picture_is_cut_from_its_middle_and_comes_back_exactly(tmp_path):
    wide = Image.new("RGB", (600, 200), "blue")
    wide.paste("red", (200, 0, 400, 200))
    wide.save(tmp_path / "wide.png")
    fitted = picture.fit(picture.read(tmp_path / "wide.png"), 256, 256)
    pixels = picture.pixels(fitted)
    assert pixels.shape == (256, 256, 3)
    assert (pixels[:, 5:-5] == (255, 0, 0)).all()
    assert np.array_equal(picture.pixels(picture.from_pixels(pixels)), pixels)


def test_a_picture_is_turned_as_its_camera_says(tmp_path):
    sideways = Image.new("RGB", (40, 80), "white")
    sideways.paste("red", (0, 0, 40, 40))
    exif = Image.Exif()
    exif[0x0112] = 6  # turn a quarter clockwise to see it upright
    sideways.save(tmp_path / "turned.jpg", exif=exif, quality=95)
    upright = np.asarray(picture.read(tmp_path / "turned.jpg"))
    assert upright.shape == (40, 80, 3)
    assert upright[20, 70, 1] < 60 < 200 < upright[20, 10, 1]  # the red half is now on the right


def test_what_is_clear_becomes_white():
    assert picture.decode(png(8, 8, (255, 0, 0, 0), "RGBA"), name="it").getpixel((4, 4)) == (255, 255, 255)


@pytest.mark.parametrize(("side", "said"), [(8_000, "8000x8000 pixels"), (60_000, "million pixels")])
def test_a_picture_with_too_many_pixels_is_refused_unopened(side, said):
    huge = bytearray(png(8, 8))
    huge[16:24] = side.to_bytes(4, "big") * 2  # what the header claims
    huge[29:33] = zlib.crc32(huge[12:29]).to_bytes(4, "big")
    with pytest.raises(BadPicture, match=said) as caught:
        picture.decode(bytes(huge), name="it")
    assert "million" in caught.value.hint


def test_a_picture_of_too_many_bytes_is_refused_unread(tmp_path):
    with open(tmp_path / "big.png", "wb") as file:
        file.truncate(LOCAL.picture_bytes + 1)
    with pytest.raises(BadPicture, match="50 MB"):
        picture.read(tmp_path / "big.png")


@pytest.mark.skipif(not Path("/dev/zero").exists(), reason="there is no such device here")
def test_a_device_without_end_is_refused():
    with pytest.raises(BadPicture, match="50 MB"):
        picture.read(Path("/dev/zero"))


@pytest.mark.parametrize("content", [b"", b"hello", png(300, 300)[:200], b"\x89PNG\r\n\x1a\n" + b"\0" * 64])
def test_what_is_no_picture_is_refused(tmp_path, content):
    (tmp_path / "bad.png").write_bytes(content)
    with pytest.raises(BadPicture, match=r"bad\.png") as caught:
        picture.read(tmp_path / "bad.png")
    assert caught.value.hint


def test_missing_files_and_folders_are_no_pictures(tmp_path):
    for path in (tmp_path / "none.png", tmp_path):
        with pytest.raises(BadPicture, match="Cannot read"):
            picture.read(path)


def test_a_contact_sheet_has_a_row_for_each_clip_with_first_and_last_moment():
    clips = [np.full((81, 32, 48, 3), value, np.uint8) for value in (10, 20)]
    clips[1][-1] = 99
    sheet = poster.contact_sheet(clips, count=3, gap=2)
    assert sheet.shape == (2 * 32 + 2, 3 * 48 + 2 * 2, 3)
    assert (sheet[0, 0, 0], sheet[-1, 0, 0], sheet[-1, -1, 0], sheet[32, 0, 0]) == (10, 20, 99, 255)
    assert poster.poster(clips[1])[0, 0, 0] == 20
