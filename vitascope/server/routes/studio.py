"""The studio: one page for all the addresses of its own, and the files it is built of. It has no powers: whatever it
shows or does it asks of the API, as the person who sits before it.

Only names that are known belong to it. A path of some vendor's at the root is never answered with a page.
"""

from __future__ import annotations

import gzip
import re
import secrets
from functools import lru_cache
from html import escape
from pathlib import Path
from urllib.parse import urlsplit

from fastapi import APIRouter, Request, Response
from starlette.responses import FileResponse

from vitascope.errors import NotFound
from vitascope.server import local
from vitascope.server.auth import Here
from vitascope.server.context import Context

BUILT = Path(__file__).parent.parent / "studio"  # written by `npm run build`, shipped in the wheel
UNBUILT = Path(__file__).parent.parent / "pages" / "unbuilt.html"
PAGES = (
    *("/", "/films", "/films/{id}", "/library", "/library/{id}", "/projects", "/projects/{id}", "/models", "/usage"),
    *("/models/keys", "/account", "/keys", "/operator", "/signin", "/signup"),
)
FILES = (
    *("early.js", "worker.js", "manifest.webmanifest", "logo.svg", "favicon.ico", "robots.txt"),
    *("icon-192.png", "icon-512.png", "icon-maskable-512.png"),
)
NONCE = b"__NONCE__"  # stands in the built page where the nonce of one answer belongs
ROOT = b'="./'  # what the built page refers to lies below the path of public_url, whichever address it is opened at
_TYPES = {
    ".js": "text/javascript; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".html": "text/html; charset=utf-8",
    ".svg": "image/svg+xml",
    ".json": "application/json",
    ".webmanifest": "application/manifest+json",
    ".txt": "text/plain; charset=utf-8",
    ".png": "image/png",
    ".ico": "image/x-icon",
    ".webp": "image/webp",
    ".mp4": "video/mp4",
    ".woff2": "font/woff2",
    ".wasm": "application/wasm",
}
_AS_THEY_ARE = (".png", ".ico", ".webp", ".woff2", ".html")  # are packed already, or differ each time
_HASHED = "public, max-age=31536000, immutable"  # a name under /assets tells its contents

router = APIRouter(include_in_schema=False)


def page(context: Here, request: Request) -> Response:
    """The studio, at whichever of its addresses it is opened."""
    try:
        html = (folder(context) / "index.html").read_bytes()
    except OSError:
        return Response(UNBUILT.read_bytes(), 503, {"content-security-policy": _UNBUILT}, _TYPES[".html"])
    nonce = secrets.token_urlsafe(16)
    headers = {"content-security-policy": policy(context, nonce), "cache-control": "no-cache"}
    html = html.replace(NONCE, nonce.encode()).replace(ROOT, f'="{escape(context.settings.path)}/'.encode())
    return _answer(request, html, ".html", headers)


def asset(context: Here, request: Request, name: str) -> Response:
    """A file whose name tells its contents, so that a browser keeps it."""
    return _file(context, request, f"assets/{name}", _HASHED)


def icon(context: Here, request: Request, name: str) -> Response:
    """A picture that a phone shows for the installed studio."""
    return _file(context, request, f"icons/{name}", "public, max-age=86400")


def root_file(context: Here, request: Request) -> Response:
    """One of the few files that belong at the root."""
    name = request.url.path[1:]
    response = _file(context, request, name, "no-cache")
    if name == "worker.js":  # it lives by its own policy, and fetches what the page asks it for
        response.headers["content-security-policy"] = _WORKER
    return response


def enter(context: Here, request: Request, ticket: str = "") -> Response:
    """Where `vitascope studio` leads the owner of this machine: the ticket becomes a cookie. Without a good one the
    page shows how to come in.
    """
    good = local.takes(context, request, ticket)
    answer = Response(status_code=303, headers={"location": "./" if good else "./signin", "cache-control": "no-store"})
    if good:
        answer.set_cookie(
            local.COOKIE,
            local.token(context),
            max_age=int(local.TOKEN_SECONDS),
            path=f"{context.settings.path}/",
            httponly=True,
            samesite="strict",
        )
    return answer


_GET = ["GET", "HEAD"]
for _path in PAGES:
    router.add_api_route(_path, page, methods=_GET)
router.add_api_route(local.ENTER, enter, methods=["GET"])
router.add_api_route("/assets/{name}", asset, methods=_GET)
router.add_api_route("/icons/{name}", icon, methods=_GET)
for _name in FILES:
    router.add_api_route(f"/{_name}", root_file, methods=_GET)


def folder(context: Context) -> Path:
    """Where the built files lie."""
    return context.settings.studio_dir or BUILT


def policy(context: Context, nonce: str) -> str:
    """What the page may load: its own, the clips behind links of this server, and styles that carry the nonce."""
    own = "'self'"
    if public := context.settings.public_url:  # links are made with it, also when the page was opened by another name
        split = urlsplit(public)
        own += f" {split.scheme}://{split.netloc}"
    parts = {
        "default-src": "'none'",
        "script-src": "'self'",
        "style-src": f"'self' 'nonce-{nonce}'",
        "img-src": f"{own} data: blob:",
        "media-src": f"{own} blob:",
        "connect-src": own,
        "font-src": "'self'",
        "manifest-src": "'self'",
        "worker-src": "'self'",
        "form-action": "'self'",
        "base-uri": "'none'",
        "frame-ancestors": "'none'",
    }
    return "; ".join(f"{name} {value}" for name, value in parts.items())


_UNBUILT = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"


_WORKER = "default-src 'none'; connect-src 'self'; frame-ancestors 'none'"


def _file(context: Context, request: Request, name: str, keep: str) -> Response:
    if not re.fullmatch(r"(?:[\w-]+/)?[\w-][\w.-]*", name, re.ASCII):
        raise NotFound("The studio has no such file.", hint="Reload its page.")
    path, suffix = folder(context) / name, name[name.rfind(".") :]
    try:
        if suffix == ".mp4":  # in the parts that a player asks for: Safari plays nothing else
            return FileResponse(
                path, headers={"cache-control": keep}, media_type=_TYPES[suffix], stat_result=path.stat()
            )
        data = path.read_bytes()
    except OSError:
        raise NotFound(f"The studio has no file {name[:100]}.", hint="Reload its page.") from None
    return _answer(request, data, suffix, {"cache-control": keep})


def _answer(request: Request, data: bytes, suffix: str, headers: dict[str, str]) -> Response:
    """Packed for clients that can unpack it."""
    if suffix not in _AS_THEY_ARE:
        headers["vary"] = "accept-encoding"
        if "gzip" in request.headers.get("accept-encoding", "") and len(data) > 1000:
            data = _packed(data)
            headers["content-encoding"] = "gzip"
    return Response(data, headers=headers, media_type=_TYPES.get(suffix, "application/octet-stream"))


@lru_cache(maxsize=64)
def _packed(data: bytes) -> bytes:
    return gzip.compress(data, 6, mtime=0)
