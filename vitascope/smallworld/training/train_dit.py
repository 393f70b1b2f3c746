"""Train the DiT on top of its words and its sketch, which `train_sketch` has taught and which stay as they are: flags
-> latents -> model -> loop. Reads top to bottom; a killed run goes on exactly.

A sample is a handful of a clip's eleven latent frames, each at its own place in time: one frame is a still, a few
teach what happens when, all of them are the clip. Few frames first, all of them last: most of what a world looks like
is learnt where samples are cheap.

Any number of processes share a step when torchrun starts them, each with its part of the batch and on its own GPU or
core; two on two cores do more than one with two threads.
"""

from __future__ import annotations

import argparse
import time

import numpy as np
import torch
from tqdm import tqdm

from vitascope.smallworld.inference import flow
from vitascope.smallworld.inference.conditions import MOVING
from vitascope.smallworld.inference.tokens import Tokenizer
from vitascope.smallworld.training import checkpoint, data
from vitascope.smallworld.training.codec import Codec
from vitascope.smallworld.training.distributed import Crew
from vitascope.smallworld.training.dit import PRESETS, VideoDiT, rest
from vitascope.smallworld.training.latents import Latents, tokens_of
from vitascope.smallworld.training.optim import halves, optimisers
from vitascope.smallworld.training.train_loop import begin_with, run_flags


def flags_from(argv=None) -> argparse.Namespace:
    ask = argparse.ArgumentParser(description=__doc__)
    run_flags(ask, steps=4000, muon_lr=3e-3, adam_lr=1e-3)
    ask.add_argument("--preset", choices=tuple(PRESETS), default="nano")
    ask.add_argument(
        "--tokens",
        type=int,
        default=6144,
        help="latent tokens in a batch of all processes together: few long samples or many short ones",
    )
    ask.add_argument(
        "--shortcut",
        type=float,
        default=0.2,
        help="last part of the run in which an eighth of each batch learns larger steps",
    )
    ask.add_argument(
        "--shift", type=float, default=1.0, help="how far training times of a still lean towards noise; 1 = not at all"
    )
    ask.add_argument(
        "--things", type=float, default=4, help="how much more the places count where things are, at no noise"
    )
    ask.add_argument("--jitter", type=float, default=0.02, help="how far layouts are off in each frame")
    ask.add_argument(
        "--misread", type=float, default=0.1, help="how far those of clips with given frames are off in all"
    )
    return ask.parse_args(argv)


def frames_at(progress: float, rng: np.random.Generator) -> int:
    """How many latent frames the samples of this step have: the curriculum."""
    stages = ((0.35, (0.7, 0.15, 0.05, 0.1)), (0.7, (0.3, 0.1, 0.3, 0.3)), (9.0, (0.15, 0.05, 0.2, 0.6)))
    odds = next(odds for until, odds in stages if progress < until)
    return (1, 3, 5, data.LATENT_FRAMES)[int(rng.choice(4, p=odds))]


def choose_frames(count: int, rng: np.random.Generator) -> np.ndarray:
    """Sorted numbers of the latent frames of a sample: all, evenly spread or any."""
    if count == data.LATENT_FRAMES:
        return np.arange(count)
    return np.sort(rng.choice(data.LATENT_FRAMES, size=count, replace=False))


def given_frames(count: int, rng: np.random.Generator) -> np.ndarray:
    """Which frames are given clean (bool): none, the first, first and last, a beginning, or any."""
    given = np.zeros(count, bool)
    if count > 1 and rng.random() < 0.4:
        kind = rng.random()
        if kind < 0.35:
            given[0] = True
        elif kind < 0.55:
            given[[0, -1]] = True
        elif kind < 0.85:
            given[: int(rng.integers(1, count))] = True
        else:
            given[rng.random(count) < 0.5] = True
        if given.all():
            given[-1] = False
    return given


def times(b: int, frames: int, shift: float, rng: np.random.Generator) -> np.ndarray:
    """Training times (b, frames): mostly logit-normal and one for the whole sample, a tenth uniform, a fifth one for
    each frame. More frames show the same things more often, so it takes more noise to hide them: `shift` grows with
    the fourth root of their number.
    """
    t = 1 / (1 + np.exp(-rng.standard_normal((b, frames))))
    t = np.where(rng.random((b, 1)) < 0.1, rng.random((b, frames)), t)
    t = np.where(rng.random((b, 1)) < 0.8, t[:, :1], t)
    return flow.shifted(t, shift * frames**0.25).astype(np.float32)


def misread(layout: np.ndarray, lasting: float, passing: float, rng: np.random.Generator) -> np.ndarray:
    """A layout (T, S, LAYOUT_FEATURES) as it is drawn: off by as much in all frames and by something else in each.
    Where frames are given they show by how much it is off, so the others can be drawn as these are. Empty slots stay.
    """
    always, now = (rng.random() ** 2 * rng.standard_normal(shape) for shape in (layout.shape[1:], layout.shape))
    here = layout[..., MOVING["extent"]].max(-1, keepdims=True) > 0
    return layout + here * (lasting * always + passing * now)


