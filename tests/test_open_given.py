"""Pictures and clips that are given to open models as references, noise levels of distilled ones, and that a folder of
each family is known for what it is.
"""

from fractions import Fraction

import numpy as np
import pytest
import torch
from PIL import Image
from safetensors.torch import save_file

import tiny_open
from open_models import (
    STRENGTH,
    a_picture,
    as_images,
    bytes_of,
    card,
    drawn,
    engine,
    loras,
    pipeline,
    plain,
    reference,
    spec,
)
from vitascope.clip import Reference
from vitascope.engines.openweights import found_model, known, reference_video
from vitascope.engines.openweights.engine import open_engine
from vitascope.errors import BadSettings, BadSpec

pytestmark = pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")  # of diffusers
VACE = ("text", "still", "image", "last_image", "extend", "references")


@pytest.fixture(scope="module")
def vace(root):
    return engine("wan_vace", root, VACE, references={"image": 3, "video": 1}, options=(STRENGTH,))


def test_a_control_clip_and_pictures_guide_vace(vace, root):
    clip, who = reference("video", root), reference("image", root, 5)
    guide, mask = as_images(clip), [Image.new("L", (32, 32), 255)] * 9
    both = {"video": guide, "mask": mask, "reference_images": [Image.open(who.path)], "conditioning_scale": 0.7}
    expected = plain(pipeline("WanVACEPipeline", "wan_vace", root), spec("a dog"), **both)
    made = drawn(vace, spec("a dog", references=(clip, who)))
    assert np.array_equal(made, bytes_of(expected))
    assert not np.array_equal(made, drawn(vace, spec("a dog", references=(clip,))))
    assert not np.array_equal(made, drawn(vace, spec("a dog", references=(clip, who), options=(("strength", 0.2),))))


@pytest.mark.parametrize(("fps", "frames"), [(16, 9), (24, 14), (8, 5), (60, 40)])
def test_a_given_clip_is_taken_at_the_rate_of_the_model(fps, frames, root):
    given = reference("video", root, frames=frames, fps=fps)
    taken = reference_video.frames(given, (32, 32), 9, Fraction(16))
    wanted = as_images(given, fps=fps)
    assert [np.asarray(one).tolist() for one in taken] == [np.asarray(one).tolist() for one in wanted]


def test_a_given_clip_that_is_too_short_is_refused_with_its_length(root):
    with pytest.raises(BadSpec, match=r"has 5 frames at 16 a second; 9 are asked") as caught:
        reference_video.frames(reference("video", root, frames=5), (32, 32), 9, Fraction(16))
    assert "0.25 seconds" in caught.value.hint
    assert caught.value.field == "references"


@pytest.mark.parametrize("size", [(63, 80), (1000, 100)])
def test_a_picture_that_flux_2_cannot_look_at_is_refused_in_words(size, root):
    path = root / f"{size[0]}.png"
    Image.new("RGB", size).save(path)
    maker = engine(
        "flux2", root, ("text", "still", "references"), family="flux2", side=4, group=1, references={"image": 4}
    )
    take = spec(seconds=0, references=(Reference("image", "0" * 64, path=str(path)),))
    with pytest.raises(BadSpec, match=f"is {size[0]}x{size[1]}") as caught:
        drawn(maker, take)
    assert caught.value.field == "references"


def test_a_picture_makes_no_clip_of_a_few_frames_with_kandinsky(root):
    """Its pipeline would divide by the spread of nothing, and give black frames."""
    maker = engine("kandinsky5", root, ("text", "image"), family="kandinsky5")
    with pytest.raises(BadSpec, match="no fewer than 17 frames, 9 are asked"):
        drawn(maker, spec(image=a_picture()))


