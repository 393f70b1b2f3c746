"""Requests that a client signed itself with its pair's secret: Tencent Cloud's TC3 and Volcano Engine's V4. Pure: a
`Call` becomes a `Signed`, whose `verify` is handed the secret and the time; `sign_tc3` and `sign_v4` are what a client
does.

Both sign method, path, query, some headers and a hash of the body, with a key that is good for one day and one service.
A signature holds for some minutes; what comes twice within them makes its clip once (`Signed.once`).
"""

from __future__ import annotations

import hashlib
import hmac
import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from urllib.parse import parse_qsl, quote

from vitascope.errors import NotSignedIn
from vitascope.vendors.api import Call, Signed

TC3_SKEW_SECONDS = 300.0
V4_SKEW_SECONDS = 900.0
MISSING, MALFORMED, EXPIRED, MISMATCH = (
    f"signature_{word}" for word in ("missing", "malformed", "expired", "mismatch")
)  # codes of the errors, for each vendor to say in its own words
_UNSIGNED = "UNSIGNED-PAYLOAD"


@dataclass(frozen=True)
class _Header:
    """What an Authorization header of this family says: who signed, for which day and service, what, and how."""

    access: str
    scope: tuple[str, ...]
    signed: tuple[str, ...]
    signature: str


def is_signed(call: Call) -> bool:
    """Whether it claims to be; a plain key, or nothing, is looked at elsewhere."""
    return call.headers.get("authorization", "").partition(" ")[0].lower() not in ("", "bearer")


def tc3(call: Call, service: str) -> Signed:
    """Tencent's TC3-HMAC-SHA256. Raises NotSignedIn when the header is missing or cannot be read."""
    header = _read(call, "TC3-HMAC-SHA256", parts=3)
    stamp = call.headers.get("x-tc-timestamp", "")
    at = float(stamp) if re.fullmatch(r"[0-9]{1,11}", stamp, re.ASCII) else 0.0
    _check_scope(header, (_day(at, "%Y-%m-%d"), service, "tc3_request"))
    unsigned = call.headers.get("x-tc-content-sha256", "") == _UNSIGNED
    body = _UNSIGNED.encode() if unsigned else call.raw
    values = [(name, call.headers.get(name, "").strip().lower()) for name in header.signed]
    text = _to_sign("TC3-HMAC-SHA256", stamp, header, _canonical(call, values, call.search, body))

    def verify(secret: str, now: float) -> None:
        key = _key(b"TC3" + secret.encode(), header.scope)
        _verify(header, key, text, at, now, TC3_SKEW_SECONDS)

    return Signed(header.access, verify, once=f"tc3:{header.signature}")


def v4(call: Call, service: str) -> Signed:
    """Volcano's HMAC-SHA256, of any region. Raises NotSignedIn when the header is missing or cannot be read."""
    header = _read(call, "HMAC-SHA256", parts=4)
    stamp = call.headers.get("x-date", "")
    at = _compact(stamp)
    _check_scope(header, (_day(at, "%Y%m%d"), header.scope[1], service, "request"))
    pairs = sorted(parse_qsl(call.search, keep_blank_values=True))
    query = "&".join(f"{quote(name, safe='-_.~')}={quote(value, safe='-_.~')}" for name, value in pairs)
    text = _to_sign("HMAC-SHA256", stamp, header, _canonical(call, _v4_values(call, header), query, call.raw))

    def verify(secret: str, now: float) -> None:
        if call.headers.get("x-content-sha256", "") not in ("", hashlib.sha256(call.raw).hexdigest()):
            raise refused(MISMATCH, "X-Content-Sha256 is not the hash of the body.", "Was the body changed on its way?")
        _verify(header, _key(secret.encode(), header.scope), text, at, now, V4_SKEW_SECONDS)

    return Signed(header.access, verify, once=f"v4:{header.signature}")


def sign_tc3(call: Call, service: str, pair: tuple[str, str]) -> dict[str, str]:
    """The headers that sign a request for Tencent: `call` has its method, target, raw body, `now`, and among its
    headers host and content-type. `pair`: (access, secret).
    """
    stamp = str(int(call.now))
    header = _Header(pair[0], (_day(call.now, "%Y-%m-%d"), service, "tc3_request"), ("content-type", "host"), "")
    values = [(name, call.headers[name].strip().lower()) for name in header.signed]
    text = _to_sign("TC3-HMAC-SHA256", stamp, header, _canonical(call, values, call.search, call.raw))
    return {"x-tc-timestamp": stamp} | _signed(
        "TC3-HMAC-SHA256", header, _key(b"TC3" + pair[1].encode(), header.scope), text
    )


