"""The owner at their own machine, who needs no password there. An address, a `Host` and missing headers prove nothing:
a proxy as it comes (nginx: HTTP/1.0, `Host: 127.0.0.1`, no forwarded header) brings strangers who look just like that.
So the owner shows a token as well. `vitascope studio` opens the page with a link that holds a ticket; the ticket sets
the token as a cookie. Only who can read the database can make such a link.

Here is decided whether this server serves its owner alone, whether a request comes straight from this machine, and
whether a ticket or a token is good. Who asks, is `auth`'s business.
"""

from __future__ import annotations

import hmac
import ipaddress
from hashlib import sha256
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from vitascope.store import accounts

if TYPE_CHECKING:
    from fastapi import Request
    from sqlalchemy import Connection

    from vitascope.config import Settings
    from vitascope.server.context import Context

COOKIE = "vitascope_local"
ENTER = "/enter"  # where a ticket is taken
TICKET_SECONDS = 86_400.0  # a link may be opened for a day
TOKEN_SECONDS = 30 * 86_400.0  # as long as a session
LOOPBACK = ("127.0.0.1", "::1", "localhost")
_PROXY_HEADERS = ("forwarded", "via", "x-real-ip", "x-client-ip", "client-ip", "true-client-ip", "x-scheme", "x-host")
_PROXY_PREFIXES = ("x-forwarded", "x-original-", "x-envoy-", "x-cluster-client", "cf-", "x-amzn-", "x-azure-", "fly-")


def why_shared(settings: Settings, loopback_only: bool) -> str:
    """Why this server serves others than its owner, for people; empty when it does not."""
    public = urlsplit(settings.public_url).netloc
    if not loopback_only:
        return f"it listens on {settings.host}"
    if public and not is_local_name(public):
        return f"its public address is {settings.public_url}"
    return "strangers may open accounts" if settings.signup else ""


def is_direct(request: Request) -> bool:
    """Whether the other end is a program on this machine, as far as a request can show that. Proxies speak HTTP/1.0 or
    say that they are there, unless they are told not to.
    """
    if request.client is None or request.scope.get("http_version") == "1.0":
        return False
    if any(name in _PROXY_HEADERS or name.startswith(_PROXY_PREFIXES) for name in request.headers):
        return False
    try:
        return ipaddress.ip_address(request.client.host.partition("%")[0]).is_loopback
    except ValueError:
        return False


def is_possible(context: Context, request: Request) -> bool:
    """Whether the owner may come in here with a ticket or a token at all."""
    if why_shared(context.settings, context.loopback_only):
        return False
    return is_direct(request) and is_local_name(request.headers.get("host", ""))


def is_owner(context: Context, request: Request) -> bool:
    """Whether the owner asks: from this machine, under one of its own names, with the token."""
    token = request.cookies.get(COOKIE, "")
    return bool(token) and is_possible(context, request) and _is_good(context.local_secret, "token", token, context)


def takes(context: Context, request: Request, ticket: str) -> bool:
    """Whether this ticket is good, here and now."""
    return is_possible(context, request) and _is_good(context.local_secret, "ticket", ticket, context)


def token(context: Context) -> str:
    """A new token, for the cookie of who has shown a ticket."""
    return token_of(context.local_secret, context.now())


def token_of(secret: bytes, now: float) -> str:
    """The same, for who can read the database itself."""
    return _signed(secret, "token", now + TOKEN_SECONDS)


def link(tx: Connection, base_url: str, now: float) -> str:
    """The address that opens the studio as the owner. Keep it to yourself."""
    secret = secret_of(accounts.master_secret(tx, now))
    return f"{base_url}{ENTER}?ticket={_signed(secret, 'ticket', now + TICKET_SECONDS)}"


def secret_of(master: bytes) -> bytes:
    return hmac.new(master, b"local owner", sha256).digest()


def is_local_name(host: str) -> bool:
    """Whether this name, with or without a port, can only mean the machine itself."""
    try:
        name = urlsplit(f"//{host}").hostname or ""
    except ValueError:
        return False
    if name == "localhost" or name.endswith(".localhost"):
        return True
    try:
        return ipaddress.ip_address(name).is_loopback
    except ValueError:
        return False


def _signed(secret: bytes, what: str, until: float) -> str:
    end = str(int(until))
    return f"{end}-{hmac.new(secret, f'{what} {end}'.encode(), sha256).hexdigest()}"


def _is_good(secret: bytes, what: str, given: str, context: Context) -> bool:
    until = given.partition("-")[0]
    if not (until.isascii() and until.isdigit() and len(until) < 16):
        return False
    right = hmac.compare_digest(_signed(secret, what, int(until)).encode(), given.encode("utf-8", "replace"))
    return right and int(until) > context.now()
