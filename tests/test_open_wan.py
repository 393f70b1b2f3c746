"""Wan behind the step engine, on tiny random weights: the plain pipeline's numbers, whatever runs beside it."""

import gc
import threading
from fractions import Fraction

import numpy as np
import pytest
import torch
from greenlet import greenlet
from PIL import Image

import tiny_open
from open_models import (
    PICTURES,
    TEXT,
    Engines,
    a_picture,
    as_image,
    begun,
    bytes_of,
    card,
    drawn,
    engine,
    finished,
    interleaved,
    loras,
    pipeline,
    plain,
    spec,
)
from vitascope import ask
from vitascope.clip import SourceClip
from vitascope.engines import render
from vitascope.engines.openweights import step_engine, stepwise
from vitascope.engines.openweights.loras import Adapters
from vitascope.errors import BadEngine, BadSettings, BadSpec
from vitascope.media import video
from vitascope.workers.scheduler import Scheduler

FIRST, LAST = a_picture(1), a_picture(2)
WIDE = {"size": (64, 32)}
#: Name of the tiny model, modes of its card, side, the pipeline to compare with, and what is asked.
VARIANTS = {
    "2.1 words": ("wan_t2v", TEXT, 16, "WanPipeline", {}),
    "2.2 two experts": ("wan22_t2v", TEXT, 16, "WanPipeline", {}),
    "5B words": ("wan22_5b", (*TEXT, *PICTURES), 32, "WanPipeline", {}),
    "5B picture": ("wan22_5b", (*TEXT, *PICTURES), 32, "WanImageToVideoPipeline", {"image": FIRST}),
    "2.1 picture": ("wan_i2v", PICTURES, 16, "WanImageToVideoPipeline", {"image": FIRST}),
    "2.1 first and last": (
        "wan_flf", (*PICTURES, "last_image"), 16, "WanImageToVideoPipeline", {"image": FIRST, "last_image": LAST},
    ),
    "2.2 picture": ("wan22_i2v", (*PICTURES, "last_image"), 16, "WanImageToVideoPipeline", {"image": FIRST}),
    "2.2 first and last": (
        "wan22_i2v", (*PICTURES, "last_image"), 16, "WanImageToVideoPipeline", {"image": FIRST, "last_image": LAST},
    ),
    "VACE words": ("wan_vace", (*TEXT, *PICTURES, "last_image"), 16, "WanVACEPipeline", {}),
    "VACE first and last": (
        "wan_vace", (*TEXT, *PICTURES, "last_image"), 16, "WanVACEPipeline", {"image": FIRST, "last_image": LAST},
    ),
}  # fmt: skip


@pytest.fixture(scope="module")
def engines(root):
    made = Engines(root)

    def get(variant):
        name, modes, side, _, _ = VARIANTS[variant]
        return made(name, modes, side=side)

    return get


@pytest.fixture(scope="module")
def wan(engines):
    return engines("2.1 words")


@pytest.fixture(scope="module")
def with_loras(root):
    table = {
        "loras": {
            "one": {"file": str(tiny_open.lora(root / "one.safetensors"))},
            "v1.two": {"file": str(tiny_open.lora(root / "two.safetensors", seed=8, modules=("cross_attn.k",)))},
        },
        "presets": {
            "fast": {"loras": {"one": 1.0}, "steps": 2, "guidance": 1.0, "shift": 5.0, "scheduler": "euler"},
        },
    }
    return engine("wan_t2v", root, source=table)


@pytest.fixture(autouse=True)
def gradients_are_as_before():
    yield
    assert torch.is_grad_enabled()


def parked():
    """How many runs stand between two steps, which is how many greenlets live."""
    gc.collect()
    return sum(type(one) is greenlet and one.gr_frame is not None and not one.dead for one in gc.get_objects())


def images(variant):
    """The pictures as arguments of the plain call."""
    given = {name: as_image(one) for name, one in VARIANTS[variant][4].items()}
    return filled({0: given["image"], 8: given["last_image"]}) if given and "VACE" in variant else given


