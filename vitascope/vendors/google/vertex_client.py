"""The other side of `vertex`: we are the client of Veo in Vertex AI. Pure. Never tried against Google itself: it is
written by the official SDK's source, and tested against our own server, which that SDK tests from the other side.

A finished operation holds its clip as base64: no storage of Google's is used. A task cannot be stopped, nor found
without its name. `path` of a request follows ".../publishers/google/models".
"""

from __future__ import annotations

import base64
import binascii
from typing import Any, ClassVar

from vitascope.vendors.client import Answer, Refused, Request, Steps, TaskOrder, Ticket, Unclear
from vitascope.vendors.google import client as gemini
from vitascope.vendors.task_client import Told, inner, segment, small_seed


class Client(gemini.Client):
    """Where the model has a switch for sound, it is always said."""

    CODES: ClassVar = {**gemini.Client.CODES, "NOT_FOUND": "input"}

    def order(self, order: TaskOrder) -> Request:
        asked = super().order(order)
        told: Told = dict(asked.json or {})
        told["parameters"] |= {**small_seed(order), **self.sound(order, "generateAudio")}
        return Request(method="POST", path=f"{self._model}:predictLongRunning", json=told, paid=True)

    def look(self, ticket: Ticket) -> Request:
        known = "/operations/" in ticket.handle
        name = ticket.handle if known else f"{self._model[1:]}/operations/{segment(ticket.handle)}"
        path = f"{self._model}:fetchPredictOperation"
        return Request(method="POST", path=path, json={"operationName": name}, large=True)

    @property
    def _model(self) -> str:
        return f"/{segment(self.model, '-_.')}"

    def made(self, told: Told) -> Any:
        return inner(told, "response")

    def samples(self, made: Any) -> Any:
        return inner(made, "videos", 0)

    def fetch(self, ticket: Ticket) -> Steps[bytes | None]:
        answer: Answer = yield self.look(ticket)
        try:
            told = self.told(answer)
        except Refused as error:
            raise Unclear(error.message, wait=error.wait) from error
        try:
            clip = base64.b64decode(str(inner(self.made(told), "videos", 0, "bytesBase64Encoded") or ""), validate=True)
        except binascii.Error as error:
            raise Unclear("its clip cannot be read") from error
        if not clip:
            raise Refused("fault", "its result holds no clip")
        return clip
