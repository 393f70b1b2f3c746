"""`film check`: a whole film is told to be whole by every reader there is, and each fault by its place and a remedy."""

import json
import os
import shutil
import sys
from dataclasses import replace
from fractions import Fraction

import numpy as np
import pytest

import footage
import vitascope as v
from test_handoff_judges import need
from vitascope.cli.app import main
from vitascope.errors import NotFound
from vitascope.film import checks, finish, handoff, produce, state
from vitascope.film.checks import words
from vitascope.film.folder import FilmFolder
from vitascope.film.screen import Screen
from vitascope.film.take import Media, Take
from vitascope.media import wav

SCRIPT = """Title: Two Balls & <one> cube

EXT. SNOW - NIGHT

A red ball on snow at night.

NARRATOR (V.O.)
Here is a ball that waits.

DISSOLVE TO:

EXT. SAND - NOON

A blue cube on sand at noon.
"""
PARTS = ["document", "files", "words", "captions", "hand-off", "render"]


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    """A film of two own clips of different rates with a dissolve, a voice and music, made and rendered."""
    for program, package in (("melt", "melt"), ("xmllint", "libxml2-utils")):
        need(program, package)
    home = tmp_path_factory.mktemp("film & 小米")
    (home / "two.fountain").write_text(SCRIPT)
    film = v.film(home / "two.fountain", home / "film", width=320, height=180, music="calm")
    film.change({"shots": {"k1": {"seconds": "3"}, "k2": {"seconds": "2", "transition": "dissolve"}}})
    for shot, fps in (("k1", 16), ("k2", 25)):
        frames = [footage.halves(320, 180)] * (4 * fps)
        footage.film(home / f"{shot}.mp4", frames, fps=fps, sound=footage.tone(4, hertz=330))
        produce.own(film.folder, shot, home / f"{shot}.mp4")
    [line] = [line for shot in film.document.shots.values() for line in shot.lines]
    wav.write(film.folder.place("voice", "l.wav"), [footage.tone(2, rate=24_000)], rate=24_000, channels=1)
    said = Media(key="voice/l.wav", seconds=Fraction(2), sound=True)
    film.folder.add(Take(id="v1", of=line.id, kind="voice", digest=state.of_voice(film.document, line), media=said))
    film.make(kinds=("music",))
    film.render()
    return film.path


@pytest.fixture
def folder(whole, tmp_path):
    """A copy, to be spoilt."""
    return shutil.copytree(whole, tmp_path / "film")


def findings(folder, verdict="wrong"):
    return [(one.part, one.text) for one in v.film(folder=folder).check() if one.verdict == verdict]


def test_a_whole_film_is_whole_for_all_readers_and_nothing_in_it_is_changed(whole):
    before = {path: (path.read_bytes(), path.stat().st_mtime_ns) for path in whole.rglob("*") if path.is_file()}
    found = list(checks.check(whole))
    assert {one.verdict for one in found} == {"good"}, found
    assert list(dict.fromkeys(one.part for one in found)) == PARTS
    told = {one.text.partition(":")[0]: one.text for one in found if one.part == "hand-off"}
    assert list(told) == finish.names()
    judges = {"otio": "OpenTimelineIO", "edl": "OpenTimelineIO", "fcpxml": "xmllint", "mlt": "melt",
              "kdenlive": "melt", "jianying": "pyJianYingDraft", "srt": "pysubs2", "vtt": "pysubs2"}  # fmt: skip
    assert all(judge in told[name] for name, judge in judges.items())
    after = {path: (path.read_bytes(), path.stat().st_mtime_ns) for path in whole.rglob("*") if path.is_file()}
    assert after == before