def filled(known, frames=9):
    """Frames that VACE knows, and a mask that is white where it draws."""
    size = (32, 32)
    video = [known.get(number, Image.new("RGB", size, (128, 128, 128))) for number in range(frames)]
    return {"video": video, "mask": [Image.new("L", size, 0 if number in known else 255) for number in range(frames)]}


@pytest.mark.parametrize("variant", VARIANTS)
def test_the_same_numbers_as_the_plain_pipeline(variant, root, engines):
    name, _, _, kind, asked = VARIANTS[variant]
    take = spec("a blue cube on snow", negative_prompt="night", **asked)
    expected = plain(pipeline(kind, name, root), take, **images(variant))
    assert np.array_equal(drawn(engines(variant), take), bytes_of(expected))


QUICK = ("2.1 words", "2.2 two experts", "5B picture")
SLOW = [name if name in QUICK else pytest.param(name, marks=pytest.mark.slow) for name in VARIANTS]


@pytest.mark.parametrize("variant", SLOW)
def test_the_same_bytes_beside_others_in_any_order(variant, engines):
    """Other steps, sizes, lengths, prompts and seeds, some of them cancelled; each order is drawn by chance."""
    maker, asked = engines(variant), VARIANTS[variant][4]
    wide = {name: a_picture(seed, (64, 32)) for seed, name in enumerate(asked)} | WIDE
    takes = [
        spec("a red ball", 1, steps=3, **asked),
        spec("a dog runs", 2, steps=5, seconds=0.25, **wide),
        spec("a cat", 3, steps=2, guidance=1.0, **asked),
    ]
    alone = [drawn(maker, take) for take in takes]
    interleaved(maker, takes, alone, np.random.default_rng(len(variant)))


def test_runs_with_other_loras_beside_each_other(with_loras, wan):
    takes = [
        spec("a red ball", 1),
        spec("a red ball", 1, loras=loras(("one", 1.0))),
        spec("a red ball", 1, loras=loras(("one", 0.5), ("v1.two", 1.5)), steps=4),
        spec("a red ball", 1, preset="fast", **WIDE),
    ]
    alone = [drawn(with_loras, take) for take in takes]
    assert np.array_equal(alone[0], drawn(wan, takes[0]))  # as without any LoRA loaded
    assert not np.array_equal(alone[0], alone[1])
    for seed in range(3):
        interleaved(with_loras, takes, alone, np.random.default_rng(seed))


@pytest.mark.parametrize("broken", ["a shared scheduler", "a shared shell", "no switching of LoRAs"])
def test_these_tests_see_what_must_not_be_shared(broken, with_loras, monkeypatch):
    """Each is broken once: the same bytes no longer come out, or the pipeline fails."""
    takes = [spec("a red ball", 1, loras=loras(("one", 1.0)), steps=4), spec("a cat", 2, steps=3)]
    alone = [drawn(with_loras, take) for take in takes]
    if broken == "a shared scheduler":
        one = stepwise.watched(with_loras._parts["scheduler"])
        monkeypatch.setattr(stepwise, "watched", lambda scheduler: one)
    elif broken == "a shared shell":
        shells = {}
        own = stepwise.shell
        shared = lambda template, *more: shells.setdefault(id(template), own(template, *more))  # noqa: E731
        monkeypatch.setattr(step_engine, "shell", shared)
    else:
        monkeypatch.setattr(Adapters, "apply", lambda self, chosen: None)
    with pytest.raises((AssertionError, IndexError, RuntimeError, TypeError, ValueError)):
        interleaved(with_loras, takes, alone, np.random.default_rng(1), leave=0)


def test_a_run_is_told_step_by_step(wan):
    run = begun(wan, spec(steps=4))
    assert (run.step_index, run.step_count, run.done) == (0, 4, False)
    seen = []
    while not run.done:
        wan.step([run])
        seen.append(run.step_index)
    assert seen == [1, 2, 3, 4]
    wan.step([run])  # one more changes nothing
    assert run.step_index == 4


