"""/v1/voices and /v1/speech: who can speak here, and words as sound. Films order their voices themselves. A voice that
is paid for speaks here only when it is named.
"""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Literal

from fastapi import APIRouter, Response
from pydantic import Field

from vitascope.errors import NotSupported
from vitascope.film.voices.bought import Bought
from vitascope.film.voices.speaker import Speaker, primary
from vitascope.orders.speech import Buyer
from vitascope.server import requests
from vitascope.server.auth import Asking, Here, Who
from vitascope.server.files import uploads
from vitascope.server.films import speaking
from vitascope.server.routes import Answers, errors
from vitascope.server.schemas import Answer, Said
from vitascope.store import ids

router = APIRouter(route_class=Asking, prefix="/v1", tags=["films"])
_WAV: Answers = {200: {"content": {"audio/wav": {}}, "description": "The words, spoken."}}


class VoiceView(Answer):
    engine: str
    name: str
    language: str = Field(description="Empty: any.")
    title: str
    licence: str
    sends_to: str = Field(description="The host that gets the words; empty: they stay on this machine.")
    usd_per_million: float | None = Field(description="Of characters; null: it is free, or nobody knows.")


class Voices(Answer):
    object: Literal["list"] = "list"
    data: list[VoiceView]
    hint: str = Field(description="How to add voices, where none is here.")


class Speech(Said):
    text: str = Field(min_length=1, max_length=4_000)
    engine: str = Field("", max_length=200)
    voice: str = Field("", max_length=200)
    speed: float = Field(1.0, ge=0.5, le=2.0)
    language: str = Field("en", max_length=35, pattern=r"^[a-z]{2,3}(-[A-Za-z0-9]{2,8})*$")


@router.get("/voices", responses=errors())
def list_voices(context: Here, actor: Who) -> Voices:
    """Who can speak here, in the order in which they are chosen."""
    found = [
        VoiceView(
            engine=one.engine, name=one.name, language=one.language, title=one.title, licence=one.licence,
            sends_to=speaker.sends_to, usd_per_million=_price(speaker),
        )
        for speaker in speaking.speakers(context, actor)
        for one in speaker.voices()
    ]  # fmt: skip
    return Voices(data=found, hint="" if found else speaking.HINT)


@router.post("/speech", response_class=Response, responses=errors(404, 422, 502) | _WAV)
def speak(context: Here, actor: Who, said: Speech) -> Response:
    """These words, spoken, as a WAV file. A voice that is paid for is chosen only by its engine's name."""
    requests.admit(context, actor)
    buyer = Buyer(context.store, actor.id, ids.new_id(ids.SPEECH, context.now()))
    speaker, name = _chosen(speaking.speakers(context, actor, buyer), said)
    with tempfile.TemporaryDirectory(prefix="vitascope-") as folder, uploads.turns.of(actor.id):
        target = Path(folder) / "speech.wav"
        speaker.say(said.text, voice=name, speed=said.speed, language=said.language, target=target)
        return Response(target.read_bytes(), media_type="audio/wav")


def _price(speaker: Speaker) -> float | None:
    price = speaker.offer.price if isinstance(speaker, Bought) else None
    return None if price is None else price / 1_000_000


def _chosen(here: tuple[Speaker, ...], said: Speech) -> tuple[Speaker, str]:
    """The first voice that is as asked. Raises NotSupported."""
    for speaker in here:
        if isinstance(speaker, Bought) and said.engine != speaker.name:
            continue
        for one in speaker.voices():
            named = said.engine in ("", one.engine) and said.voice in ("", one.name)
            if named and (said.voice or one.language == "" or primary(one.language) == primary(said.language)):
                return speaker, one.name
    wanted = " ".join(part for part in (said.engine, said.voice) if part)
    raise NotSupported(
        f'There is no voice "{wanted[:80]}" here.' if wanted else f"No voice that speaks {said.language} is here.",
        hint="GET /v1/voices lists them; docs/voices.md says how to add one.",
        field="voice",
    )
