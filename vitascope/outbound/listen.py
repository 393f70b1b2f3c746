"""What a configured server says over a WebSocket (RFC 6455) within a few seconds. Nothing is said to it but the
handshake, and no extension is offered, so its frames are read as they are.
"""

from __future__ import annotations

import asyncio
import base64
import contextlib
import secrets
from collections.abc import Mapping

from vitascope.errors import VitascopeError
from vitascope.outbound import addresses
from vitascope.outbound.calling import begin, resolved, tls

MAX_BYTES = 8 * 2**20  # of all messages
MAX_MESSAGES = 1000
_CONNECT_SECONDS = 5.0
_TEXT, _CLOSE = 1, 8


def listen(url: str, *, headers: Mapping[str, str], seconds: float) -> list[str]:
    """The text messages that came; none when it cannot be reached or does not speak WebSocket. `url`: http or https;
    its host may be private.
    """
    return begin(_heard(url, headers, seconds)).result()


async def _heard(url: str, headers: Mapping[str, str], seconds: float) -> list[str]:
    texts: list[str] = []
    writer: asyncio.StreamWriter | None = None
    with contextlib.suppress(OSError, EOFError, TimeoutError, ValueError, asyncio.LimitOverrunError, VitascopeError):
        place = addresses.place_of(url)
        async with asyncio.timeout(_CONNECT_SECONDS):
            address = await resolved(place, (place.host,))
            safe, name = (tls(), place.host) if place.scheme == "https" else (None, None)
            reader, writer = await asyncio.open_connection(address, place.port, ssl=safe, server_hostname=name)
            key = base64.b64encode(secrets.token_bytes(16)).decode()
            told = {
                "host": place.authority, "upgrade": "websocket", "connection": "Upgrade", "user-agent": "vitascope",
                "sec-websocket-version": "13", "sec-websocket-key": key, **headers,
            }  # fmt: skip
            lines = [f"GET {place.target} HTTP/1.1", *(f"{name}: {value}" for name, value in told.items()), "", ""]
            writer.write("\r\n".join(lines).encode("latin-1"))
            status = (await reader.readuntil(b"\r\n\r\n")).split(b" ", 2)[1]
        if status == b"101":
            async with asyncio.timeout(seconds):
                await _read(reader, texts)
    if writer:
        writer.close()
    return texts


async def _read(reader: asyncio.StreamReader, texts: list[str]) -> None:
    left, opcode, message = MAX_BYTES, 0, b""
    while len(texts) < MAX_MESSAGES:
        first, second = await reader.readexactly(2)
        length = second & 0x7F
        if length >= 126:
            length = int.from_bytes(await reader.readexactly(2 if length == 126 else 8), "big")
        left -= length
        if second & 0x80 or left < 0 or first & 0x0F == _CLOSE:
            return
        data = await reader.readexactly(length)
        if first & 0x08:  # a ping or a pong, also amid a message
            continue
        opcode, message = (first & 0x0F, data) if first & 0x0F else (opcode, message + data)
        if first & 0x80 and opcode == _TEXT:
            texts.append(message.decode())
