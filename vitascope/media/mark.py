"""The invisible mark: 32 bits hidden in the brightness of every frame. They survive encoding, cutting and cropping, but
not scaling. Reading needs no original and no key; with this file in hand the mark can also be removed. It tells friends
where a clip comes from and proves nothing against a foe.

A tile of 128x128 pixels is repeated over the picture, the same in all frames, so that the mean of a clip's frames keeps
it while what moves fades. In each 8x8 block of the tile nine middle frequencies carry signs: half of them a fixed
pattern, by which the tile is found wherever the picture was cut, half the bits, in an extended Golay code.
"""

from __future__ import annotations

import functools
import hashlib
import zlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from vitascope.frames import Frame

BITS = 32
TILE = 128  # pixels; sixteen blocks
STRENGTH = 3.0  # levels, of each frequency; a frame changes by 1.2 levels on the average, 46.8 dB
# A clip without a mark stays below 5 (a hundred measured); chance alone would pass 8 once in 10^11 pictures, and the
# checksum lets one in 65,536 of these through.
LEAST = 8.0
_BLOCK = 8
_BANDS = [(u, v) for u in range(8) for v in range(8) if u + v in (3, 4)]
_SEED = 0x766974  # "vit"
_LIMIT = 4.0  # levels; stronger edges of the picture count no more than this
_GOLAY = 0xC75
_WORDS = 4  # of 12 bits: 32 of the message, 16 of its checksum

Plane = npt.NDArray[np.float64]  # (H, W)


@dataclass(frozen=True)
class Reading:
    """A mark that was found. `certainty`: how far it stands out, in standard deviations."""

    message: int
    certainty: float


def marked(frames: Iterable[Frame], message: int) -> Iterator[Frame]:
    """The frames with a message of 32 bits in each."""
    pattern: npt.NDArray[np.int16] | None = None
    for frame in frames:
        if pattern is None or pattern.shape[:2] != frame.shape[:2]:
            pattern = _pattern(message, *frame.shape[:2])
        yield np.clip(frame + pattern, 0, 255).astype(np.uint8)


def message_of(text: str) -> int:
    """32 bits that stand for this text, for example a recipe's, so that the mark can be looked up by it."""
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:4], "big")


def find(frames: Iterable[Frame]) -> Reading | None:
    """The mark in these frames of one clip; None when there is none, or none that can be read for certain."""
    total: Plane | None = None
    count = 0
    for frame in frames:
        grey = frame @ np.array([0.299, 0.587, 0.114])
        total = grey if total is None else total + grey
        count += 1
    if total is None or min(total.shape) < 2 * _BLOCK:
        return None
    tile = _folded(_residue(total / count))
    certainty, down, right = _place(tile)
    if certainty < LEAST:
        return None
    message = _decoded(np.roll(tile, (-down, -right), (0, 1)))
    return None if message is None else Reading(message, certainty)


