"""Google Veo as the Gemini API has it (google-genai up to 2.x, LiteLLM, plain HTTP): a long-running operation of a
model, polled by its name, whose result is a file. Pure.

A file's address is absolute. Where it is not https, Google's own SDK asks for `files/` + the whole address; that path
is taken too.
"""

from __future__ import annotations

from collections.abc import Mapping

from vitascope.engines.card import ModelCard
from vitascope.vendors.api import Call, Dialect, Reply, Route, Upload
from vitascope.vendors.callback import Callback, Message, Secrets
from vitascope.vendors.common import emptied
from vitascope.vendors.google import files as google_files
from vitascope.vendors.google import veo as google
from vitascope.vendors.google.files import FILE_SKIN, VERSIONS
from vitascope.vendors.view import View


def operation(call: Call, view: View) -> Reply:
    """The operation, done or not."""
    model = call.params.get("model") or view.asked_model
    body: dict[str, object] = {"name": f"models/{model}/operations/{view.handle}", "done": view.done}
    body["metadata"] = {
        "@type": "type.googleapis.com/google.ai.generativelanguage.v1beta.PredictLongRunningMetadata",
        "state": view.state.upper(),
        "progressPercent": round(view.progress * 100),
        "createTime": google_files.stamp(view.created),
        "notes": list(view.notes),
    }
    if view.state in ("failed", "cancelled"):
        body["error"] = google.failed(view.error)
    elif view.done:
        body["response"] = {
            "@type": "type.googleapis.com/google.ai.generativelanguage.v1beta.PredictLongRunningResponse",
            "generateVideoResponse": generated(call, view),
        }
    return Reply(200, body)


def generated(call: Call, view: View) -> dict[str, object]:
    """All takes that succeeded; those that a rule refused are counted, as Google counts them."""
    good, refused = google.outcome(view)
    samples = [{"video": {"uri": google_files.file_url(call, take.handle), "encoding": "video/mp4"}} for take in good]
    body: dict[str, object] = {"generatedSamples": samples}
    if refused:
        body["raiMediaFilteredCount"] = len(refused)
        body["raiMediaFilteredReasons"] = [fault.message for fault in refused]
    return body


def result_file(call: Call, view: View) -> Reply:
    """A result, seen as a file."""
    body = {
        "name": f"files/{view.handle}",
        "mimeType": "video/mp4",
        "sizeBytes": str(view.bytes or 0),
        "createTime": google_files.stamp(view.created),
        "uri": google_files.file_uri(call, view.handle),
        "downloadUri": google_files.file_url(call, view.handle),
        "state": "ACTIVE" if view.state == "succeeded" else "FAILED" if view.done else "PROCESSING",
        "source": "GENERATED",
        "videoMetadata": {"videoDuration": f"{view.seconds:g}s"},
    }
    if view.expires:
        body["expirationTime"] = google_files.stamp(view.expires)
    return Reply(200, body)


def models(_call: Call, cards: tuple[ModelCard, ...]) -> Reply:
    return Reply(200, {"models": [_model(card) for card in cards]})


def _model(card: ModelCard) -> dict[str, object]:
    return {
        "name": f"models/{card.name}",
        "displayName": card.title,
        "description": card.limits,
        "supportedGenerationMethods": ["predictLongRunning"],
    }


def tell(view: View, state: str, secrets: Secrets, id: str, now: float) -> Message:
    """Google has one word for a clip's end; a failed one is told by the same, and the operation says why."""
    name = f"models/{view.asked_model}/operations/{view.handle}"
    return google.notice(view, "video.generated", name, secrets, id, now, output_file_uri=view.url)


def claims(path: str, headers: Mapping[str, str]) -> bool:
    return path.startswith(("/v1beta/", "/v1beta1/", "/upload/v1")) or (
        path.startswith("/v1/") and "x-goog-api-key" in headers
    )


def _uploaded(call: Call) -> bool:
    return bool(FILE_SKIN.read(call.params.get("id", "")))


