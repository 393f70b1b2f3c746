"""A server with OpenAI's API that the operator has set: a language model's, a voice service. What is wrong with it is
told with its host and the setting to look at, never with its address or its key.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from vitascope import strictjson
from vitascope.errors import BadSettings, BadSpec, NotMade, TooMany, Unavailable, VitascopeError
from vitascope.outbound import addresses, vendor


@dataclass(frozen=True)
class Service:
    """`what`: "The language model". `settings`: what the names of its settings begin with. `url`: as far as "/v1"."""

    what: str
    settings: str
    url: str = field(repr=False)
    key: str = field(default="", repr=False)

    @property
    def host(self) -> str:
        try:
            return (urlsplit(self.url).hostname or "")[:120]
        except ValueError:
            return ""

    def check(self) -> None:
        """Raises BadSettings for an address or a key with which nothing can be called."""
        try:
            addresses.place_of(self.url)
        except BadSpec as error:
            raise BadSettings(
                f"{self.what} cannot be asked: {self.settings}_URL is no address of a server. {error.message}",
                hint="It is such as http://127.0.0.1:11434/v1 or https://api.example.com/v1.",
            ) from error
        if not self.key.isascii() or not (self.key or "x").isprintable():
            raise BadSettings(
                f"{self.what} cannot be asked: {self.settings}_KEY has letters that no key has.",
                hint="Is there a line break, or more than the key in it?",
            )

    def ask(self, path: str, body: Mapping[str, Any], *, accept: str, limit_seconds: float) -> tuple[int, bytes]:
        """(status, body) of its answer. Raises BadSettings, Unavailable."""
        self.check()
        headers = {"content-type": "application/json", "accept": accept}
        if self.key:
            headers["authorization"] = f"Bearer {self.key}"
        try:
            status, _, said = vendor.ask(
                "POST", f"{self.url.rstrip('/')}{path}", headers=headers,
                body=json.dumps(body, ensure_ascii=False).encode("utf-8"), limit_seconds=limit_seconds,
            )  # fmt: skip
        except VitascopeError as error:
            raise Unavailable(
                f"{self.what} at {self.host} gave no answer: {error.message}",
                hint=f"Is it running? Check {self.settings}_URL.",
            ) from error
        return status, said

    def good(self, status: int, said: bytes, names: str) -> bytes:
        """The body of a good answer. `names`: the settings that a server may not know. Raises BadSettings when the key
        is refused, TooMany, NotMade.
        """
        if status == 200:
            return said
        who = f"{self.what} at {self.host}"
        if status in (401, 403):
            wrong = "refuses the key" if self.key else "wants a key"
            raise BadSettings(f"{who} {wrong} ({status}).", hint=f"Check {self.settings}_KEY.")
        if status == 429:
            raise TooMany(
                f"{who} takes no more now ({status}).", hint="Try again later. Is there money left on your account?"
            )
        hint = f"Check {self.settings}_URL (it ends in /v1) and {names}."
        if status >= 500:
            hint = f"Try again later, and see what its own log says. {hint}"
        raise NotMade(f"{who} answered {status}.", hint=hint, why=self._words(said))

    def _words(self, said: bytes) -> str:
        """What it says is wrong, as far as it can be shown; empty when it says nothing to people."""
        text = said[:2_000].decode("utf-8", "replace")
        with suppress(ValueError, RecursionError, AttributeError):
            told = strictjson.loads(said)
            wrong = told.get("error") or told.get("detail") or told.get("message")
            text = str(wrong.get("message") if isinstance(wrong, dict) else wrong)
        text = text.replace(self.key, "***") if self.key else text
        return "" if "<" in text else " ".join("".join(c if c.isprintable() else " " for c in text).split())[:200]
