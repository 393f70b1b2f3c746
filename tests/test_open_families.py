"""The other families of open models, on tiny random weights: the plain pipeline's numbers, and the same bytes whatever
runs beside them.
"""

import inspect
from fractions import Fraction

import numpy as np
import pytest
import torch
from PIL import Image

from open_models import (
    PICTURES,
    STRENGTH,
    Engines,
    a_picture,
    as_image,
    as_images,
    begun,
    bytes_of,
    drawn,
    engine,
    finished,
    interleaved,
    pipeline,
    reference,
    spec,
)
from vitascope.clip import SourceClip
from vitascope.engines import render
from vitascope.media import video
from vitascope.media.sound import Sound

#: What diffusers itself is warned of: numpy's new arguments, and the spread of a single number.
pytestmark = [
    pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning"),
    pytest.mark.filterwarnings("ignore:std\\(\\)"),
]
TEXT, STILL = ("text",), ("text", "still")
SOUND = {"side": 2, "group": 2, "sound": "always"}
ENDS = (*PICTURES, "last_image")
FORCED = ("text", "image", "extend")
FIRST, LAST = {"image": a_picture(1)}, {"last_image": a_picture(2)}
SMALL = {"size": (16, 16), "seconds": 0.125}
ONE = {"seconds": 0}
GIVEN = (*STILL, "references")
CHANGED = {"references": {"image": 1}, "options": (STRENGTH,)}
KEPT = {"references": {"video": 1}, "options": (STRENGTH,)}
SIX = {"size": (16, 16), "image": a_picture(1, (16, 16)), "seconds": 0.125}
#: Name of the tiny model, modes and form of its card, the pipeline's class, and what is asked. `given`: the kind of a
#: reference.
FAMILIES = {
    "ltx2": ("ltx2", (*TEXT, *ENDS), SOUND, "LTX2Pipeline", {}),
    "ltx2 picture": ("ltx2", (*TEXT, *ENDS), SOUND, "LTX2ImageToVideoPipeline", FIRST),
    "ltx2 both ends": ("ltx2", (*TEXT, *ENDS), SOUND, "LTX2ConditionPipeline", FIRST | LAST),
    "ltx": ("ltx", (*TEXT, *PICTURES), {"side": 4}, "LTXPipeline", {}),
    "ltx picture": ("ltx", (*TEXT, *PICTURES), {"side": 4}, "LTXImageToVideoPipeline", FIRST),
    "ltx 0.9.8": ("ltx_098", (*TEXT, *ENDS), {"side": 4}, "LTXConditionPipeline", {}),
    "ltx 0.9.8 both ends": ("ltx_098", (*TEXT, *ENDS), {"side": 4}, "LTXConditionPipeline", FIRST | LAST),
    "cogvideox": ("cogvideox", TEXT, {}, "CogVideoXPipeline", {}),
    "cogvideox picture": ("cogvideox_i2v", PICTURES, {}, "CogVideoXImageToVideoPipeline", FIRST),
    "hunyuan15": (
        "hunyuan15", STILL, {"side": 4, "group": 2, "sizes": ((16, 16),)}, "HunyuanVideo15Pipeline", SMALL,
    ),
    "hunyuan15 picture": (
        "hunyuan15_i2v", PICTURES, {"side": 4, "group": 2, "sizes": ((16, 16),)},
        "HunyuanVideo15ImageToVideoPipeline", SIX,
    ),
    "skyreels": ("skyreels", STILL, {}, "SkyReelsV2Pipeline", {}),
    "skyreels picture": ("skyreels_i2v", PICTURES, {}, "SkyReelsV2ImageToVideoPipeline", FIRST),
    "skyreels forcing": ("skyreels_df", FORCED, {}, "SkyReelsV2DiffusionForcingPipeline", {}),
    "skyreels forcing picture": (
        "skyreels_df", FORCED, {}, "SkyReelsV2DiffusionForcingImageToVideoPipeline", FIRST,
    ),
    "kandinsky5": ("kandinsky5", (*STILL, *PICTURES), {}, "Kandinsky5T2VPipeline", {}),
    "kandinsky5 picture": ("kandinsky5", (*STILL, *PICTURES), {}, "Kandinsky5I2VPipeline", FIRST | {"seconds": 1.0}),
    "wan clip": ("wan_t2v", GIVEN, KEPT, "WanVideoToVideoPipeline", {"given": "video"}),
    "zimage": ("zimage", GIVEN, {"side": 4, "group": 1, **CHANGED}, "ZImagePipeline", ONE),
    "zimage picture": (
        "zimage", GIVEN, {"side": 4, "group": 1, **CHANGED}, "ZImageImg2ImgPipeline", ONE | {"given": "image"},
    ),
    "qwenimage": ("qwenimage", GIVEN, {"side": 8, "group": 1, **CHANGED}, "QwenImagePipeline", ONE),
    "qwenimage picture": (
        "qwenimage", GIVEN, {"side": 8, "group": 1, **CHANGED}, "QwenImageImg2ImgPipeline", ONE | {"given": "image"},
    ),
    "sdxl": ("sdxl", GIVEN, {"side": 8, "group": 1, **CHANGED}, "StableDiffusionXLPipeline", ONE),
    "sdxl picture": (
        "sdxl", GIVEN, {"side": 8, "group": 1, **CHANGED}, "StableDiffusionXLImg2ImgPipeline", ONE | {"given": "image"},
    ),
    "flux": ("flux", GIVEN, {"side": 4, "group": 1, **CHANGED}, "FluxPipeline", ONE),
    "flux picture": (
        "flux", GIVEN, {"side": 4, "group": 1, **CHANGED}, "FluxImg2ImgPipeline", ONE | {"given": "image"},
    ),
    "flux2": ("flux2", GIVEN, {"side": 4, "group": 1, "references": {"image": 4}}, "Flux2KleinPipeline", ONE),
    "flux2 picture": (
        "flux2", GIVEN, {"side": 4, "group": 1, "references": {"image": 4}}, "Flux2KleinPipeline",
        ONE | {"given": "image"},
    ),
}  # fmt: skip
QUICK = [name for name in FAMILIES if "hunyuan15" not in name]


