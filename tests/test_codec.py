"""The codec: all frames at once or one by one, solved in closed form, and read by the engine as by training."""

import json

import numpy as np
import pytest
import torch
from torch.nn.functional import pixel_shuffle, pixel_unshuffle

import tiny
from sheets import psnr
from vitascope.smallworld.dimensions import GROUP
from vitascope.smallworld.inference import codec as on_the_runtime
from vitascope.smallworld.training import data
from vitascope.smallworld.training.codec import Codec, memory_shapes, pixels_of, taps_of
from vitascope.smallworld.training.fit_linear import WHITEN


def tensor(clip):
    """(T, H, W, 3) uint8 -> (1, T, 3, H, W) in [0, 1]."""
    return torch.from_numpy(clip).permute(0, 3, 1, 2)[None].float() / 255


def redrawn(codec, clip):
    """The clip through the codec and back, as bytes."""
    with torch.no_grad():
        frames = codec.decode(codec.encode(taps_of(tensor(clip))))[0, GROUP - 1 :]
    return (frames.permute(0, 2, 3, 1) * 255 + 0.5).clamp(0, 255).byte().numpy()


@pytest.fixture(scope="module")
def trained():
    """A codec in which every layer does something."""
    torch.manual_seed(0)
    return tiny.shaken(Codec(tiny.CODEC), size=0.02)


def latents(frames, h=2, w=3, seed=0):
    return torch.randn((1, frames, tiny.CODEC.channels, h, w), generator=torch.Generator().manual_seed(seed))


