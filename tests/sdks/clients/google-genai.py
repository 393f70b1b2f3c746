"""Google's SDK, 1.x to 3.x, as its users write it. Run by `speaker.py`."""

import base64
import io
import time

from google import genai
from google.genai import types

MODEL = "veo-3.1-generate-preview"


def client(url, key, vertex=False):
    return genai.Client(vertexai=vertex, api_key=key, http_options=types.HttpOptions(base_url=url))


def asked(prompt=None, image=None, last=None, video=None, **config):
    """The arguments of generate_videos."""
    given = {}
    if last:
        config["last_frame"] = picture(last)
    if image:
        given["image"] = picture(image)
    if video:
        given["video"] = types.Video(uri=video)
    source = types.GenerateVideosSource(prompt=prompt, **given)
    return {"model": MODEL, "source": source, "config": types.GenerateVideosConfig(**config)}


def picture(png):
    return types.Image(image_bytes=base64.b64decode(png), mime_type="image/png")


def done(google, operation):
    while not operation.done:
        time.sleep(0.3)
        operation = google.operations.get(operation)
    return operation


def make(url, key, to, vertex=False, **given):
    google = client(url, key, vertex)
    operation = done(google, google.models.generate_videos(**asked(**given)))
    if operation.error:
        return {"name": operation.name, "error": operation.error}
    videos = [one.video for one in operation.response.generated_videos]
    data = videos[0].video_bytes if vertex else google.files.download(file=videos[0])
    with open(to, "wb") as file:
        file.write(data)
    return {"name": operation.name, "uris": [video.uri for video in videos]}


def create(url, key, vertex=False, **given):
    google = client(url, key, vertex)  # it closes when nobody holds it any more
    return google.models.generate_videos(**asked(**given)).name


def look(url, key, name, vertex=False):
    google = client(url, key, vertex)
    return google.operations.get(types.GenerateVideosOperation(name=name)).model_dump()


def upload_and_make(url, key, to, png, **given):
    """A picture sent beforehand, looked at, used, and deleted."""
    google = client(url, key)
    sent = google.files.upload(file=io.BytesIO(base64.b64decode(png)), config={"mime_type": "image/png"})
    looked = google.files.get(name=sent.name)
    listed = [file.name for file in google.files.list()]
    google.files.delete(name=sent.name)
    return {"name": sent.name, "state": str(looked.state), "bytes": looked.size_bytes, "listed": listed}


def interact(url, key, to, **given):
    """One call that answers when the clip is there."""
    google = client(url, key)
    made = google.interactions.create(**given)
    found = made.output_video
    if found and found.data:
        with open(to, "wb") as file:
            file.write(base64.b64decode(found.data))
    return {"id": made.id, "status": made.status, "uri": found.uri if found else None}


def interact_behind(url, key, to, **given):
    """In the background: polled, downloaded by its address, deleted."""
    google = client(url, key)
    made = google.interactions.create(background=True, **given)
    first = made.status
    while made.status in ("queued", "in_progress"):
        time.sleep(0.3)
        made = google.interactions.get(id=made.id)
    if made.status == "completed":
        with open(to, "wb") as file:
            file.write(google.files.download(file=made.output_video.uri))
    google.interactions.delete(id=made.id)
    return {"id": made.id, "first": first, "status": made.status}


def interact_cancel(url, key, **given):
    google = client(url, key)
    made = google.interactions.create(background=True, **given)
    return google.interactions.cancel(id=made.id).status


def interaction(url, key, id):
    google = client(url, key)
    return google.interactions.get(id=id).status
