"""Luma's Agents SDK as its users write it. Run by `speaker.py`."""

import base64
import time
import urllib.request

import luma_agents


def client(url, key):
    return luma_agents.Luma(base_url=f"{url}/v1", auth_token=key)


def make(url, key, to, **asked):
    luma = client(url, key)
    made = luma.generations.create(**asked)
    while made.state in ("queued", "processing"):
        time.sleep(0.3)
        made = luma.generations.get(made.id)
    if made.state == "completed":
        urllib.request.urlretrieve(made.output[0].url, to)
    return made.model_dump(mode="json")


def make_of_file(url, key, to, png, **asked):
    """A picture sent beforehand: a place for it, its bytes, the end; then the clip that begins with it."""
    luma, data = client(url, key), base64.b64decode(png)
    sent = luma.files.create(mime_type="image/png", size_bytes=len(data), filename="first.png")
    headers = sent.upload.headers or {}
    urllib.request.urlopen(urllib.request.Request(sent.upload.url, data, headers, method=sent.upload.method)).read()
    file = luma.files.complete(sent.id)
    listed = [one.id for one in luma.files.list().data]
    made = make(url, key, to, video={"duration": "1s", "start_frame": {"file_id": sent.id}}, **asked)
    luma.files.delete(sent.id)
    return {"states": [sent.state, file.state], "bytes": file.size_bytes, "listed": sent.id in listed, "made": made}


def create(url, key, **asked):
    return client(url, key).generations.create(**asked).model_dump(mode="json")


def get(url, key, id):
    return client(url, key).generations.get(id).model_dump(mode="json")
