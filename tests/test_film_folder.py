"""A film's folder keeps what was made in it: nobody writes over another, halves go, and what is lost is told."""

import signal
import subprocess
import sys

import pytest

import doubles
import footage
import vitascope as v
from processes import until
from vitascope.cli.app import main
from vitascope.film import checks, plan, produce
from vitascope.film.folder import FilmFolder

SCRIPT = """Title: Two Balls

EXT. SNOW - NIGHT

A red ball on snow at night.

A blue cube on sand at noon.
"""


@pytest.fixture
def film(tmp_path, capsys):
    """Runs `vitascope film`; a film of two shots of which each has an own clip."""
    script, clip = tmp_path / "two.fountain", tmp_path / "own.mp4"
    script.write_text(SCRIPT)
    folder = tmp_path / "film"

    def run(command, *more):
        code = main(["film", command, *map(str, more)])
        said = capsys.readouterr()
        assert "Traceback" not in said.err
        return code, said.out, said.err

    run.folder, run.clip = folder, clip
    assert run("new", script, "-o", folder, "--size", "176x96", "--music", "none")[0] == 0
    footage.film(clip, [footage.halves(176, 96)] * 16, fps=16)
    v.film(folder=folder).change({"shots": {key: {"seconds": "1"} for key in ("k1", "k2")}})
    for shot in ("S01-01", "S01-02"):
        assert run("add-take", folder, shot, clip)[0] == 0
    return run


def test_nothing_is_rendered_or_handed_off_into_a_folder_where_another_works(film, tmp_path):
    with FilmFolder.open(film.folder).working():
        for command, *more in (("render",), ("render", "--from-stills"), ("export", "--to", "edl")):
            code, _, said = film(command, film.folder, *more)
            assert (code, "Another process works on this film" in said, "hint: " in said) == (1, True, True), command
        assert film("render", film.folder, "-o", tmp_path / "elsewhere.mp4")[0] == 0
        assert film("export", film.folder, "--to", "edl", "-o", tmp_path / "elsewhere")[0] == 0
    assert not (film.folder / "film.mp4").exists()
    assert film("render", film.folder)[0] == 0
    assert film("export", film.folder, "--to", "edl")[0] == 0


def test_halves_that_a_killed_process_left_go_with_the_next_work(film):
    v.film(folder=film.folder).change({"shots": {"k1": {"seconds": "30"}}})
    command = [sys.executable, "-m", "vitascope", "film", "render", str(film.folder)]
    process = subprocess.Popen(command, env=doubles.environment(), stderr=subprocess.DEVNULL)
    until(lambda: [path for path in film.folder.glob(".vitascope-*") if path.stat().st_size], seconds=120)
    process.send_signal(signal.SIGKILL)
    process.wait()
    left = list(film.folder.glob(".vitascope-*.part.mp4"))
    assert len(left) == 1
    for place in ("hand-off", "hand-off/media"):
        (film.folder / place).mkdir(exist_ok=True)
        left.append(film.folder / place / ".vitascope-a.part.mp4")
        left[-1].write_bytes(b"half")
    FilmFolder.open(film.folder)
    assert all(path.exists() for path in left), "who reads alone may not know whether somebody writes"
    assert film("choose", film.folder, "S01-01", 1)[0] == 0
    assert not list(film.folder.rglob(".vitascope-*"))
    assert not list(film.folder.glob("film.mp4"))


def test_a_folder_in_which_nobody_may_write_is_told(film, monkeypatch):
    (film.folder / ".lock").unlink()
    (film.folder / ".lock").mkdir()  # as good as forbidden, also for root
    code, _, said = film("render", film.folder)
    assert (code, "Nothing can be written" in said, "hint: " in said) == (1, True, True)


def wrong(folder):
    opened = FilmFolder.open(folder)
    found = [*checks.document.check(opened), *checks.files.check(opened)]
    return [one for one in found if one.verdict == "wrong"]


def test_another_take_than_the_chosen_one_is_not_shown_in_silence(film):
    assert film("add-take", film.folder, "S01-01", film.clip)[0] == 0
    key = FilmFolder.open(film.folder).takes[-1].media.key
    (film.folder / key).unlink()
    told = "S01-01 shows t1: the file of t2 is not there any more"
    assert told in film("plan", film.folder)[2]
    assert told in film("render", film.folder)[2]
    [found] = wrong(film.folder)
    assert ("t1 is shown" in found.text, "film choose FOLDER S01-01 1" in found.hint) == (True, True)
    assert film("choose", film.folder, "S01-01", 1)[0] == 0
    assert wrong(film.folder) == []
    assert told not in film("plan", film.folder)[2]
    found = v.film(folder=film.folder).check()
    assert [one for one in found if one.verdict == "wrong"] == [], "also a film without a caption is whole"
    assert any("S01-01 t2" in one.text for one in found if one.verdict == "note")
    (film.folder / key).write_bytes(film.clip.read_bytes())
    assert film("choose", film.folder, "S01-01", 2)[0] == 0
    assert wrong(film.folder) == []


