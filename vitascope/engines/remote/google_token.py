"""How Vertex AI knows whose request it is: by the token of a service account, which Google's token server gives for an
hour against an assertion that is signed with the account's private key (RFC 7523). The key is the account's JSON file;
a plain API key is sent as it is. Signing needs the package `cryptography`: the extra `gateway`.

The token server's address stands in that file, which somebody else wrote. So it is called as a stranger's address is:
by https, and on a private network only where `VITASCOPE_FETCH_ALLOWED` opens it.

Never tried against Google itself.
"""

from __future__ import annotations

import re
import threading
import time
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode

import jwt

from vitascope import config, strictjson
from vitascope.engines.remote.protocol import Refused
from vitascope.engines.remote.session import Outgoing
from vitascope.errors import BadSettings, BadSpec, NotAllowed, VitascopeError
from vitascope.outbound import addresses, vendor

SCOPE = "https://www.googleapis.com/auth/cloud-platform"
GRANT = "urn:ietf:params:oauth:grant-type:jwt-bearer"
FIELDS = ("client_email", "private_key", "project_id", "token_uri")
_LIFE_SECONDS, _EARLY_SECONDS, _ASK_SECONDS = 3600, 300, 30.0
_HINT = "The JSON file of a service account, as Google Cloud gives it."
_PROJECT, _PLACE = re.compile(r"[a-z0-9][a-z0-9.:-]{0,99}"), re.compile(r"[a-z0-9][a-z0-9-]{0,39}")

_tokens: dict[str, tuple[str, float]] = {}
_lock = threading.Lock()


def account_of(key: str) -> dict[str, str] | None:
    """What the JSON file says; None for a plain API key. Raises BadSettings."""
    if not key.startswith("{"):
        return None
    try:
        told = strictjson.loads(key)
    except (ValueError, RecursionError):
        raise BadSettings("The key is no JSON.", hint=_HINT) from None  # the fault would hold all of it
    missing = [name for name in FIELDS if not isinstance(told.get(name), str) or not told[name]]
    if missing:
        raise BadSettings(f"The key has no {missing[0]}.", hint=_HINT)
    if not _PROJECT.fullmatch(told["project_id"]):
        raise BadSettings("The project_id of the key is none.", hint=_HINT)
    _check_server(told["token_uri"])
    return {name: value for name, value in told.items() if isinstance(value, str)}


def _check_server(url: str) -> None:
    try:
        place = addresses.place_of(url)
    except BadSpec:
        raise BadSettings("The token_uri of the key is no address of a server.", hint=_HINT) from None
    if place.scheme != "https" and place.host not in config.settings().allowed_hosts:
        raise BadSettings("The token_uri of the key is not an https address.", hint=_HINT)


def address(key: str, source: Mapping[str, Any]) -> str:
    """Where the models lie: in the account's project, and in `location` of the file. Raises BadSettings."""
    place, account = str(source.get("location", "us-central1")), account_of(key)
    if not _PLACE.fullmatch(place):
        raise BadSettings(f'location is "{place[:40]}".', hint="One of Google's, such as us-central1 or global.")
    if not account:
        return "https://aiplatform.googleapis.com/v1/publishers/google/models"
    host = "aiplatform" if place == "global" else f"{place}-aiplatform"
    project = f"projects/{account['project_id']}/locations/{place}"
    return f"https://{host}.googleapis.com/v1/{project}/publishers/google/models"


def authorize(key: str, _request: Outgoing) -> Mapping[str, str]:
    """Raises BadSettings, Refused when the account is not taken, NotReached when there is no token."""
    account = account_of(key)
    return {"authorization": f"Bearer {_token(key, account)}"} if account else {"x-goog-api-key": key}


def _token(key: str, account: Mapping[str, str]) -> str:
    with _lock:
        token, until = _tokens.get(key, ("", 0.0))
        if time.time() < until - _EARLY_SECONDS:
            return token
        token, seconds = _new_token(account, int(time.time()))
        _tokens[key] = (token, time.time() + seconds)
        return token


def _new_token(account: Mapping[str, str], now: int) -> tuple[str, float]:
    where = account["token_uri"]
    claims = {"iss": account["client_email"], "scope": SCOPE, "aud": where, "iat": now, "exp": now + _LIFE_SECONDS}
    try:
        signed = jwt.encode(claims, account["private_key"], "RS256", {"kid": account.get("private_key_id", "")})
    except NotImplementedError as error:
        raise BadSettings("Service accounts need `cryptography`.", hint="pip install 'vitascope[gateway]'") from error
    except (ValueError, TypeError, jwt.PyJWTError) as error:
        raise BadSettings("The private key of the service account cannot be used.", hint=_HINT) from error
    body = urlencode({"grant_type": GRANT, "assertion": signed}).encode()
    headers = {"content-type": "application/x-www-form-urlencoded", "accept": "application/json"}
    opened = config.settings().allowed_hosts
    try:
        status, _, said = vendor.ask(
            "POST", where, headers=headers, body=body, limit_seconds=_ASK_SECONDS, allowed=opened
        )
    except NotAllowed as error:
        hint = "Is the account's file Google's own? VITASCOPE_FETCH_ALLOWED opens hosts inside."
        raise BadSettings(f"The token server is not called: {error.message}", hint=hint) from error
    except VitascopeError as error:
        raise vendor.NotReached(error.message, hint=error.hint) from error
    told = _read(said)
    if status in (400, 401, 403):
        why = str(told.get("error_description") or told.get("error") or f"it answered {status}")
        for part in signed.split("."):  # who has the assertion can have a token for it
            why = why.replace(part, "***")
        raise Refused("auth", why)
    token, seconds = told.get("access_token"), told.get("expires_in", 0)
    good = isinstance(token, str) and token.isascii() and token.isprintable() and " " not in token
    if status != 200 or not token or not good or not isinstance(seconds, int | float):
        raise vendor.NotReached(f"The token server answered {status} without a token.", hint="Try again later.")
    return str(token), min(float(seconds), _LIFE_SECONDS)


def _read(said: bytes) -> dict[str, Any]:
    try:
        told = strictjson.loads(said)
    except (ValueError, RecursionError):
        return {}
    return told if isinstance(told, dict) else {}