def test_the_command_tells_it_for_people_and_for_programs(folder, capsys):
    assert main(["film", "check", str(folder)]) == 0
    said = capsys.readouterr()
    assert "good         render" in said.out
    assert said.err == "Nothing is wrong.\n"
    v.film(folder=folder).change({"loudness": -30})
    assert main(["film", "check", str(folder), "--json"]) == 1
    said = capsys.readouterr()
    told = json.loads(said.out)
    assert told["good"] is False
    assert [one["part"] for one in told["findings"] if one["verdict"] == "wrong"] == ["render"]
    assert "hint: " in said.err
    assert main(["film", "check", str(folder)]) == 1
    assert "WRONG        render    film.mp4 has -16" in capsys.readouterr().out
    assert main(["film", "check", str(folder / "nowhere")]) == 1


def cut_short(folder):
    path = folder / "takes/S01-01_own1.mp4"
    path.write_bytes(path.read_bytes()[:-2000])


def other_clip(size=(320, 180), fps=25, seconds=4, sound=True):
    def put(folder):
        heard = footage.tone(seconds) if sound else None
        frames = [footage.halves(*size)] * (fps * seconds)
        footage.film(folder / "takes/S02-01_own1.mp4", frames, fps=fps, sound=heard)

    return put


def other_voice(folder):
    wav.write(folder / "voice/l.wav", [footage.tone(1, rate=24_000)], rate=24_000, channels=1)


def edited(**changes):
    return lambda folder: v.film(folder=folder).change(changes)


def written(name, change):
    def put(folder):
        (folder / name).write_text(change((folder / name).read_text("utf-8")), "utf-8")

    return put


WRONG = {
    "the document is no JSON": (written("film.json", lambda text: text[:-3]), "document", "film.json of the film"),
    "a field is unknown": (written("film.json", lambda text: text.replace('"shots"', '"shot"', 1)), "document", ""),
    "a take is chosen that is not there": (edited(shots={"k1": {"take": "nope"}}), "document", "chooses nope"),
    "a still is chosen that is not there": (edited(shots={"k1": {"still": "nope"}}), "document", "chooses nope"),
    "the cut shows a take that is not there":
        (edited(cut={"items": [{"id": "a", "shot": "k1", "take": "nope"}]}), "document", "shows nope"),
    "the cut shows a clip of a server":
        (edited(cut={"items": [{"id": "a", "file": "c1", "seconds": "1"}]}), "document", "black is shown"),
    "a sound is not in the folder": (edited(cues={"m2": {"file": "ab"}}), "document", "not heard"),
    "a logo is not in the folder": (edited(overlays={"o": {"picture": "logo.png"}}), "document", "lies over the film"),
    "a take is gone": (lambda folder: (folder / "takes/S01-01_own1.mp4").unlink(), "files", "not there any more"),
    "a take lies outside": (written("takes.json", lambda text: text.replace("takes/", "../../takes/", 1)), "files", ""),
    "a take is cut short": (cut_short, "files", "S01-01 t1"),
    "a take has another size": (other_clip((160, 90)), "files", "S02-01 t1 is 160x90, and was 320x180"),
    "a take has another rate": (other_clip(fps=30), "files", "has 30.00 frames a second, and had 25.00"),
    "a take has another length": (other_clip(seconds=3), "files", "lasts 3.00 s, and lasted 4.00 s"),
    "a take is silent": (other_clip(sound=False), "files", "is silent"),
    "a voice is shorter": (other_voice, "files", "lasts 1.00 s, and lasted 2.00 s"),
    "a word is another one": (edited(source={"text": SCRIPT.replace("waits", "sleeps")}), "words", "sleeps"),
    "a caption is too short":
        (edited(shots={"k2": {"seconds": "1", "lines": [{"id": "t", "kind": "title", "text": "Once more " * 12}]}}),
         "captions", "too short to be read"),
    "letters of a caption are in no font":
        (edited(shots={"k2": {"lines": [{"id": "t", "kind": "title", "text": "\ue0ff\ue0fe"}]}}), "captions", ""),
    "the render is shorter": (edited(shots={"k2": {"seconds": "3"}}), "render", "lasts 5.00 s, and the film 6.00 s"),
    "the render has another rate": (edited(rate="30"), "render", "has 24.00 frames a second"),
    "the render is no film": (lambda folder: (folder / "film.mp4").write_bytes(b"words"), "render", "film.mp4"),
    "the captions beside it are others": (written("film.srt", lambda text: text + "\n"), "render", "film.srt has"),
}  # fmt: skip