def _google(call: Call) -> bool:
    """Other houses have files and models under /v1 too."""
    return (
        bool(call.prefix) or not call.path.startswith("/v1/") or "x-goog-api-key" in call.headers or "key" in call.query
    )


def _file_listed(call: Call, uploads: list[Upload]) -> Reply:
    return Reply(200, {"files": [google_files.file_shown(call, upload) for upload in uploads]})


def _routes(version: str) -> tuple[Route, ...]:
    model, files = f"/{version}/models/{{model}}", f"/{version}/files"
    ours = None if version != "v1" else _google
    return (
        Route(
            method="POST",
            path=f"{model}:predictLongRunning",
            does="create",
            name="text and image to video, extend",
            parse=google.veo,
            show=operation,
            ignores=("personGeneration", "enhancePrompt"),
        ),
        Route(method="GET", path=f"{model}/operations/{{id}}", does="get", name="operation", show=operation),
        Route(method="GET", path=f"/{version}/models", does="models", name="models", show=models, match=ours),
        Route(
            method="POST",
            path=f"{model}:generateContent",
            does="refuse",
            name="text",
            refused="write text",
            hint="Clips are made at :predictLongRunning.",
        ),
        Route(
            method="POST",
            path=f"/upload/{version}/files",
            does="ticket",
            name="upload, begun",
            parse=google_files.file_wanted,
            show=google_files.ticket_shown,
        ),
        Route(
            method="POST",
            path=f"/upload/{version}/files/{{id}}",
            does="receive",
            name="upload, finished",
            show=google_files.received_shown,
        ),
        Route(
            method="GET",
            path=f"{files}/{{rest:path}}",
            does="content",
            name="download",
            id=google_files.file_of_path,
            match=lambda call: ":download" in call.path and _google_file(call),
        ),
        Route(
            method="GET",
            path=f"{files}/{{id}}",
            does="file",
            name="an uploaded file",
            show=lambda call, upload: Reply(200, google_files.file_shown(call, upload)),
            match=_uploaded,
        ),
        Route(
            method="GET",
            path=f"{files}/{{id}}",
            does="get",
            name="a result as a file",
            show=result_file,
            match=lambda call: _google(call) and ":" not in call.path,
        ),
        Route(method="GET", path=files, does="files", name="list of files", show=_file_listed, match=ours),
        Route(
            method="DELETE",
            path=f"{files}/{{id}}",
            does="drop",
            name="delete an uploaded file",
            show=emptied,
            match=_uploaded,
        ),
        Route(
            method="DELETE",
            path=f"{files}/{{id}}",
            does="delete",
            name="delete a result",
            show=emptied,
            match=_google,
        ),
    )


def _google_file(call: Call) -> bool:
    return bool(google_files.file_of_path(call))


SNIPPET = """\
import time; from google import genai
client = genai.Client(api_key="{key}", http_options=genai.types.HttpOptions(base_url="{base}"))
op = client.models.generate_videos(model="veo-3.1-generate-preview", prompt="a red ball bounces on snow")
while not op.done: time.sleep(1); op = client.operations.get(op)
open("ball.mp4", "wb").write(client.files.download(file=op.response.generated_videos[0].video))"""

DIALECT = Dialect(
    name="gemini",
    title="Google Veo (Gemini API)",
    prefix="/gemini",
    also_under=("/google", "/interactions"),
    routes=tuple(route for version in VERSIONS for route in _routes(version)),
    fail=google.fail,
    claims=claims,
    upload_skin=FILE_SKIN,
    callback=Callback(tell, states=("succeeded", "failed", "cancelled")),
    snippet=SNIPPET,
    sdk="google-genai<3",
    ignored=("personGeneration", "enhancePrompt", "compressionQuality", "resizeMode", "fps", "labels"),
    aliases=("veo-*",),
    docs="Gemini API: Generate videos with Veo",
    family="google",
)
