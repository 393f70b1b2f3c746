"""Voices that are programs of this machine. Each is started without a shell, gets the words by a pipe or a file and
never as an argument, sees nothing of our environment but what it needs to run, and is ended when it takes too long.
"""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
from collections.abc import Sequence
from pathlib import Path

from vitascope import config
from vitascope.errors import BadSpec, NotMade, Unavailable
from vitascope.film.voices.speaker import VoiceCard

_LEAST_SECONDS, _A_CHARACTER = 60.0, 0.05  # how long it may take


def run(command: Sequence[str], *, name: str, text: str, folder: Path, limit_seconds: float | None = None) -> None:
    """Raises NotMade when it fails, Unavailable when it takes too long. `folder` is its own, for a moment."""
    limit = limit_seconds or _LEAST_SECONDS + _A_CHARACTER * len(text)
    with open(folder / "said", "wb") as said:
        try:
            process = subprocess.Popen(
                list(command),
                stdin=subprocess.PIPE,
                stdout=subprocess.DEVNULL,
                stderr=said,
                cwd=folder,
                env=config.plain_environment(),
                start_new_session=True,  # so that its own children end with it
            )
        except OSError as error:
            raise NotMade(f"{name} cannot be started: {error.strerror}.", hint=f"Is {name} installed whole?") from error
        try:
            process.communicate(text.encode(), timeout=limit)
        except subprocess.TimeoutExpired as error:
            raise Unavailable(
                f"{name} did not finish {len(text):,} characters in {limit:g} s.", hint="Shorten the line."
            ) from error
        finally:
            _end(process)
    if process.returncode:
        why = (folder / "said").read_bytes()[-500:].decode("utf-8", "replace")
        raise NotMade(f"{name} failed (exit {process.returncode}).", hint=f"Is {name} installed whole?", why=why)


def check(voice: str, cards: Sequence[VoiceCard]) -> VoiceCard:
    """The card of this voice. Raises BadSpec when there is none: a name is never handed on unseen."""
    for card in cards:
        if card.name == voice:
            return card
    known = ", ".join(card.name for card in cards[:8])
    raise BadSpec(f'There is no voice "{voice[:80]}" here.', hint=f"Some that are: {known}." if known else "")


def _end(process: subprocess.Popen[bytes]) -> None:
    if process.poll() is None:
        with contextlib.suppress(OSError):
            os.killpg(process.pid, signal.SIGKILL) if hasattr(os, "killpg") else process.kill()
    process.wait()