def test_the_streaming_decoder_gives_the_same_as_the_whole(engines):
    for variant in ("2.1 words", "5B words"):
        maker = engines(variant)
        run = begun(maker, spec(seconds=1, steps=1))
        frames = finished(maker, run)
        (latents,) = run.call.result
        vae = maker._parts["vae"]
        mean, std = (torch.tensor(v).view(1, -1, 1, 1, 1) for v in (vae.config.latents_mean, vae.config.latents_std))
        with torch.no_grad():
            whole = vae.decode(latents / (1.0 / std) + mean).sample
        assert np.array_equal(frames, bytes_of((whole[0] * 0.5 + 0.5).clamp(0, 1).permute(1, 2, 3, 0).numpy()))
        first = next(maker.frames(run))
        assert np.array_equal(first, frames[0])


def test_a_cancelled_run_leaves_no_trace_wherever_it_is(wan):
    take = spec("a dog", 5, steps=3)
    alone, before = drawn(wan, take), parked()
    run = begun(wan, take)
    assert parked() == before + 1
    begun(wan, spec("gone before its first step"))
    wan.step([run])
    gone = begun(wan, spec("gone after a step", steps=3))
    wan.step([gone])
    gone.call.close()
    del gone
    assert torch.is_grad_enabled()
    with torch.no_grad():  # dropped where gradients are off: they stay off, and come back outside
        dropped = begun(wan, spec("dropped"))
        wan.step([dropped])
        del dropped
        gc.collect()
        assert not torch.is_grad_enabled()
    done = begun(wan, spec("gone while it is decoded", steps=1))
    wan.step([done])
    frames = wan.frames(done)
    next(frames)
    frames.close()
    assert torch.is_grad_enabled()
    assert parked() == before + 1
    assert np.array_equal(finished(wan, run), alone)
    assert parked() == before


def test_a_run_that_fails_inside_its_encoding_harms_no_other(wan, monkeypatch):
    take = spec("a dog", 5)
    alone, run = drawn(wan, take), begun(wan, take)
    wan.step([run])

    def fails(*_, **__):
        raise RuntimeError("not enough memory, say")

    with monkeypatch.context() as patch:
        patch.setattr(wan._parts["text_encoder"], "forward", fails)
        with pytest.raises(RuntimeError):
            begun(wan, spec("fails"))
    assert torch.is_grad_enabled()
    assert np.array_equal(finished(wan, run), alone)


def test_frames_may_be_decoded_in_another_thread(wan):
    run = begun(wan, spec())
    while not run.done:
        wan.step([run])
    made = []
    thread = threading.Thread(target=lambda: made.extend((*wan.frames(run), torch.is_grad_enabled())))
    thread.start()
    thread.join()
    assert made.pop() is True
    assert np.array_equal(np.stack(made), drawn(wan, spec()))


