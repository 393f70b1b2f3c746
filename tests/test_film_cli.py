"""`vitascope film ...`, from a script to a film and back from an editor, with the built-in model."""

import json
import re
import signal
import subprocess
import sys
import time
import zipfile
from fractions import Fraction
from pathlib import Path

import pytest

import doubles
import footage
import vitascope as v
from vitascope.cli import film_review
from vitascope.cli.app import main
from vitascope.errors import Conflict
from vitascope.film import finish, produce, state
from vitascope.film.folder import FilmFolder
from vitascope.film.take import Media, Take
from vitascope.media import video, wav

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
    code, _, said = run("new", script, "-o", folder, "--size", "176x96", "--music", "none")
    assert (code, "1 scene, 2 shots" in said) == (0, True)
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
    assert "Nothing was changed" in film("import-cut", film.folder, otio)[2]
    assert film("import-cut", film.folder, otio, "--only", "7")[0] == 2
    assert [piece.shot for piece in v.film(folder=film.folder).timeline.pieces] == ["k1", "k2"]
    code, out, _ = film("import-cut", film.folder, otio, "--yes")
    assert code == 0
    assert [piece.shot for piece in v.film(folder=film.folder).timeline.pieces] == ["k2", "k1"]


def test_a_take_whose_file_is_gone_is_missing_until_it_is_made_or_brought_back(film):
    assert film("make", film.folder)[0] == 0
    media = v.film(folder=film.folder).takes[0].media.key
    kept = (film.folder / media).read_bytes()
    (film.folder / media).unlink()
    out = film("plan", film.folder)[1]
    assert "missing" in out
    assert "t1 is not there any more" in out
    change(film.folder, title="Another title")
    (film.folder / media).write_bytes(kept)
    assert "missing" not in film("plan", film.folder)[1], "nothing was forgotten meanwhile"
    (film.folder / media).unlink()
    assert film("make", film.folder)[0] == 0
    assert takes(film.folder) == [("k1", 1, "made"), ("k2", 1, "made"), ("k1", 2, "made")]
    assert film("render", film.folder)[0] == 0


def edited(otio, change):
    """The exported timeline with its clips changed."""
    data = json.loads(otio.read_text())
    change(next(track for track in data["tracks"]["children"] if track["kind"] == "Video")["children"])
    otio.write_text(json.dumps(data))


def test_single_differences_of_an_edited_cut_are_taken_over_and_clips_of_elsewhere_brought_along(film, tmp_path):
    assert film("make", film.folder)[0] == 0
    film("export", film.folder, "--to", "otio")
    otio = next((film.folder / "hand-off").glob("*.otio"))

    def change(clips):
        beach = json.loads(json.dumps(clips[0]))
        beach["name"] = "Beach"
        beach["media_references"]["DEFAULT_MEDIA"]["target_url"] = "file:///D:/stock/Beach.MOV"
        clips[:] = [clips[1], beach]

    edited(otio, change)
    code, out, _ = film("import-cut", film.folder, otio)
    told = [line.split(None, 1)[1] for line in out.splitlines()]
    assert ["not of this film" in told[0], "removed" in told[1]] == [True, True]
    before = (film.folder / "film.json").read_bytes()
    assert "--media" in film("import-cut", film.folder, otio, "--yes")[2]
    assert "no clip of the name" in film("import-cut", film.folder, otio, "--yes", "--media", tmp_path / "film")[2]
    assert (film.folder / "film.json").read_bytes() == before, "nothing was taken over by halves"
    assert film("import-cut", film.folder, otio, "--only", "1")[0] == 0
    assert [piece.shot for piece in v.film(folder=film.folder).timeline.pieces] == ["k2"]
    (tmp_path / "stock").mkdir()
    footage.film(tmp_path / "stock" / "beach.mov", [footage.halves(320, 180)] * 30, fps=30)
    code, _, said = film("import-cut", film.folder, otio, "--only", "0", "--media", tmp_path)
    assert (code, "1 of 2" in said) == (0, True)
    pieces = v.film(folder=film.folder).timeline.pieces
    assert [(piece.shot, piece.media.width if piece.media else 0) for piece in pieces] == [("k2", 352), ("", 320)]
    assert film("render", film.folder)[0] == 0
    film("export", film.folder, "--to", "otio")
    assert "The cut is the same" in film("import-cut", film.folder, otio)[2]


@pytest.mark.parametrize(("left", "told"), [([], "shows nothing"), (["Beach"], "Is it the cut of another film")])
def test_a_cut_without_any_shot_of_the_film_is_refused(film, left, told):
    film("export", film.folder, "--to", "otio")
    otio = next((film.folder / "hand-off").glob("*.otio"))

    def change(clips):
        clips[:] = [{**clips[0], "name": name} for name in left]

    edited(otio, change)
    code, _, said = film("import-cut", film.folder, otio, "--yes")
    assert (code, told in said) == (2, True)
    assert len(v.film(folder=film.folder).timeline.pieces) == 2