def test_a_card_that_promises_more_references_than_the_weights_take_is_refused(root):
    for told, message in (
        ({"modes": ("image", "references")}, "says references"),
        ({"modes": ("text", "references"), "references": {"video": 1, "audio": 1}}, "kind audio"),
        ({"modes": ("text",), "options": (STRENGTH.__class__(name="motion", kind="number"),)}, '"motion"'),
    ):
        model = "wan_i2v" if "image" in told["modes"] else "wan_t2v"
        with pytest.raises(BadSettings, match=message):
            engine(model, root, **told)


def test_a_distilled_model_has_noise_levels_of_its_own(root):
    """Used when as many steps are asked; else the scheduler's."""
    levels = [1.0, 0.9, 0.7]
    maker = engine("ltx_098", root, ("text",), family="ltx", side=4, source={"sigmas": levels})
    more = {"decode_timestep": 0.05, "decode_noise_scale": 0.025, "frame_rate": 16.0, "max_sequence_length": 256}
    own = pipeline("LTXConditionPipeline", "ltx_098", root)
    for steps, given in ((3, [1000, 900, 700]), (4, None)):
        take = spec("a dog", steps=steps)
        expected = plain(own, take, steps=steps, timesteps=given, **more)
        assert np.array_equal(drawn(maker, take), bytes_of(expected))


@pytest.mark.parametrize("wrong", [[1.0, 1.0], [0.5, 0.9], [2.0], ["a"], 1.0])
def test_noise_levels_must_fall(wrong, root):
    with pytest.raises(BadSettings, match="sigmas must be numbers that fall"):
        open_engine(card(), {"family": "ltx", "folder": str(root), "sigmas": wrong})


@pytest.mark.parametrize("name", [name for name in tiny_open.MAKERS if "hunyuan" not in name])
def test_a_folder_of_each_family_is_known_for_what_it_is(name, root):
    """And its card can be loaded with these weights: modes, references and options are those of the family."""
    model = found_model.look(tiny_open.folder(name, root))
    assert model.family == {"wan22": "wan"}.get(name.split("_")[0], name.split("_")[0])
    assert model.like.family == model.family
    assert ("i2v" in name) == (model.like.kind in ("i2v", "i2v-expert"))
    assert found_model.of_source(model.source).parts.keys() == model.parts.keys()
    weights = model.weights
    assert weights.experts[0].parameters
    assert weights.text_encoder.parameters
    assert weights.width


def test_every_known_checkpoint_is_of_a_family_that_draws():
    assert {one.family for one in known.every().values() if one.served} == set(found_model.SERVED)


LORAS = ["sdxl", "flux", "flux2", "zimage", "qwenimage", "ltx", "cogvideox", "kandinsky5", "skyreels"]


@pytest.mark.parametrize("name", LORAS)
def test_a_lora_changes_what_each_family_draws(name, root):
    still = name in ("sdxl", "flux", "flux2", "zimage", "qwenimage")
    form = {"family": name, "side": 16, "group": 1 if still else 4}
    main = "unet" if name == "sdxl" else "transformer"
    plainly = engine(name, root, ("text", "still") if still else ("text",), **form)
    layers = [
        (layer, one) for layer, one in plainly._parts[main].named_modules()
        if layer.endswith(("attn1.to_q", "attn.to_q", "attention.to_q", "to_query")) and hasattr(one, "in_features")
    ]  # fmt: skip
    assert layers
    torch.manual_seed(1)
    tensors = {}
    for layer, one in layers:
        tensors[f"{main}.{layer}.lora_A.weight"] = torch.randn(4, one.in_features)
        tensors[f"{main}.{layer}.lora_B.weight"] = torch.randn(one.out_features, 4)
    file = root / f"{name}.safetensors"
    save_file(tensors, file)
    maker = engine(
        name, root, ("text", "still") if still else ("text",), source={"loras": {"x": {"file": str(file)}}}, **form
    )
    take = {"seconds": 0 if still else 0.5}
    assert np.array_equal(drawn(maker, spec(**take)), drawn(plainly, spec(**take)))
    assert not np.array_equal(drawn(maker, spec(**take, loras=loras(("x", 1.0)))), drawn(plainly, spec(**take)))