def retake(folder):
    """Another take of the same length, which is shown now."""
    footage.film(folder / "other.mp4", [footage.halves(320, 180)[::-1, ::-1]] * 64, fps=16, sound=footage.tone(4))
    produce.own(FilmFolder.open(folder), "k1", folder / "other.mp4")


def other_file(folder):
    path = folder / "takes/S01-01_own1.mp4"
    footage.film(path, [footage.halves(320, 180)[::-1, ::-1]] * 64, fps=16, sound=footage.tone(4, hertz=330))


OLDER = {
    "another take is chosen": retake,
    "a take has another content": other_file,
    "a caption is another": edited(shots={"k2": {"lines": [{"id": "t", "kind": "title", "text": "Once"}]}}),
    "captions stand in a box": edited(captions={"style": "box"}),
    "a text lies over it": edited(overlays={"o": {"text": "Now", "end": "1"}}),
    "a take is slower": edited(cut={"items": [{"id": "a", "shot": "k1", "speed": "1/2"}]}),
}


@pytest.mark.parametrize("change", OLDER)
def test_a_render_of_an_older_cut_is_told_also_when_it_is_as_long_and_as_loud(change, folder, monkeypatch):
    monkeypatch.setattr(checks.handoff, "check", lambda folder: ())
    for beside in ("film.srt", "film.vtt"):
        (folder / beside).unlink()
    OLDER[change](folder)
    assert [text for part, text in findings(folder) if part == "render" and "older cut" in text]


def test_what_nobody_sees_makes_no_render_older(folder, monkeypatch):
    monkeypatch.setattr(checks.handoff, "check", lambda folder: ())
    edited(title="Other", shots={"k1": {"seed": 7}}, style="oil paint")(folder)
    assert findings(folder) == []
    v.film(folder=folder).render(captions="file", size=(160, 90))
    assert findings(folder) == []


def test_a_render_that_does_not_say_what_it_was_made_of_is_not_called_good(folder, monkeypatch):
    monkeypatch.setattr(checks.handoff, "check", lambda folder: ())
    monkeypatch.setattr("vitascope.film.origin.comment", lambda *told, **how: "")
    v.film(folder=folder).render()
    [(part, text)] = findings(folder, "unchecked")
    assert (part, "does not say what it was made of" in text) == ("render", True)
    assert not [part for part, _ in findings(folder, "good") if part == "render"]


@pytest.mark.parametrize("fault", WRONG)
def test_what_is_wrong_is_told_by_its_place_and_with_a_remedy(fault, folder, monkeypatch):
    monkeypatch.setattr(checks.handoff, "check", lambda folder: ())  # it has tests of its own, and takes its time
    spoil, part, text = WRONG[fault]
    spoil(folder)
    found = [one for one in checks.check(folder) if one.verdict == "wrong"]
    assert any(one.part == part and text in one.text for one in found), found
    assert all(one.hint for one in found)
    assert not any(str(folder) in one.text + one.hint for one in found)


def test_a_caption_outside_the_safe_area_is_told(folder, monkeypatch):
    opened = FilmFolder.open(folder)
    assert [one.verdict for one in words.captions(opened.film, opened.takes, None)] == ["good"]
    drawn = Screen.frame
    monkeypatch.setattr(Screen, "frame", lambda screen, number: np.roll(drawn(screen, number), 20, axis=0))
    [found] = words.captions(opened.film, opened.takes, None)
    assert (found.verdict, "safe area" in found.text) == ("wrong", True)


