"""The application: all routes, the errors, the description and the gate, put together around one `Context`. Nothing is
opened or started here; whoever made the context closes what is in it.
"""

from __future__ import annotations

from fastapi import FastAPI

from vitascope import __version__
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
    health,
    insight,
    inspection,
    keys,
    library,
    models,
    people,
    projects,
    quote,
    recipes,
    studio,
    uploads,
    videos,
    webhooks,
)
from vitascope.vendors import DIALECTS

ROUTERS = (
    videos,
    models,
    quote,
    credits,
    projects,
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
    people,
    files,
    uploads,
    health,
)
BODIES = (*videos.BODIES, *recipes.BODIES, *inspection.BODIES, *quote.BODIES)
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
    openapi.describe(app, BODIES)
    errors.install(app, studio.page)
    app.add_middleware(Switch, table=Table(DIALECTS), owns=owner_of(native))
    app.add_middleware(Gate)
    return app
