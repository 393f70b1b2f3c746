"""Where a clip comes from: the signed manifest, and that recipe, label and mark live beside it."""

import subprocess
import sys

import numpy as np
import pytest

import doubles
from doubles import ANY_SIZE, recipe_of
from vitascope.clip import ClipSpec
from vitascope.errors import BadClip, BadSettings
from vitascope.media import label, mark, picture, provenance, video
from vitascope.media import recipe as recipes
from vitascope.smallworld.world.render import render
from vitascope.smallworld.world.scene import sample
from vitascope.smallworld.world.stage import set_stage

pytest.importorskip("c2pa", reason="the extra provenance is not installed")

MESSAGE = 0xC0FFEE42


def world(seed, width=256, height=256, frames=11):
    return render(set_stage(sample(seed), 81)[:: 80 // (frames - 1)], width, height)


def recipe(**more):
    spec = ClipSpec(prompt="a red ball 红球 </x> & more", **{"seed": 7, "seconds": 0.5, "size": (64, 64), **more})
    return recipe_of(spec, ANY_SIZE, weights="abc" * 20, version="0.1")


def written(path, frames, **more):
    with video.writing(path, frames[0].shape[1], frames[0].shape[0], fps=16, **more) as writer:
        for frame in frames:
            writer.write(frame)
    return path


@pytest.fixture
def clip(tmp_path):
    return written(tmp_path / "clip.mp4", world(3, 64, 64), recipe=recipe())


def test_a_signed_clip_says_a_model_made_it_and_can_be_checked(clip, own_home):
    assert provenance.read(clip) is None
    frames = list(video.read_frames(clip))
    provenance.sign(clip, recipe(), home=own_home)
    told = provenance.read(clip, home=own_home)
    assert (told.state, told.source, told.model) == ("Trusted", provenance.SOURCE, "vitascope-nano")
    assert told.generator.startswith("Vitascope ")
    assert told.signer == "Vitascope on this machine"
    assert told.is_generated
    assert told.problems == ()
    assert provenance.read(clip).state == "Valid", "others see that it is unchanged, and do not know the signer"
    assert np.array_equal(frames, list(video.read_frames(clip)))


def test_the_recipe_survives_in_both_places_and_the_command_reads_it(clip, own_home):
    provenance.sign(clip, recipe(), home=own_home)
    assert recipes.read(clip) == recipe()
    comment, xmp = recipes._texts(clip)
    assert comment == xmp == recipes.to_text(recipe())
    done = subprocess.run(
        [sys.executable, "-m", "vitascope", "recipe", str(clip)],
        env=doubles.environment(), capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert "a red ball" in done.stdout


def test_the_film_still_starts_at_once(clip, own_home):
    provenance.sign(clip, recipe(), home=own_home)
    with open(clip, "rb") as file:
        kinds = [kind for kind, *_ in recipes._boxes(file, 0, clip.stat().st_size)]
    assert kinds.index(b"moov") < kinds.index(b"mdat")
    assert kinds[-1] == b"uuid"


@pytest.mark.parametrize("place", ["pictures", "recipe"])
def test_a_changed_byte_is_noticed(clip, own_home, place):
    provenance.sign(clip, recipe(), home=own_home)
    data = bytearray(clip.read_bytes())
    at = data.rindex(b"red ball") if place == "recipe" else data.index(b"mdat") + 200
    data[at] ^= 1
    clip.write_bytes(data)
    told = provenance.read(clip, home=own_home)
    assert told.state == "Invalid"
    assert "assertion.bmffHash.mismatch" in told.problems
    assert not told.is_generated


def test_a_still_is_signed_too(tmp_path, own_home):
    path = tmp_path / "still.png"
    picture.write_png(path, world(3, 64, 64)[0], comment=recipes.to_text(recipe(seconds=0)))
    provenance.sign(path, recipe(seconds=0), home=own_home)
    assert provenance.read(path, home=own_home).state == "Trusted"
    assert recipes.read(path) == recipe(seconds=0)


def test_the_certificate_is_made_once_and_its_key_is_for_its_owner(own_home):
    first = provenance.certificate(own_home)
    assert provenance.certificate(own_home) == first
    assert (own_home / "c2pa" / "key.pem").stat().st_mode & 0o77 == 0
    assert sorted(file.name for file in (own_home / "c2pa").iterdir()) == ["chain.pem", "key.pem"]
    assert [file.name for file in own_home.iterdir()] == ["c2pa"]


def test_processes_that_sign_first_at_the_same_time_agree_on_one_certificate(own_home):
    code = (
        "import pathlib, sys; from vitascope.media import provenance\n"
        "sys.stdout.buffer.write(provenance.certificate(pathlib.Path(sys.argv[1]))[0])"
    )
    command = [sys.executable, "-c", code, str(own_home)]
    running = [subprocess.Popen(command, env=doubles.environment(), stdout=subprocess.PIPE) for _ in range(3)]
    chains = {process.communicate()[0] for process in running}
    assert len(chains) == 1
    assert chains.pop().startswith(b"-----BEGIN CERTIFICATE")


def test_a_certificate_that_is_none_is_told_and_the_clip_stays_as_it_was(clip, own_home):
    (own_home / "c2pa").mkdir()
    for name in ("chain.pem", "key.pem"):
        (own_home / "c2pa" / name).write_text("nonsense")
    before = clip.read_bytes()
    with pytest.raises(BadSettings, match="cannot be signed"):
        provenance.sign(clip, recipe(), home=own_home)
    assert clip.read_bytes() == before
    assert [file.name for file in clip.parent.iterdir()] == ["clip.mp4"]


def test_a_file_that_is_no_film_is_told(tmp_path):
    (tmp_path / "x.mp4").write_bytes(b"no film at all")
    with pytest.raises(BadClip):
        provenance.read(tmp_path / "x.mp4")
    with pytest.raises(BadClip):
        provenance.read(tmp_path / "none.mp4")


def test_label_mark_manifest_and_recipe_live_together(tmp_path, own_home):
    given = recipe(size=(256, 256))
    frames = mark.marked(label.labelled(world(4)), MESSAGE)
    path = written(tmp_path / "all.mp4", list(frames), recipe=given)
    provenance.sign(path, given, home=own_home)
    assert provenance.read(path, home=own_home).is_generated
    assert mark.find(video.read_frames(path)).message == MESSAGE
    assert recipes.read(path) == given