def sign_v4(call: Call, service: str, pair: tuple[str, str], region: str = "cn-north-1") -> dict[str, str]:
    """The same for Volcano Engine."""
    stamp = datetime.fromtimestamp(call.now, UTC).strftime("%Y%m%dT%H%M%SZ")
    digest = hashlib.sha256(call.raw).hexdigest()
    signed = ("content-type", "host", "x-content-sha256", "x-date")
    header = _Header(pair[0], (stamp[:8], region, service, "request"), signed, "")
    more = {"x-date": stamp, "x-content-sha256": digest}
    call = replace(call, headers={**call.headers, **more})
    pairs = sorted(parse_qsl(call.search, keep_blank_values=True))
    query = "&".join(f"{quote(name, safe='-_.~')}={quote(value, safe='-_.~')}" for name, value in pairs)
    text = _to_sign("HMAC-SHA256", stamp, header, _canonical(call, _v4_values(call, header), query, call.raw))
    return more | _signed("HMAC-SHA256", header, _key(pair[1].encode(), header.scope), text)


def _signed(algorithm: str, header: _Header, key: bytes, text: str) -> dict[str, str]:
    signature = hmac.new(key, text.encode(), hashlib.sha256).hexdigest()
    where = f"Credential={header.access}/{'/'.join(header.scope)}, SignedHeaders={';'.join(header.signed)}"
    return {"authorization": f"{algorithm} {where}, Signature={signature}"}


def refused(code: str, message: str, hint: str) -> NotSignedIn:
    error = NotSignedIn(message, hint=hint)
    error.code = code
    return error


def _read(call: Call, algorithm: str, *, parts: int) -> _Header:
    """`ALGORITHM Credential=ACCESS/DATE/.../WORD, SignedHeaders=a;b, Signature=HEX`."""
    text = call.headers.get("authorization", "")
    if not text:
        raise refused(MISSING, "The request is not signed.", f"Sign it by {algorithm} with an access/secret pair.")
    found = re.fullmatch(
        rf"{algorithm} Credential=([^/,\s]+)/([^,\s]+),\s*SignedHeaders=([\w;-]+),\s*Signature=([0-9a-fA-F]{{64}})",
        text.strip(),
        re.ASCII,
    )
    scope = tuple(found[2].split("/")) if found else ()
    if not found or len(scope) != parts:
        raise refused(MALFORMED, "The Authorization header cannot be read.", f"It begins with {algorithm} Credential=")
    header = _Header(found[1], scope, tuple(found[3].lower().split(";")), found[4].lower())
    if "host" not in header.signed:
        raise refused(MALFORMED, "The signature does not cover the host.", "Name host in SignedHeaders.")
    return header


def _check_scope(header: _Header, wanted: tuple[str, ...]) -> None:
    if header.scope != wanted:
        raise refused(
            MALFORMED,
            f"The signature is for {'/'.join(header.scope)[:80]}, the request for {'/'.join(wanted)}.",
            "The day is that of the request's time, in UTC.",
        )


def _v4_values(call: Call, header: _Header) -> list[tuple[str, str]]:
    """The signed headers; of the host's port, what belongs to the scheme anyway is left out, as clients do."""
    pairs = [(name, call.headers.get(name, "").strip()) for name in header.signed]
    return [(name, re.sub(r":(80|443)$", "", value) if name == "host" else value) for name, value in pairs]


def _canonical(call: Call, values: list[tuple[str, str]], query: str, body: bytes) -> str:
    """What is signed of a request, one part a line."""
    headers = "".join(f"{name}:{value}\n" for name, value in values)
    names = ";".join(name for name, _ in values)
    return "\n".join([call.method, call.target or "/", query, headers, names, hashlib.sha256(body).hexdigest()])


def _to_sign(algorithm: str, stamp: str, header: _Header, canonical: str) -> str:
    return "\n".join([algorithm, stamp, "/".join(header.scope), hashlib.sha256(canonical.encode()).hexdigest()])


def _key(secret: bytes, scope: Iterable[str]) -> bytes:
    for part in scope:
        secret = hmac.new(secret, part.encode(), hashlib.sha256).digest()
    return secret


def _verify(header: _Header, key: bytes, text: str, at: float, now: float, skew: float) -> None:
    """The signature first: only who has the secret is told about clocks."""
    wanted = hmac.new(key, text.encode(), hashlib.sha256).hexdigest()
    if not hmac.compare_digest(wanted, header.signature):
        raise refused(MISMATCH, "The signature is not right.", "Is it the pair's secret, and the host that is called?")
    if abs(now - at) > skew:
        raise refused(
            EXPIRED,
            f"The signature is {abs(now - at):.0f} seconds {'old' if now > at else 'ahead'}.",
            f"At most {skew:g}; check the clock.",
        )


def _day(at: float, form: str) -> str:
    return datetime.fromtimestamp(at, UTC).strftime(form)


def _compact(stamp: str) -> float:
    """The seconds of "20261124T095306Z"."""
    try:
        return datetime.strptime(stamp, "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC).timestamp()
    except ValueError:
        raise refused(MALFORMED, "X-Date cannot be read.", "For example 20261124T095306Z, in UTC.") from None