def make_batch(
    latents: Latents, tokenizer: Tokenizer, flags, step: int, rank: int = 0, world: int = 1
) -> dict[str, torch.Tensor]:
    """One process's part of a step as tensors: a function of (seed, step, rank) and of the clips present. The latent
    frames are the same in all processes, so that none waits long for another.
    """
    shared = np.random.default_rng([flags.seed, step])
    index = choose_frames(frames_at(step / flags.steps, shared), shared)
    rng = np.random.default_rng([flags.seed, step, rank + 1])  # a last 0 would change nothing
    clips = latents.batch(rng, flags.tokens // world, index)
    given = np.stack([given_frames(len(index), rng) for _ in clips])
    words, camera, x, things, layout = [], [], [], [], []
    for clip, known in zip(clips, given, strict=True):
        words.append(tokens_of(clip.facts, tokenizer, rng))
        z, rows = clip.at(index)
        x.append(z)
        things.append(clip.things if len(clip.things) == 1 else clip.things[index])
        layout.append(misread(clip.layout[index], flags.misread if known.any() else 0, flags.jitter, rng))
        camera.append(rows)
    t = np.where(given, 0.0, times(len(clips), len(index), flags.shift, rng)).astype(np.float32)
    batch = {
        "x": torch.stack(x).float(),
        "t": torch.from_numpy(t),
        "asked": torch.from_numpy(~given),
        "things": torch.stack(things).float(),
        "index": torch.from_numpy(index),
        "continues": torch.tensor([float(clip.window.start > 0) for clip in clips]),
        "camera": torch.from_numpy(np.stack(camera)),
        "tokens": torch.from_numpy(np.stack(words)),
        "layout": torch.from_numpy(np.stack(layout).astype(np.float32)),
        "levels": torch.from_numpy(rng.integers(0, 3, len(clips))),
    }
    noise = torch.Generator().manual_seed(int(rng.integers(2**63)))
    batch["noise"] = torch.randn(batch["x"].shape, generator=noise)
    return {name: value.to(flags.device) for name, value in batch.items()}


def channel_weights(codec: Codec) -> torch.Tensor:
    """(C, 1, 1), mean 1: how much an error of each latent channel shows. A channel that the encoder had to amplify
    less carries more of the picture; without weights most of the effort goes into detail that nobody sees.
    """
    weights = 1 / codec.encoder[1].weight.flatten(1).norm(dim=1)
    return (weights / weights.mean())[:, None, None]


def loss_of(
    model: VideoDiT, teacher: VideoDiT | None, b: dict[str, torch.Tensor], weights: torch.Tensor, things: float
):
    """Weighted mean square velocity error over the asked frames. With a teacher, an eighth of the batch learns steps of
    1/2, 1/4 or 1/8 instead.

    Things fill a tenth of a picture and are most of what is asked for. Places where they are count 1 + `things` times
    as much without noise and as others in pure noise: there nobody can know yet where a thing will be, and a weight
    that depends on it would teach ghosts.

    There the target is the mean velocity of two of the teacher's steps of half the size (shortcut models, arXiv
    2410.12557).
    """
    with torch.no_grad():
        states, pooled = model.text(b["tokens"])
        hint = model.sketched(b["camera"], pooled, b["layout"], *b["x"].shape[-2:])
    t, clean = b["t"], rest(b["x"], *hint)
    target, left = flow.velocity(clean, b["noise"]), flow.blend(clean, b["noise"], t[:, :, None, None, None])
    size = torch.zeros(len(t), device=t.device)
    if teacher is not None:
        n = max(1, len(t) // 8)
        left, t, target = left.clone(), t.clone(), target.clone()
        some = {name: value if name == "index" else value[:n] for name, value in b.items()}
        left[:n], t[:n], target[:n], size[:n] = _two_steps(teacher, some, clean[:n], *(each[:n] for each in hint))
    v = model.denoise(left, t, size, b["index"], b["continues"], b["camera"], states, pooled, *hint)
    shown = (3 * b["things"]).clamp(max=1)
    seen = 1 + things * (1 - t)[:, :, None, None] * shown
    counts = (seen * b["asked"][:, :, None, None].float())[:, :, None]  # (B, T, 1, h, w)
    error = ((v.float() - target) * hint[1] / model.spread[:, None, None]).square() * weights
    return (error * counts).sum() / (counts.sum() * v.shape[2]).clamp(min=1)


@torch.no_grad()
def _two_steps(teacher: VideoDiT, b: dict[str, torch.Tensor], clean, sketch, doubt):
    size = 0.5 ** (b["levels"].float() + 1)  # 1/2, 1/4, 1/8
    count = (1 / size).round()
    t = 1 - torch.floor(b["t"].amax(1) * count * 0.999).clamp(min=0) / count  # on the grid of that step size
    t = t[:, None] * b["asked"]
    x_t = flow.blend(clean, b["noise"], t[:, :, None, None, None])
    half = (size / 2) * (size > 0.2)  # the smallest steps are learnt from the flow itself
    move = (size / 2)[:, None, None, None, None] * b["asked"][:, :, None, None, None]
    told = (b["index"], b["continues"], b["camera"], *teacher.text(b["tokens"]), sketch, doubt)
    first = teacher.denoise(x_t, t, half, *told)
    middle = flow.euler(x_t, first, move)
    second = teacher.denoise(middle, (t - (size / 2)[:, None]).clamp(min=0) * b["asked"], half, *told)
    return x_t, t, (first + second) / 2, size


def main(argv=None) -> VideoDiT:
    """Train up to --steps, or as far as --stop-after and --stop-at let it, and return the model as it then is."""
    flags = flags_from(argv)
    crew = Crew(flags.device)
    flags.device = crew.device
    torch.manual_seed(flags.seed)
    codec = data.load_codec(flags.codec, flags.device)
    weights = channel_weights(codec).detach()
    latents = Latents(flags.data, codec, flags.device)
    latents.refresh()
    tokenizer = Tokenizer()
    model = VideoDiT(PRESETS[flags.preset]).to(flags.device)
    teacher = VideoDiT(PRESETS[flags.preset]).to(flags.device).eval()
    optims = optimisers(model, flags.muon_lr, flags.adam_lr)
    centre, spread = latents.statistics()
    model.centre.copy_(centre), model.spread.copy_(spread)
    begin_with(flags.begin, model)
    ema = checkpoint.Ema(model, 0.998)
    parts = {"dit": model, "ema": ema, "muon": optims[0], "adam": optims[1]}
    state = checkpoint.load(flags.out, **parts)
    crew.agree([*model.state_dict().values(), *ema.weights.values()])
    log, first = state.get("log", []), state.get("step", 0)
    if flags.compile:  # a block, which all share, rather than the whole: a fraction of the compilation
        for block in (*model.blocks, *teacher.blocks):
            block.compile(dynamic=True)
        model.look = torch.compile(model.look, dynamic=True)

    def save(step: int) -> None:
        if crew.rank:
            return
        meta = {
            "kind": "dit",
            "preset": flags.preset,
            "step": step,
            "samples": samples,
            "flags": vars(flags),
            "log": log[-1000:],
        }
        checkpoint.save(flags.out, meta | {"vocabulary": tokenizer.vocab_hash}, **parts)

    samples = state.get("samples", 0)
    began = saved = time.monotonic()
    base = [group["lr"] for o in optims for group in o.param_groups] if not state else [flags.muon_lr, flags.adam_lr]
    last = min(flags.steps, flags.stop_at)
    bar = tqdm(range(first, last), initial=first, total=flags.steps, desc="dit", mininterval=5, disable=crew.rank > 0)
    for step in bar:
        if crew.any(time.monotonic() - began > flags.stop_after):
            last = step
            break
        if step % 20 == 0:
            latents.refresh(most=2)
        progress = step / flags.steps
        scale = min(1.0, (step + 1) / 100) * min(1.0, (1 - progress) / 0.35)
        for o, lr in zip(optims, base, strict=True):
            o.param_groups[0]["lr"] = lr * scale
        small = progress < 1 - flags.shortcut
        if not small:
            teacher.load_state_dict(ema.weights)  # at every step: a run that goes on then has the teacher it had
        batch = make_batch(latents, tokenizer, flags, step, crew.rank, crew.size)
        with torch.autocast(torch.device(flags.device).type, torch.bfloat16, enabled=halves(flags.device)):
            loss = loss_of(model, None if small else teacher, batch, weights, flags.things)
        for o in optims:
            o.zero_grad(set_to_none=True)
        loss.backward()
        crew.average([p.grad for p in model.parameters() if p.grad is not None])
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        for o in optims:
            o.step()
        ema.update(model)
        samples += len(batch["x"]) * crew.size
        if step % 10 == 0:
            log.append({"step": step, "samples": samples, "frames": len(batch["index"]), "loss": round(loss.item(), 4)})
            shown = {"loss": f"{loss.item():.3f}", "frames": len(batch["index"]), "samples": samples}
            bar.set_postfix(shown | {"clips": len(latents)})
        if time.monotonic() - saved > flags.save_every:
            save(step + 1)
            saved = time.monotonic()
    save(last)
    crew.leave()
    return model


if __name__ == "__main__":
    main()
