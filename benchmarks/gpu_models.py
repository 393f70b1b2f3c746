"""How fast and how large open models are on a GPU, without their weights: modules of the true shape with random
numbers, which take the time and memory of the real ones. What they draw means nothing, and is thrown away.

    PYTHONPATH=.:tests python benchmarks/gpu_models.py MODEL --out runs/out/gpu-models.json [--tiny --device cpu]

One model a call, at the first size of its card and for one second, so that a call takes minutes. Its figures are
written after each of three stages: load, steps and decoding. What is there already is not measured again. `--tiny`
takes the small modules of the tests instead, to try the way itself on a processor. `runs/gpu-models.sh` calls it for
each model. It was never run on a GPU here.
"""

from __future__ import annotations

import argparse
import json
import platform
import statistics
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch

import tiny_open
from vitascope import bench
from vitascope.clip import ClipSpec
from vitascope.engines import measured, model_file
from vitascope.engines.openweights import known, load, memory, place, shelf
from vitascope.engines.openweights.family import Family, Parts, family
from vitascope.engines.openweights.source import Source
from vitascope.engines.openweights.step_engine import OpenEngine

STEPS = 4  # whose median is told; more would say the same


def umt5_xxl() -> Any:
    from transformers import UMT5Config, UMT5EncoderModel

    sizes = {"vocab_size": 256384, "d_model": 4096, "d_kv": 64, "d_ff": 10240, "num_layers": 24, "num_heads": 64}
    return UMT5EncoderModel(UMT5Config(**sizes, feed_forward_proj="gated-gelu"))


def qwen3_4b() -> Any:
    from transformers import Qwen3Config, Qwen3Model

    sizes = {"vocab_size": 151936, "hidden_size": 2560, "intermediate_size": 9728, "num_hidden_layers": 36}
    return Qwen3Model(Qwen3Config(**sizes, num_attention_heads=32, num_key_value_heads=8, head_dim=128))


def wan(**sizes: int) -> Callable[[], Any]:
    from diffusers import WanTransformer3DModel

    return lambda: WanTransformer3DModel(attention_head_dim=128, **sizes)


def wan_vae() -> Any:
    from diffusers import AutoencoderKLWan

    return AutoencoderKLWan()


def wan_vae_22() -> Any:
    from diffusers import AutoencoderKLWan

    from vitascope.engines.openweights.families.wan_files import WAN22_MEAN, WAN22_STD

    return AutoencoderKLWan(
        base_dim=160, decoder_base_dim=256, z_dim=48, in_channels=12, out_channels=12, is_residual=True, patch_size=2,
        scale_factor_spatial=16, latents_mean=list(WAN22_MEAN), latents_std=list(WAN22_STD),
    )  # fmt: skip


def zimage() -> Any:
    from diffusers import ZImageTransformer2DModel

    made = ZImageTransformer2DModel()
    for token in (made.x_pad_token, made.cap_pad_token):  # made with whatever lay in memory
        torch.nn.init.ones_(token)
    return made


def picture_vae() -> Any:
    from diffusers import AutoencoderKL

    return AutoencoderKL(
        down_block_types=("DownEncoderBlock2D",) * 4, up_block_types=("UpDecoderBlock2D",) * 4, latent_channels=16,
        block_out_channels=(128, 256, 512, 512), layers_per_block=2, scaling_factor=0.3611, shift_factor=0.1159,
        use_quant_conv=False, use_post_quant_conv=False,
    )  # fmt: skip


WAN = {"text_encoder": umt5_xxl, "vae": wan_vae}
#: A known checkpoint -> the tiny pipeline whose tokenizer and scheduler it takes, and its parts in their true shape.
MODELS: dict[str, tuple[str, dict[str, Callable[[], Any]]]] = {
    "wan2.1-t2v-1.3b": (
        "wan_t2v", {**WAN, "transformer": wan(num_attention_heads=12, ffn_dim=8960, num_layers=30)},
    ),
    "wan2.2-ti2v-5b": (
        "wan22_5b",
        {
            **WAN, "vae": wan_vae_22,
            "transformer": wan(
                num_attention_heads=24, ffn_dim=14336, num_layers=30, in_channels=48, out_channels=48
            ),
        },
    ),
    "wan2.1-t2v-14b": ("wan_t2v", {**WAN, "transformer": wan()}),
    "z-image-turbo": ("zimage", {"text_encoder": qwen3_4b, "transformer": zimage, "vae": picture_vae}),
}  # fmt: skip


