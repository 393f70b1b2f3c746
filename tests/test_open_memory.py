"""Open models put into memory by the plan: what is on the device when, the same bytes on every rung, and what happens
when the device runs out of memory. No GPU is here: the device of these tests is the processor too, or a list of moves.
"""

import gc

import numpy as np
import pytest
import torch

import tiny_open
from open_models import begun, drawn, engine, finished, loras, spec
from vitascope.engines.openweights import place, source
from vitascope.engines.openweights.family import Parts, family
from vitascope.engines.openweights.memory import GB, RUNGS, Room
from vitascope.engines.openweights.place import Placement
from vitascope.errors import BadSettings, NoMemory, is_memory

GPU = torch.device("cuda")
EXPERTS = ("transformer", "transformer_2")
ENCODER, HIGH, LOW, VAE, LENS = "text_encoder", *EXPERTS, "vae", "image_encoder"
EXACT = tuple(rung for rung in RUNGS if rung != "fp8")


class Device:
    """Where each module was moved last, and how often one came."""

    def __init__(self, free=0, room_for=99):
        self.on, self.came, self.free, self.room_for = [], [], free, room_for
        modules = {name: torch.nn.Linear(1, 1) for name in (ENCODER, HIGH, LOW, VAE, LENS)}
        self.names = {id(one): name for name, one in modules.items()}
        self.parts = Parts(modules, {}, GPU, torch.float32)

    def move(self, module, device):
        name = self.names[id(module)]
        if name in self.on:
            self.on.remove(name)
        if device == GPU:
            if len(self.on) == self.room_for:
                raise torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 20.00 MiB.")
            self.on.append(name)
            self.came.append(name)

    def placement(self, *rungs, **more):
        return Placement(self.parts, EXPERTS, rungs, move=self.move, free=lambda _: self.free, **more)

    def used(self, placement, *parts):
        """What is on the device while each of these is used."""
        seen = []
        for part in parts:
            placement.use(part)
            assert part in self.on
            seen.append(set(self.on))
        return seen


def test_resident_puts_all_on_the_device_and_moves_nothing_more():
    device = Device()
    placement = device.placement("resident")
    assert len(device.on) == len(device.came) == 5
    device.used(placement, ENCODER, HIGH, VAE)
    assert len(device.came) == 5


def test_the_encoder_leaves_after_encoding_and_both_experts_stay():
    device = Device()
    seen = device.used(device.placement("encoder_freed"), ENCODER, LENS, HIGH, LOW, HIGH, VAE)
    assert seen == [{ENCODER}, {LENS}, {LENS, HIGH}, {LENS, HIGH, LOW}, {LENS, HIGH, LOW}, {LENS, HIGH, LOW, VAE}]


