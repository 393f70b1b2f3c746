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
    assert (code, "Cannot write" in said, "hint: " in said) == (1, True, True)
