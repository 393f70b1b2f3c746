"""`vitascope film ...`, from a script to a film and back from an editor, with the built-in model."""

import json
import signal
import subprocess
import sys
import time
import zipfile
from pathlib import Path

import pytest

import doubles
import footage
import vitascope as v
from vitascope.cli.app import main
from vitascope.film.folder import FilmFolder
from vitascope.media import video

SCRIPT = """Title: Two Balls

EXT. SNOW - NIGHT

A red ball on snow at night.

A blue cube on sand at noon.
"""


@pytest.fixture
def film(tmp_path, capsys):
    """Runs `vitascope film`; a film of two short shots, small and silent."""
    script = tmp_path / "two.fountain"
    script.write_text(SCRIPT)
    folder = tmp_path / "film"

    def run(command, *more):
        code = main(["film", command, *map(str, more)])
        said = capsys.readouterr()
        assert "Traceback" not in said.err
        return code, said.out, said.err

    run.folder, run.script = folder, script
    assert run("new", script, "-o", folder, "--size", "176x96", "--music", "none")[0] == 0
    change(folder, shots={"k1": {"seconds": "1/2", "seed": 1}, "k2": {"seconds": "1/2", "seed": 2}})
    return run


def change(folder, **changes):
    v.film(folder=folder).change(changes)


def takes(folder):
    return [(take.of, take.number, take.state) for take in FilmFolder.open(folder).takes if take.kind == "clip"]


def test_from_a_script_to_a_film_and_back_from_an_editor(film):
    assert film("render", film.folder)[0] == 2  # no take yet
    assert film("render", film.folder, "--from-stills")[0] == 0
    code, _, said = film("make", film.folder)
    assert (code, takes(film.folder)) == (0, [("k1", 1, "made"), ("k2", 1, "made")])
    assert "Made 2 of 2" in said
    assert "Nothing is missing" in film("make", film.folder)[2]
    code, out, _ = film("render", film.folder)
    assert (code, out.strip()) == (0, str(film.folder / "film.mp4"))
    assert video.probe(film.folder / "film.mp4").frames == 24

    change(film.folder, shots={"k1": {"action": "A red ball jumps on snow at night."}})
    assert "out of date" in film("plan", film.folder)[1]
    assert "Nothing is missing" in film("make", film.folder)[2]
    assert film("make", film.folder, "--stale")[0] == 0
    assert takes(film.folder)[-1] == ("k1", 2, "made")
    assert film("choose", film.folder, "S01-01", 1)[0] == 0
    assert "1, 2" in film("choose", film.folder, "S01-01", 7)[2]

    code, out, _ = film("export", film.folder, "--to", "otio,edl,srt,zip")
    assert code == 0
    assert len(out.splitlines()) == 4
    code, out, _ = film("export", film.folder, "--to", "zip", "--formats", "edl,srt", "-o", film.folder / "sent")
    assert code == 0
    with zipfile.ZipFile(out.strip()) as box:
        assert {Path(name).suffix for name in box.namelist() if "/" not in name} >= {".edl", ".json"}
        assert not any(name.endswith((".otio", ".html")) for name in box.namelist())
    assert "Only a ZIP" in film("export", film.folder, "--to", "otio", "--formats", "srt")[2]
    otio = next((film.folder / "hand-off").glob("*.otio"))
    assert "The cut is the same" in film("import-cut", film.folder, otio)[2]
    data = json.loads(otio.read_text())
    picture = next(track for track in data["tracks"]["children"] if track["kind"] == "Video")
    picture["children"].reverse()
    otio.write_text(json.dumps(data))
    code, out, _ = film("import-cut", film.folder, otio, "--yes")
    assert code == 0
    assert [piece.shot for piece in v.film(folder=film.folder).timeline.pieces] == ["k2", "k1"]


def test_an_own_clip_is_a_take_that_is_read_again_and_rendered(film, tmp_path):
    own = tmp_path / "own.mp4"
    footage.film(own, [footage.halves(320, 180)] * 30, fps=30)
    assert film("add-take", film.folder, "S01-01", own)[0] == 0
    assert film("make", film.folder, "--shot", "S01-02")[0] == 0
    assert "current" in film("plan", film.folder)[1]
    assert film("render", film.folder)[0] == 0


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("new",), "There is no script"),
        (("new", "nosuch.txt"), "nosuch.txt"),
        (("new", "{script}", "-o", "{folder}"), "already"),
        (("new", "{script}", "-o", "x", "--model", "nope"), "nope"),
        (("new", "{script}", "-o", "x", "--size", "abc"), "abc"),
        (("new", "{pdf}", "-o", "x"), "not plain text"),
        (("plan", "nowhere"), "no film"),
        (("make", "{folder}", "--shot", "S09-09"), "S09-09"),
        (("make", "{folder}", "--again"), "needs a shot"),
        (("export", "{folder}", "--to", "avi"), "avi"),
        (("import-cut", "{folder}", "{script}"), "."),
    ],
)
def test_what_cannot_be_done_is_told_with_a_remedy(film, tmp_path, monkeypatch, arguments, message):
    monkeypatch.chdir(tmp_path)
    pdf = tmp_path / "script.pdf"
    pdf.write_text("%PDF-1.4 words")
    code, _, said = film(*(word.format(script=film.script, folder=film.folder, pdf=pdf) for word in arguments))
    assert code in (1, 2)
    assert message in said
    assert "hint: " in said
    assert not (tmp_path / "x").exists()


def test_a_shot_that_fails_blocks_what_goes_on_from_it_and_nothing_else(film):
    scenes = {"s1": {"shots": ["k1", "k3", "k2"]}}
    more = {"k1": {"model": "nope"}, "k3": {"action": "It rolls.", "start": "continue", "seconds": "1/2"}}
    change(film.folder, scenes=scenes, shots=more)
    code, _, said = film("make", film.folder)
    assert code == 1
    assert "not made: S01-01 (clip)" in said
    assert "not made: S01-02 (clip): It goes on from S01-01" in said
    assert takes(film.folder) == [("k1", 1, "failed"), ("k2", 1, "made")]


def test_a_killed_make_goes_on_and_leaves_no_halves(film):
    command = [sys.executable, "-m", "vitascope", "film", "make", str(film.folder)]
    process = subprocess.Popen(command, env=doubles.environment(), stderr=subprocess.DEVNULL)
    end = time.monotonic() + 120
    while not takes(film.folder) and process.poll() is None:
        assert time.monotonic() < end
        time.sleep(0.02)
    process.send_signal(signal.SIGKILL)
    process.wait()
    assert film("make", film.folder)[0] == 0
    assert {take[:1] for take in takes(film.folder)} == {("k1",), ("k2",)}
    assert len(takes(film.folder)) == 2
    assert not list(film.folder.rglob(".vitascope-*"))
    assert film("render", film.folder)[0] == 0
