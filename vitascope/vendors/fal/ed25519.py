"""ED25519 signatures (RFC 8032), for the one vendor whose callbacks are signed so. A few dozen lines of whole numbers
in the place of a package: a signature takes some milliseconds, and is made once for each callback. Not hardened
against whoever can time this process; nobody may ask it to sign words of their own.
"""

from __future__ import annotations

import base64
from functools import lru_cache
from hashlib import sha512
from typing import Any

_P = 2**255 - 19
_ORDER = 2**252 + 27742317777372353535851937790883648493
_D = -121665 * pow(121666, -1, _P) % _P
_BASE_Y = 4 * pow(5, -1, _P) % _P
_Point = tuple[int, int, int, int]  # x/z, y/z, 1, xy/z


def sign(seed: bytes, message: bytes) -> bytes:
    """The 64 bytes of the signature; `seed` is the private key, 32 bytes."""
    scalar, chance = _split(seed)
    nonce = _number(sha512(chance + message).digest()) % _ORDER
    start = _packed(_times(nonce, _base()))
    challenge = _number(sha512(start + public(seed) + message).digest()) % _ORDER
    return start + ((nonce + challenge * scalar) % _ORDER).to_bytes(32, "little")


@lru_cache(maxsize=8)
def public(seed: bytes) -> bytes:
    """The public key of this seed."""
    return _packed(_times(_split(seed)[0], _base()))


def jwk(key: bytes) -> dict[str, Any]:
    """The public key as one of a JSON Web Key Set."""
    return {"kty": "OKP", "crv": "Ed25519", "use": "sig", "alg": "EdDSA", "x": _web64(key), "kid": key.hex()[:16]}


def _split(seed: bytes) -> tuple[int, bytes]:
    digest = sha512(seed).digest()
    return _number(digest[:32]) & (2**254 - 8) | 2**254, digest[32:]


def _number(data: bytes) -> int:
    return int.from_bytes(data, "little")


def _web64(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode("ascii")


def _add(one: _Point, other: _Point) -> _Point:
    a = (one[1] - one[0]) * (other[1] - other[0]) % _P
    b = (one[1] + one[0]) * (other[1] + other[0]) % _P
    c = 2 * one[3] * other[3] * _D % _P
    d = 2 * one[2] * other[2] % _P
    e, f, g, h = b - a, d - c, d + c, b + a
    return e * f % _P, g * h % _P, f * g % _P, e * h % _P


def _times(scalar: int, point: _Point) -> _Point:
    total: _Point = (0, 1, 1, 0)
    while scalar:
        if scalar & 1:
            total = _add(total, point)
        point, scalar = _add(point, point), scalar >> 1
    return total


@lru_cache(maxsize=1)
def _base() -> _Point:
    square = (_BASE_Y * _BASE_Y - 1) * pow(_D * _BASE_Y * _BASE_Y + 1, -1, _P) % _P
    x = pow(square, (_P + 3) // 8, _P)
    if (x * x - square) % _P:
        x = x * pow(2, (_P - 1) // 4, _P) % _P
    x = _P - x if x & 1 else x
    return x, _BASE_Y, 1, x * _BASE_Y % _P


def _packed(point: _Point) -> bytes:
    inverse = pow(point[2], -1, _P)
    x, y = point[0] * inverse % _P, point[1] * inverse % _P
    return (y | (x & 1) << 255).to_bytes(32, "little")
