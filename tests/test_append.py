"""A clip that goes on is copied where today's encoder made it, and encoded again where anything is otherwise."""

from fractions import Fraction
from types import SimpleNamespace

import av
import numpy as np
import pytest
from av.video.reformatter import ColorPrimaries

from doubles import CARD, DiscEngine
from vitascope import ask
from vitascope.clip import ClipSpec, SourceClip
from vitascope.engines import render
from vitascope.media import append, mark, video
from vitascope.media.sound import Sound
from vitascope.orders import produce

SIZE = (256, 256)


def pictures(count, grey=90, noise=30):
    ground = np.random.default_rng(5).integers(grey - noise, grey + noise, (256, 256, 3)).astype(np.uint8)
    for number in range(count):
        frame = ground.copy()
        frame[100:140, 2 * number % 200 : 2 * number % 200 + 40] = (220, 30, 40)
        yield frame


def written(path, count, fps=16, noise=30, **options):
    with video.writing(path, *SIZE, fps=fps, **options) as writer:
        for frame in pictures(count, noise=noise):
            writer.write(frame)
    return path


def longer(path, target, seconds=0.5, **options):
    """The clip with what DiscEngine adds to it."""
    frames = video.probe(path).frames
    spec = ClipSpec(
        prompt="a red ball",
        seed=1,
        seconds=seconds,
        extend=SourceClip(render.sha256(path), frames, *SIZE, Fraction(16), None, str(path)),
    )
    return render.make(spec, DiscEngine(), target, **options)


def encoded(path):
    return [bytes(packet) for packet in video.packets(path)]


def keys(path):
    return [number for number, packet in enumerate(video.packets(path)) if packet.is_keyframe]


@pytest.mark.parametrize("count", [9, 41, 81])
def test_a_clip_of_ours_is_copied_whole_and_goes_on_with_a_key_frame(tmp_path, count):
    source = written(tmp_path / "source.mp4", count)
    made = longer(source, tmp_path / "longer.mp4")
    assert append.seam(source, count, SIZE, 16) == count
    assert encoded(made.path)[:count] == encoded(source)
    assert count in keys(made.path)
    frames = list(video.read_frames(made.path, frames=count + 8))
    assert all(np.array_equal(*pair) for pair in zip(video.read_frames(source), frames, strict=False))
    assert video.probe(made.path).steady


def test_a_key_frame_at_the_very_end_is_encoded_again_because_two_must_not_follow_each_other(tmp_path):
    source = written(tmp_path / "source.mp4", 49)
    assert keys(source) == [0, 48]
    made = longer(source, tmp_path / "longer.mp4")
    assert encoded(made.path)[:48] == encoded(source)[:48]
    assert keys(made.path) == [0, 48]
    last = [list(video.read_frames(path))[48].astype(int) for path in (source, made.path)]
    assert np.abs(last[0] - last[1]).mean() < 4


def test_a_still_has_nothing_to_copy(tmp_path):
    source = written(tmp_path / "source.mp4", 1)
    assert append.seam(source, 1, SIZE, 16) == 0
    assert len(list(video.read_frames(longer(source, tmp_path / "longer.mp4").path))) == 9


def test_a_clip_that_went_on_goes_on_again_and_players_find_no_fault(tmp_path, caplog):
    path = written(tmp_path / "0.mp4", 17)
    for number in range(1, 4):
        before = path
        path = longer(before, tmp_path / f"{number}.mp4").path
        assert append.seam(path, 17 + 8 * number, SIZE, 16) == 17 + 8 * number
        assert encoded(path)[: 9 + 8 * number] == encoded(before)
    with av.logging.Capture() as said:
        assert len(list(video.read_frames(path))) == 41
    assert not said
    assert keys(path) == [0, 17, 25, 33]


def test_the_same_request_is_the_same_bytes_from_a_file_and_from_memory(tmp_path):
    source = written(tmp_path / "source.mp4", 33)
    first, again = (longer(source, tmp_path / name) for name in ("a.mp4", "b.mp4"))
    assert first.path.read_bytes() == again.path.read_bytes()
    held = render.draw(first.recipe.spec, DiscEngine())
    source.unlink()
    assert held.save(tmp_path / "c.mp4").read_bytes() == first.path.read_bytes()


@pytest.mark.parametrize("ours", [True, False], ids=["copied", "encoded again"])
def test_what_a_clip_in_memory_goes_on_from_is_read_only_when_it_is_looked_at(tmp_path, monkeypatch, ours):
    source = written(tmp_path / "source.mp4", 33) if ours else otherwise(tmp_path / "source.mp4", monkeypatch, crf="20")
    kept = np.stack(list(video.read_frames(source)))
    made = longer(source, tmp_path / "longer.mp4")

    def read(*_):
        yield pytest.fail("what is before is read")

    monkeypatch.setattr(render, "_kept", read)
    held = render.draw(made.recipe.spec, DiscEngine())
    if ours:
        assert held.save(tmp_path / "held.mp4").read_bytes() == made.path.read_bytes()
    monkeypatch.undo()
    source.unlink()
    assert np.array_equal(held.frames[:33], kept)
    assert len(held.frames) == 33 + 8
    assert held.frames is held.frames
    assert held.save(tmp_path / "again.mp4").read_bytes() == made.path.read_bytes()


