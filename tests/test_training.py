"""Training: it learns, and a run that is stopped and goes on ends with the very weights of one that never was."""

import json
from dataclasses import replace
from functools import partial
from pathlib import Path

import numpy as np
import pytest
import torch

import tiny
from vitascope.errors import BadWeights
from vitascope.smallworld.inference.conditions import CONTEXT
from vitascope.smallworld.inference.tokens import Tokenizer
from vitascope.smallworld.training import (
    checkpoint,
    data,
    decoder_pairs,
    pack,
    train_codec,
    train_layout,
    train_renderer,
    unpack,
)
from vitascope.smallworld.training.codec import Codec, CodecConfig, taps_of
from vitascope.smallworld.training.latents import Latents
from vitascope.smallworld.training.optim import Muon, optimisers, orthogonal
from vitascope.smallworld.training.renderer import Renderer, RendererConfig, unlikeness

STEPS = 40
REAL = RendererConfig()


@pytest.fixture(autouse=True, scope="module")
def one_thread():
    """Sums in one order: with more threads the maths library may split work by how busy the machine is."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.fixture(autouse=True)
def small():
    threads = torch.get_num_threads()
    torch.set_num_threads(1)  # many small steps: two threads would wait for each other
    with tiny.sized():
        yield
    torch.set_num_threads(threads)


def codec_flags(shards, codec_folder, out, *more):
    return [
        *("--data", str(shards), "--fitted", str(codec_folder), "--out", str(out), "--device", "cpu"),
        *("--steps", "10", "--batch", "2", "--crop", "32", *more),
    ]


def state(folder):
    return torch.load(folder / "checkpoint.pt", weights_only=True)


def equal(a, b):
    """The same values all the way down, to the last bit."""
    if isinstance(a, torch.Tensor):
        return torch.equal(a, b)
    if isinstance(a, dict):
        return a.keys() == b.keys() and all(equal(a[key], b[key]) for key in a)
    if isinstance(a, list | tuple):
        return len(a) == len(b) and all(map(equal, a, b))
    return a == b


@pytest.fixture(scope="module")
def whole_run(tmp_path_factory, shards, codec_folder):
    """A run of the renderer from beginning to end."""
    out = tmp_path_factory.mktemp("renderer")
    with tiny.sized():
        train_renderer.main(renderer_flags(shards, codec_folder, out))
    return out


@pytest.mark.parametrize("share", [0, 0.5])
def test_a_stopped_run_of_the_codec_goes_on_exactly(whole_run, shards, codec_folder, tmp_path, share):
    """Also one that learns to show what the renderer draws."""
    if share:
        decoder_pairs.main(["--data", str(shards), "--renderer", str(whole_run), "--device", "cpu"])
    flags = partial(codec_flags, shards, codec_folder)
    train_codec.main(flags(tmp_path / "whole", "--drawn", str(share)))
    train_codec.main(flags(tmp_path / "pieces", "--drawn", str(share), "--stop-at", "6"))
    train_codec.main(flags(tmp_path / "pieces", "--drawn", str(share)))
    whole, pieces = state(tmp_path / "whole"), state(tmp_path / "pieces")
    for part in ("codec", "ema", "muon", "adam"):
        assert equal(whole[part], pieces[part]), part
    fitted = state(codec_folder)["codec"]
    changed = {name.split(".")[0] for name, value in whole["codec"].items() if not torch.equal(value, fitted[name])}
    assert changed == {"detail"}  # latents made before this training stay good


def test_crops_with_drawn_latents_show_what_these_were_drawn_of(whole_run, shards, tmp_path):
    """Each crop is found again in its clip, and its latents at the same places in the drawn clip. None is mirrored."""
    decoder_pairs.main(["--data", str(shards), "--renderer", str(whole_run), "--device", "cpu"])
    crops = train_codec.Crops(shards, 0, drawn=1)
    crops.refresh()
    clips = [(torch.from_numpy(frames).permute(0, 3, 1, 2) / 255, latents) for frames, latents in crops.clips]
    for step in range(8):
        frames, instead = crops.batch(step, 2, 32)
        for number, piece in enumerate(frames):
            places = [
                (latents[: 1 + len(piece) // 8, :, y : y + 1, x : x + 1], clip[: len(piece), :, 32 * y :, 32 * x :])
                for clip, latents in clips
                for y in range(2)
                for x in range(2)
            ]
            there = [latents for latents, clip in places if torch.equal(clip[..., :32, :32], piece)]
            assert np.array_equal(instead[number].numpy(), there[0].astype(np.float32))


def test_what_the_built_in_model_draws_from_a_true_layout_is_like_the_clip():
    folder = Path(unpack.__file__).parents[1] / "weights"
    models = {"codec": Codec(CodecConfig()), "renderer": Renderer(REAL)}
    for kind, model in models.items():
        unpack.fill(model, kind, folder)
    seeds = [0, 1, 2]
    frames = torch.from_numpy(np.stack([data.render_pixels(seed) for seed in seeds])).permute(0, 1, 4, 2, 3) / 255
    with torch.no_grad():
        true = models["codec"].encode(taps_of(frames))
    made = decoder_pairs.draw(models["renderer"], seeds, 8, 8)
    for one, other in zip(true, made, strict=True):
        assert np.corrcoef(one.flatten(), other.flatten())[0, 1] > 0.9


def test_a_checkpoint_says_what_it_is(whole_run):
    said = json.loads((whole_run / "checkpoint.json").read_text())
    assert (said["kind"], said["step"]) == ("renderer", STEPS)
    assert said["vocabulary"] == Tokenizer().vocab_hash
    assert said["log"][0]["step"] == 0
    assert not list(whole_run.glob("*.part"))


def test_growing_data_is_read_once_and_only_when_whole(shards, codec_folder, tmp_path):
    latents = Latents(tmp_path, tiny.load_codec(codec_folder), "cpu")
    latents.refresh()
    first, second = data.shards("thumbs", shards)
    (tmp_path / first.name).write_bytes(first.read_bytes())
    (tmp_path / f"{second.name}.part").write_bytes(b"half of it")
    for _ in range(2):
        latents.refresh()
        assert len(latents) == 2


def test_latents_on_disk_are_the_same_as_thumbs_encoded_on_the_way_in(shards, codec_folder, tmp_path):
    codec = tiny.load_codec(codec_folder)
    data.write_shards("latents", tmp_path, first_seed=0, clips=1, codec=codec)
    stored, fresh = Latents(tmp_path, codec, "cpu"), Latents(shards, codec, "cpu")
    stored.refresh()
    fresh.refresh()
    clip, again = stored.clips["1:1"][0], fresh.clips["1:1"][0]
    assert (clip.window, clip.facts) == (again.window, again.facts)
    assert clip.latents.shape == (data.LATENT_FRAMES, tiny.CODEC.channels, tiny.SIDE // 32, tiny.SIDE // 32)
    assert torch.equal(clip.latents, again.latents)
    assert np.array_equal(clip.camera, again.camera)


def test_the_doubt_of_a_sketch_comes_to_be_how_far_it_is_off():
    torch.manual_seed(0)
    error, level = (0.3 * torch.randn(4000, 1)).square(), torch.zeros(1, requires_grad=True)
    optimiser = torch.optim.Adam([level], lr=0.05)
    for _ in range(200):
        optimiser.zero_grad()
        unlikeness(error, level.exp().expand(4000, 1), torch.ones(1)).mean().backward()
        optimiser.step()
    assert level.exp().item() == pytest.approx(0.3, rel=0.05)


def layout_flags(shards, codec_folder, out, *more):
    return [
        *("--data", str(shards), "--codec", str(codec_folder), "--out", str(out), "--device", "cpu"),
        *("--steps", "40", "--batch", "8", "--muon-lr", "0.02", "--adam-lr", "0.01", *more),
    ]


def trained_whole_and_in_pieces(stage, flags, part, tmp_path):
    """The checkpoint of a run that was never stopped, after a look whether one that was ends with the very same."""
    stage.main(flags(tmp_path / "whole"))
    stage.main(flags(tmp_path / "pieces", "--stop-at", "17"))
    stage.main(flags(tmp_path / "pieces"))
    whole, pieces = state(tmp_path / "whole"), state(tmp_path / "pieces")
    for each in (part, "ema", "muon", "adam"):
        assert equal(whole[each], pieces[each]), each
    return whole


@pytest.mark.slow
def test_a_stopped_run_of_the_layout_goes_on_exactly_and_has_learnt(shards, codec_folder, tmp_path):
    flags = partial(layout_flags, shards, codec_folder)
    whole = trained_whole_and_in_pieces(train_layout, flags, "layout", tmp_path)
    losses = [line["loss"] for line in whole["meta"]["log"]]
    assert losses[-1] < 0.8 * losses[0], losses


def renderer_flags(shards, codec_folder, out, *more):
    return [
        *("--data", str(shards), "--codec", str(codec_folder), "--out", str(out), "--device", "cpu"),
        *("--steps", str(STEPS), "--batch", "16", "--places", "5", "--muon-lr", "0.02", "--adam-lr", "0.01", *more),
    ]


def test_a_stopped_run_of_the_renderer_goes_on_exactly_and_has_learnt(shards, codec_folder, tmp_path):
    flags = partial(renderer_flags, shards, codec_folder)
    whole = trained_whole_and_in_pieces(train_renderer, flags, "renderer", tmp_path)
    losses = [line["loss"] for line in whole["meta"]["log"]]
    assert losses[-1] < 0.95 * losses[0], losses


def test_a_run_begins_with_the_weights_of_another(whole_run, shards, codec_folder, tmp_path):
    begun = train_renderer.main(
        renderer_flags(shards, codec_folder, tmp_path, "--stop-at", "0", "--begin", str(whole_run))
    )
    assert equal(dict(begun.state_dict()), state(whole_run)["ema"]["weights"])


def test_the_renderer_and_its_words_are_taught_by_any_batch(shards, codec_folder):
    flags = train_renderer.flags_from(renderer_flags(shards, codec_folder, ".", "--batch", "32"))
    latents = Latents(shards, tiny.load_codec(codec_folder), "cpu")
    latents.refresh()
    batch = train_renderer.make_batch(latents, Tokenizer(), flags, 3)
    assert equal(batch, train_renderer.make_batch(latents, Tokenizer(), flags, 3))
    weights, model = torch.ones(tiny.CODEC.channels), tiny.renderer()
    train_renderer.loss_of(model, batch, weights, 5).backward()
    for taught in (model.sketch.figure, model.sketch.doubt, model.text.embed):
        assert taught.weight.grad.abs().max() > 0


def test_batches_of_layouts_give_latents_to_some_and_know_the_first_frames_of_some(shards, codec_folder):
    flags = train_layout.flags_from(layout_flags(shards, codec_folder, "."))
    latents = Latents(shards, tiny.load_codec(codec_folder), "cpu")
    latents.refresh()
    made = [train_layout.make_batch(latents, Tokenizer(), flags, step) for step in range(40)]
    assert equal(made[5], train_layout.make_batch(latents, Tokenizer(), flags, 5))
    for batch in made:
        assert batch["given"].shape[1] == len(batch["given_index"])
        assert (batch["t"].amax(1) > 0).all()  # something is asked of every sample
    given, known = [bool(b["given"].numel()) for b in made], [bool((b["t"] == 0).any()) for b in made]
    assert 0 < sum(given) < len(made)
    assert 0 < sum(known) < len(made)


def test_clips_that_take_up_another_motion_are_told_of_it_and_known_up_to_there(shards, codec_folder):
    rng, changed = np.random.default_rng(0), 0
    for seed in range(40):
        window = train_layout.turned(data.Window.of(seed), rng)
        layout, plain = (data.laid_out(each)[0] for each in (window, replace(window, then=None)))
        assert np.array_equal(layout[:CONTEXT], plain[:CONTEXT])
        changed += not np.allclose(layout, plain)
    assert changed > 20
    flags = train_layout.flags_from(layout_flags(shards, codec_folder, ".", "--turned", "1"))
    latents = Latents(shards, tiny.load_codec(codec_folder), "cpu")
    batch = train_layout.make_batch(latents, Tokenizer(), flags, 1)  # without clips nothing is given
    assert ((batch["t"] == 0).sum(1) == CONTEXT).float().mean() > 0.7


def test_a_still_is_one_latent_frame_of_the_clip_of_its_scene(codec_folder, tmp_path):
    codec = tiny.load_codec(codec_folder)
    with tiny.sized():
        for kind in ("latents", "stills"):
            data.write_shards(kind, tmp_path, first_seed=0, clips=1, codec=codec)
    latents = Latents(tmp_path, codec, "cpu")
    latents.refresh()
    clip, number = latents.clips["1:1"][0], data.Window.of(0).still
    (still,) = latents.stills["1:1", number]
    index = np.array([number])
    for alone, within in zip(still.at(index), clip.at(index), strict=True):
        assert np.array_equal(alone, within)


def test_a_batch_holds_only_scenes_that_have_its_frames(codec_folder, tmp_path):
    codec = tiny.load_codec(codec_folder)
    with tiny.sized():
        data.write_shards("latents", tmp_path, first_seed=0, clips=2, codec=codec)
        data.write_shards("stills", tmp_path, first_seed=100, clips=40, codec=codec)
    latents, rng = Latents(tmp_path, codec, "cpu"), np.random.default_rng(0)
    latents.refresh()
    for index in (np.array([4]), np.array([0, 5, 9])):
        shown = [entry for _ in range(20) for entry in latents.batch(rng, 100, index)]
        stills = [entry for entry in shown if len(entry.latents) == 1]
        assert all(entry.window.still == index[0] for entry in stills)
        assert bool(stills) == (len(index) == 1)
        assert len(stills) < len(shown)


def test_scenes_of_one_aspect_can_be_rendered_alone(codec_folder, tmp_path):
    codec = tiny.load_codec(codec_folder)
    with tiny.sized():
        data.write_shards("stills", tmp_path, first_seed=0, clips=24, codec=codec, aspect="16:9")
    latents = Latents(tmp_path, codec, "cpu")
    latents.refresh()
    wide = [seed for seed in range(24) if data.Window.of(seed).aspect == "16:9"]
    assert 0 < len(wide) == len(latents)
    assert {aspect for aspect, _ in latents.stills} == {"16:9"}


def test_shards_that_are_there_are_kept(tmp_path):
    kept = tmp_path / "thumbs-0.npz"
    kept.write_bytes(b"as it was")
    data.write_shards("thumbs", tmp_path, first_seed=0, clips=1)
    assert kept.read_bytes() == b"as it was"


@pytest.mark.parametrize("seed", [0, 1])  # the second begins in the middle of its scene
def test_what_training_reads_is_what_the_engine_will_give(seed):
    """Frames and camera rows of a window are those of the scene at the taps of its latent frames."""
    window = data.Window.of(seed)
    frames = window.tap_frames().reshape(-1, 2)
    last = 8 * (window.start + np.arange(data.LATENT_FRAMES))
    assert (frames[:, 1] == last).all()
    assert (frames[:, 0] == np.maximum(last - 4, 0)).all()


@pytest.mark.parametrize("shape", [(8, 8), (24, 8), (6, 30)])
def test_muon_makes_its_steps_orthogonal(shape):
    matrix = torch.randn(shape, generator=torch.Generator().manual_seed(0))
    values = torch.linalg.svdvals(orthogonal(matrix[None])[0])
    assert values.min() > 0.4
    assert values.max() < 1.4


def test_every_weight_has_one_optimiser():
    model = tiny.layout()
    muon, adam = optimisers(model, 1e-3, 1e-3)
    inside, rest = ([id(p) for group in o.param_groups for p in group["params"]] for o in (muon, adam))
    assert isinstance(muon, Muon)
    assert sorted(inside + rest) == sorted(id(p) for p in model.parameters())
    assert id(model.blocks[0].qkv.weight) in inside
    assert id(model.leave.weight) in rest


def test_an_average_follows_quickly_at_first_and_slowly_later():
    model = torch.nn.Linear(1, 1)
    ema = checkpoint.Ema(model, 0.9)
    with torch.no_grad():
        model.weight.fill_(1)
        ema.weights["weight"].zero_()
    for wanted in (1 - 1 / 11, 1 - 1 / 11 * 2 / 12):
        ema.update(model)
        assert ema.weights["weight"].item() == pytest.approx(wanted)


def test_a_packed_checkpoint_comes_back_in_half_precision(whole_run, tmp_path):
    files = pack.pack(whole_run, tmp_path, "renderer")
    pack.unpack(tmp_path, "renderer", tmp_path / "again")
    before, after = (state(folder)["ema"]["weights"] for folder in (whole_run, tmp_path / "again"))
    assert all(file.stat().st_size <= pack.PIECE_BYTES * 1.01 for file in files)
    assert before.keys() == after.keys()
    assert all(torch.equal(after[name], before[name].half().float()) for name in before)
    assert state(tmp_path / "again")["meta"]["step"] == STEPS


class Trap:
    """What an evil checkpoint holds: reading it as a pickle writes a file."""

    def __init__(self, mark):
        self.mark = mark

    def __reduce__(self):
        return open, (str(self.mark), "w")


def test_a_checkpoint_that_would_run_code_is_refused_and_runs_none(tmp_path):
    torch.save({"meta": {}, "ema": Trap(tmp_path / "mark")}, tmp_path / "checkpoint.pt")
    with pytest.raises(BadWeights, match="more than tensors and plain values") as caught:
        checkpoint.load(tmp_path)
    assert "vitascope train" in caught.value.hint
    assert not (tmp_path / "mark").exists()


def test_a_checkpoint_of_the_first_edition_with_paths_among_its_flags_is_read(tmp_path):
    torch.save({"meta": {"flags": {"data": tmp_path}, "step": 7}}, tmp_path / "checkpoint.pt")
    assert checkpoint.load(tmp_path)["step"] == 7


def test_what_a_checkpoint_says_is_plain(tmp_path):
    meta = {"step": 3, "flags": {"data": tmp_path, "stop_after": float("inf"), "lr": 0.1}}
    checkpoint.save(tmp_path, meta)
    flags = checkpoint.load(tmp_path)["flags"]
    assert flags == {"data": str(tmp_path), "stop_after": float("inf"), "lr": 0.1}