def test_the_cut_of_another_film_is_refused_wherever_it_lies_and_one_that_does_not_say_is_compared(film, tmp_path):
    script, other = tmp_path / "other.fountain", tmp_path / "other"
    script.write_text(SCRIPT.replace("Two Balls", "The Other Film"))
    assert film("new", script, "-o", other, "--size", "176x96", "--music", "none")[0] == 0
    film("export", other, "--to", "otio,fcpxml,edl")
    cuts = [path for path in (other / "hand-off").iterdir() if path.suffix in (".otio", ".fcpxml", ".edl")]
    assert len(cuts) == 3
    for cut in cuts:
        elsewhere = tmp_path / cut.name
        elsewhere.write_bytes(cut.read_bytes())
        for path in (cut, elsewhere):
            code, _, said = film("import-cut", film.folder, path, "--yes")
            assert (code, "The Other Film" in said, "Two Balls" in said) == (2, True, True)
            assert film("import-cut", other, path)[2].startswith("The cut is the same")
        stripped = re.sub("Vitascope film", "Some note of", elsewhere.read_text("utf-8"))
        elsewhere.write_text(stripped, "utf-8")
        assert film("import-cut", film.folder, elsewhere)[0] == 0, "its length differs, and that is told"
        cut.write_text(stripped, "utf-8")
        assert "The Other Film" in film("import-cut", film.folder, cut)[2], "the film.json beside it says whose it is"


def test_a_film_of_before_films_had_an_identity_gets_one_when_it_is_handed_off(film):
    path = film.folder / "film.json"
    data = json.loads(path.read_text("utf-8"))
    first = data.pop("identity")
    path.write_text(json.dumps(data), "utf-8")
    assert film("export", film.folder, "--to", "edl")[0] == 0
    given = json.loads(path.read_text("utf-8"))["identity"]
    assert given not in ("", first)
    edl = next((film.folder / "hand-off").glob("*.edl"))
    assert f"* Vitascope film {given}: Two Balls" in edl.read_text("utf-8").splitlines()
    change(film.folder, title="Renamed")
    assert "The cut is the same" in film("import-cut", film.folder, edl)[2]


def test_an_own_clip_is_a_take_that_is_read_again_and_rendered(film, tmp_path):
    own = tmp_path / "own.mp4"
    footage.film(own, [footage.halves(320, 180)] * 30, fps=30)
    assert film("add-take", film.folder, "S01-01", own)[0] == 0
    assert film("make", film.folder, "--shot", "S01-02")[0] == 0
    assert "current" in film("plan", film.folder)[1]
    assert film("render", film.folder)[0] == 0


def test_a_changed_script_keeps_what_it_still_holds_and_asks_first(film):
    assert film("make", film.folder)[0] == 0
    film.script.write_text(SCRIPT.replace("A blue cube on sand", "A red cube on sand") + "\nA green ball rolls.\n")
    before = (film.folder / "film.json").read_bytes()
    code, out, said = film("script", film.folder, film.script)
    assert (code, (film.folder / "film.json").read_bytes()) == (0, before), "nobody said yes"
    assert "1 kept, 1 made anew, 1 new" in said
    assert [line.split()[0] for line in out.splitlines()] == ["kept", "made", "new"]
    assert film("script", film.folder, film.script, "--yes")[0] == 0
    states = [(one.of, one.name) for one in v.film(folder=film.folder).states]
    assert states == [("k1", "current"), ("k2", "stale"), ("k3", "missing")]
    film.script.write_text("EXT. SNOW - NIGHT\n\nA green ball\nrolls.\n")
    code, out, said = film("script", film.folder, film.script, "--yes")
    assert [line.split()[:2] for line in out.splitlines()] == [
        ["kept", "S01-01"], ["dropped", "S01-01"], ["dropped", "S01-02"],
    ]  # fmt: skip
    assert "(was S01-03)" in out
    assert "A green ball rolls." in out, "a line each"
    assert "1 take" in out
    assert len(takes(film.folder)) == 2, "takes of dropped shots stay"


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("new",), "There is no script"),
        (("new", "nosuch.txt"), "nosuch.txt"),
        (("new", "{script}", "-o", "{folder}"), "already"),
        (("new", "{script}", "-o", "x", "--model", "nope"), "nope"),
        (("new", "{script}", "-o", "x", "--size", "abc"), "abc"),
        (("new", "{script}", "-o", "x", "--size", "0x0"), "even numbers from 64 to 4096"),
        (("new", "{script}", "-o", "x", "--size", "99999999x99999999"), "even numbers from 64 to 4096"),
        (("new", "{script}", "-o", "x", "--size", "176x9²"), "9²"),
        (("new", "{pdf}", "-o", "x"), "not plain text"),
        (("new", "{video}", "-o", "x"), "Save the script as plain text"),
        (("new", "{book}", "-o", "x"), "Split it into episodes"),
        (("variants", "{folder}", "nosuch.csv", "-o", "x"), "Give the path of a file"),
        (("import-cut", "{folder}", "nosuch.edl"), "Give the path of the cut"),
        (("export", "{folder}", "--to", "otio", "-o", "{script}/x"), "Choose another one"),
        (("new", "{empty}", "-o", "x"), "no shots"),
        (("script", "{folder}", "{empty}", "--yes"), "no shots"),
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
    empty = tmp_path / "empty.txt"
    empty.write_text("\n\n")
    video, book = tmp_path / "clip.mp4", tmp_path / "book.txt"
    video.write_bytes(b"\0\0\0\x20ftypisom\0\0\2\0isomiso2avc1mp41" + bytes(range(256)) * 8000)
    book.write_text("春天来了。" * 400_000, "utf-8")
    names = {"script": film.script, "folder": film.folder, "pdf": pdf, "empty": empty, "video": video, "book": book}
    before = FilmFolder.open(film.folder).film
    code, _, said = film(*(word.format(**names) for word in arguments))
    assert code in (1, 2)
    assert FilmFolder.open(film.folder).film == before
    assert message in said
    assert "hint: " in said
    assert "VITASCOPE_HOME" not in said
    assert not (tmp_path / "x").exists()


