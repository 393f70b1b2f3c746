"""The invisible mark: it is read from marked clips, also when they were encoded and cropped, and never from others."""

import av
import numpy as np
import pytest

from vitascope.media import mark, video
from vitascope.smallworld.world.render import render
from vitascope.smallworld.world.scene import sample
from vitascope.smallworld.world.stage import set_stage

MESSAGE = 0xC0FFEE42


def world(seed, width=256, height=256, frames=11):
    return render(set_stage(sample(seed), 81)[:: 80 // (frames - 1)], width, height)


def written(path, frames):
    with video.writing(path, frames[0].shape[1], frames[0].shape[0], fps=16) as writer:
        for frame in frames:
            writer.write(frame)
    return path


def recoded(path, target, crf):
    """As a video site would: decoded, and encoded once more, harder."""
    with av.open(str(path)) as source, av.open(str(target), "w") as out:
        stream = out.add_stream("libx264", rate=16, options={"crf": str(crf), "preset": "fast"})
        stream.width, stream.height = source.streams.video[0].width, source.streams.video[0].height
        stream.pix_fmt = "yuv420p"
        for frame in source.decode(video=0):
            frame.pts = None
            out.mux(stream.encode(frame))
        out.mux(stream.encode(None))
    return target


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    """Twelve marked clips in our own encoding, each with a message of its own."""
    folder = tmp_path_factory.mktemp("marked")
    sizes = [(256, 256), (352, 192), (192, 352)]
    messages = [(number * 2654435761 + 1) % 2**32 for number in range(12)]
    return [
        (message, written(folder / f"{number}.mp4", list(mark.marked(world(number, *sizes[number % 3]), message))))
        for number, message in enumerate(messages)
    ]


def test_it_survives_our_own_encoding(files):
    for message, path in files:
        found = mark.find(video.read_frames(path))
        assert found is not None
        assert found.message == message
        assert found.certainty > 1.5 * mark.LEAST


def test_it_survives_cropping_and_cutting(files):
    for message, path in files:
        frames = [frame[11:181, 21:187] for frame in video.read_frames(path)][3:9]
        assert mark.find(frames).message == message


def test_it_mostly_survives_a_harder_encoding_and_never_reads_wrongly(files, tmp_path):
    for crf, least in ((18, 10), (28, 0)):
        found = [mark.find(video.read_frames(recoded(path, tmp_path / "again.mp4", crf))) for _, path in files]
        right = [bool(one and one.message == message) for one, (message, _) in zip(found, files, strict=True)]
        assert sum(right) >= least, crf
        assert sum(one is not None for one in found) == sum(right)


def test_it_cannot_be_seen():
    frames = world(5).astype(np.float64)
    changed = np.stack(list(mark.marked(world(5), MESSAGE))).astype(np.float64)
    error = np.mean((changed - frames) ** 2)
    assert 10 * np.log10(255**2 / error) > 46
    assert np.abs(changed - frames).max() <= 8


def test_clips_without_a_mark_are_never_said_to_have_one():
    for seed in range(100):
        assert mark.find(world(seed, 160, 160, 3)) is None


@pytest.mark.parametrize("kind", ["noise", "checks", "stripes", "flat", "ramp", "tiled", "small"])
def test_strange_pictures_have_no_mark_either(kind):
    rng = np.random.default_rng(0)
    y, x = np.mgrid[:256, :256]
    pictures = {
        "noise": rng.integers(0, 256, (256, 256)),
        "checks": (x // 8 + y // 8) % 2 * 255,
        "stripes": x % 16 // 8 * 255,
        "flat": np.full((256, 256), 77),
        "ramp": x,
        "tiled": np.tile(rng.integers(0, 256, (128, 128)), (2, 2)),
        "small": rng.integers(0, 256, (8, 8)),
    }
    grey = pictures[kind].astype(np.uint8)
    assert mark.find([np.repeat(grey[..., None], 3, 2)] * 3) is None


def test_chance_stays_far_from_the_limit():
    rng = np.random.default_rng(1)
    tiles = [mark._place(rng.normal(size=(mark.TILE, mark.TILE)))[0] for _ in range(200)]
    assert max(tiles) < 6.5 < mark.LEAST


def test_three_wrong_bits_in_every_word_are_mended():
    book = mark._book()
    assert min((book[0] != word).sum() for word in book[1:]) == 8
    rng = np.random.default_rng(2)
    for message in rng.integers(0, 2**32, 20):
        coded = mark._coded(int(message)).reshape(4, 24).copy()
        for word in coded:
            word[rng.permutation(24)[:3]] ^= True
        words = np.where(coded, 1.0, -1.0) @ book.T
        number = 0
        for word in words.argmax(1):
            number = number << 12 | int(word)
        assert number >> 16 == message


def test_the_message_has_32_bits():
    for message in (-1, 2**32):
        with pytest.raises(ValueError, match="32 bits"):
            list(mark.marked(world(1, 64, 64, 3), message))


def test_a_text_has_one_message():
    assert mark.message_of("a recipe") == mark.message_of("a recipe") != mark.message_of("another")
    assert 0 <= mark.message_of("红球") < 2**32
