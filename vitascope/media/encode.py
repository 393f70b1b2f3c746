"""The one place where an encoder is given something to encode."""

from __future__ import annotations

from typing import Any

from av.error import ExternalError

from vitascope.errors import NoMemory


def encode(stream: Any, frame: Any) -> Any:
    """The packets of this frame (None: of all that is left). Raises NoMemory: what comes here was checked, so an
    encoder library that fails, and does not say why, could not get memory.
    """
    try:
        return stream.encode(frame)
    except ExternalError as error:
        raise NoMemory from error