def test_a_folder_in_which_nothing_can_be_written_is_told_as_the_films(film):
    (film.folder / ".lock").unlink(missing_ok=True)
    (film.folder / ".lock").mkdir()  # a right that is not there: root has them all
    code, _, said = film("approve", film.folder, "cut")
    assert (code, "into the film's folder" in said, "VITASCOPE_HOME" in said) == (1, True, False)


def test_a_note_on_a_take_names_its_shot(film):
    change(film.folder, shots={"k2": {"seconds": "0.6"}})
    said = film("make", film.folder, "--shot", "S01-02")[2]
    assert "S01-02: 0.6 seconds were asked" in said


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


def test_a_gate_is_passed_and_opens_again_when_what_was_seen_changes(film):
    assert film("plan", film.folder)[1].splitlines()[-3:] == [
        "breakdown: not approved yet", "stills: not approved yet", "cut: not approved yet",
    ]  # fmt: skip
    assert film("approve", film.folder, "breakdown", "--by", "Mia")[0] == 0
    approved = film("plan", film.folder)[1].splitlines()[-3]
    assert re.fullmatch(r"breakdown: approved by Mia on \d{4}-\d\d-\d\d", approved)
    change(film.folder, shots={"k1": {"seed": 7}})
    assert film("plan", film.folder)[1].splitlines()[-3] == approved, "a seed is not seen"
    change(film.folder, shots={"k1": {"action": "A red ball jumps on snow at night."}})
    assert film("plan", film.folder)[1].splitlines()[-3] == f"{approved}, changed since"
    assert film("approve", film.folder, "breakdown", "--open")[0] == 0
    assert "breakdown: not approved yet" in film("plan", film.folder)[1]
    assert film("approve", film.folder, "colour")[0] == 2


def test_who_approves_is_who_is_logged_in(film, monkeypatch):
    monkeypatch.setattr("getpass.getuser", lambda: "lin")
    assert film("approve", film.folder, "cut")[0] == 0
    assert v.film(folder=film.folder).document.gates["cut"].by == "lin"
    monkeypatch.setattr("getpass.getuser", lambda: {}["nobody"])
    assert film("approve", film.folder, "cut")[0] == 0
    assert v.film(folder=film.folder).document.gates["cut"].by == ""


def test_the_gates_of_the_command_line_are_those_of_films():
    assert film_review.GATES == state.GATES


def own_clip(path):
    footage.film(path, [footage.halves(320, 180)] * 8, fps=16)
    return path


def test_what_others_changed_meanwhile_is_kept(film, tmp_path):
    """A film that was opened before somebody else changed it overwrites nothing of theirs."""
    early = FilmFolder.open(film.folder)
    project = v.film(folder=film.folder)
    assert film("approve", film.folder, "cut", "--by", "Mia")[0] == 0
    produce.own(early, "k1", own_clip(tmp_path / "own.mp4"))
    project.change({"title": "Other"}).approve("stills", by="Lin")
    now = FilmFolder.open(film.folder)
    assert (now.film.title, now.film.gates["cut"].by, now.film.gates["stills"].by) == ("Other", "Mia", "Lin")
    assert (now.film.shots["k1"].take, len(now.takes)) == ("k1_own1", 1)


