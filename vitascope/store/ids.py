"""Names for rows: a prefix that says what it is, then 24 hex digits that sort by time. No database is asked."""

from __future__ import annotations

import secrets
import threading

ACCOUNT, KEY, JOB, CLIP, PROJECT, BATCH = "acc_", "key_", "job_", "clip_", "prj_", "bat_"
WEBHOOK, DELIVERY, WORKER, BUCKET, PURCHASE, INPUT = "whk_", "dlv_", "wrk_", "bkt_", "pur_", "inp_"
FILM, TAKE, RENDER, FILM_BATCH, SPEECH = "film_", "take_", "render_", "filmbatch_", "speech_"

_lock = threading.Lock()
_last = (0, 0)  # (milliseconds, chance) of the last id


def new_id(prefix: str, now: float) -> str:
    """`prefix` ("job_" or "job"), 12 hex digits of the milliseconds of `now` and 12 of chance.

    Ids that one process makes in the same millisecond still sort in the order they were made.
    """
    global _last
    milliseconds = int(now * 1000) & (2**48 - 1)
    chance = secrets.randbits(47)
    with _lock:
        if milliseconds == _last[0]:
            chance = _last[1] + 1 + secrets.randbits(20)
        _last = (milliseconds, chance)
    return f"{prefix.rstrip('_')}_{milliseconds:012x}{chance & (2**48 - 1):012x}"


def born(id: str, prefix: str = "") -> float | None:
    """When an id was made, in unix seconds; None when it is none, or has another prefix."""
    kind, line, digits = id.rpartition("_")
    try:
        right = len(digits) == 24 and bool(line) and (not prefix or f"{kind}_" == prefix)
        return int(digits[:12], 16) / 1000 if right else None
    except ValueError:
        return None
