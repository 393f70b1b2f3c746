"""Google Veo as Vertex AI has it, with and without a project in the path; the only Veo of google-genai 3.x. An
operation is fetched by a POST that names it, and the clip comes inline: there is no cloud storage to put it in. Pure.
"""

from __future__ import annotations

from vitascope.vendors.api import Call, Dialect, Reply, Route
from vitascope.vendors.callback import Callback, Message, Secrets
from vitascope.vendors.fields import bad, text
from vitascope.vendors.google import veo as google
from vitascope.vendors.google.files import FILE_SKIN, VERSIONS, stamp
from vitascope.vendors.view import View


def place(call: Call) -> str:
    """The path of the model, as this caller writes it."""
    publisher = f"publishers/google/models/{call.params['model']}"
    if "project" not in call.params:
        return publisher
    return f"projects/{call.params['project']}/locations/{call.params['location']}/{publisher}"


def operation_id(call: Call) -> str:
    """The handle in the operation that the body names."""
    name = text(call.fields, "operationName", limit=1000)
    if "/operations/" not in name:
        raise bad("operationName", "The operation's name is missing.", "Send it as predictLongRunning gave it.")
    return name.rpartition("/operations/")[2]


def operation(call: Call, view: View) -> Reply:
    """The operation, done or not. A clip in it is the whole file in base64."""
    body: dict[str, object] = {"name": f"{place(call)}/operations/{view.handle}"}
    if not view.done:
        body["metadata"] = {"@type": "type.googleapis.com/google.cloud.aiplatform.v1.GenericOperationMetadata"}
        return Reply(200, body)
    body["done"] = True
    body["metadata"] = {"createTime": stamp(view.created), "notes": list(view.notes)}
    if view.state != "succeeded":
        body["error"] = google.failed(view.error)
        return Reply(200, body)
    good, refused = google.outcome(view)
    videos = [{"bytesBase64Encoded": google.inlined(take.content()), "mimeType": "video/mp4"} for take in good]
    body["response"] = {
        "@type": "type.googleapis.com/cloud.ai.large_models.vision.GenerateVideoResponse",
        "videos": videos,
        "raiMediaFilteredCount": len(refused),
        "raiMediaFilteredReasons": [fault.message for fault in refused],
    }
    return Reply(200, body)


def begun(call: Call, view: View) -> Reply:
    """What creating answers: the name alone."""
    return Reply(200, {"name": f"{place(call)}/operations/{view.handle}"})


def tell(view: View, state: str, secrets: Secrets, id: str, now: float) -> Message:
    """As the Gemini form tells it."""
    name = f"publishers/google/models/{view.asked_model}/operations/{view.handle}"
    return google.notice(view, "video.generated", name, secrets, id, now, output_file_uri=view.url)


def _routes(version: str, project: str) -> tuple[Route, ...]:
    model = f"/{version}{project}/publishers/google/models/{{model}}"
    return (
        Route(
            method="POST",
            path=f"{model}:predictLongRunning",
            does="create",
            name="text and image to video, extend",
            parse=google.veo,
            show=begun,
        ),
        Route(
            method="POST",
            path=f"{model}:fetchPredictOperation",
            does="get",
            name="operation, with its clip",
            id=operation_id,
            show=operation,
        ),
        Route(
            method="POST",
            path=f"{model}:generateContent",
            does="refuse",
            name="text",
            refused="write text",
            hint="Clips are made at :predictLongRunning.",
        ),
    )


SNIPPET = """\
import time; from google import genai
client = genai.Client(vertexai=True, api_key="{key}", http_options=genai.types.HttpOptions(base_url="{base}"))
op = client.models.generate_videos(model="veo-3.1-generate-001", prompt="a red ball bounces on snow")
while not op.done: time.sleep(1); op = client.operations.get(op)
open("ball.mp4", "wb").write(op.response.generated_videos[0].video.video_bytes)"""

DIALECT = Dialect(
    name="vertex",
    title="Google Veo (Vertex AI)",
    prefix="/vertex",
    also_under=("/google",),
    routes=tuple(
        route
        for version in VERSIONS
        for project in ("", "/projects/{project}/locations/{location}")
        for route in _routes(version, project)
    ),
    fail=google.fail,
    claims=lambda path, headers: path.startswith("/v1") and "/publishers/google/" in path,
    upload_skin=FILE_SKIN,
    callback=Callback(tell, states=("succeeded", "failed", "cancelled")),
    snippet=SNIPPET,
    sdk="google-genai",
    ignored=("personGeneration", "enhancePrompt", "compressionQuality", "resizeMode", "fps", "labels"),
    aliases=("veo-*",),
    docs="Vertex AI: Veo on Vertex AI video generation API",
    family="google",
)
