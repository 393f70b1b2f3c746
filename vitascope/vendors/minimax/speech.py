"""MiniMax's speech, "T2A v2" over HTTP (https://platform.minimax.io/docs/api-reference/speech-t2a-http). Pure. Never
tried against MiniMax itself: it is written by that page, and by its list of error codes.
"""

from __future__ import annotations

from dataclasses import dataclass

from vitascope.vendors.client import Reason, Refused, Request, Steps, Unclear
from vitascope.vendors.speech import Spoken, Words, refuse_status
from vitascope.vendors.task_client import inner

_BOOST = {"zh": "Chinese", "yue": "Chinese,Yue", "en": "English", "ja": "Japanese", "ko": "Korean", "fr": "French",
          "de": "German", "es": "Spanish", "pt": "Portuguese", "it": "Italian", "ru": "Russian"}  # fmt: skip
# Only these say that nothing was made: after "output sensitive" (1027) or a timeout (1001) nobody knows what it cost.
_REFUSED: dict[int, Reason] = {
    1002: "limit", 1004: "auth", 1008: "money", 1026: "moderation", 1039: "limit", 1041: "limit", 1042: "input",
    2013: "input", 2049: "auth", 20132: "input",
}  # fmt: skip


@dataclass(frozen=True)
class MiniMaxSpeech:
    model: str

    def speak(self, words: Words) -> Steps[Spoken]:
        answer = yield Request(
            method="POST",
            path="/v1/t2a_v2",
            json={
                "model": self.model,
                "text": words.text,
                "stream": False,
                "language_boost": _BOOST.get(words.language.split("-")[0].lower(), "auto"),
                "voice_setting": {"voice_id": words.voice, "speed": words.speed, "vol": 1, "pitch": 0},
                "audio_setting": {"sample_rate": 32000, "bitrate": 128000, "format": "mp3", "channel": 1},
                "output_format": "hex",
            },
            paid=True,
        )
        refuse_status(answer)
        told = answer.json()
        told = told if isinstance(told, dict) else {}
        code, why = inner(told, "base_resp", "status_code"), str(inner(told, "base_resp", "status_msg") or "")
        code = code if isinstance(code, int) else -1
        if code in _REFUSED:
            raise Refused(_REFUSED[code], f"{why} ({code})")
        try:
            sound = bytes.fromhex(inner(told, "data", "audio"))
        except (TypeError, ValueError):
            sound = b""
        if code != 0 or not sound:
            raise Unclear(f"{why} ({code})" if code > 0 else "it answered without a sound")
        charged = inner(told, "extra_info", "usage_characters")
        return Spoken(sound, str(told.get("trace_id") or words.name), charged if isinstance(charged, int) else None)
