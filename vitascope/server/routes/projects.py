"""/v1/library/projects: folders for clips."""

from __future__ import annotations

from typing import Literal

from fastapi import APIRouter, Request
from pydantic import Field
from sqlalchemy import Connection

from vitascope.server.auth import Asking, Here, Who
from vitascope.server.files import delivery
from vitascope.server.routes import errors
from vitascope.server.schemas import Answer, Deleted, Page, Said, page
from vitascope.store import projects

router = APIRouter(route_class=Asking, prefix="/v1/library/projects", tags=["projects"])
MAX_SHOWN = 10_000


class ProjectName(Said):
    name: str = Field(
        min_length=1,
        max_length=projects.MAX_PROJECT,
        description="Of letters that can be printed, not of spaces alone.",
        json_schema_extra={"pattern": r"^[^\x00-\x1f\x7f-\x9f]*[^\s\x00-\x1f\x7f-\x9f][^\x00-\x1f\x7f-\x9f]*$"},
    )


class ProjectView(Answer):
    id: str
    object: Literal["project"] = "project"
    name: str
    clips: int
    covers: list[str] = Field(default_factory=list, description="Pictures of its newest clips, four at most.")
    trashed_at: float | None
    created_at: float


@router.get("", responses=errors())
def list_projects(context: Here, actor: Who, request: Request, trashed: bool = False) -> Page[ProjectView]:
    """The newest first."""
    with context.store.read() as tx:
        found = projects.list_projects(tx, actor.id, trashed=trashed)
        return page(_views(context, request, tx, found), MAX_SHOWN)  # type: ignore[return-value]


@router.post("", status_code=201, responses=errors(400, 422))
def create_project(context: Here, actor: Who, said: ProjectName) -> ProjectView:
    with context.store.begin() as tx:
        return ProjectView.model_validate(projects.create_project(tx, actor.id, said.name, context.now()))


@router.get("/{project_id}", responses=errors(404))
def retrieve_project(context: Here, actor: Who, request: Request, project_id: str) -> ProjectView:
    with context.store.read() as tx:
        return _views(context, request, tx, [projects.project(tx, actor.id, project_id)])[0]


@router.patch("/{project_id}", responses=errors(400, 404, 422))
def rename_project(context: Here, actor: Who, project_id: str, said: ProjectName) -> ProjectView:
    with context.store.begin() as tx:
        return ProjectView.model_validate(projects.rename_project(tx, actor.id, project_id, said.name))


@router.delete("/{project_id}", responses=errors(404))
def trash_project(context: Here, actor: Who, project_id: str) -> Deleted:
    """Into the trash, its clips with it."""
    with context.store.begin() as tx:
        projects.trash_project(tx, actor.id, project_id, context.now())
    return Deleted(id=project_id, object="project.trashed")


@router.post("/{project_id}/restore", responses=errors(404))
def restore_project(context: Here, actor: Who, project_id: str) -> ProjectView:
    """Out of the trash, with the clips that went in with it."""
    with context.store.begin() as tx:
        return ProjectView.model_validate(projects.restore_project(tx, actor.id, project_id))


def _views(context: Here, request: Request, tx: Connection, found: list[projects.Project]) -> list[ProjectView]:
    base = context.base_url(request)
    keys = projects.covers(tx, found[0].account_id, [one.id for one in found]) if found else {}
    return [
        ProjectView.model_validate(one).model_copy(
            update={"covers": [delivery.link(context, base, key) for key in keys.get(one.id, ())]}
        )
        for one in found
    ]