def test_a_lost_take_that_nobody_shows_is_a_note(film):
    assert film("add-take", film.folder, "S01-01", film.clip)[0] == 0
    (film.folder / FilmFolder.open(film.folder).takes[0].media.key).unlink()
    assert wrong(film.folder) == []
    assert "not there any more" not in film("plan", film.folder)[2]
    v.film(folder=film.folder).change({"shots": {"k2": None}, "scenes": {"s1": {"shots": ["k1"]}}})
    (film.folder / FilmFolder.open(film.folder).takes[1].media.key).unlink()
    assert wrong(film.folder) == [], "nor one of a shot that is not in the film any more"


def test_choosing_a_take_heals_a_cut_that_names_a_lost_one(film):
    assert film("add-take", film.folder, "S01-01", film.clip)[0] == 0
    first, _, last = FilmFolder.open(film.folder).takes
    items = [{"id": "a", "shot": "k1", "take": last.id}, {"id": "b", "shot": "k1", "take": first.id}]
    v.film(folder=film.folder).change({"cut": {"items": items}, "shots": {"k1": {"take": first.id}}})
    (film.folder / last.media.key).unlink()
    assert ["choose" in one.hint for one in wrong(film.folder)] == [True]
    assert film("choose", film.folder, "S01-01", 1)[0] == 0
    assert wrong(film.folder) == []
    assert [item.take for item in FilmFolder.open(film.folder).film.cut.items] == ["", first.id]


@pytest.mark.parametrize("text", ["", "[]"])
def test_a_lost_list_of_takes_is_told_before_anything_is_made_anew(film, text):
    kept = (film.folder / "takes.json").read_bytes()
    (film.folder / "takes.json").unlink()
    if text:
        (film.folder / "takes.json").write_text(text)
    told = "takes.json names none of the 2 files in takes/."
    assert told in film("plan", film.folder)[2]
    assert [one.text for one in wrong(film.folder) if one.part == "files"] == [told]
    code, _, said = film("make", film.folder)
    assert (code, told in said, "hint: Restore takes.json" in said) == (1, True, True)
    assert FilmFolder.open(film.folder).takes == (), "nothing was made anew"
    (film.folder / "takes.json").write_bytes(kept)
    assert "Nothing is missing" in film("make", film.folder)[2]
    assert wrong(film.folder) == []


def test_what_a_killed_process_left_alone_keeps_nobody_from_making(film):
    (film.folder / "takes.json").write_text("[]")
    next((film.folder / "takes").iterdir()).unlink()
    assert "1 file in takes/" in film("plan", film.folder)[2]
    v.film(folder=film.folder).change({"shots": {key: {"model": "nope"} for key in ("k1", "k2")}})
    assert "names none" not in film("make", film.folder)[2]


def test_what_is_said_counts_takes_and_not_shots(film):
    change = {"seconds": "1/4", "seed": 1}
    v.film(folder=film.folder).change({"shots": {"k1": change}})
    _, _, said = film("make", film.folder, "--shot", "S01-01", "--again", "-n", "2", "--only", "takes")
    assert ("To be made: 2 takes." in said, "Made 2 of 2." in said) == (True, True), said


def test_music_that_follows_voices_counts_once(film):
    v.film(folder=film.folder).change({"cues": {"m1": {"kind": "music", "mood": "calm"}}})
    opened = FilmFolder.open(film.folder)
    made = produce.make(opened, plan.tasks(opened.film, opened.takes), speakers=())
    assert (made.asked, [take.of for take in made.made]) == (1, ["m1"])


def test_lines_that_nobody_here_can_speak_are_told_and_not_planned(film, monkeypatch):
    monkeypatch.setattr("vitascope.film.voices.speakers", lambda settings: ())
    lines = [{"id": f"l{number}", "kind": "dialogue", "text": text} for number, text in enumerate(("Come.", "Go."))]
    v.film(folder=film.folder).change({"shots": {"k1": {"lines": lines}}})
    told = "note: 2 lines are captioned and not spoken: no voice for en is installed here."
    for command in ("plan", "make", "plan"):
        code, _, said = film(command, film.folder)
        assert (code, told in said, "voices." in said.replace("docs/voices.md", "")) == (0, True, False), said
    assert "To be made: nothing" in said
    assert "Nothing else is missing" in film("make", film.folder)[2]
    assert v.film(folder=film.folder).make().notes == [
        told.removeprefix("note: ") + " docs/voices.md says how to add one."
    ]


def test_sentences_agree_with_their_numbers(film):
    assert "The stills are approved" in film("approve", film.folder, "stills")[2]
    assert "The cut is approved" in film("approve", film.folder, "cut")[2]
    assert "The stills are open again" in film("approve", film.folder, "stills", "--open")[2]
    v.film(folder=film.folder).change({"shots": {key: {"take": ""} for key in ("k1", "k2")}})
    (film.folder / "takes.json").write_text("[]")
    assert "2 of 2 pieces have no take: S01-01, S01-02." in film("render", film.folder)[2]
    (film.folder / "film.json").write_text("{")
    assert "1 of 1 finding is wrong" in film("check", film.folder)[2]