def parts(name: str, tiny: bool, kind: Family, device: torch.device, dtype: torch.dtype) -> Parts:
    """The modules in RAM, as `load.load` gives them."""
    base, true = MODELS[name]
    small = tiny_open.MAKERS[base]()
    modules: dict[str, Any] = dict(small.components)
    for part, make in true.items():
        if not tiny:
            torch.set_default_dtype(torch.float32 if part in kind.precise else dtype)
            modules[part] = make()
    torch.set_default_dtype(torch.float32)
    for part, module in modules.items():
        if isinstance(module, torch.nn.Module):
            module.to(torch.float32 if part in kind.precise else dtype).eval().requires_grad_(False)
    values = {key: small.config[key] for key in kind.values if small.config.get(key) is not None}
    return Parts(modules, values, device, dtype)


def card(name: str, tiny: bool, folder: Path) -> Any:
    """That of the known checkpoint; of the tiny one with a size of its own."""
    like = known.every()[name]
    table: dict[str, Any] = {"name": name, "engine": shelf.ENGINE, "title": like.title, **like.card}
    table["source"] = {"family": like.family, "folder": "."}
    if tiny:
        table["format"] = {**table["format"], "sizes": ["64x64"]}
    path = folder / f"{name}.toml"
    path.write_text(shelf.to_toml(table), "utf-8")
    return model_file.read(path).card


def used(device: torch.device) -> int:
    """Bytes at the most, on the device or of this process."""
    return torch.cuda.max_memory_allocated() if device.type == "cuda" else bench.peak_memory_bytes()


def measure(name: str, tiny: bool, device: torch.device, out: Path) -> None:
    every = measured.read(out)
    told = every.get(name, {})
    gpu = device.type == "cuda"
    here = torch.cuda.get_device_name() if gpu else platform.machine()
    if told.get("complete") and (told["device"], told["tiny"]) == (here, tiny):
        print(f"{name}: measured already")
        return
    like, free = known.every()[name], place.measured(device)
    kind = family(like.family)
    told = every[name] = {"device": here, "torch": torch.__version__, "tiny": tiny, "weights": "random"}

    def keep(**figures: Any) -> None:
        told.update(figures)
        bench.write(out, every)
        print(json.dumps({name: figures}), flush=True)

    def timed(work: Callable[[], Any]) -> tuple[float, Any]:
        if gpu:
            torch.cuda.synchronize()
        start = time.perf_counter()
        made = work()
        if gpu:
            torch.cuda.synchronize()
        return round(time.perf_counter() - start, 4), made

    def own(family: Family, source: Source, device: torch.device) -> Parts:
        return parts(name, tiny, family, device, torch.bfloat16 if gpu else torch.float32)

    load.load = own  # in the place of files
    made_of = card(name, tiny, out.parent)
    seconds, maker = timed(lambda: OpenEngine(made_of, {"family": like.family, "folder": ".", "device": device.type}))
    clip = made_of.format.sizes[0], made_of.format.count(made_of.format.longest)
    plan = memory.plan(place.weights_of(kind, maker._parts), free, *clip) if free else None
    keep(load_s=seconds, rung=maker.rung, planned_gb=round(plan.needs_vram / 1e9, 2) if plan else None,
         planned_for=f"{clip[0][0]}x{clip[0][1]}x{clip[1]}")  # fmt: skip
    length = min(1.0, float(made_of.format.longest))
    spec = ClipSpec(
        prompt="a red ball rolls on snow", seed=1, seconds=length, steps=STEPS, size=made_of.format.sizes[0]
    )
    shape = made_of.resolve(spec)
    encode, run = timed(lambda: maker.begin(spec, shape))
    steps = [timed(lambda: maker.step([run]))[0] for _ in range(STEPS)]
    keep(size=f"{shape.width}x{shape.height}", frames=shape.frames, encode_s=encode, steps_s=steps,
         step_s=statistics.median(steps), steps_peak_gb=round(used(device) / 1e9, 2))  # fmt: skip
    decode, count = timed(lambda: sum(1 for _ in maker.frames(run)))
    keep(
        decode_s=decode, decoded=count, peak_gb=round(used(device) / 1e9, 2), rung_at_the_end=maker.rung, complete=True
    )


def main() -> None:
    ask = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    ask.add_argument("model", choices=MODELS)
    ask.add_argument("--out", type=Path, default=Path("runs/out/gpu-models.json"))
    ask.add_argument("--tiny", action="store_true")
    ask.add_argument("--device", default="cuda", choices=("cuda", "cpu"))
    given = ask.parse_args()
    given.out.parent.mkdir(parents=True, exist_ok=True)
    measure(given.model, given.tiny, load.device_of(given.device), given.out)


if __name__ == "__main__":
    main()
