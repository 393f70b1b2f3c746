"""Asks a Vitascope server, by its address or from inside its own process. Answers are JSON objects; what the server
refuses becomes `Refused`, in the server's words.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Mapping
from typing import Any

import httpx2

from vitascope.errors import VitascopeError

SECONDS = 60.0  # for one answer; no tool makes the server wait for a clip


class Refused(VitascopeError):
    """The server said no, or nobody answered."""

    code = "refused"


class Api:
    """`local`: the agent started us on its own machine, so that a path means the same file to both."""

    def __init__(self, client: httpx2.AsyncClient, *, local: bool = False):
        self._client, self.local = client, local

    async def close(self) -> None:
        await self._client.aclose()

    async def get(self, path: str, **query: Any) -> dict[str, Any]:
        said = {name: value for name, value in query.items() if value is not None}
        return _object(await self._ask("GET", path, params=said))

    async def post(
        self, path: str, body: Mapping[str, Any] | None = None, *, once: str | None = None
    ) -> dict[str, Any]:
        """`once`: the idempotency key."""
        headers = {"idempotency-key": once} if once else {}
        return _object(await self._ask("POST", path, json=body or {}, headers=headers))

    async def patch(self, path: str, body: Mapping[str, Any]) -> dict[str, Any]:
        return _object(await self._ask("PATCH", path, json=body))

    async def file(self, path: str, **query: Any) -> tuple[bytes, Mapping[str, str]]:
        """Its bytes, and the headers that came with it."""
        answer = await self._ask("GET", path, params=query)
        return answer.content, answer.headers

    async def send(self, path: str, name: str, data: bytes) -> dict[str, Any]:
        """A file, as the field `content` of a form."""
        return _object(await self._ask("POST", path, files={"content": (name, data)}))

    async def picture(self, path: str, **query: Any) -> tuple[bytes, str] | None:
        """Its bytes and media type; None when there is none."""
        answer = await self._ask("GET", path, params=query, missing=True)
        media_type = answer.headers.get("content-type", "")
        return (answer.content, media_type) if answer.is_success and media_type.startswith("image/") else None

    async def _ask(self, method: str, path: str, *, missing: bool = False, **options: Any) -> httpx2.Response:
        try:
            answer = await self._client.request(method, path, **options)
        except httpx2.TimeoutException as error:
            raise Refused(
                f"The server did not answer in {SECONDS:g} s.", hint="Ask again; an order may have been taken."
            ) from error
        except (httpx2.HTTPError, httpx2.InvalidURL) as error:
            raise Refused(
                f"No Vitascope answers at {self._client.base_url}.",
                hint="Start one with `vitascope serve`, or name another address: VITASCOPE_URL, or --url.",
            ) from error
        if answer.is_success or (missing and answer.status_code == 404):
            return answer
        refused = _refused(answer)
        if answer.status_code == 401 and self.local:
            refused.hint = "Set VITASCOPE_API_KEY, or --key-file, to a key of this server: `vitascope keys create`."
        raise refused


def over_http(url: str, *, key: str = "", cookie: Callable[[], tuple[str, str] | None] | None = None) -> Api:
    """The server at this address, asked with a key or, without one, with the cookie that `cookie()` gives: it is called
    before the first request, and again until there is one.
    """
    headers = {"authorization": f"Bearer {key}"} if key else {}
    shown = _Cookie(cookie) if cookie else None
    return Api(
        httpx2.AsyncClient(base_url=url, headers=headers, auth=shown, timeout=SECONDS, trust_env=False), local=True
    )


class _Cookie(httpx2.Auth):
    def __init__(self, make: Callable[[], tuple[str, str] | None]):
        self._make = make
        self._made: tuple[str, str] | None = None

    def auth_flow(self, request: httpx2.Request) -> Generator[httpx2.Request, httpx2.Response, None]:
        self._made = self._made or self._make()
        if self._made:
            request.headers["cookie"] = "=".join(self._made)
        yield request


def within(app: Any, base_url: str, headers: Mapping[str, str], client: tuple[str, int]) -> Api:
    """The server of this process, asked as if the caller with these headers and this address had asked it."""
    transport = httpx2.ASGITransport(app=app, client=client)
    return Api(httpx2.AsyncClient(transport=transport, base_url=base_url, headers=headers, timeout=SECONDS))


def _object(answer: httpx2.Response) -> dict[str, Any]:
    try:
        found = answer.json()
    except ValueError:
        found = None
    if not isinstance(found, dict):
        raise Refused(f"{answer.url.host} is no Vitascope.", hint="Check VITASCOPE_URL, or --url.")
    return found


def _refused(answer: httpx2.Response) -> Refused:
    """In OpenAI's form, or in Replicate's, where files are sent to."""
    try:
        said = answer.json()
    except ValueError:
        said = {}
    told = said.get("error") if isinstance(said, dict) else None
    if isinstance(told, dict):
        return Refused(str(told.get("message") or ""), hint=str(told.get("hint") or ""))
    detail = said.get("detail") if isinstance(said, dict) else None
    return Refused(str(detail or f"The server answered {answer.status_code}."))