def test_a_line_from_when_all_was_encoded_again_is_still_made_again(tmp_path):
    first = render.make(ClipSpec(prompt="a red ball", seconds=1, seed=7), DiscEngine(), tmp_path / "1.mp4")
    old = render.make(
        ask.spec("it stops", CARD, extend=first.path, seconds=0.5, seed=8), DiscEngine(), tmp_path / "2.mp4", past=None
    )
    spec = ask.spec("it melts", CARD, extend=old.path, seconds=0.5, seed=9)
    digest = spec.extend.sha256
    for path in (first.path, old.path):
        path.unlink()
    bare = ClipSpec.from_dict(spec.to_dict())
    found = render.with_source(bare, DiscEngine(), tmp_path)
    assert render.sha256(tmp_path / f"{digest[:16]}.mp4") == digest == found.extend.sha256


def test_the_sound_stays_in_step(tmp_path):
    rate = 48_000
    beep = np.zeros((rate * 33 // 16, 1), np.float32)
    beep[rate : rate + 4800, 0] = 0.5 * np.sin(np.arange(4800) / 10)
    source = written(tmp_path / "source.mp4", 33, sound=Sound(beep, rate))
    made = longer(source, tmp_path / "longer.mp4")
    assert encoded(made.path)[:33] == encoded(source)
    sound = video.read_sound(made.path)
    loud = np.abs(sound.samples[:, 0]) > 0.1
    assert abs(loud.argmax() / rate - 1.0) < 0.01
    assert abs(sound.seconds - 41 / 16) <= 1 / 16
    with av.open(str(made.path)) as box:
        ends, behind = {}, 0.0
        for packet in box.demux():
            if packet.size:
                ends[packet.stream.type] = float(packet.dts * packet.time_base)
                behind = max(behind, abs(ends.get("video", 0.0) - ends.get("audio", 0.0)))
    assert behind < 1.0


# Where anything is otherwise


def otherwise(path, monkeypatch, **coding):
    """Written by an encoder with other settings."""
    with monkeypatch.context() as patched:
        usual = video._coding(video._CLIP)
        usual["x264-params"] += coding.pop("more", "")
        patched.setattr(video, "_coding", lambda _: usual | coding)
        return written(path, 33)


def remuxed(source, target, change=lambda number, packet: packet):
    with av.open(str(source)) as old, av.open(str(target), "w") as new:
        stream = new.add_stream_from_template(old.streams.video[0])
        for number, packet in enumerate(old.demux(old.streams.video[0])):
            if packet.size:
                packet = change(number, packet)
                packet.stream = stream
                new.mux(packet)
    return target


def with_data(packet, data):
    made = av.Packet(data)
    made.pts, made.dts, made.duration, made.time_base = packet.pts, packet.dts, packet.duration, packet.time_base
    made.is_keyframe = packet.is_keyframe
    return made


def late(number, packet):
    if number == 32:
        packet.pts += packet.duration
    return packet


def early(number, packet):
    packet.dts -= packet.duration
    return packet


def other_colours(path, monkeypatch):
    """The encoder does not speak of them in its settings, and they change nothing of how a frame is shown here."""
    with monkeypatch.context() as patched:
        patched.setattr(video, "ColorPrimaries", SimpleNamespace(BT709=ColorPrimaries.BT470BG))
        return written(path, 33)


def with_sets(number, packet):
    """Parameter sets among the frames would be those of all that follows, of what is new too."""
    sets = packet.stream.codec_context.extradata
    length = int.from_bytes(sets[6:8], "big")
    unit = b"\0\0" + sets[6 : 8 + length]
    return with_data(packet, unit + bytes(packet)) if number == 10 else packet


@pytest.mark.parametrize("count", [17, 65])
def test_a_clip_of_the_first_edition_is_copied_too(tmp_path, count):
    source = written(tmp_path / "source.mp4", count, first=True)
    made = longer(source, tmp_path / "longer.mp4")
    assert encoded(made.path)[:count] == encoded(source)
    again = longer(made.path, tmp_path / "again.mp4")
    assert encoded(again.path)[:count] == encoded(source)
    before, after = list(video.read_frames(source)), list(video.read_frames(again.path))
    assert all(np.array_equal(one, other) for one, other in zip(before, after, strict=False))


def upside_down(path):
    data = path.read_bytes()
    one = (0x10000).to_bytes(4, "big")
    minus = (2**32 - 0x10000).to_bytes(4, "big")
    place = data.index(b"tkhd")
    row = data.index(one + bytes(12) + one, place)
    path.write_bytes(data[:row] + minus + bytes(12) + minus + data[row + 20 :])
    return path


OTHERS = {
    "another quality": lambda path, patch: otherwise(path, patch, crf="23"),
    "another preset": lambda path, patch: otherwise(path, patch, preset="fast"),
    "no B-frames": lambda path, patch: otherwise(path, patch, more=":bframes=0"),
    "open groups": lambda path, patch: otherwise(path, patch, more=":open-gop=1"),
    "two threads": lambda path, patch: otherwise(path, patch, **{"x264-params": "threads=2:keyint=48"}),
    "another rate": lambda path, patch: written(path, 33, fps=15),
    "a frame that is late": lambda path, _: remuxed(written(path.with_stem("own"), 33), path, late),
    "frames that are decoded early": lambda path, _: remuxed(written(path.with_stem("own"), 33), path, early),
    "other colours": other_colours,
    "parameter sets in between": lambda path, _: remuxed(written(path.with_stem("own"), 33), path, with_sets),
    "upside down": lambda path, _: upside_down(written(path, 33)),
}  # fmt: skip


@pytest.mark.parametrize("how", OTHERS)
def test_a_clip_that_is_otherwise_is_encoded_again(tmp_path, monkeypatch, how):
    path = OTHERS[how](tmp_path / "other.mp4", monkeypatch)
    assert append.seam(path, 33, SIZE, 16) == 0
    made = longer(path, tmp_path / "longer.mp4")
    before = list(video.read_frames(path))
    after = list(video.read_frames(made.path, frames=41))
    assert not set(encoded(path)) & set(encoded(made.path))
    for one, other in zip(before, after, strict=False):
        assert np.abs(one.astype(int) - other).mean() < 4


@pytest.mark.parametrize("fps", [12, 24, 25, Fraction(30000, 1001)])
def test_the_rate_may_be_any(tmp_path, fps):
    path = written(tmp_path / "own.mp4", 33, fps=fps)
    assert append.seam(path, 33, SIZE, fps) == 33
    assert sorted(one.shown for one in append.packets(path, 33, fps)) == list(range(33))


def test_a_clip_that_another_program_only_packed_anew_is_copied(tmp_path):
    path = remuxed(written(tmp_path / "own.mp4", 33), tmp_path / "packed.mp4")
    assert append.seam(path, 33, SIZE, 16) == 33


def test_who_continues_a_clip_is_told_when_it_is_encoded_again(tmp_path, monkeypatch):
    notes = []
    ask.spec("a ball", CARD, extend=written(tmp_path / "own.mp4", 33), notes=notes)
    assert notes == []
    ask.spec("a ball", CARD, extend=OTHERS["another quality"](tmp_path / "other.mp4", monkeypatch), notes=notes)
    assert notes == [ask.ENCODED_AGAIN]


# What looks at the frames on their way


def produced(path, folder, marks=produce.Marks()):
    folder.mkdir()
    frames = video.probe(path).frames
    spec = ClipSpec(
        prompt="a red ball",
        seed=1,
        seconds=0.5,
        extend=SourceClip(render.sha256(path), frames, *SIZE, Fraction(16), None, str(path)),
    )
    shape = CARD.resolve(spec)
    return produce.make(spec, DiscEngine(), folder, shape=shape, marks=marks, watch=produce.Unwatched())


def test_the_pictures_of_a_copied_clip_are_those_of_all_its_frames(tmp_path, monkeypatch):
    path = written(tmp_path / "own.mp4", 33)
    copied = produced(path, tmp_path / "copied")
    monkeypatch.setattr(append, "seam", lambda *_, **__: 0)
    again = produced(path, tmp_path / "again")
    assert (copied.poster, copied.sprite, copied.defects) == (again.poster, again.sprite, again.defects)
    assert copied.sha256 != again.sha256


@pytest.mark.parametrize("marks", [produce.Marks(label=True), produce.Marks(mark=True)], ids=["label", "mark"])
def test_a_mark_lies_on_every_frame_so_nothing_is_copied(tmp_path, marks):
    path = written(tmp_path / "own.mp4", 33, noise=4)  # less than the mark
    made = produced(path, tmp_path / "made", marks)
    assert not set(encoded(path)) & set(encoded(made.path))
    if marks.mark:
        assert mark.find(list(video.read_frames(made.path))[:33])


def test_only_what_is_new_is_encoded(tmp_path, monkeypatch):
    """A second more of a clip of a minute costs a second's work."""
    count, write = 0, video.Mp4Writer.write

    def counted(writer, frame):
        nonlocal count
        count += 1
        write(writer, frame)

    path = written(tmp_path / "own.mp4", 81)
    append.seam(path, 81, SIZE, 16)
    monkeypatch.setattr(video.Mp4Writer, "write", counted)
    longer(path, tmp_path / "longer.mp4", seconds=1)
    assert count == 16