def broken(name, change):
    """The format's writer, and then something goes wrong."""
    form = handoff.FORMATS[name]

    def render(job, target):
        told = form.render(job, target)
        target.write_bytes(change(target.read_bytes()))
        return told

    return {**handoff.FORMATS, name: replace(form, render=render)}


@pytest.mark.parametrize(
    ("name", "old", "new", "judge"),
    [
        ("otio", b"S01-01 t1", b"S09-01 t1", "OpenTimelineIO"),
        ("fcpxml", b"</fcpxml>", b"", "xmllint"),
        ("edl", b"S01-01 t1", b"S02-09 t1", "OpenTimelineIO"),
        ("mlt", b"media/", b"nowhere/", "melt"),
        ("kdenlive", b"media/", b"nowhere/", "melt"),
        ("jianying", b"PK", b"KP", "our own reader"),
        ("html", b"S02-01", b"", "our own reader"),
        ("csv", b"\r\n", b"  ", "our own reader"),
    ],
)
def test_a_hand_off_that_does_not_come_back_is_told(name, old, new, judge, folder, monkeypatch):
    formats = broken(name, lambda data: data.replace(old, new))
    monkeypatch.setattr(handoff, "FORMATS", formats)
    wrong = findings(folder)
    assert {part for part, _ in wrong} == {"hand-off"}
    assert any(text.startswith(f"{name}, read by {judge}: ") for _, text in wrong), wrong


def test_a_reader_that_is_missing_is_named_and_fails_nothing(folder, monkeypatch, capsys):
    monkeypatch.setenv("PATH", str(folder))
    for library in ("opentimelineio", "pyJianYingDraft", "pysubs2"):
        monkeypatch.setitem(sys.modules, library, None)
    assert main(["film", "check", str(folder)]) == 0
    said = capsys.readouterr().out
    for name, reader in (("fcpxml", "xmllint"), ("mlt", "melt"), ("kdenlive", "melt"), ("otio", "OpenTimelineIO"),
                         ("edl", "OpenTimelineIO"), ("jianying", "pyJianYingDraft"), ("srt", "pysubs2")):  # fmt: skip
        assert f"not checked  hand-off  {name}: {reader} is not installed." in said
    assert "apt-get install melt" in said
    assert "mlt: written" not in said, "nobody read it back"


def test_a_reader_that_does_not_end_is_told_and_fails_nothing(folder, tmp_path, monkeypatch):
    (tmp_path / "bin").mkdir()
    for program in ("melt", "xmllint"):
        (tmp_path / "bin" / program).write_text("#!/bin/sh\nexec sleep 600\n")
        (tmp_path / "bin" / program).chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path / 'bin'}{os.pathsep}{os.environ['PATH']}")
    monkeypatch.setattr(checks.handoff, "_LIMIT_SECONDS", 0.2)
    assert findings(folder) == []
    assert ("hand-off", "mlt: melt did not come to its end.") in findings(folder, "unchecked")


def test_a_format_that_cannot_hold_the_film_is_no_fault(folder):
    v.film(folder=folder).change({"rate": "60"}).render()
    assert findings(folder) == []
    assert any("edl: " in text for _, text in findings(folder, "note"))


def test_a_film_of_which_nothing_is_made_has_nothing_wrong(tmp_path):
    (tmp_path / "two.fountain").write_text(SCRIPT)
    film = v.film(tmp_path / "two.fountain", tmp_path / "film")
    film.approve("breakdown", by="Mia").change({"shots": {"k1": {"action": "A green ball on snow at night."}}})
    assert findings(film.path) == []
    unchecked = findings(film.path, "unchecked")
    assert ("document", "2 takes: not made yet.") in unchecked
    assert ("files", "Nothing is made yet.") in unchecked
    assert ("render", "There is no film.mp4.") in unchecked
    assert ("document", "The breakdown was approved and has changed since.") in findings(film.path, "note")


def test_where_no_film_is_nothing_can_be_checked(tmp_path):
    with pytest.raises(NotFound):
        list(checks.check(tmp_path))
