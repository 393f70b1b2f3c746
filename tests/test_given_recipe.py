"""What a clip's file says of the pictures and other files that were given for it, and how the clip is made again."""

import base64
import hashlib
import io
import json
from dataclasses import replace

import numpy as np
import pytest
from PIL import Image

import vitascope as v
from doubles import CARD, DiscEngine
from doubles import PaintEngine as Painter
from footage import CASES
from serving import png
from vitascope import ask
from vitascope.cli.app import main
from vitascope.clip import ClipSpec, Picture, Recipe, Reference
from vitascope.engines import registry, render
from vitascope.errors import BadPicture, BadSpec
from vitascope.media import recipe as recipes

OTHER = replace(CARD, name="other", pictures_in_recipe=False)


class Other(DiscEngine):
    card = OTHER


@pytest.fixture
def cat(tmp_path):
    (tmp_path / "cat.png").write_bytes(png(300, 200, colour=(10, 200, 30)))
    return tmp_path / "cat.png"


def digest(path):
    return hashlib.sha256(path.read_bytes()).hexdigest()


def made(card, engine, folder, **given):
    spec = ask.spec("a red ball", card, seconds=0.5, seed=7, **given)
    return recipes.read(render.make(spec, engine, folder / "out.mp4").path)


@pytest.mark.parametrize(("fit", "colour"), [("crop", ""), ("pad", "#000000")])
def test_the_recipe_names_the_file_and_how_it_was_fitted(cat, tmp_path, fit, colour):
    found = made(CARD, DiscEngine(), tmp_path, image=cat, fit=fit).spec.image
    assert (found.sha256, found.name, found.fit, found.colour) == (digest(cat), "cat.png", fit, colour)
    assert found.png
    assert (found.fitted, found.small) == ("", b"")


def test_a_file_with_its_pictures_makes_the_clip_again_alone(cat, tmp_path):
    first = made(CARD, DiscEngine(), tmp_path, image=cat, last_image=cat)
    before = (tmp_path / "out.mp4").read_bytes()
    cat.unlink()
    render.make(first.spec, DiscEngine(), tmp_path / "again.mp4")
    assert (tmp_path / "again.mp4").read_bytes() == before


def test_other_models_keep_a_hash_and_a_small_copy(cat, tmp_path):
    Image.effect_noise((2000, 1500), 90).save(cat)  # about 3 MB, and hard to pack
    found = made(OTHER, Other(), tmp_path, image=cat).spec.image
    assert (found.sha256, found.name, found.png) == (digest(cat), "cat.png", b"")
    assert len(found.small) < 40_000
    assert (tmp_path / "out.mp4").stat().st_size < 300_000
    assert max(Image.open(io.BytesIO(found.small)).size) <= 256