def test_only_one_process_changes_a_film_and_the_other_is_told(film, tmp_path):
    own = own_clip(tmp_path / "own.mp4")
    assert film("add-take", film.folder, "S01-01", own)[0] == 0
    assert film("export", film.folder, "--to", "otio")[0] == 0
    otio = next((film.folder / "hand-off").glob("*.otio"))
    data = json.loads(otio.read_text())
    next(track for track in data["tracks"]["children"] if track["kind"] == "Video")["children"].reverse()
    otio.write_text(json.dumps(data))
    before = [(film.folder / name).read_bytes() for name in ("film.json", "takes.json")]
    commands = (
        ("choose", "S01-01", 1), ("approve", "cut"), ("add-take", "S01-01", own), ("import-cut", otio, "--yes"),
        ("make",),
    )  # fmt: skip
    with FilmFolder.open(film.folder).working():
        for command, *more in commands:
            code, _, said = film(command, film.folder, *more)
            assert (code, "Another process works on this film" in said, "hint: " in said) == (1, True, True), command
    assert [(film.folder / name).read_bytes() for name in ("film.json", "takes.json")] == before
    assert film("import-cut", film.folder, otio, "--yes")[0] == 0


def test_differences_are_not_taken_over_when_the_film_was_changed_since(film, tmp_path):
    assert film("export", film.folder, "--to", "otio")[0] == 0
    opened = FilmFolder.open(film.folder)
    differences = finish.compare(opened, next((film.folder / "hand-off").glob("*.otio")))
    change(film.folder, title="Other")
    with pytest.raises(Conflict, match="changed in between"):
        finish.accept(opened, differences)
    assert FilmFolder.open(film.folder).film.title == "Other"


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"media": {"key": "a.mp4", "seconds": "1", "rate": "1e9999999"}}, "`rate`"),
        ({"media": {"key": "a.mp4", "seconds": "1e9999999"}}, "`seconds`"),
        ({"media": {"key": "a.mp4", "seconds": "1", "begin": "-1"}}, "`begin`"),
        ({"media": {"key": "a.mp4", "seconds": "1", "width": 1e400}}, "`width`"),
        ({"media": {"key": "a\0", "seconds": "1"}}, "`key`"),
        ({"media": {"key": "a.mp4"}}, "'seconds' is missing"),
        ({"words": [["a", "1e9999999", "1"]]}, "`words`"),
        ({"id": ["t"]}, "`id`"),
        ({"number": "one"}, "`number`"),
        ({"kind": "film"}, "no kind of take"),
    ],
)
@pytest.mark.parametrize("command", ["plan", "export"])
def test_a_list_of_takes_that_makes_no_sense_is_refused_at_once(film, command, change, told):
    row = {"id": "t", "of": "k1", "kind": "clip", "digest": "", **change}
    (film.folder / "takes.json").write_text(json.dumps([row]))
    code, _, said = film(command, film.folder)
    assert (code, told in said, "Restore it from a copy" in said) == (2, True, True), said
    (film.folder / "takes.json").write_text("{}")
    assert "no list of takes" in film(command, film.folder)[2]


def test_a_render_says_how_many_lines_are_not_heard(film, tmp_path):
    assert film("add-take", film.folder, "S01-01", own_clip(tmp_path / "own.mp4"))[0] == 0
    lines = [
        {"id": f"l{number}", "kind": "dialogue", "text": text} for number, text in enumerate(("Come.", "Go.", "…"))
    ]
    change(
        film.folder, shots={"k1": {"lines": lines}, "k2": {"lines": [{"id": "l3", "kind": "title", "text": "Later"}]}}
    )
    said = film("render", film.folder, "--from-stills")[2]
    assert "note: 2 spoken lines are not heard" in said
    opened = FilmFolder.open(film.folder)
    wav.write(opened.place("voice", "l.wav"), [footage.tone(1, rate=24_000)], rate=24_000, channels=1)
    media = Media(key="voice/l.wav", seconds=Fraction(1), sound=True)
    digest = state.of_voice(opened.film, opened.film.line("l0"))
    opened.add(Take(id="v1", of="l0", kind="voice", digest=digest, media=media))
    assert "note: 1 spoken line is not heard" in film("render", film.folder, "--from-stills")[2]
    change(film.folder, shots={"k1": {"lines": lines[:1]}})
    assert "not heard" not in film("render", film.folder, "--from-stills")[2]
    (film.folder / "voice" / "l.wav").unlink()
    assert "note: 1 spoken line is not heard" in film("render", film.folder, "--from-stills")[2]
