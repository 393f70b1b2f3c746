"""Headers by which a receiver knows that a callback is ours. Pure."""

from __future__ import annotations

from vitascope.store.webhooks import sign


def standard(secret: str, id: str, timestamp: int, body: bytes) -> dict[str, str]:
    """Those of Standard Webhooks; `secret` begins with whsec_."""
    return {
        "webhook-id": id,
        "webhook-timestamp": str(timestamp),
        "webhook-signature": sign(secret, id, timestamp, body),
    }
