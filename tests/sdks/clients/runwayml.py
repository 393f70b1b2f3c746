"""Runway's SDK as its users write it. Run by `speaker.py`."""

import base64
import time
import urllib.request

import runwayml


def client(url, key):
    return runwayml.RunwayML(base_url=url, api_key=key)


def make(url, key, to, kind="text_to_video", upload=None, **asked):
    """From prompt to file. `upload`: a picture in base64, sent beforehand and used as the first one."""
    runway = client(url, key)
    if upload:
        sent = runway.uploads.create_ephemeral(file=("first.png", base64.b64decode(upload), "image/png"))
        asked["prompt_image"] = [{"uri": sent.uri, "position": "first"}]
    task = runway.tasks.retrieve(getattr(runway, kind).create(**asked).id)
    while task.status in ("PENDING", "THROTTLED", "RUNNING"):
        time.sleep(0.3)
        task = runway.tasks.retrieve(task.id)
    if task.status == "SUCCEEDED":
        urllib.request.urlretrieve(task.output[0], to)
    return task.model_dump(mode="json")


def wait(url, key, **asked):
    """The SDK's own way of waiting."""
    return client(url, key).text_to_video.create(**asked).wait_for_task_output().model_dump(mode="json")


def create(url, key, kind="text_to_video", **asked):
    return getattr(client(url, key), kind).create(**asked).model_dump(mode="json")


def get(url, key, id):
    return client(url, key).tasks.retrieve(id).model_dump(mode="json")


def delete(url, key, id):
    return client(url, key).tasks.delete(id)


def balance(url, key):
    return client(url, key).organization.retrieve().model_dump(mode="json")


def character(url, key):
    asked = {"model": "act_two", "reference": {"type": "video", "uri": "https://example.org/a.mp4"}}
    return client(url, key).character_performance.create(character={"type": "image", "uri": "https://a/b"}, **asked)
