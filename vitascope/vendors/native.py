"""The native form as a `Dialect`, for the pages that tell of all of them. Its routes are in `routes/videos.py`; a test
holds the two together.
"""

from __future__ import annotations

from vitascope.errors import VitascopeError
from vitascope.vendors.api import Call, Dialect, Does, Reply, Route
from vitascope.vendors.openai import dialect as openai


def _fail(error: VitascopeError, call: Call | None) -> Reply:
    return Reply(*openai.fail(error))


def _route(method: str, path: str, does: Does, name: str, refused: str = "") -> Route:
    return Route(method=method, path=path, does=does, name=name, refused=refused)


DIALECT = Dialect(
    name="openai",
    title="OpenAI videos",
    prefix="/openai",
    routes=(
        _route("POST", "/v1/videos", "create", "create"),
        _route("POST", "/v1/videos/sync", "create", "create and wait"),
        _route("GET", "/v1/videos/{video_id}", "get", "retrieve"),
        _route("GET", "/v1/videos", "list", "list"),
        _route("DELETE", "/v1/videos/{video_id}", "delete", "delete"),
        _route("GET", "/v1/videos/{video_id}/content", "content", "download"),
        _route("POST", "/v1/videos/{video_id}/remix", "again", "remix"),
        _route("POST", "/v1/videos/extensions", "create", "extend"),
        _route("POST", "/v1/videos/edits", "refuse", "edit", "change a given clip"),
        _route("POST", "/v1/videos/characters", "refuse", "characters", "keep a character"),
        _route("GET", "/v1/models", "models", "models"),
    ),
    fail=_fail,
    also_under=("/proxy/openai",),
    base="/v1",
    sdk="openai",
    snippet="""\
from openai import OpenAI
client = OpenAI(base_url="{base}/v1", api_key="{key}")
video = client.videos.create_and_poll(model="sora-2", prompt="a red ball bounces", seconds="4", size="1280x720")
client.videos.download_content(video.id).write_to_file("clip.mp4")
print(video.status, video.size)""",
    ignored=("user",),
    aliases=("sora*",),
    docs="OpenAI API reference, Videos",
)