def slow_but(*quick):
    """The families, of which all but these are left to `make test-all`."""
    return [name if name in quick else pytest.param(name, marks=pytest.mark.slow) for name in FAMILIES]


@pytest.fixture(scope="module")
def engines(root):
    made = Engines(root)

    def get(name):
        model, modes, form, _, _ = FAMILIES[name]
        return made(model, modes, family=model.split("_")[0], **form)

    return get


def model_of(name):
    return FAMILIES[name][0]


def asked_of(name, root):
    asked = dict(FAMILIES[name][4])
    kind = asked.pop("given", "")
    return {**asked, "references": (reference(kind, root),)} if kind else asked


def plainly(name, root, take, frames):
    """The plain call's frames (T, H, W, 3), and its sound."""
    model, _, _, kind, _ = FAMILIES[name]
    plain = pipeline(kind, model, root)
    width, height = take.size
    told = {"prompt": take.prompt, "negative_prompt": take.negative_prompt, "width": width, "height": height}
    told |= {"num_frames": frames, "num_inference_steps": 3, "guidance_scale": 5.0, "output_type": "np"}
    if "hunyuan15" in model:
        plain.guider = plain.guider.new(guidance_scale=5.0)
    for one in take.references:
        given = as_images(one, take.size, frames)
        told |= {"video": given} if one.kind == "video" else {"image": given[0]}
        told["strength"] = 0.7
    if model == "flux2":
        told["image"] = [Image.open(one.path) for one in take.references] or None
    if take.image:
        told["image"] = as_image(take.image)
    if "Condition" in kind:
        told["conditions"] = conditions(kind, take, frames)
        told.pop("image", None)
    told |= {"frame_rate": 16.0, "max_sequence_length": 256} if model.startswith("ltx_") or model == "ltx" else {}
    told |= {"frame_rate": 16.0} if model == "ltx2" else {}
    told |= {"decode_timestep": 0.05, "decode_noise_scale": 0.025} if model == "ltx_098" else {}
    told |= {"true_cfg_scale": {"qwenimage": 5.0, "flux": 4.0}.get(model)} if model in ("qwenimage", "flux") else {}
    told |= {"base_num_frames": frames, "fps": 16}  # of diffusion forcing
    takes = inspect.signature(plain.__call__).parameters
    told = {key: value for key, value in told.items() if key in takes}
    made = plain(**told, generator=torch.Generator().manual_seed(take.seed))
    frames = made.images[:1] if hasattr(made, "images") else made.frames[0]
    return np.asarray(frames), getattr(made, "audio", None)