@torch.no_grad()
def test_one_by_one_gives_the_same_frames_as_all_at_once(trained):
    given = latents(5)
    whole = trained.decode(given)[0].unflatten(0, (5, GROUP))
    memory = [torch.full((1, n, 64 // coarse, 96 // coarse), 7.0) for n, coarse in memory_shapes(tiny.CODEC)]
    for number in range(5):
        cells, memory = trained.decode_step(given[:, number], memory, float(number == 0))
        assert torch.allclose(pixels_of(cells).permute(0, 3, 1, 2), whole[number], atol=1e-5)


@torch.no_grad()
def test_memory_looks_back_and_never_ahead(trained):
    given = latents(4)
    changed = given.clone()
    changed[:, 2] += 1
    off = (
        (trained.decode(given) - trained.decode(changed)).abs().amax(dim=(0, 2, 3, 4)).unflatten(0, (4, GROUP)).amax(1)
    )
    assert (off[:2] == 0).all()
    assert (off[2:] > 0).all()


@torch.no_grad()
def test_shapes(trained):
    frames = torch.rand(2, 17, 3, 64, 96)
    given = trained.encode(taps_of(frames))
    assert given.shape == (2, 3, tiny.CODEC.channels, 2, 3)
    assert trained.decode(given).shape == (2, 3 * GROUP, 3, 64, 96)


@torch.no_grad()
def test_the_decoder_starts_as_its_base(tiny_codec):
    """Whose weights name a frame, a colour, a row and a column of a patch in this order."""
    given = latents(3)
    mix, (one, before) = tiny_codec.base[0].mix, (given[0], torch.cat([given[0, :1], given[0, :-1]]))
    meant = pixel_shuffle(mix(torch.cat([one, before], dim=1)), 32).unflatten(1, (GROUP, 3)).flatten(0, 1)
    assert torch.allclose(tiny_codec.decode(given)[0], meant, atol=1e-5)


@torch.no_grad()
def test_cells_are_met_and_mended_pixel_by_pixel(trained):
    """As if frames were taken apart before `Meet` and put together after `Mend`, by pixel shuffles."""
    frames = torch.rand((4, 3, 16, 24), generator=torch.Generator().manual_seed(0))
    pairs = pixel_unshuffle(frames, 4).reshape(2, -1, 4, 6)
    meet, mend = trained.detail[7], trained.detail[-1]
    cells = pairs[:, meet.order]
    assert torch.allclose(pixels_of(cells).permute(0, 3, 1, 2), frames)
    features = torch.randn((2, meet.mix.out_channels, 4, 6), generator=torch.Generator().manual_seed(1))
    assert torch.allclose(meet(features, cells), features + meet.mix(pairs - 0.5), atol=1e-5)
    added = pixel_shuffle(mend.mix(features).reshape(4, -1, 4, 6), 4)
    assert torch.allclose(pixels_of(mend(features)).permute(0, 3, 1, 2), added, atol=1e-5)


def test_the_fitted_codec_redraws_what_it_was_fitted_to(tiny_codec):
    for clip in tiny.clips(range(3)):
        mean = np.broadcast_to(clip.mean(axis=(0, 1, 2)), clip.shape)
        assert psnr(clip, redrawn(tiny_codec, clip)) > psnr(clip, mean) + 6


@torch.no_grad()
def test_the_fit_reports_the_error_that_decoding_has(tiny_codec, codec_folder):
    errors = []
    for clip in tiny.clips(range(3)):
        frames = tensor(clip)
        padded = torch.cat([frames[:, :1].expand(-1, GROUP - 1, -1, -1, -1), frames], dim=1)
        errors.append((tiny_codec.decode(tiny_codec.encode(taps_of(frames))) - padded).square().mean().item())
    reported = json.loads((codec_folder / "checkpoint.json").read_text())["base_db"]
    assert -10 * np.log10(np.mean(errors)) == pytest.approx(reported, abs=0.1)


def test_its_latents_are_of_unit_size_and_hold_the_most_they_can(tiny_codec, shards):
    """Principal components: uncorrelated, mean zero over the fitted patches, the loudest first."""
    found = []
    for shard in data.shards("thumbs", shards):
        with np.load(shard) as file:
            found += [data.encode(tiny_codec, file[name], "cpu") for name in file.files if not name.endswith(".path")]
    rows = np.moveaxis(np.concatenate(found).astype(np.float64), 1, -1).reshape(-1, tiny.CODEC.channels)
    covariance = rows.T @ rows / len(rows)
    assert np.abs(rows.mean(0)).max() < 0.02
    assert np.diag(covariance).mean() == pytest.approx(1, abs=0.02)
    assert (np.diff(np.diag(covariance)) < 0.02).all()
    assert np.abs(covariance - np.diag(np.diag(covariance))).max() < 0.02
    gain = tiny_codec.encoder[1].weight.detach().flatten(1).norm(dim=1).numpy()
    loudness = np.log(np.diag(covariance) / covariance[0, 0])  # variance^(1 - WHITEN) is left of what had variance^1
    assert np.allclose(loudness, (1 - WHITEN) / WHITEN * -2 * np.log(gain / gain[0]), atol=0.1)


@pytest.mark.parametrize("frames", [1, 9, 17])
def test_the_engine_looks_at_a_clip_as_training_does(tiny_codec, tiny_weights, frames):
    clip = tiny.clips([6], frames=frames)[0]
    with torch.no_grad():
        meant = tiny_codec.encode(taps_of(tensor(clip)))[0].numpy()
    encoder = on_the_runtime.Encoder(tiny_weights / "encoder.onnx", threads=1)
    assert np.abs(encoder.clip(clip) - meant).max() < 0.02
    assert np.array_equal(encoder.still(clip[0]), encoder.clip(clip[:1])[0])


def test_half_size_pictures_are_means_of_four():
    picture = np.random.default_rng(0).integers(0, 256, (6, 4, 3), np.uint8)
    by_torch = torch.nn.functional.avg_pool2d(tensor(picture[None])[0], 2)[0]
    assert np.allclose(on_the_runtime._half(picture), by_torch.numpy(), atol=1e-6)


def test_a_clip_that_does_not_begin_here_is_read_from_its_end(tiny_weights):
    """The last group ends with the last frame, whatever comes before the first whole one."""
    clip = tiny.clips([6], frames=21)[0]
    encoder = on_the_runtime.Encoder(tiny_weights / "encoder.onnx", threads=1)
    assert np.array_equal(encoder.clip(clip)[-2:], encoder.clip(clip[4:])[-2:])


def test_the_engine_decodes_as_training_does(tiny_codec, tiny_weights):
    given = latents(3)
    with torch.no_grad():
        meant = tiny_codec.decode(given)[0].permute(0, 2, 3, 1).unflatten(0, (3, GROUP)).numpy() * 255
    decoder = on_the_runtime.Decoder(tiny_weights / "decoder.onnx", threads=1)
    groups = list(decoder.groups(given[0].numpy()))
    assert all(group.dtype == np.uint8 and group.shape == (GROUP, 64, 96, 3) for group in groups)
    assert np.abs(np.stack(groups) - np.clip(meant, 0, 255)).max() < 3
