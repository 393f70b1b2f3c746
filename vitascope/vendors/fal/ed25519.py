"""ED25519 signatures (RFC 8032), for the one vendor whose callbacks are signed so. The package `cryptography` makes
them; it is an extra, and without it such callbacks are refused when they are ordered.
"""

from __future__ import annotations

import base64
from typing import Any

from vitascope.errors import MissingExtra


def require() -> None:
    """Raises MissingExtra when nothing can be signed here."""
    _private(bytes(32))


def sign(seed: bytes, message: bytes) -> bytes:
    """The 64 bytes of the signature; `seed` is the private key, 32 bytes."""
    signature: bytes = _private(seed).sign(message)
    return signature


def jwk(seed: bytes) -> dict[str, Any]:
    """The public key of this seed as one of a JSON Web Key Set."""
    key: bytes = _private(seed).public_key().public_bytes_raw()
    x = base64.urlsafe_b64encode(key).rstrip(b"=").decode("ascii")
    return {"kty": "OKP", "crv": "Ed25519", "use": "sig", "alg": "EdDSA", "x": x, "kid": key.hex()[:16]}


def _private(seed: bytes) -> Any:
    try:
        from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
    except ImportError as error:
        raise MissingExtra("Signing fal's callbacks", "callbacks") from error
    return Ed25519PrivateKey.from_private_bytes(seed)
