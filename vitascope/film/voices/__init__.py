"""Voices: who can speak the lines of a film on this machine, and who speaks which. START HERE: `speakers` says what is
here, `choose` gives each character a voice of its own, `Speaker.say` makes the sound. Without any voice `choose`
returns None: the captions stand silent then, and whoever asked says so.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterable, Iterator, Sequence

from vitascope.config import Settings
from vitascope.film.document import Film, Line
from vitascope.film.voices import piper
from vitascope.film.voices.espeak import Espeak
from vitascope.film.voices.flite import Flite
from vitascope.film.voices.languages import language_of, speaks
from vitascope.film.voices.piper import Piper
from vitascope.film.voices.service import SpeechService
from vitascope.film.voices.speaker import Said, Speaker, VoiceCard, primary

__all__ = ["Said", "Speaker", "VoiceCard", "cast_lines", "casting", "choose", "language_of", "sent_away", "speakers"]

_NARRATOR = ""


def speakers(settings: Settings) -> tuple[Speaker, ...]:
    """Who can speak here, the best first: the configured service, Piper with the user's voices, flite, espeak-ng."""

    def found() -> Iterator[Speaker]:
        if settings.speech_url:
            yield SpeechService(
                settings.speech_url, key=settings.speech_key, model=settings.speech_model, voices=settings.speech_voice
            )
        command = piper.found()
        if settings.voices and command:
            yield Piper(command, settings.voices)
        if flite := shutil.which("flite"):
            yield Flite(flite)
        if espeak := shutil.which("espeak-ng"):
            yield Espeak(espeak)

    return tuple(speaker for speaker in found() if speaker.voices())


def choose(film: Film, line: Line, speakers: Sequence[Speaker]) -> tuple[Speaker, str] | None:
    """(who speaks, the name of the voice) for this line; None when no voice of its language is here."""
    return cast_lines(film, [line], speakers).get(line.id)


def cast_lines(film: Film, lines: Iterable[Line], speakers: Sequence[Speaker]) -> dict[str, tuple[Speaker, str]]:
    """The voice of each line, by its id; those whose language nobody here speaks are left out."""
    casts: dict[str, dict[str, tuple[Speaker, str]]] = {}
    found = {}
    for line in lines:
        language = language_of(line.text, film.language)
        if language not in casts:
            casts[language] = casting(film, speakers, language)
        if line.speaker in casts[language]:
            found[line.id] = casts[language][line.speaker]
    return found


def sent_away(film: Film, lines: Sequence[Line], speakers: Sequence[Speaker]) -> dict[str, int]:
    """How many characters each host would get to speak these lines, to be told before; empty: all stays here."""
    cast, counts = cast_lines(film, lines, speakers), dict[str, int]()
    for line in lines:
        host = cast[line.id][0].sends_to if line.id in cast else ""
        if host:
            counts[host] = counts.get(host, 0) + len(line.text)
    return counts


def casting(film: Film, speakers: Sequence[Speaker], language: str = "") -> dict[str, tuple[Speaker, str]]:
    """The voice of everybody who speaks a line of this language ("": the film's), by the id in the cast; "" is who is
    nobody in particular.

    A voice that the cast names is kept where it is here and knows the letters. The others get the language in the order
    of `speakers`, each a voice that nobody has yet; when all are taken it begins anew.
    """
    language = language or film.language
    heard = {
        line.speaker
        for shot in film.shots.values()
        for line in shot.lines
        if line.is_spoken and language_of(line.text, film.language) == language
    }
    people = [key for key in (_NARRATOR, *film.cast) if key in heard]
    cast: dict[str, tuple[Speaker, str]] = {}
    for key in people:
        if named := _named(film, key, speakers, language):
            cast[key] = named
    of_language = _of_language(language, speakers)
    taken = {(speaker.name, voice) for speaker, voice in cast.values()}
    free = [one for one in of_language if (one[0].name, one[1]) not in taken] or of_language
    if free:
        for at, key in enumerate(key for key in people if key not in cast):
            cast[key] = free[at % len(free)]
    return cast


def _named(film: Film, key: str, speakers: Sequence[Speaker], language: str) -> tuple[Speaker, str] | None:
    member = film.cast.get(key)
    if member is None or not (member.voice.engine or member.voice.name):
        return None
    for speaker in speakers:
        if member.voice.engine not in ("", speaker.name):
            continue
        names = [card.name for card in speaker.voices() if speaks(card.language, language)]
        if member.voice.name in names:
            return speaker, member.voice.name
        if not member.voice.name and (mine := _of_language(language, [speaker])):
            return mine[0]
    return None


def _of_language(language: str, speakers: Sequence[Speaker]) -> list[tuple[Speaker, str]]:
    """All voices of a language; of one engine those of the very region first ("en-GB")."""
    found: list[tuple[Speaker, str]] = []
    for speaker in speakers:
        cards = [card for card in speaker.voices() if not card.language or primary(card.language) == primary(language)]
        cards.sort(key=lambda card: card.language.lower() != language.lower())
        found += [(speaker, card.name) for card in cards]
    return found
