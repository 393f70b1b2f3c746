"""What safetensors and GGUF files say of themselves, read from their headers alone: a file of 28 GB costs a few
megabytes and milliseconds. Nothing here trusts a file: lengths, counts, shapes and places are checked before use.
"""

from __future__ import annotations

import json
import math
import struct
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

from vitascope.errors import BadWeights

_STEMS = ("diffusion_pytorch_model", "model")  # of the files that diffusers and transformers write
MAX_HEADER = 32 * 2**20  # bytes; the largest that are known have less than 1 MB, tokenizers in GGUF files 8 MB
MAX_TENSORS = 100_000
MAX_DIMENSIONS = 8
PICKLES = (".bin", ".ckpt", ".pt", ".pth", ".pkl", ".pickle")
_BITS = {
    "F64": 64, "I64": 64, "U64": 64, "F32": 32, "I32": 32, "U32": 32, "F16": 16, "BF16": 16, "I16": 16, "U16": 16,
    "F8_E4M3": 8, "F8_E5M2": 8, "F8_E8M0": 8, "I8": 8, "U8": 8, "BOOL": 8, "F4": 4, "F6_E2M3": 6, "F6_E3M2": 6,
}  # fmt: skip
#: GGUF: number -> (name, weights in a block, bytes of a block)
_KINDS = {
    0: ("F32", 1, 4), 1: ("F16", 1, 2), 2: ("Q4_0", 32, 18), 3: ("Q4_1", 32, 20), 6: ("Q5_0", 32, 22),
    7: ("Q5_1", 32, 24), 8: ("Q8_0", 32, 34), 10: ("Q2_K", 256, 84), 11: ("Q3_K", 256, 110),
    12: ("Q4_K", 256, 144), 13: ("Q5_K", 256, 176), 14: ("Q6_K", 256, 210), 15: ("Q8_K", 256, 292),
    16: ("IQ2_XXS", 256, 66), 17: ("IQ2_XS", 256, 74), 18: ("IQ3_XXS", 256, 98), 19: ("IQ1_S", 256, 50),
    20: ("IQ4_NL", 32, 18), 21: ("IQ3_S", 256, 110), 22: ("IQ2_S", 256, 82), 23: ("IQ4_XS", 256, 136),
    24: ("I8", 1, 1), 25: ("I16", 1, 2), 26: ("I32", 1, 4), 27: ("I64", 1, 8), 28: ("F64", 1, 8),
    29: ("IQ1_M", 256, 56), 30: ("BF16", 1, 2),
}  # fmt: skip
_VALUES = {0: "B", 1: "b", 2: "H", 3: "h", 4: "I", 5: "i", 6: "f", 7: "?", 10: "Q", 11: "q", 12: "d"}
_KEPT = 64  # elements of a GGUF list that are kept; a tokenizer's have hundreds of thousands
_AGAIN = "Get the file again: it is cut off, or was never whole."


@dataclass(frozen=True)
class Tensor:
    """`shape`: in torch's order, for GGUF too. `start` and `size`: bytes, counted from the file's beginning."""

    dtype: str
    shape: tuple[int, ...]
    start: int
    size: int
    file: Path

    @property
    def count(self) -> int:
        return math.prod(self.shape)


@dataclass(frozen=True)
class Header:
    """`kind`: safetensors or gguf. `files`: the shards, or the one file. `metadata`: what its maker wrote."""

    path: Path
    kind: str
    tensors: Mapping[str, Tensor]
    metadata: Mapping[str, Any]
    files: tuple[Path, ...]

    @property
    def size(self) -> int:
        """Bytes of weights."""
        return sum(tensor.size for tensor in self.tensors.values())

    def shape(self, name: str) -> tuple[int, ...]:
        """Empty when there is no such tensor."""
        tensor = self.tensors.get(name)
        return tensor.shape if tensor else ()

    def small(self, name: str, most: int = 4096) -> bytes:
        """The bytes of a small tensor, such as a note on how a layer is quantised. Raises BadWeights above `most`."""
        tensor = self.tensors[name]
        if tensor.size > most:
            raise _bad(self.path, f'"{name[:80]}" has {tensor.size} bytes instead of at most {most}')
        with open(tensor.file, "rb") as file:
            file.seek(tensor.start)
            return file.read(tensor.size)


def read(path: Path) -> Header:
    """The header of a .safetensors, a .gguf or a .safetensors.index.json with its shards. Raises BadWeights."""
    if path.suffix.lower() in PICKLES:
        raise pickle(path)
    try:
        if path.name.endswith(".index.json"):
            return _sharded(path)
        with open(path, "rb") as file:
            start = file.read(8)
            if start[:4] == b"GGUF":
                return _gguf(path, file)
            return _safetensors(path, file, start)
    except OSError as error:
        raise BadWeights(f"{path.name} cannot be read: {error.strerror}.", hint="Check the path and rights.") from error
    except (struct.error, UnicodeDecodeError, RecursionError) as error:
        raise _bad(path, f"its header cannot be read ({error})") from error