@pytest.mark.parametrize("rung", ["encoder_freed", "model_offload"])
def test_another_job_s_encoding_leaves_the_transformer_where_both_fit(rung):
    roomy, tight = Device(free=2 * GB), Device(free=GB // 10)
    for device, beside in ((roomy, {HIGH, ENCODER}), (tight, {ENCODER})):
        placement = device.placement(rung)
        assert device.used(placement, ENCODER, HIGH, ENCODER, ENCODER, HIGH)[2:] == [beside, beside, {HIGH}]
    assert roomy.came.count(HIGH) == 1
    assert tight.came.count(HIGH) == 2


def test_with_model_offload_one_part_is_on_the_device_at_a_time():
    device = Device()
    order = (ENCODER, LENS, VAE, HIGH, LOW, HIGH, VAE)
    assert device.used(device.placement("model_offload"), *order) == [{part} for part in order]


def test_an_encoder_that_does_not_fit_stays_in_ram_and_throws_nothing_out():
    device = Device()
    placement = device.placement("model_offload", encoder_in_ram=True)
    placement.use(HIGH)
    placement.use(ENCODER)
    assert device.on == [HIGH]


def test_where_the_plan_was_wrong_the_next_rung_is_taken_while_loading():
    device = Device(room_for=3)
    placement = device.placement("resident", "encoder_freed", "model_offload")
    assert (placement.rung, device.on) == ("encoder_freed", [])
    assert placement.lower()
    assert placement.rung == "model_offload"
    assert not placement.lower()


def test_words_about_memory_are_understood():
    assert is_memory(torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 2.00 GiB."))


@pytest.fixture(scope="module")
def root(tmp_path_factory):
    return tmp_path_factory.mktemp("open")


@pytest.fixture(scope="module")
def resident(root):
    return engine("wan22_t2v", root)


TAKES = [spec("a red ball", 1, steps=3), spec("a dog runs", 2, steps=2, size=(64, 32))]


@pytest.fixture(scope="module")
def expected(resident):
    return [drawn(resident, take) for take in TAKES]


def on_rung(root, rung, name="wan22_t2v", **more):
    return engine(name, root, source={"memory": rung}, **more)


def test_on_a_processor_all_is_resident(resident):
    assert resident.rung == "resident"


@pytest.mark.parametrize("rung", EXACT[1:])
def test_the_same_bytes_on_every_rung_also_mixed_and_beside_a_cancelled_one(rung, root, expected):
    maker = on_rung(root, rung)
    first, gone, second = begun(maker, TAKES[0]), begun(maker, TAKES[1]), begun(maker, TAKES[1])
    maker.step([first])
    maker.step([gone, second])
    del gone
    gc.collect()
    maker.step([second])
    frames = maker.frames(second)
    made = [next(frames)]
    maker.step([first])
    made += list(frames)
    assert np.array_equal(np.stack(made), expected[1])
    assert np.array_equal(finished(maker, first), expected[0])
    assert maker.rung == rung


@pytest.mark.parametrize("rung", [*(pytest.param(rung, marks=pytest.mark.slow) for rung in RUNGS[2:4]), RUNGS[4]])
def test_loras_go_with_their_transformer(rung, root):
    table = {"loras": {"one": {"file": str(tiny_open.lora(root / "one.safetensors"))}}}
    with_it, without = spec("a red ball", 1, loras=loras(("one", 1.0))), spec("a red ball", 1)
    maker = engine("wan_t2v", root, source={**table, "memory": rung})
    made, bare = drawn(maker, with_it), drawn(maker, without)
    assert not np.array_equal(made, bare)
    if rung != "fp8":
        resident = engine("wan_t2v", root, source=table)
        assert np.array_equal(made, drawn(resident, with_it))
        assert np.array_equal(bare, drawn(resident, without))


def test_fp8_is_near(root, expected):
    made = drawn(on_rung(root, "fp8"), TAKES[0])
    assert np.abs(made.astype(int) - expected[0].astype(int)).mean() < 8
    assert not np.array_equal(made, expected[0])


@pytest.fixture
def short(monkeypatch):
    """Makes a method run out of memory, so many times."""

    def put(owner, name, times=1, after=0):
        real, calls = getattr(owner, name), []

        def method(*args, **more):
            calls.append(1)
            if after < len(calls) <= after + times:
                raise torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 2.00 GiB.")
            return real(*args, **more)

        monkeypatch.setattr(owner, name, method)
        return calls

    return put


#: What runs out of memory, and at which of its calls.
STAGES = {"begin": (ENCODER, 0), "step": (HIGH, 1), "decode": (VAE, 1)}


def fails(maker, stage, short, **more):
    part, after = STAGES[stage]
    module = maker._parts[part]
    short(module.decoder if part == VAE else module, "forward", after=after, **more)


@pytest.mark.parametrize("stage", STAGES)
def test_after_an_out_of_memory_the_stage_is_made_again_one_rung_lower(stage, root, expected, short):
    maker = on_rung(root, "encoder_freed")
    other = begun(maker, TAKES[1])
    maker.step([other])
    fails(maker, stage, short)
    assert np.array_equal(drawn(maker, TAKES[0]), expected[0])
    assert maker.rung == "model_offload"
    assert np.array_equal(finished(maker, other), expected[1])  # which was begun on the rung above
    assert maker.rung == "model_offload"  # remembered


@pytest.mark.slow
@pytest.mark.parametrize("stage", STAGES)
def test_a_second_time_it_is_said(stage, root, short):
    maker = on_rung(root, "encoder_freed")
    fails(maker, stage, short, times=99)
    with pytest.raises(NoMemory):
        drawn(maker, TAKES[0])
    assert maker.rung == "model_offload"


@pytest.mark.parametrize("rung", ["encoder_freed", "model_offload"])
def test_finished_latents_are_kept_when_decoding_fails(rung, root, expected, short):
    """One part at a time is on the device already with model offload; there the decoder goes on in tiles, of which such
    a small picture is one.
    """
    maker = on_rung(root, rung)
    run = begun(maker, TAKES[0])
    while not run.done:
        maker.step([run])
    steps = short(maker._parts[LOW], "forward", times=0)
    short(maker._parts[VAE].decoder, "forward", after=2)
    assert np.array_equal(np.stack(list(maker.frames(run))), expected[0])  # no frame is given twice
    assert not steps
    assert (maker.rung, maker._parts[VAE].use_tiling) == ("model_offload", rung == "model_offload")


def test_frames_in_tiles_are_near_the_whole_ones(root):
    whole, tiled = engine("wan_t2v", root), engine("wan_t2v", root)
    vae = tiled._parts[VAE]
    vae.enable_tiling(32, 32, 24, 24)
    take = spec("a red ball", 1, size=(64, 32))
    one, other = drawn(whole, take).astype(int), drawn(tiled, take).astype(int)
    assert not np.array_equal(one, other)
    assert np.abs(one - other).mean() < 8


def test_without_a_lower_rung_there_is_no_memory(root, short):
    maker = engine("wan_t2v", root)
    short(maker._parts["transformer"], "forward")
    with pytest.raises(NoMemory):
        drawn(maker, TAKES[0])


def test_the_plan_chooses_the_rung_and_a_refusal_says_what_would_fit(root, resident):
    wan, parts = family("wan"), resident._parts
    clip = ((832, 480), 81)

    def chosen(vram, ram=64 * GB):
        return place.place(wan, parts, "", clip, Room("cuda", int(vram), int(ram))).rung

    assert chosen(24 * GB) == "resident"
    weights = place.weights_of(wan, parts)
    assert len(weights.experts) == 2
    assert weights.width == 24
    assert weights.layers == 2
    with pytest.raises(BadSettings, match=r"832x480x81 needs about 2.3 GB of memory on the device here, 1.0 GB are"):
        chosen(GB)
    with pytest.raises(BadSettings, match="of RAM here") as caught:
        chosen(24 * GB, ram=GB)
    assert "Close other programs" in caught.value.hint
    assert place.place(wan, parts, "", clip, None).rung == "resident"


def test_the_rung_may_be_named_in_the_model_file():
    table = {"family": "wan", "folder": "/models/wan"}
    assert source.read(table, "wan").memory == ""
    assert source.read({**table, "memory": "model_offload"}, "wan").memory == "model_offload"
    with pytest.raises(BadSettings, match="memory must be one of resident, encoder_freed"):
        source.read({**table, "memory": "little"}, "wan")
