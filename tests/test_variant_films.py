"""A batch of variants, made with the built-in model."""

import json
import zipfile

import pytest
from PIL import Image

from vitascope.cli.app import main
from vitascope.film import document
from vitascope.film.folder import FilmFolder
from vitascope.media import video

TEMPLATE = {
    "title": "{product}",
    "width": 176,
    "height": 96,
    "captions": {"show": "none"},
    "scene_order": ["s1"],
    "scenes": {"s1": {"shots": ["k1", "k2"]}},
    "shots": {
        "k1": {"action": "A {colour} ball on snow", "seconds": "1/2", "seed": 3},
        "k2": {"action": "A blue cube on sand", "seconds": "1/2", "seed": 4},
    },
    "overlays": {"price": {"text": "{price}", "place": "bottom left"}},
}


@pytest.fixture
def batch(tmp_path):
    FilmFolder.make(tmp_path / "template", document.read(TEMPLATE))
    table = tmp_path / "table.csv"
    table.write_text("product,colour,price\nMug,red,9.99\nCup,=1+1,5\nJar,green,\n")

    def run(*more):
        told = ["film", "variants", tmp_path / "template", table, "-o", tmp_path / "batch", *more]
        code = main([str(word) for word in told])
        listed = json.loads((tmp_path / "batch" / "batch.json").read_text())
        return code, {film["name"]: film for film in listed["films"]}, listed

    run.table, run.folder = table, tmp_path / "batch"
    return run


def test_a_batch_is_counted_made_once_and_goes_on(batch, capsys, tmp_path):
    code, films, listed = batch("--plan")
    assert (code, [film["state"] for film in films.values()]) == (0, ["planned", "planned"])
    assert [(one["row"], "price" in one["why"]) for one in listed["skipped"]] == [
        (3, True)
    ]  # one bad row stops no other
    said = capsys.readouterr().err
    assert "2 films of 3" in said
    assert "; 3 takes to be made." in said, "they share one"

    code, films, _ = batch("--zip", tmp_path / "all.zip")
    assert code == 0
    assert f"2 films in {tmp_path / 'all.zip'}; 2 of them undecided" in capsys.readouterr().err
    batch("--plan")
    assert "no take and no voice to be made." in capsys.readouterr().err, "nothing is missing"
    assert {film["state"] for film in films.values()} == {"made"}
    assert video.probe(batch.folder / "row-001.mp4").seconds == pytest.approx(1.0)
    one, other = (FilmFolder.open(batch.folder / "films" / name) for name in ("row-001", "row-002"))
    shared = [next(take for take in film.takes if take.of == "k2") for film in (one, other)]
    assert one.locate(shared[0].media).read_bytes() == other.locate(shared[1].media).read_bytes()
    assert "'=1+1" in (batch.folder / "batch.csv").read_text()
    with zipfile.ZipFile(tmp_path / "all.zip") as box:
        assert {"row-001.mp4", "row-002.mp4", "batch.json", "index.html"} <= set(box.namelist())

    before = {name: (batch.folder / f"{name}.mp4").stat().st_mtime_ns for name in films}
    batch.table.write_text("product,colour,price\nMug,red,8.99\nCup,=1+1,5\n")
    verdicts = tmp_path / "verdicts.json"
    verdicts.write_text('{"row-001": "accept"}')
    assert batch("--verdicts", verdicts, "--zip", tmp_path / "some.zip")[0] == 0
    assert "1 film in" in (said := capsys.readouterr().err)
    assert "; 1 undecided film left out" in said
    after = {name: (batch.folder / f"{name}.mp4").stat().st_mtime_ns for name in films}
    assert [after[name] == before[name] for name in ("row-001", "row-002")] == [False, True]
    assert len([take for take in FilmFolder.open(batch.folder / "films" / "row-001").takes if take.kind == "clip"]) == 2
    with zipfile.ZipFile(tmp_path / "some.zip") as box:
        assert "row-002.mp4" not in box.namelist()
        listed = json.loads(box.read("batch.json"))
        assert [(film["name"], film["verdict"]) for film in listed["films"]] == [("row-001", "accept")]
        assert {"name": "row-002", "row": 2, "why": "It was not accepted."} in listed["skipped"]
        assert "row-002.mp4" not in box.read("index.html").decode()


def test_one_that_fails_stops_no_other(batch, capsys):
    batch("--plan")
    (batch.folder / "films").mkdir()
    (batch.folder / "films" / "row-001").write_text("in the way")
    code, films, _ = batch()
    assert code == 1
    assert [film["state"] for film in films.values()] == ["failed", "made"]
    assert "not made: row-001" in capsys.readouterr().err


def test_a_logo_of_the_template_is_drawn_in_every_film_and_one_that_changed_is_drawn_anew(batch, capsys, tmp_path):
    template = FilmFolder.open(tmp_path / "template")
    overlays = {**TEMPLATE["overlays"], "logo": {"picture": "art/logo.png", "place": "top left", "height": 0.2}}
    template.change(document.read({**TEMPLATE, "overlays": overlays}))

    code, films, _ = batch()
    assert code == 1
    assert {film["error"] for film in films.values()} == {
        "art/logo.png is not in the template's folder. Put the picture there, and run it again."
    }
    assert not list((batch.folder / "films").glob("*/takes/*")), "nothing is made that cannot be finished"

    def corner(name):
        return video.tail(batch.folder / f"{name}.mp4", 1)[-1][12:20, 14:24].reshape(-1, 3).mean(axis=0)

    for colour, strongest in (((255, 0, 0), 0), ((0, 0, 255), 2)):
        (template.path / "art").mkdir(exist_ok=True)
        Image.new("RGB", (32, 32), colour).save(template.path / "art" / "logo.png")
        code, films, _ = batch()
        assert (code, {film["state"] for film in films.values()}) == (0, {"made"})
        assert all(corner(name).argmax() == strongest and corner(name).max() > 180 for name in films)