def pickle(path: Path) -> BadWeights:
    return BadWeights(
        f"{_called(path)} is a pickle, which may run code when it is read, so it is not read.",
        hint="Get the same weights as .safetensors or .gguf; most authors offer both.",
    )


def folder(path: Path) -> Header:
    """The weights of one component's folder, as diffusers and transformers save it. Raises BadWeights."""
    for stem in _STEMS:
        for name in (f"{stem}.safetensors.index.json", f"{stem}.safetensors"):
            if (path / name).is_file():
                return read(path / name)
    found = sorted(path.glob("*.safetensors.index.json")) or sorted(path.glob("*.safetensors"))
    if len(found) == 1:
        return read(found[0])
    if found:
        raise BadWeights(f"{path.name} holds {len(found)} files of weights: which?", hint="Leave one of them there.")
    for file in sorted(path.glob("*")):
        if file.suffix in PICKLES:
            raise pickle(file)
    raise BadWeights(f"{path.name} has no .safetensors.", hint="Get the folder's missing files.")


def _bad(path: Path, why: str) -> BadWeights:
    return BadWeights(f"{_called(path)} is not whole: {why}.", hint=_AGAIN)


def _called(path: Path) -> str:
    """With the folder of its part, where all parts' files have the same name."""
    return f"{path.parent.name}/{path.name}" if path.name.startswith(_STEMS) else path.name


def _safetensors(path: Path, file: BinaryIO, start: bytes) -> Header:
    length = path.stat().st_size
    if len(start) < 8:
        raise _bad(path, f"it has {length} bytes")
    (size,) = struct.unpack("<Q", start)
    if size > min(MAX_HEADER, length - 8):
        if start[:4] == b"PK\x03\x04" or (start[0] == 0x80 and 2 <= start[1] <= 5):  # what torch.save writes
            raise pickle(path)
        raise BadWeights(
            f"{_called(path)} is no safetensors file: its header would have {size:,} bytes of {length:,}.",
            hint="Weights are .safetensors or .gguf files.",
        )
    try:
        told = json.loads(file.read(size))
    except ValueError as error:
        raise BadWeights(f"{path.name} is no safetensors file: {error}.", hint="Get the file again.") from error
    if not isinstance(told, dict):
        raise _bad(path, "its header is no table")
    metadata = told.pop("__metadata__", None) or {}
    if not isinstance(metadata, dict) or len(told) > MAX_TENSORS:
        raise _bad(path, f"it tells of {len(told)} tensors; at most {MAX_TENSORS:,} are read")
    tensors = {name: _tensor(path, name, one, 8 + size, length) for name, one in told.items()}
    _apart(path, tensors)
    return Header(path, "safetensors", tensors, metadata, (path,))


def _tensor(path: Path, name: str, told: Any, begin: int, length: int) -> Tensor:
    try:
        dtype, shape, (start, end) = told["dtype"], told["shape"], told["data_offsets"]
    except (TypeError, KeyError, ValueError) as error:
        raise _bad(path, f'"{name[:80]}" has no dtype, shape and place') from error
    if dtype not in _BITS:
        raise BadWeights(
            f'{path.name}: "{name[:80]}" is of an unknown kind, {str(dtype)[:20]!r}.',
            hint="bf16, fp16, fp32, fp8 and GGUF files are read.",
        )
    if not isinstance(shape, list) or not all(type(one) is int for one in (start, end, *shape)):
        raise _bad(path, f'"{name[:80]}" has no shape and place in integers')
    _check_shape(path, name, shape)
    if not 0 <= start <= end or (end - start) * 8 != math.prod(shape) * _BITS[dtype]:
        raise _bad(path, f'"{name[:80]}" is {shape} of {dtype}, but has {end - start:,} bytes')
    if begin + end > length:
        raise _bad(path, f"it has {length:,} bytes, and its header tells of {begin + end:,} or more")
    return Tensor(dtype, tuple(shape), begin + start, end - start, path)


def _check_shape(path: Path, name: str, shape: list[int]) -> None:
    if len(shape) > MAX_DIMENSIONS or any(not 0 <= side < 2**40 for side in shape):
        raise _bad(path, f'"{name[:80]}" has an absurd shape, {str(shape)[:60]}')


def _apart(path: Path, tensors: Mapping[str, Tensor]) -> None:
    end, last = 0, ""
    for name, tensor in sorted(tensors.items(), key=lambda item: (item[1].start, item[1].size)):
        if tensor.size and tensor.start < end:
            raise _bad(path, f'"{name[:80]}" lies where "{last[:80]}" lies')
        end, last = max(end, tensor.start + tensor.size), name


