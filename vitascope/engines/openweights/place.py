"""Where the parts of a loaded model are, on the device or in RAM, by the rung of its memory plan (`memory.py`).

Nothing is moved ahead of time: a part comes onto the device when it is used, and what its rung allows no place beside
it leaves first. So runs may be mixed in any order. Except for `fp8`, a rung changes no numbers.
"""

from __future__ import annotations

import gc
from collections.abc import Callable, Iterable
from typing import Any

import torch

from vitascope.engines.openweights import memory, room
from vitascope.engines.openweights.family import Family, Parts
from vitascope.engines.openweights.memory import GB, RUNGS, Part, Plan, Room, Weights
from vitascope.errors import BadSettings

Move = Callable[[torch.nn.Module, torch.device], object]
_RAM = torch.device("cpu")
_ENCODING = GB // 2  # bytes that a text encoder works with, beside its weights


def _move(module: torch.nn.Module, device: torch.device) -> None:
    module.to(device)


def free_now(device: torch.device) -> int:
    """Bytes on the device that new tensors can take; 0 where that cannot be measured."""
    if device.type != "cuda":
        return 0
    free, _ = torch.cuda.mem_get_info(device)
    return int(free) + torch.cuda.memory_reserved(device) - torch.cuda.memory_allocated(device)


def is_full(error: BaseException) -> bool:
    """Whether it says that the device has no more memory."""
    return isinstance(error, torch.OutOfMemoryError) or "CUBLAS_STATUS_ALLOC_FAILED" in str(error)


