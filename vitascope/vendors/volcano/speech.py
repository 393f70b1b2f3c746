"""Volcano's (Doubao's) speech: the one-way stream over HTTP, version 3 (https://www.volcengine.com/docs/6561/1598757).
A JSON object for each piece of the sound, then one that says it is whole. Pure. Never tried against Volcano itself: it
is written by that page.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from vitascope.vendors.client import Refused, Request, Steps, Unclear
from vitascope.vendors.speech import Spoken, Words, refuse_status

_PIECE, _WHOLE = 0, 20_000_000
_TOO_LONG, _DENIED = 40_402_003, 45_000_000


@dataclass(frozen=True)
class VolcanoSpeech:
    """`model`: the resource id, such as seed-tts-2.0."""

    model: str

    def speak(self, words: Words) -> Steps[Spoken]:
        answer = yield Request(
            method="POST",
            path="/api/v3/tts/unidirectional",
            headers={
                "X-Api-Resource-Id": self.model,
                "X-Api-Request-Id": words.name,
                "X-Control-Require-Usage-Tokens-Return": "text_words",
            },
            json={
                "user": {"uid": "vitascope"},
                "req_params": {
                    "text": words.text,
                    "speaker": words.voice,
                    "audio_params": {
                        "format": "mp3",
                        "sample_rate": 24000,
                        "speech_rate": round(100 * (words.speed - 1)),  # -50 is half as fast, 100 twice
                    },
                },
            },
            paid=True,
        )
        refuse_status(answer)
        sound, charged, whole = bytearray(), None, False
        for told in _objects(answer.body.decode("utf-8", "replace")):
            code = told.get("code")
            if code == _PIECE:
                sound += _bytes(told.get("data"))
            elif code == _WHOLE:
                whole, usage = True, told.get("usage")
                charged = usage.get("text_words") if isinstance(usage, dict) else None
            else:
                _refuse(told, begun=bool(sound))
        if not whole or not sound:
            raise Unclear("it broke off" if sound else "it answered without a sound")
        return Spoken(bytes(sound), words.name, charged if isinstance(charged, int) else None)


def authorization(key: str) -> Mapping[str, str]:
    """The headers of "APP_ID:ACCESS_TOKEN", or of a key of the new console, which is one word."""
    app, colon, token = key.partition(":")
    return {"X-Api-App-Id": app, "X-Api-Access-Key": token} if colon else {"X-Api-Key": key}


def _refuse(told: Mapping[str, Any], *, begun: bool) -> None:
    code, why = told.get("code"), str(told.get("message") or "")[:200]
    if not begun and code == _TOO_LONG:
        raise Refused("input", f"{why} ({code})")
    if not begun and code == _DENIED:
        raise Refused("limit" if "quota exceeded" in why else "auth", f"{why} ({code})")
    raise Unclear(f"{why} ({code})")


def _objects(text: str) -> Iterator[dict[str, Any]]:
    """The objects that follow each other, as far as they came; with or without a line for each."""
    decoder, at = json.JSONDecoder(), 0
    while (at := len(text) - len(text[at:].lstrip())) < len(text):
        try:
            told, at = decoder.raw_decode(text, at)
        except (ValueError, RecursionError):
            return
        if isinstance(told, dict):
            yield told


def _bytes(data: Any) -> bytes:
    try:
        return base64.b64decode(data or "", validate=True)
    except (TypeError, ValueError) as error:
        raise Unclear("a piece of its sound cannot be read") from error