def _pattern(message: int, height: int, width: int) -> npt.NDArray[np.int16]:
    """(H, W, 1): what is added to each channel."""
    signs = _signs().copy()
    bits = _coded(message)
    for number, places in enumerate(_carriers()):
        signs.flat[places] *= 1 if bits[number] else -1
    tile = np.rint(STRENGTH * _pixels(signs)).astype(np.int16)
    rows, columns = -(-height // TILE), -(-width // TILE)
    return np.tile(tile, (rows, columns))[:height, :width, None]


@functools.cache
def _signs() -> npt.NDArray[np.float64]:
    """(blocks, frequencies) of +1 and -1, drawn once and for ever."""
    rng = np.random.Generator(np.random.PCG64(_SEED))
    return np.where(rng.integers(0, 2, ((TILE // _BLOCK) ** 2, len(_BANDS))) == 1, 1.0, -1.0)


@functools.cache
def _carriers() -> list[npt.NDArray[np.int64]]:
    """For each coded bit the places that carry it; the first half of all places carries the fixed pattern."""
    rng = np.random.Generator(np.random.PCG64(_SEED + 1))
    order = rng.permutation(_signs().size)
    return np.array_split(order[_signs().size // 2 :], 24 * _WORDS)


@functools.cache
def _fixed() -> Plane:
    """The fixed half of the tile, as it looks in a picture."""
    signs = _signs().copy()
    signs.flat[np.concatenate(_carriers())] = 0.0
    return _pixels(signs)


@functools.cache
def _waves() -> npt.NDArray[np.float64]:
    """(8, 8): the orthonormal cosine transform."""
    u, x = np.mgrid[:_BLOCK, :_BLOCK]
    rows = np.sqrt(2 / _BLOCK) * np.cos(np.pi * (2 * x + 1) * u / (2 * _BLOCK))
    rows[0] /= np.sqrt(2)
    return rows


def _pixels(signs: npt.NDArray[np.float64]) -> Plane:
    """(TILE, TILE) from a weight for every block and frequency."""
    blocks = np.zeros((len(signs), _BLOCK, _BLOCK))
    for number, (u, v) in enumerate(_BANDS):
        blocks[:, u, v] = signs[:, number]
    waves = _waves()
    drawn = waves.T @ blocks @ waves
    side = TILE // _BLOCK
    return drawn.reshape(side, side, _BLOCK, _BLOCK).swapaxes(1, 2).reshape(TILE, TILE)


def _weights(tile: Plane) -> npt.NDArray[np.float64]:
    """The other way round: (blocks, frequencies) of a tile."""
    side = TILE // _BLOCK
    blocks = tile.reshape(side, _BLOCK, side, _BLOCK).swapaxes(1, 2).reshape(-1, _BLOCK, _BLOCK)
    waves = _waves()
    found = waves @ blocks @ waves.T
    return np.stack([found[:, u, v] for u, v in _BANDS], axis=1)


def _residue(grey: Plane) -> Plane:
    """What is left of a picture without its broad strokes, its edges held down."""
    padded = np.pad(grey, 3, mode="reflect")
    sums = np.pad(padded.cumsum(0).cumsum(1), ((1, 0), (1, 0)))
    mean = (sums[7:, 7:] - sums[:-7, 7:] - sums[7:, :-7] + sums[:-7, :-7]) / 49
    fine = grey - mean
    padded = np.pad(np.abs(fine), 3, mode="reflect")
    sums = np.pad(padded.cumsum(0).cumsum(1), ((1, 0), (1, 0)))
    unrest = (sums[7:, 7:] - sums[:-7, 7:] - sums[7:, :-7] + sums[:-7, :-7]) / 49
    return np.clip(fine, -_LIMIT, _LIMIT) / np.maximum(unrest, 1.0)


def _folded(plane: Plane) -> Plane:
    """All tiles of a picture laid on one another: their mean, zero where there is none."""
    rows, columns = -(-plane.shape[0] // TILE), -(-plane.shape[1] // TILE)
    room = ((0, rows * TILE - plane.shape[0]), (0, columns * TILE - plane.shape[1]))
    total, count = (
        np.pad(part, room).reshape(rows, TILE, columns, TILE).sum((0, 2)) for part in (plane, np.ones_like(plane))
    )
    return total / np.maximum(count, 1)


def _place(tile: Plane) -> tuple[float, int, int]:
    """How clearly the fixed pattern is in there, and how far down and right it was moved."""
    if not tile.any():
        return 0.0, 0, 0
    likeness = np.fft.irfft2(np.fft.rfft2(tile) * np.conj(np.fft.rfft2(_fixed())), s=tile.shape)
    down, right = np.unravel_index(int(likeness.argmax()), likeness.shape)
    return float((likeness.max() - likeness.mean()) / likeness.std()), int(down), int(right)


def _decoded(tile: Plane) -> int | None:
    """The message in a tile that lies in its place; None when its checksum is wrong."""
    agreement = (_weights(tile) * _signs()).ravel()
    soft = np.array([agreement[places].sum() for places in _carriers()]).reshape(_WORDS, 24)
    number = 0
    for word in (soft @ _book().T).argmax(1):
        number = number << 12 | int(word)
    message, check = number >> 16, number & 0xFFFF
    return message if check == _checksum(message) else None


def _coded(message: int) -> npt.NDArray[np.bool_]:
    if not 0 <= message < 1 << BITS:
        raise ValueError(f"a mark holds {BITS} bits, not {message}")
    number = message << 16 | _checksum(message)
    words = [number >> shift & 0xFFF for shift in (36, 24, 12, 0)]
    return (_book()[words] > 0).ravel()


def _checksum(message: int) -> int:
    return zlib.crc32(message.to_bytes(4, "big")) & 0xFFFF


@functools.cache
def _book() -> npt.NDArray[np.float64]:
    """(4096, 24) of +1 and -1: all words of 12 bits in the extended Golay code; any two differ in 8 places."""
    words = []
    for word in range(1 << 12):
        rest = word << 11
        for bit in range(22, 10, -1):
            if rest >> bit & 1:
                rest ^= _GOLAY << (bit - 11)
        code = (word << 11 | rest) << 1
        code |= code.bit_count() & 1
        words.append([1.0 if code >> bit & 1 else -1.0 for bit in range(23, -1, -1)])
    return np.array(words)
