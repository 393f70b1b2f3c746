"""A voice service that speaks OpenAI's `/audio/speech`: OpenAI itself, or a server of one's own (Kokoro-FastAPI,
openedai-speech, vLLM-Omni). Off until its address is set. The words of each line are sent there, and `sends_to` says so
before.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from pathlib import Path

from vitascope.film.voices import program, recorded
from vitascope.film.voices.speaker import Said, VoiceCard
from vitascope.film.voices.words import clean
from vitascope.outbound.service import Service

LIMIT_SECONDS = 120.0


class SpeechService:
    name = "service"
    languages: tuple[str, ...] = ()

    def __init__(self, url: str, *, key: str, model: str, voices: str, limit_seconds: float = LIMIT_SECONDS):
        """`voices`: names, parted by commas."""
        self._service, self._model = Service("The voice service", "VITASCOPE_SPEECH", url, key), model
        self._names = tuple(dict.fromkeys(name.strip() for name in voices.split(",") if name.strip()))
        self._limit_seconds = limit_seconds
        self.sends_to = self._service.host

    def voices(self) -> tuple[VoiceCard, ...]:
        terms = f"that of {self.sends_to}"
        return tuple(VoiceCard(self.name, name, "", f"{name} ({self.sends_to})", terms) for name in self._names)

    def say(self, text: str, *, voice: str, speed: float, language: str, target: Path) -> Said:
        program.check(voice, self.voices())
        speak = partial(self._speak, voice=voice, speed=speed)
        return recorded.line("The voice service", text, target, speak, speed=speed)

    def _speak(self, sentences: Sequence[str], folder: Path, *, voice: str, speed: float) -> list[Path]:
        made = []
        for number, sentence in enumerate(sentences):
            made.append(folder / f"{number}.wav")
            made[-1].write_bytes(self._ask(clean(sentence), voice, speed))
        return made

    def _ask(self, words: str, voice: str, speed: float) -> bytes:
        wanted = {"model": self._model, "input": words, "voice": voice, "response_format": "wav", "speed": speed}
        status, said = self._service.ask("/audio/speech", wanted, accept="audio/wav", limit_seconds=self._limit_seconds)
        return self._service.good(status, said, "VITASCOPE_SPEECH_MODEL and VITASCOPE_SPEECH_VOICE")