def conditions(kind, take, frames):
    from diffusers.pipelines.ltx.pipeline_ltx_condition import LTXVideoCondition
    from diffusers.pipelines.ltx2.pipeline_ltx2_condition import LTX2VideoCondition

    ends = [(take.image, 0), (take.last_image, frames - 1)]
    told = [(as_image(one), at) for one, at in ends if one]
    if kind.startswith("LTX2"):  # which counts latent frames
        return [LTX2VideoCondition(one, -1 if at else 0) for one, at in told]
    return [LTXVideoCondition(image=one, frame_index=at) for one, at in told] or None


@pytest.mark.parametrize("name", slow_but(*QUICK))
def test_the_same_numbers_as_the_plain_pipeline(name, root, engines):
    maker, take = engines(name), spec("a blue cube on snow", negative_prompt="night", **asked_of(name, root))
    run = begun(maker, take)
    frames = finished(maker, run)
    expected, sound = plainly(name, root, take, run.asked.frames)
    assert frames.std() > 1
    # the same modules give the same bytes; on a second copy of them kernels may round otherwise (seen with SDXL)
    assert np.abs(frames.astype(int) - bytes_of(expected)).max() <= (model_of(name) == "sdxl")
    if sound is not None:
        made = maker.sound(run)
        samples = sound[0].T.numpy()[: len(made.samples)]
        assert made.rate == 16000
        assert abs(made.seconds - run.asked.frames / 16) < 1 / 16
        assert np.array_equal(made.samples[: len(samples)], samples.clip(-1, 1))


@pytest.mark.parametrize("name", ["ltx2 both ends", "ltx 0.9.8 both ends"])
def test_each_of_the_pictures_is_seen(name, root, engines):
    """A pipeline leaves out one whose place it takes for none, with a line in a log."""
    maker, asked = engines(name), asked_of(name, root)
    made = drawn(maker, spec(steps=2, **asked))
    for end in ("image", "last_image"):
        assert not np.array_equal(made, drawn(maker, spec(steps=2, **asked | {end: a_picture(7)}))), end


@pytest.mark.parametrize("there", [24, pytest.param(7, marks=pytest.mark.slow)])
def test_diffusion_forcing_goes_on_from_the_last_frames_of_a_clip(there, root, engines):
    path = root / f"before-{there}.mp4"
    with video.writing(path, 32, 32, fps=Fraction(16), recipe=None) as writer:
        for number in range(there):
            writer.write(np.full((32, 32, 3), 10 * number, np.uint8))
    maker = engines("skyreels forcing")
    source = SourceClip(render.sha256(path), there, 32, 32, Fraction(16), path=str(path))
    run = begun(maker, spec("a dog", extend=source, seconds=0.5, size=None, steps=2))
    frames = finished(maker, run)
    given = 17 if there > 17 else 5  # whole groups of four, and one
    assert (len(run.asked.context), len(frames)) == (given, run.shape.frames)
    tail = [Image.fromarray(one) for one in video.tail(path, given)]
    plain = pipeline("SkyReelsV2DiffusionForcingVideoToVideoPipeline", "skyreels_df", root)
    made = plain(
        tail, "a dog", "", 32, 32, run.asked.frames, 2, 5.0, generator=torch.Generator().manual_seed(1), fps=16,
        overlap_history=given, base_num_frames=run.asked.frames, output_type="np",
    ).frames[0]  # fmt: skip
    new = bytes_of(made)[given:][given:]  # before it lies the given clip, and then its last frames drawn again
    assert np.array_equal(frames, new)


MIXED = ("ltx2", "ltx 0.9.8 both ends", "cogvideox picture", "wan clip", "sdxl picture", "flux2 picture")