def test_a_rerun_elsewhere_asks_for_the_original_by_name(cat, tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(registry, "load", lambda name="": Other())
    monkeypatch.setattr(registry, "card", lambda name="": OTHER)
    made(OTHER, Other(), tmp_path, image=cat, fit="pad")
    before = (tmp_path / "out.mp4").read_bytes()
    again = str(tmp_path / "again.mp4")
    assert main(["generate", "--from", str(tmp_path / "out.mp4"), "-o", again]) == 1
    told = capsys.readouterr().err
    assert f"The first picture is not here: cat.png, SHA-256 {digest(cat)[:16]}." in told
    assert "Give it with --image." in told
    assert main(["generate", "--from", str(tmp_path / "out.mp4"), "-o", again, "--image", str(cat)]) == 0
    assert "it is not the file" not in capsys.readouterr().err
    assert (tmp_path / "again.mp4").read_bytes() == before
    cat.write_bytes(png(300, 200, colour=(9, 9, 9)))
    assert main(["generate", "--from", str(tmp_path / "out.mp4"), "-o", again, "--image", str(cat)]) == 0
    assert "The first picture: it is not the file that the recipe names." in capsys.readouterr().err


def test_an_array_has_no_file_to_name(tmp_path):
    found = made(OTHER, Other(), tmp_path, image=np.full((200, 300, 3), 90, np.uint8)).spec.image
    assert (found.sha256, found.name) == ("", "")
    assert len(found.fitted) == 64
    with pytest.raises(BadPicture, match=f"a file without a name, SHA-256 {found.fitted[:16]}"):
        render.draw(recipes.read(tmp_path / "out.mp4").spec, Other())


def test_a_picture_goes_into_a_dict_and_back_in_every_form():
    whole = Picture(b"p" * 9, 64, 32, sha256="ab" * 32, name="cat.png", fit="pad", colour="#000000")
    away = replace(whole, png=b"", fitted="cd" * 32, small=b"small")
    for picture in (whole, away, Picture(b"p", 64, 32)):
        assert Picture.from_dict(json.loads(json.dumps(picture.to_dict()))) == picture
    assert set(Picture(b"p", 64, 32).to_dict()) == {"png", "width", "height"}  # as the first edition wrote it


@pytest.mark.parametrize(
    "changed",
    [{"sha256": "x"}, {"fitted": "AB" * 32}, {"fit": "bend"}, {"small": b"x" * 70_000}, {"name": "x" * 200}],
    ids=str,
)
def test_what_a_recipe_says_of_a_picture_is_not_believed(changed):
    with pytest.raises(BadSpec):
        replace(Picture(b"p", 64, 32), **changed)


def test_references_reach_the_engine_from_python(cat, tmp_path, monkeypatch):
    monkeypatch.setattr(registry, "load", lambda name="": Painter())
    monkeypatch.setattr(registry, "card", lambda name="": Painter.card)
    dog = tmp_path / "dog.png"
    dog.write_bytes(png(90, 90, colour=(200, 10, 10)))
    clip = v.generate("@cat meets @dog", seconds=0.5, references=[{"image": cat, "name": "cat"}, str(dog)])
    frame = clip.frames[0]
    assert (frame[32, 32] == (10, 200, 30)).all()
    assert (frame[32, 96] == (200, 10, 10)).all()
    first, second = clip.recipe.spec.references
    assert (first.kind, first.name, first.file, first.sha256) == ("image", "cat", "cat.png", digest(cat))
    assert (second.name, second.file) == ("", "dog.png")
    assert 0 < len(first.small) < 5000
    clip.save(tmp_path / "out.mp4")
    assert recipes.read(tmp_path / "out.mp4") == clip.recipe
    with pytest.raises(BadPicture, match=r"Reference 1 is not here: cat\.png"):
        render.draw(recipes.read(tmp_path / "out.mp4").spec, Painter())


def test_references_are_given_on_the_command_line(cat, tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(registry, "load", lambda name="": Painter())
    monkeypatch.setattr(registry, "card", lambda name="": Painter.card)
    out = str(tmp_path / "out.mp4")
    given = ["generate", "a ball", "--seconds", "0.5", "--seed", "7", "-o", out]
    assert main([*given, "--reference", f"image:cat={cat}"]) == 0
    assert recipes.read(tmp_path / "out.mp4").spec.references[0].name == "cat"
    assert main(["generate", "--from", out, "-o", out]) == 1
    assert "Reference 1 is not here: cat.png" in capsys.readouterr().err
    assert main(["generate", "--from", out, "-o", out, "--reference", f"image:cat={cat}"]) == 0
    for wrong, said in (
        (f"video={cat}", "is of the kind image, not video"),
        (f"song={cat}", "is not a reference"),
        ("image", "names no file"),
        ("image=nowhere.png", "Cannot read nowhere.png"),
    ):
        assert main([*given, "--reference", wrong]) in (1, 2)
        assert said in capsys.readouterr().err


def test_clips_and_sounds_are_references_too(tmp_path, cat):
    spec = ask.spec("a ball", Painter.card, references=[CASES / "audio.mp4", {"image": cat}])
    assert [one.kind for one in spec.references] == ["video", "image"]
    bad = tmp_path / "bad.wav"
    bad.write_bytes(b"RIFF\x24\0\0\0WAVEfmt nothing")
    with pytest.raises(Exception, match=r"bad\.wav .*sound"):
        ask.spec("a ball", Painter.card, references=[bad])
    with pytest.raises(BadSpec, match="takes 4 references of the kind image, got 5"):
        ask.spec("a ball", Painter.card, references=[cat] * 5)


def test_a_reference_goes_into_a_dict_and_back():
    one = Reference("image", "ab" * 32, "cat", "cat.png", b"small")
    spec = ClipSpec(prompt="@cat", references=(one, Reference("audio", "cd" * 32)))
    assert ClipSpec.from_dict(json.loads(json.dumps(spec.to_dict()))) == spec
    assert Recipe.from_dict(
        render.recipe_for(replace(spec, seed=1, seconds=0.5), Painter.card).to_dict()
    ).spec.references == (one, Reference("audio", "cd" * 32))
    assert base64.b64encode(b"small").decode() in json.dumps(spec.to_dict())
