"""The secrets and signatures of the Standard Webhooks scheme: by them a receiver knows
that a message is ours, and new."""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import secrets
from collections.abc import Mapping

from vitascope.errors import BadSpec

TOLERANCE_SECONDS = 300.0  # how old a signature a receiver should take
_PREFIX = "whsec_"


def new_secret() -> str:
    return secret_of(secrets.token_bytes(32))


def secret_of(key: bytes) -> str:
    """A secret as Standard Webhooks write it."""
    return _PREFIX + base64.b64encode(key).decode("ascii")


def sign(secret: str, message_id: str, timestamp: int, body: bytes) -> str:
    """The value of the header webhook-signature."""
    signed = f"{message_id}.{timestamp}.".encode() + body
    digest = hmac.new(_key(secret), signed, hashlib.sha256).digest()
    return f"v1,{base64.b64encode(digest).decode('ascii')}"


def headers(secret: str, message_id: str, timestamp: int, body: bytes) -> dict[str, str]:
    """Those by which a receiver knows the message."""
    return {
        "webhook-id": message_id,
        "webhook-timestamp": str(timestamp),
        "webhook-signature": sign(secret, message_id, timestamp, body),
    }


def verify(secret: str, headers: Mapping[str, str], body: bytes, now: float) -> bool:
    """What a receiver does: whether this message was signed with this secret, not long ago. Several signatures parted
    by spaces are taken, as while a secret is being changed.
    """
    given = {name.lower(): value for name, value in headers.items()}
    try:
        timestamp = int(given["webhook-timestamp"])
        expected = sign(secret, given["webhook-id"], timestamp, body)
        signatures = given["webhook-signature"].split()
    except (KeyError, ValueError):
        return False
    good = [hmac.compare_digest(expected.encode(), signature.encode()) for signature in signatures]
    return any(good) and abs(now - timestamp) <= TOLERANCE_SECONDS


def _key(secret: str) -> bytes:
    try:
        return base64.b64decode(secret.removeprefix(_PREFIX), validate=True)
    except (binascii.Error, ValueError) as error:
        raise BadSpec("That is not a webhook secret.", hint="It begins with whsec_.") from error