@pytest.mark.parametrize("name", slow_but(*MIXED))
def test_the_same_bytes_beside_others_in_any_order(name, root, engines):
    maker, asked = engines(name), asked_of(name, root)
    takes = [
        spec("a red ball", 1, steps=3, **asked),
        spec("a dog runs", 2, steps=4, **asked),
        spec("a cat", 3, steps=2, guidance=1.0, **asked),
    ]
    alone = [drawn(maker, take) for take in takes]
    assert not np.array_equal(alone[0], alone[1])
    interleaved(maker, takes, alone, np.random.default_rng(3))


@pytest.mark.parametrize("name", slow_but(*QUICK))
def test_in_the_numbers_of_a_gpu(name, root):
    """In bfloat16, where a pipeline that turns a shared part into other numbers, or mixes them, would show."""
    model, modes, form, _, _ = FAMILIES[name]
    maker = engine(model, root, modes, family=model.split("_")[0], source={"dtype": "bfloat16"}, **form)
    take = spec("a red ball", steps=2, **asked_of(name, root))
    before = {part: one.dtype for part, one in maker._parts.modules.items() if isinstance(one, torch.nn.Module)}
    assert np.array_equal(drawn(maker, take), drawn(maker, take))
    assert {part: maker._parts[part].dtype for part in before} == before


#: Their schedulers do not see the first frame.
WITHOUT_FIRST = ("ltx2 picture", "ltx picture", "kandinsky5 picture")


@pytest.mark.parametrize("name", slow_but("ltx2 picture", "ltx 0.9.8 both ends", "zimage", "flux2"))
def test_a_preview_is_of_its_own_latents(name, root, engines):
    maker = engines(name)
    run = begun(maker, spec(steps=3, **asked_of(name, root)))
    maker.step([run])
    look, rule = maker.preview(run), maker._rule
    count = (run.asked.frames - rule.first) // rule.group + (name not in WITHOUT_FIRST)
    assert look.shape[0] == count
    assert look.shape[-1] == 3
    assert look.shape[1] == look.shape[2]
    assert look.std() > 0


def test_sound_goes_on_where_the_new_frames_begin(engines, root, monkeypatch):
    """The model makes a clip from the last frame on; of its sound only what belongs to new frames is kept."""
    path = root / "clip.mp4"
    with video.writing(path, 32, 32, fps=Fraction(16), recipe=None) as writer:
        for number in range(5):
            writer.write(np.full((32, 32, 3), 40 * number, np.uint8))
    maker, ramp = engines("ltx2"), np.linspace(-1, 1, 5000, dtype=np.float32)[:, None]
    source = SourceClip(render.sha256(path), 5, 32, 32, Fraction(16), path=str(path))
    run = begun(maker, spec(extend=source, seconds=0.25, size=None))
    assert len(finished(maker, run)) == 4
    assert run.asked.frames == 5
    monkeypatch.setattr(type(maker._family), "sound", lambda *told: Sound(ramp, 16000))
    assert np.array_equal(maker.sound(run).samples, ramp[1000:])


@pytest.mark.slow
@pytest.mark.parametrize("rung", ["model_offload", "group_offload"])
@pytest.mark.parametrize("name", FAMILIES)
def test_the_same_bytes_and_sound_with_parts_that_come_and_go(name, rung, root, engines):
    model, modes, form, _, _ = FAMILIES[name]
    maker = engine(model, root, modes, family=model.split("_")[0], source={"memory": rung}, **form)
    take = spec("a dog runs", 3, **asked_of(name, root))
    first, second = finished_with_sound(engines(name), take), finished_with_sound(maker, take)
    assert np.array_equal(first[0], second[0])
    assert np.array_equal(first[1], second[1])
    run = begun(maker, take)
    maker.step([run])
    assert np.array_equal(maker.preview(run), maker.preview(run))  # the other half of the decoder runs for its colours
    assert maker.rung == rung


def finished_with_sound(maker, take):
    run = begun(maker, take)
    frames = finished(maker, run)
    sound = maker.sound(run)
    return frames, np.zeros(0) if sound is None else sound.samples
