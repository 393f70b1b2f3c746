"""The description of the API: what FastAPI knows by itself, and the bodies that are read by hand because they may
come in two forms. Served with a page of our own at /docs, which asks nothing of any other server.
`python -m vitascope.server.openapi` prints it, for those who generate clients; no service runs for that.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from fastapi import APIRouter, FastAPI, Response
from fastapi.openapi.utils import get_openapi
from pydantic import BaseModel

PAGES = Path(__file__).parent / "pages"
_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self' data:; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
_TYPES = {".html": "text/html; charset=utf-8", ".js": "text/javascript", ".css": "text/css"}
_HEADERS = {"content-security-policy": _POLICY, "cache-control": "no-cache"}

router = APIRouter(include_in_schema=False)


def describe(app: FastAPI, bodies: tuple[type[BaseModel], ...], server: str = "") -> None:
    """Let `app.openapi()` name these bodies, which the routes refer to. `server`: what its paths stand below, where
    that is not the root of the host that serves it.
    """

    def openapi() -> dict[str, Any]:
        if not app.openapi_schema:
            made = get_openapi(
                title=app.title,
                version=app.version,
                description=app.description,
                routes=app.routes,
                tags=app.openapi_tags,
                servers=[{"url": server}] if server else None,
            )
            schemas = made.setdefault("components", {}).setdefault("schemas", {})
            for model in bodies:
                schemas[model.__name__] = model.model_json_schema(ref_template="#/components/schemas/{model}")
            _say_what_no_text_holds(made)
            app.openapi_schema = made
        return app.openapi_schema

    app.openapi = openapi  # type: ignore[method-assign]


def _say_what_no_text_holds(made: dict[str, Any]) -> None:
    """Zero characters are refused in every text that is sent; the description says so where it says nothing."""
    seen: set[str] = set()

    def visit(schema: Any) -> None:
        if isinstance(schema, list):
            for one in schema:
                visit(one)
        if not isinstance(schema, dict):
            return
        if ref := schema.get("$ref"):
            if ref not in seen:
                seen.add(ref)
                visit(made["components"]["schemas"].get(ref.rpartition("/")[2]))
            return
        if schema.get("type") == "string" and not {"pattern", "format", "enum", "const"} & schema.keys():
            schema["pattern"] = r"^[^\x00]*$"
        for key in ("schema", "content", "items", "properties", "additionalProperties", "anyOf", "oneOf", "allOf"):
            inner = schema.get(key)
            visit(list(inner.values()) if key in ("properties", "content") and isinstance(inner, dict) else inner)

    for path in made["paths"].values():
        for operation in path.values():
            visit([operation.get("requestBody"), *operation.get("parameters", ())])


@router.get("/docs")
def docs() -> Response:
    return _page("docs.html")


@router.get("/docs/{name}")
def docs_part(name: str) -> Response:
    return _page(name if name in ("docs.js", "docs.css") else "docs.html")


def _page(name: str) -> Response:
    file = PAGES / name
    return Response(file.read_bytes(), media_type=_TYPES[file.suffix], headers=_HEADERS)


def printed() -> str:
    """The description as JSON. It depends on no setting, so no context is needed for it."""
    from vitascope.server.app import create_app

    described = create_app(None).openapi()  # type: ignore[arg-type]
    return json.dumps(described, indent=1, ensure_ascii=False, sort_keys=True)


if __name__ == "__main__":
    print(printed())
