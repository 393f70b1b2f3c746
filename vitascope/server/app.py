"""The application: all routes, the errors, the description and the gate, put together around one `Context`. Nothing is
opened or started here; the maker of the context closes what is in it.
"""

from __future__ import annotations

from typing import Any

from fastapi import FastAPI

from vitascope import __version__
from vitascope.errors import BadSettings
from vitascope.server import errors, openapi
from vitascope.server.context import Context
from vitascope.server.dialects.route_table import Table
from vitascope.server.dialects.router import Switch, owner_of
from vitascope.server.middleware import Gate
from vitascope.server.routes import (
    account,
    admin,
    archives,
    credits,
    dialects,
    events,
    files,
    film_cuts,
    films,
    health,
    insight,
    inspection,
    keys,
    library,
    mcp,
    models,
    people,
    projects,
    prompts,
    quote,
    recipes,
    speech,
    studio,
    uploads,
    vendor_calls,
    vendors,
    videos,
    webhooks,
)
from vitascope.vendors import DIALECTS

ROUTERS = (
    videos,
    models,
    quote,
    prompts,
    credits,
    projects,
    films,
    film_cuts,
    speech,
    archives,
    insight,
    inspection,
    library,
    recipes,
    events,
    webhooks,
    dialects,
    keys,
    account,
    admin,
    vendors,
    people,
    files,
    uploads,
    mcp,
    health,
    vendor_calls,
)
BODIES = (*videos.BODIES, *film_cuts.BODIES, *recipes.BODIES, *inspection.BODIES, *quote.BODIES)
DESCRIPTION = (
    "Clips from words and pictures. The form is OpenAI's videos API, with more fields beside it: any client of "
    "that API works when its base URL is this server's `/v1`. Errors say what happened, and hint at what to do."
)


def create_app(context: Context) -> FastAPI:
    """The ASGI application of this context."""
    app = FastAPI(
        title="Vitascope",
        version=__version__,
        description=DESCRIPTION,
        docs_url=None,
        redoc_url=None,
        openapi_url="/openapi.json",
        redirect_slashes=False,
        generate_unique_id_function=lambda route: route.name,
    )
    app.state.context = context
    for module in ROUTERS:
        app.include_router(module.router)
    app.include_router(openapi.router)
    app.include_router(studio.router)  # last: whatever else has a path keeps it
    native = list(app.router.routes)
    prefix = context.settings.path if context else ""
    openapi.describe(app, BODIES, context.settings.base_url if prefix else "")
    errors.install(app, studio.page)
    table = Table(DIALECTS)
    _refuse_own_path(prefix, table, native)
    app.add_middleware(Switch, table=table, owns=owner_of(native))
    app.add_middleware(Gate, prefix=prefix)
    return app


def _refuse_own_path(prefix: str, table: Table, native: list[Any]) -> None:
    """A proxy may take the prefix away or leave it, so it must never be the beginning of a path of our own."""
    first = prefix.split("/")[1] if prefix else ""
    own = {route.path.split("/")[1] for route in native if hasattr(route, "path")}
    if first and first in own | table.firsts:
        raise BadSettings(
            f'public_url has the path "{prefix}", and this server has paths of its own under /{first}.',
            hint="Choose another path, such as /video or /vitascope.",
        )
