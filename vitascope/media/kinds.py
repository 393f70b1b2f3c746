"""What a file is, by its first bytes alone: neither its name nor its content type is believed. Only the kinds in this
list are ever opened; playlists, scripts and subtitles, which name other files, are not among them.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

HEAD_BYTES = 4096  # how much of a file is enough to know it by
_TS_PACKET = 188


@dataclass(frozen=True)
class Kind:
    """`format`: what Pillow (for pictures) or FFmpeg (for clips and sounds) calls it."""

    what: Literal["picture", "clip", "sound"]
    format: str


_STARTS = {
    b"\x89PNG\r\n\x1a\n": Kind("picture", "PNG"),
    b"\xff\xd8\xff": Kind("picture", "JPEG"),
    b"GIF87a": Kind("picture", "GIF"),
    b"GIF89a": Kind("picture", "GIF"),
    b"BM": Kind("picture", "BMP"),
    b"II*\0": Kind("picture", "TIFF"),
    b"MM\0*": Kind("picture", "TIFF"),
    **{b"P%d" % number: Kind("picture", "PPM") for number in range(1, 7)},
    b"\x1a\x45\xdf\xa3": Kind("clip", "matroska"),
    b"fLaC": Kind("sound", "flac"),
    b"OggS": Kind("sound", "ogg"),
    b"ID3": Kind("sound", "mp3"),
    # A frame without a head of tags: MPEG 1 (32 kHz and more) or 2 (up to 24 kHz), with a checksum or without.
    **{bytes((0xFF, second)): Kind("sound", "mp3") for second in (0xFA, 0xFB, 0xF2, 0xF3)},
}
_RIFFS = {b"WEBP": Kind("picture", "WEBP"), b"AVI ": Kind("clip", "avi"), b"WAVE": Kind("sound", "wav")}
_HEIF = {b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"mif1", b"msf1"}
_AVIF = {b"avif", b"avis"}
_OLD_MOVIE = (b"moov", b"mdat", b"wide", b"free", b"skip")  # QuickTime files from before there was an ftyp box


def kind_of(head: bytes) -> Kind | None:
    """`head`: the first HEAD_BYTES of the file, or all of it if it is shorter."""
    if head[4:8] == b"ftyp":
        return _of_brands(head)
    if head[:4] == b"RIFF":
        return _RIFFS.get(head[8:12])
    if head[4:8] in _OLD_MOVIE:
        return Kind("clip", "mov")
    if head[: 2 * _TS_PACKET + 1 : _TS_PACKET] == b"GGG":
        return Kind("clip", "mpegts")
    return next((kind for start, kind in _STARTS.items() if head.startswith(start)), None)


def _of_brands(head: bytes) -> Kind:
    size = min(int.from_bytes(head[:4], "big"), 256)
    major, others = head[8:12], {head[place : place + 4] for place in range(16, size, 4)}
    if major in _AVIF or (major in _HEIF and others & _AVIF):
        return Kind("picture", "AVIF")
    if major in _HEIF:
        return Kind("picture", "HEIF")
    return Kind("sound" if major in (b"M4A ", b"M4B ") else "clip", "mov")
