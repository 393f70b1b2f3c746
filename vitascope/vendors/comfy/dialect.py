"""Where ComfyUI's own API nodes look for the vendors: `--comfy-api-base` and then /proxy/{vendor}/... Their bodies are
the vendors' own, so the vendors' dialects answer; only the paths differ. Besides: the uploads of those nodes, and Veo,
which has paths of its own there. Pure.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from vitascope.errors import VitascopeError
from vitascope.vendors.api import Call, Dialect, Reply, Route, Upload
from vitascope.vendors.common import sentence
from vitascope.vendors.fields import text
from vitascope.vendors.google import veo as google
from vitascope.vendors.google import vertex
from vitascope.vendors.view import View

#: Name of the dialect -> where it is, and which beginning of its paths is left out there.
MOUNTS = {
    "ark": {"/proxy/byteplus": "", "/proxy/byteplus-seedance2": "", "/proxy/ark": ""},
    "dashscope": {"/proxy/wan": ""},
    "luma": {"/proxy/luma": "/dream-machine/v1"},
    "minimax": {"/proxy/minimax": "/v1"},
    "pika": {"/proxy/pika": ""},
    "pixverse": {"/proxy/pixverse": "/openapi/v2"},
    "runway": {"/proxy/runway": "/v1"},
    "vidu": {"/proxy/vidu": "/ent/v2"},
    "xai": {"/proxy/xai": ""},
}


def mounted(dialect: Dialect) -> Dialect:
    """The dialect, where these nodes look for it as well."""
    return replace(dialect, also_as={**dialect.also_as, **MOUNTS.get(dialect.name, {})})


def ticket(call: Call) -> Upload:
    name, kind = text(call.fields, "file_name", limit=200), text(call.fields, "content_type", limit=100)
    return Upload(id="", handle="", name=name, media_type=kind, purpose="comfy")


def ticketed(call: Call, upload: Upload) -> Reply:
    return Reply(200, {"upload_url": upload.put_url, "download_url": upload.url, "existing_file": False})


def operation(call: Call, view: View) -> Reply:
    """Vertex's operation; the clip by its address, which these nodes take as well, in the place of the whole file."""
    if view.state != "succeeded":
        return vertex.operation(call, view)
    good = [take for take in view.takes if take.state == "succeeded"]
    videos: list[dict[str, Any]] = [{"gcsUri": take.url, "mimeType": "video/mp4"} for take in good]
    response = {"@type": "type.googleapis.com/cloud.ai.large_models.vision.GenerateVideoResponse", "videos": videos}
    name = f"{vertex.place(call)}/operations/{view.handle}"
    return Reply(200, {"name": name, "done": True, "response": {**response, "raiMediaFilteredCount": 0}})


def fail(error: VitascopeError, call: Call | None) -> Reply:
    return Reply(error.status, {"error": {"type": error.code, "message": sentence(error)}})


DIALECT = Dialect(
    name="comfy",
    title="ComfyUI's API nodes",
    prefix="/comfy",
    routes=(
        Route(
            method="POST",
            path="/customers/storage",
            does="ticket",
            name="upload",
            parse=ticket,
            show=ticketed,
        ),
        Route(
            method="POST",
            path="/proxy/veo/{model}/generate",
            does="create",
            name="Veo: create",
            parse=google.veo,
            show=vertex.begun,
        ),
        Route(
            method="POST",
            path="/proxy/veo/{model}/poll",
            does="get",
            name="Veo: get",
            id=vertex.operation_id,
            show=operation,
        ),
    ),
    fail=fail,
    claims=lambda path, headers: path.startswith(("/proxy/", "/customers/")),
    snippet="""\
# Start ComfyUI with this server in the place of its own; its stock API nodes then draw here:
python main.py --comfy-api-base {base}
# As the API key in its settings:
{key}
""",
)