def test_the_scheduler_drives_it(wan):
    takes = [spec("a red ball", 1, steps=3), spec("a cat", 2, steps=5, **WIDE)]
    alone = [drawn(wan, take) for take in takes]
    scheduler = Scheduler(wan)
    scheduler.start()
    try:
        made = {}
        work = lambda number: made.update({number: render.draw(takes[number], scheduler.slot()).frames})  # noqa: E731
        threads = [threading.Thread(target=work, args=(number,)) for number in range(2)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    finally:
        scheduler.close()
    assert all(np.array_equal(made[number], alone[number]) for number in range(2))


def test_a_preview_needs_no_decoder(wan, monkeypatch):
    run = begun(wan, spec(steps=3))
    assert wan.preview(run).shape[-1] == 3  # before the first step: grey
    wan.preview(begun(wan, spec(steps=1)))  # fits the matrix
    monkeypatch.setattr(wan._parts["vae"].decoder, "forward", None)
    looks = []
    while not run.done:
        wan.step([run])
        looks.append(wan.preview(run))
    assert looks[0].shape == (3, 4, 4, 3)  # a frame for each latent frame, a pixel for each place
    assert looks[0].dtype == np.uint8
    final = run.call.result[0]
    clean = run.call.scheduler.clean
    assert torch.allclose(final, clean, atol=1e-4)  # after the last step it is what is decoded


def test_no_guidance_encodes_the_prompt_alone(wan, root):
    take = spec("a blue cube", guidance=1.0)
    assert np.array_equal(
        drawn(wan, take), bytes_of(plain(pipeline("WanPipeline", "wan_t2v", root), take, guidance=1.0))
    )


def test_a_preset_is_one_word(with_loras, root):
    """It takes its own steps, guidance, scheduler and shift; what is asked besides wins."""
    from diffusers import FlowMatchEulerDiscreteScheduler, WanPipeline

    run = begun(with_loras, spec(preset="fast"))
    assert run.step_count == 2
    assert isinstance(run.call.scheduler, FlowMatchEulerDiscreteScheduler)
    assert begun(with_loras, spec(preset="fast", steps=5)).step_count == 5
    compared = WanPipeline.from_pretrained(tiny_open.folder("wan_t2v", root))
    compared.scheduler = FlowMatchEulerDiscreteScheduler(shift=5.0)
    compared.load_lora_weights(str(root), weight_name="one.safetensors")
    expected = plain(compared, spec(), steps=2, guidance=1.0)
    assert np.array_equal(finished(with_loras, run), bytes_of(expected))


def test_each_expert_has_its_own_guidance_and_lora(root):
    from diffusers import WanPipeline

    file = str(tiny_open.lora(root / "high.safetensors", seed=9))
    for expert, second in (("high", False), ("low", True)):
        table = {"loras": {"x": {"file": file, "expert": expert}}, "guidance_low": 3.0}
        maker = engine("wan22_t2v", root, source=table)
        compared = WanPipeline.from_pretrained(tiny_open.folder("wan22_t2v", root))
        compared.load_lora_weights(str(root), weight_name="high.safetensors", load_into_transformer_2=second)
        take = spec(loras=loras(("x", 1.0)), steps=6)
        expected = plain(compared, take, steps=6, guidance=5.0, guidance_scale_2=3.0)
        assert np.array_equal(drawn(maker, take), bytes_of(expected))


def test_numbers_that_are_none_stop_the_run_at_once(wan, monkeypatch):
    take = spec("a cat", 4)
    alone, other = drawn(wan, take), begun(wan, take)
    run = begun(wan, spec(steps=5))
    wan.step([run])
    own = wan._parts["transformer"].forward
    broken = lambda *told, **named: (own(*told, **named)[0] * float("nan"),)  # noqa: E731
    with monkeypatch.context() as patch:
        patch.setattr(wan._parts["transformer"], "forward", broken)
        with pytest.raises(BadEngine, match=r"Step 2 of 5 gave values that are not numbers \(float32 on cpu\)"):
            wan.step([run])
    assert np.array_equal(finished(wan, other), alone)


def test_a_card_that_says_more_than_the_weights_can_is_refused(root):
    for told, message in (
        ({"modes": ("text", "image")}, "says image"),
        ({"sizes": ((40, 32),), "side": 8}, "has the size 40x32"),
        ({"group": 3}, r"has 1 \+ 3k frames"),
    ):
        with pytest.raises(BadSettings, match=message) as raised:
            engine("wan_t2v", root, **told)
        assert raised.value.hint
    with pytest.raises(BadSettings, match="has the size 48x64"):
        engine("wan22_5b", root, side=16, sizes=((48, 64),))


def test_what_comes_out_is_compared_with_what_was_asked(wan, monkeypatch):
    """The pipelines round sizes and frames with a line in a log."""
    shape = wan.card.resolve(spec())
    for changed in ({"width": 40}, {"frames": 10}):
        with pytest.raises(BadEngine, match="cannot make"):
            wan.begin(spec(), type(shape)(**{**vars(shape), **changed}))
    monkeypatch.setattr(wan, "_check_size", lambda asked: None)
    run = wan.begin(spec(), type(shape)(**{**vars(shape), "frames": 10}))
    with pytest.raises(BadEngine, match="made 9 frames, asked were 10"):
        finished(wan, run)


def test_a_picture_model_says_what_it_needs(engines):
    maker = engines("2.2 first and last")
    shape = card((*TEXT, "image", "last_image")).resolve(spec())
    with pytest.raises(BadSpec, match="needs a picture"):
        maker.begin(spec(), shape)
    with pytest.raises(BadSpec, match="last picture alone"):
        maker.begin(spec(last_image=LAST), shape)


def test_words_beyond_the_encoder_are_said(wan, monkeypatch):
    assert begun(wan, spec("a red ball")).reading.unknown == ()
    monkeypatch.setattr(type(wan._family), "max_tokens", 3)
    reading = begun(wan, spec("a red ball rolls")).reading
    assert "red" in reading.understood[0]
    assert "rolls" in reading.unknown[0]
    assert "rolls" not in reading.understood[0]


@pytest.fixture(scope="module")
def ordinary(root, wan):
    """A clip that some camera could have made: 24 frames a second, no recipe."""
    path = root / "ordinary.mp4"
    frames = np.random.default_rng(3).integers(0, 256, (12, 32, 32, 3), np.uint8)
    with video.writing(path, 32, 32, fps=Fraction(24), recipe=None) as writer:
        for frame in frames:
            writer.write(frame)
    return path


@pytest.mark.parametrize("fps", [16, 24])
def test_a_clip_goes_on_from_its_last_frame_at_its_own_rate(fps, ordinary, engines, root):
    name, _, _, kind, _ = VARIANTS["2.1 picture"]
    maker = engines("2.1 picture")
    source = SourceClip(render.sha256(ordinary), 12, 32, 32, Fraction(fps), path=str(ordinary))
    take = spec("a dog", extend=source, seconds=0.5, size=None)
    run = begun(maker, take)
    frames = finished(maker, run)
    assert run.shape.fps == fps
    assert len(frames) == run.shape.frames
    last = video.tail(ordinary, 1)[-1]
    given = {"image": Image.fromarray(last)}
    expected = bytes_of(plain(pipeline(kind, name, root), spec("a dog"), frames=run.asked.frames, **given))
    wanted = [int(number * 16 / fps) for number in range(1, run.shape.frames + 1)]
    assert np.array_equal(frames, expected[wanted])


def test_an_ordinary_clip_is_taken_as_it_is(ordinary, engines, root):
    """From the file to the longer file: copied, not written anew at the model's rate."""
    maker = engines("2.1 picture")
    notes = []
    take = ask.takes(ask.spec("a dog", maker.card, extend=ordinary, seconds=0.5, seed=1, notes=notes), 1)[0]
    assert take.extend.fps == 24
    assert "goes on at its own 24 frames a second" in " ".join(notes)
    render.make(take, maker, root / "longer.mp4")
    info = video.probe(root / "longer.mp4")
    assert (info.frames, info.fps) == (12 + 12, 24)
    assert np.array_equal(video.tail(root / "longer.mp4", 24)[:12], video.tail(ordinary, 12))


def test_a_model_that_fills_in_goes_on_from_several_frames(ordinary, engines, root):
    """At the model's rate: of a clip of 24 frames a second those that 16 would have."""
    name, _, _, kind, _ = VARIANTS["VACE words"]
    maker = engines("VACE words")
    for fps, back in ((16, [8, 7, 6, 5, 4, 3, 2, 1, 0]), (24, [6, 4, 3, 2, 0])):
        source = SourceClip(render.sha256(ordinary), 12, 32, 32, Fraction(fps), path=str(ordinary))
        run = begun(maker, spec("a dog", extend=source, seconds=0.25, size=None))
        frames = finished(maker, run)
        tail = video.tail(ordinary, 12)
        known = {number: Image.fromarray(tail[-1 - behind]) for number, behind in enumerate(back)}
        count = len(known) + 4
        plainly = plain(pipeline(kind, name, root), spec("a dog"), frames=count, **filled(known, count))
        wanted = [len(known) - 1 + int(number * 16 / fps) for number in range(1, run.shape.frames + 1)]
        assert np.array_equal(frames, bytes_of(plainly)[wanted])