class Placement:
    """`rungs`: the one to begin with, and those below it that may follow. `encoder_in_ram`: words are encoded on the
    processor. `tiled`: frames are decoded in tiles. `move`, `free`: how a module is moved, and the bytes that are free
    on a device.
    """

    def __init__(
        self,
        parts: Parts,
        experts: Iterable[str],
        rungs: Iterable[str] = ("resident",),
        *,
        encoder_in_ram: bool = False,
        tiled: bool = False,
        move: Move = _move,
        free: Callable[[torch.device], int] = free_now,
    ):
        self._modules = {name: one for name, one in parts.modules.items() if isinstance(one, torch.nn.Module)}
        self._experts = [name for name in experts if name in self._modules]
        self._encoders = {name for name in self._modules if name.startswith("text_encoder")}
        self._in_ram = set(self._encoders) if encoder_in_ram else set()
        self._in_groups: set[str] = set()  # which the library moves
        self._device, self._dtype = parts.device, parts.dtype
        self._move, self._free = move, free
        quantised = any(_quantised(self._modules[name]) for name in self._experts)
        self._rungs = [rung for rung in rungs if not (rung == "fp8" and quantised)]
        self._on: set[str] = set()
        self._watched = self._tiled = False
        if tiled:
            self._tile()
        self._settle()

    @property
    def rung(self) -> str:
        return self._rungs[0]

    def lower(self, *, decoding: bool = False) -> bool:
        """Take the next rung; False when there is none. The device is empty afterwards. `decoding`: it was the decoder
        that had not enough memory, which tiles help where it has the device for itself already.
        """
        if decoding and RUNGS.index(self.rung) >= RUNGS.index("model_offload"):
            return self._tile()
        if len(self._rungs) == 1:
            return False
        del self._rungs[0]
        self._settle()
        return True

    def use(self, part: str) -> None:
        """Bring this part onto the device, and put off what may not be beside it. Called before each use; cheap when
        nothing is to be done.
        """
        if self.rung == "resident" or part not in self._modules:
            return
        leaving = self._leaving(part)
        for other in leaving:
            self._put(other, on=False)
        if part not in self._on and part not in self._in_ram and part not in self._in_groups:
            self._put(part, on=True)

    def _leaving(self, part: str) -> list[str]:
        others = [name for name in self._modules if name in self._on and name != part]
        if part in self._encoders:  # where it fits beside the rest, the next step finds its transformer still there
            beside = part in self._on or part in self._in_ram or self._fits(part)
            return [] if beside else others
        if self.rung == "encoder_freed":
            return [name for name in others if name in self._encoders]
        return others

    def _fits(self, part: str) -> bool:
        return self._free(self._device) >= _bytes(self._modules[part]) + _ENCODING

    def _put(self, part: str, *, on: bool) -> None:
        self._on.discard(part)
        self._move(self._modules[part], self._device if on else _RAM)
        if on:
            self._on.add(part)

    def _tile(self) -> bool:
        """Whether the decoder works in tiles from now on, and did not before."""
        vae: Any = self._modules.get("vae")
        if self._tiled or not hasattr(vae, "enable_tiling"):
            return False
        vae.enable_tiling()
        self._tiled = True
        return True

    def _settle(self) -> None:
        """All parts as this rung has them at first."""
        while self.rung == "resident":
            try:
                for part in self._modules:
                    self._put(part, on=True)
                return
            except Exception as error:
                if not is_full(error) or len(self._rungs) == 1:
                    raise
            del self._rungs[0]  # the plan was wrong
        for module in self._modules.values():
            self._move(module, _RAM)
        self._on.clear()
        gc.collect()
        if self._device.type == "cuda":
            torch.cuda.empty_cache()
        if self.rung == "fp8":
            for name in self._experts:
                _to_fp8(self._modules[name], self._dtype)
        if self.rung == "group_offload":
            for name in self._experts:
                _in_groups(self._modules[name], self._device)
            self._in_groups.update(self._experts)
        if not self._watched:
            self._watched = True
            for name, module in self._modules.items():
                self._watch(name, module)

    def _watch(self, name: str, module: torch.nn.Module) -> None:
        """`use` before each call of the part. A VAE is called by its children, a transformer as a whole."""
        children = [] if name in self._experts else list(module.children())
        in_ram = name in self._in_ram
        where = _RAM if in_ram else self._device

        def before(_: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> tuple[tuple[Any, ...], dict[str, Any]]:
            self.use(name)
            return tuple(_to(one, where) for one in args), {key: _to(one, where) for key, one in kwargs.items()}

        for one in (module, *children):
            one.register_forward_pre_hook(before, with_kwargs=True)
        if in_ram:
            module.register_forward_hook(lambda _, args, output: _all_to(output, self._device))


def _to(value: Any, device: torch.device) -> Any:
    """Tensors alone: a list may be a cache that the module fills."""
    return value.to(device) if isinstance(value, torch.Tensor) else value


def _all_to(value: Any, device: torch.device) -> Any:
    from accelerate.utils import send_to_device

    return send_to_device(value, device)


def _to_fp8(transformer: Any, dtype: torch.dtype) -> None:
    from diffusers.hooks.layerwise_casting import DEFAULT_SKIP_MODULES_PATTERN

    own = tuple(getattr(transformer, "_skip_layerwise_casting_patterns", None) or ())
    skip = (*DEFAULT_SKIP_MODULES_PATTERN, *own, "lora_")
    transformer.enable_layerwise_casting(torch.float8_e4m3fn, dtype, skip_modules_pattern=skip)


def _in_groups(transformer: torch.nn.Module, device: torch.device) -> None:
    from diffusers.hooks import apply_group_offloading

    told: dict[str, Any] = {"offload_type": "block_level", "num_blocks_per_group": 1}
    if device.type == "cuda":  # the next block comes while this one works
        told |= {"use_stream": True, "non_blocking": True}
    apply_group_offloading(transformer, device, _RAM, **told)


def _tensors(module: torch.nn.Module) -> list[torch.Tensor]:
    return [*module.parameters(), *module.buffers()]


def _bytes(module: torch.nn.Module) -> int:
    return sum(one.nbytes for one in _tensors(module))


def _quantised(module: torch.nn.Module) -> bool:
    return any(one.dim() > 1 and one.element_size() == 1 for one in module.parameters())


def place(family: Family, parts: Parts, asked: str, clip: tuple[tuple[int, int], int], free: Room | None) -> Placement:
    """The placement of these parts, which lie in RAM. `asked`: the rung of the model file, else the plan decides;
    `clip`: size and frames that are planned for; `free`: what was free before the parts were loaded, None on a device
    where nothing is moved. Raises BadSettings where nothing fits.
    """
    if asked:
        return Placement(parts, family.transformers, RUNGS[RUNGS.index(asked) :])
    if free is None:
        return Placement(parts, family.transformers)
    weights = weights_of(family, parts)
    made = memory.plan(weights, free, *clip)
    if not made.fits:
        raise BadSettings(f"{memory.sentence(made, *clip)}.", hint=_remedy(weights, made, clip))
    below = RUNGS[RUNGS.index(made.rung) :]
    return Placement(parts, family.transformers, below, encoder_in_ram=made.encoder == "cpu", tiled=made.tiled)


def _remedy(weights: Weights, made: Plan, clip: tuple[tuple[int, int], int]) -> str:
    size, frames = clip
    fits = memory.largest(weights, made.room, [size], range(1, frames))
    shorter = f"max_seconds for at most {fits[1]} frames of this size, or " if fits else ""
    return f"Close other programs; {shorter}smaller sizes in [format], GGUF files, or a smaller model."


def measured(device: torch.device) -> Room | None:
    """What is free now. None for a processor and one memory with it, where parts stay where they are."""
    if device.type != "cuda":
        return None
    free, _ = torch.cuda.mem_get_info(device)
    return Room("rocm" if torch.version.hip else "cuda", int(free), room.free_ram())


def weights_of(family: Family, parts: Parts) -> Weights:
    """Of loaded parts, what a plan asks. Quantised ones keep their size."""
    modules = {name: one for name, one in parts.modules.items() if isinstance(one, torch.nn.Module)}

    def part(name: str) -> Part:
        module = modules.pop(name)
        count, size = sum(one.numel() for one in _tensors(module)), _bytes(module)
        half = not _quantised(module) and size < 3 * count
        return Part(count, size, "bf16" if half else "as loaded")

    main = modules[family.transformers[0]]
    experts = tuple(part(name) for name in family.transformers if name in modules)
    words = [part(name) for name in sorted(modules) if name.startswith("text_encoder")]
    encoder = Part(sum(one.parameters for one in words), sum(one.size for one in words), "as loaded")
    vae = part("vae")
    kind = "ti2v" if family.name == "wan" and family.rule(parts).side == 32 else ""
    layers = max((len(one) for one in main.children() if isinstance(one, torch.nn.ModuleList)), default=1)
    others = tuple(part(name) for name in list(modules))
    return Weights(family.name, kind, experts, encoder, vae, others, _width(main.config), layers)


def _width(config: Any) -> int:
    """Of a transformer's blocks, as its config names it."""
    blocks = getattr(config, "block_out_channels", ())  # of a U-Net
    heads, each = getattr(config, "num_attention_heads", 0) or 0, getattr(config, "attention_head_dim", 0)
    return (
        int(max(blocks, default=0))
        or int(heads * each)
        or int(getattr(config, "dim", 0) or getattr(config, "model_dim", 0))
    )
