"""How a model is put into memory: a plan made before anything is loaded, from the sizes in its headers, the memory that
is free, and the clip. Pure arithmetic. All sizes are bytes, and what they come to is an estimate: weights are exact,
what a step and the decoder need beside them is worked out from published figures (see `WORKING`).

The ladder, from the fastest to the thriftiest: everything stays on the device (`resident`); the text encoder leaves it
after encoding (`encoder_freed`); one part at a time is on the device (`model_offload`); the transformer is kept as fp8
(`fp8`); it passes through the device in groups of blocks (`group_offload`).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

GB = 10**9
RUNGS = ("resident", "encoder_freed", "model_offload", "fp8", "group_offload")
REFUSED = "refused"
#: Bytes of working memory for each token and each element of a block's width, in 16 bits: fits what is published of
#: Wan 14B (35 GB at 480p with model offload; 22 and 28 GiB at 720p with GGUF Q4 and Q8) within a tenth.
WORKING = 36
DECODING = 1536  # bytes for each pixel of the frames that the decoder makes at once, in 32 bits
TILE = 512 * 512  # pixels
CONTEXT = 7 * GB // 10  # what the device's library takes for itself
LOADING = 2 * GB  # of RAM, while files are read
SPARE = 1.1  # group offload pins its weights in RAM
#: Frames and pixels that are one token: (frames, side).
_TOKEN = {
    "wan": (4, 16), "ltx": (8, 32), "ltx2": (8, 32), "hunyuan": (4, 16), "hunyuan15": (4, 16), "cogvideox": (4, 16),
    "zimage": (1, 16), "qwenimage": (1, 16), "skyreels": (4, 16), "kandinsky5": (4, 16), "sdxl": (1, 16),
    "flux": (1, 16), "flux2": (1, 16),
}  # fmt: skip
_SIXTEEN = ("bf16", "fp16", "fp32", "fp64")


@dataclass(frozen=True)
class Part:
    """One component. `storage`: as `identify.Found` has it; what is stored in 32 bits is loaded in 16."""

    parameters: int
    size: int
    storage: str = "bf16"

    def bytes(self, device: str = "cuda") -> int:
        """In memory. A processor computes in 32 bits; fp8 without scales is turned into 16 when it is loaded, and only
        graphics cards of NVIDIA and AMD keep scaled fp8.
        """
        if self.storage in (*_SIXTEEN, "fp8") or (self.storage == "fp8_scaled" and device in ("cpu", "mps")):
            return self.parameters * (4 if device == "cpu" else 2)
        return self.size


@dataclass(frozen=True)
class Weights:
    """A model's parts. `experts`: its transformers, one or two. `width`, `layers`: of a transformer's blocks."""

    family: str
    kind: str
    experts: tuple[Part, ...]
    text_encoder: Part
    vae: Part
    others: tuple[Part, ...] = ()
    width: int = 0
    layers: int = 1


@dataclass(frozen=True)
class Room:
    """What is free, in bytes. `device`: cuda, rocm, mps or cpu; the last two have one memory, and no `vram`."""

    device: str
    vram: int
    ram: int

    @property
    def shared(self) -> bool:
        return self.device in ("cpu", "mps")


@dataclass(frozen=True)
class Plan:
    """`needs_vram`, `needs_ram`: what the rung takes. `encoder`: where words are encoded, `device` or `cpu`. `tiled`:
    frames are decoded in tiles. `moved`: bytes that pass from RAM to the device for one clip.
    """

    rung: str
    needs_vram: int
    needs_ram: int
    room: Room
    encoder: str = "device"
    tiled: bool = False
    moved: int = 0
    tried: tuple[Plan, ...] = field(default=(), repr=False)  # the rungs above that did not fit

    @property
    def fits(self) -> bool:
        return self.rung != REFUSED


def plan(
    weights: Weights,
    room: Room,
    size: tuple[int, int],
    frames: int,
    *,
    steps: int = 1,
    passes: int = 2,
    below: str = "",
) -> Plan:
    """The first rung that fits. `size`: width and height in pixels; `passes`: 2 with guidance, else 1. `below`: after
    the device ran out of memory on that rung, only those under it. One that is `refused` has the least that would do.
    """
    rungs = list(_rungs(weights, room, size, frames, steps, passes))
    if below in RUNGS:
        rungs = [one for one in rungs if RUNGS.index(one.rung) > RUNGS.index(below)]
    tried: list[Plan] = []
    for one in rungs:
        if one.needs_vram <= _device(room) and one.needs_ram <= room.ram:
            return Plan(**{**one.__dict__, "tried": tuple(tried)})
        tried.append(one)
    if not tried:
        return Plan(REFUSED, 0, 0, room)
    enough = [one for one in tried if one.needs_vram <= _device(room)]  # of the device; RAM is what is wanting
    least = min(enough, key=lambda one: one.needs_ram) if enough else min(tried, key=lambda one: one.needs_vram)
    return Plan(REFUSED, least.needs_vram, least.needs_ram, room, tried=tuple(tried))


def token(weights: Weights) -> tuple[int, int]:
    """Frames and the side in pixels that are one token."""
    each, side = _TOKEN.get(weights.family, (4, 16))
    return each, 32 if weights.kind == "ti2v" else side


def tokens(weights: Weights, size: tuple[int, int], frames: int) -> int:
    each, side = token(weights)
    return ((frames - 1) // each + 1) * max(size[0] // side, 1) * max(size[1] // side, 1)


def _device(room: Room) -> int:
    return room.ram if room.shared else room.vram


def _rungs(weights: Weights, room: Room, size: tuple[int, int], frames: int, steps: int, passes: int) -> Iterator[Plan]:
    device = room.device
    experts = [one.bytes(device) for one in weights.experts]
    encoder, vae = weights.text_encoder.bytes(device), weights.vae.parameters * 4
    others = sum(one.bytes(device) for one in weights.others)
    working = tokens(weights, size, frames) * weights.width * WORKING * (2 if device == "cpu" else 1)
    group = min(frames, token(weights)[0])
    decoding = vae + size[0] * size[1] * group * DECODING
    tiles = vae + min(size[0] * size[1], TILE) * group * DECODING
    tiled = decoding + CONTEXT > room.vram and tiles < decoding
    whole = sum(experts) + encoder + vae + others

    def rung(name: str, vram: Iterable[int], ram: int, *, slow: bool = False, moved: int = 0) -> Plan:
        peak = max(vram) + (0 if room.shared else CONTEXT)
        place, cut = (where, tiled) if slow else ("device", False)
        return Plan(name, peak, ram + (0 if room.shared else LOADING), room, place, cut, moved)

    where = "device" if encoder + CONTEXT <= room.vram else "cpu"
    yield rung("resident", [whole - vae + max(working + vae, decoding)], 0)
    if room.shared:  # what is put aside would lie in the same memory
        return
    freed = [encoder + others, sum(experts) + others + max(working + vae, decoding)]
    yield rung("encoder_freed", freed, encoder, moved=encoder)
    rest = [*([encoder] if where == "device" else []), tiles if tiled else decoding, others]
    yield rung("model_offload", [*(one + working for one in experts), *rest], whole, slow=True, moved=whole)
    slim = [
        part.parameters if part.storage in (*_SIXTEEN, "fp8") else size
        for part, size in zip(weights.experts, experts, strict=True)
    ]
    if slim != experts:
        less = whole - sum(experts) + sum(slim)
        yield rung("fp8", [*(one + working for one in slim), *rest], less, slow=True, moved=less)
    blocks = [2 * one // max(weights.layers, 1) + working for one in experts]
    moved = encoder + vae + steps * passes * max(experts)
    yield rung("group_offload", [*blocks, *rest], int(whole * SPARE), slow=True, moved=moved)


def sentence(made: Plan, size: tuple[int, int], frames: int) -> str:
    """The plan in words, with its numbers, such as "832x480x81 needs about 8.2 GB ..."."""
    clip = f"{size[0]}x{size[1]}x{frames}"
    room = made.room
    place = "memory" if room.shared else "memory on the device"
    if made.fits:
        aside = "" if room.shared else f" and {made.needs_ram / GB:.1f} GB of RAM"
        return f"{clip}: {made.rung}, about {made.needs_vram / GB:.1f} GB of {place}{aside}"
    if not room.shared and made.needs_vram <= room.vram:
        return f"{clip} needs about {made.needs_ram / GB:.1f} GB of RAM here, {room.ram / GB:.1f} GB are free"
    free = _device(room)
    return f"{clip} needs about {made.needs_vram / GB:.1f} GB of {place} here, {free / GB:.1f} GB are free"


def largest(
    weights: Weights, room: Room, sizes: Iterable[tuple[int, int]], counts: Iterable[int]
) -> tuple[tuple[int, int], int] | None:
    """Of these sizes and frame counts the one with the most pixels that fits; None: not even the smallest."""
    every = [(size, count) for size in sizes for count in counts if plan(weights, room, size, count).fits]
    return max(every, key=lambda one: one[0][0] * one[0][1] * one[1], default=None)
