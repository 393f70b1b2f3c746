"""How often a password may be tried: so many times a minute from one place at one account, so many from one place at
all, so many at one account from everywhere. Guessing locks out only the one who guesses: a browser that has signed in
to the account before is known by a cookie, and has attempts of its own.

What is counted is written down without the addresses: only what this server's secret makes of them.
"""

from __future__ import annotations

import hmac
import ipaddress
import secrets
from hashlib import sha256

from fastapi import Request, Response

from vitascope.server.context import Context
from vitascope.store import limits

COOKIE = "vitascope_known"
COOKIE_SECONDS = 365 * 86_400
_PATH = "/v1/account"
_WHAT = "attempts to sign in"


def log_in(context: Context, request: Request, email: str, account_id: str | None) -> None:
    """One more attempt at the account with this e-mail address, whether there is one or not. Raises TooMany."""
    account = _hidden(context, "email", email.strip().casefold())
    if account_id and (browser := _known(context, request, account_id)):
        _count(context, f"login:{account}:{browser}", per_minute=5, burst=5)
        return
    place = _place(context, request)
    _count(context, f"login:{place}", per_minute=30, burst=30)
    _count(context, f"login:{account}:{place}", per_minute=5, burst=5)
    _count(context, f"login:{account}", per_minute=10, burst=100)


def sign_up(context: Context, request: Request) -> None:
    _count(context, f"signup:{_place(context, request)}", per_minute=10, burst=20)


def confirm(context: Context, account_id: str) -> None:
    """One more attempt at the password by a caller who is signed in or has a key."""
    _count(context, f"confirm:{account_id}", per_minute=5, burst=5)


def remember(context: Context, request: Request, response: Response, account_id: str) -> None:
    """This browser knew the password."""
    if _known(context, request, account_id):
        return
    name = secrets.token_hex(8)
    response.set_cookie(
        COOKIE,
        f"{name}.{_proof(context, account_id, name)}",
        max_age=COOKIE_SECONDS,
        path=f"{context.settings.path}{_PATH}",
        httponly=True,
        samesite="lax",
        secure=context.base_url(request).startswith("https:"),
    )


def _known(context: Context, request: Request, account_id: str) -> str:
    """The name of the browser, if it has signed in to this account before."""
    name, _, proof = request.cookies.get(COOKIE, "").partition(".")
    good = _proof(context, account_id, name)
    return name if hmac.compare_digest(good.encode(), proof.encode("utf-8", "replace")) else ""


def _proof(context: Context, account_id: str, name: str) -> str:
    return _hidden(context, "known", f"{account_id}\n{name}")


def _place(context: Context, request: Request) -> str:
    """Where it comes from: an IPv4 address, or the network of an IPv6 one, of which everybody has billions."""
    host = request.client.host if request.client else ""
    try:
        address = ipaddress.ip_address(host.partition("%")[0])
    except ValueError:
        return _hidden(context, "place", host)
    length = 64 if address.version == 6 else 32
    return _hidden(context, "place", str(ipaddress.ip_network((address, length), strict=False)))


def _hidden(context: Context, kind: str, text: str) -> str:
    said = f"attempts\n{kind}\n{text}".encode("utf-8", "replace")
    return hmac.new(context.link_key, said, sha256).hexdigest()[:32]


def _count(context: Context, key: str, *, per_minute: float, burst: float) -> None:
    with context.store.begin() as tx:
        limits.take(tx, key, context.now(), per_second=per_minute / 60, burst=burst, what=_WHAT)