def _sharded(path: Path) -> Header:
    if path.stat().st_size > MAX_HEADER:
        raise _bad(path, "it is too large for a list of shards")
    try:
        names = json.loads(path.read_text("utf-8"))["weight_map"]
        shards = sorted(set(names.values()))
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise BadWeights(f"{path.name} is no list of shards.", hint=_AGAIN) from error
    if len(shards) > 1000 or not all(isinstance(one, str) and one == Path(one).name for one in shards):
        raise _bad(path, "it names files outside its folder, or too many")
    absent = [one for one in shards if not (path.parent / one).is_file()]
    if absent:
        raise BadWeights(f"{len(absent)} of {len(shards)} shards are missing, such as {absent[0]}.", hint=_AGAIN)
    headers = {one: read(path.parent / one) for one in shards}
    tensors = {}
    for name, one in names.items():
        if name not in headers[one].tensors:
            raise _bad(path, f'"{name[:80]}" is not in {one}')
        tensors[name] = headers[one].tensors[name]
    first = headers[shards[0]]
    return Header(path, first.kind, tensors, first.metadata, tuple(path.parent / one for one in shards))


class _Reader:
    """Reads little-endian values, and no more than MAX_HEADER bytes in all."""

    def __init__(self, path: Path, file: BinaryIO):
        self.path, self.file, self.at = path, file, 8
        self.file.seek(4)
        self.version = struct.unpack("<I", file.read(4))[0]

    def bytes(self, count: int) -> bytes:
        self.at += count
        if self.at > MAX_HEADER:
            raise _bad(self.path, f"its header is larger than {MAX_HEADER:,} bytes")
        data = self.file.read(count)
        if len(data) < count:
            raise _bad(self.path, "it ends within its header")
        return data

    def one(self, form: str) -> Any:
        return struct.unpack("<" + form, self.bytes(struct.calcsize("<" + form)))[0]

    def text(self) -> str:
        return self.bytes(self.one("Q")).decode("utf-8", "replace")

    def value(self, kind: int, depth: int = 0) -> Any:
        if kind in _VALUES:
            return self.one(_VALUES[kind])
        if kind == 8:
            return self.text()
        if kind != 9 or depth > 2:
            raise _bad(self.path, f"a value is of the unknown kind {kind}")
        inner, count = self.one("I"), self.one("Q")
        if inner in _VALUES:
            size = struct.calcsize("<" + _VALUES[inner])
            data = self.bytes(size * count)
            return list(struct.unpack(f"<{min(count, _KEPT)}{_VALUES[inner]}", data[: size * min(count, _KEPT)]))
        if count > MAX_HEADER // 8:
            raise _bad(self.path, f"a list has {count:,} entries")
        kept = []
        for number in range(count):
            one = self.value(inner, depth + 1)
            if number < _KEPT:
                kept.append(one)
        return kept


def _gguf(path: Path, file: BinaryIO) -> Header:
    length = path.stat().st_size
    reader = _Reader(path, file)
    if reader.version not in (2, 3):
        raise BadWeights(f"{path.name} is GGUF version {reader.version}; 2 and 3 are read.", hint="Convert it anew.")
    count, pairs = reader.one("Q"), reader.one("Q")
    if count > MAX_TENSORS or pairs > MAX_TENSORS:
        raise _bad(path, f"it tells of {count:,} tensors and {pairs:,} facts; at most {MAX_TENSORS:,} are read")
    metadata: dict[str, Any] = {}
    for _ in range(pairs):
        name = reader.text()
        metadata[name] = reader.value(reader.one("I"))
    told = list(_infos(reader, count))
    step = metadata.get("general.alignment", 32)
    if type(step) is not int or not 1 <= step <= 2**20:
        raise _bad(path, "its alignment is absurd")
    begin = -(-reader.at // step) * step
    tensors = {}
    for name, shape, kind, offset in told:
        _check_shape(path, name, shape)
        if kind not in _KINDS:
            raise BadWeights(f"{path.name}: tensors of the GGUF kind {kind} are not known.", hint="Take a K quant.")
        dtype, block, size = _KINDS[kind]
        if shape and shape[-1] % block:
            raise _bad(path, f'"{name[:80]}" is {shape} of {dtype}, whose blocks have {block} weights')
        size = math.prod(shape) // block * size
        if begin + offset + size > length:
            raise _bad(path, f"it has {length:,} bytes, and its header tells of {begin + offset + size:,} or more")
        was = metadata.get(f"comfy.gguf.orig_shape.{name}")  # GGUF has four dimensions at most, a 3D convolution five
        if isinstance(was, list) and all(type(one) is int for one in was) and math.prod(was) == math.prod(shape):
            shape = was
        tensors[name] = Tensor(dtype, tuple(shape), begin + offset, size, path)
    _apart(path, tensors)
    return Header(path, "gguf", tensors, metadata, (path,))


def _infos(reader: _Reader, count: int) -> Iterator[tuple[str, list[int], int, int]]:
    for _ in range(count):
        name, dimensions = reader.text(), reader.one("I")
        if dimensions > MAX_DIMENSIONS:
            raise _bad(reader.path, f'"{name[:80]}" has {dimensions} dimensions')
        shape = [reader.one("Q") for _ in range(dimensions)]
        yield name, shape[::-1], reader.one("I"), reader.one("Q")
