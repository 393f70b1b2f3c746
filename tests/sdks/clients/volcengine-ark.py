"""Volcano Ark's SDK as its users write it. Run by `speaker.py`."""

import time
import urllib.request

from volcenginesdkarkruntime import Ark


def client(url, key):
    return Ark(base_url=f"{url}/api/v3", api_key=key, max_retries=0)


def make(url, key, to, **asked):
    """From prompt to file; the last state of the task."""
    tasks = client(url, key).content_generation.tasks
    task = tasks.get(task_id=tasks.create(**asked).id)
    while task.status in ("queued", "running"):
        time.sleep(0.3)
        task = tasks.get(task_id=task.id)
    if task.status == "succeeded":
        urllib.request.urlretrieve(task.content.video_url, to)
    return task.model_dump(mode="json")


def create(url, key, **asked):
    return client(url, key).content_generation.tasks.create(**asked).id


def get(url, key, id):
    return client(url, key).content_generation.tasks.get(task_id=id).model_dump(mode="json")


def listed(url, key, **asked):
    found = client(url, key).content_generation.tasks.list(**asked)
    return {"total": found.total, "ids": [task.id for task in found.items]}


def delete(url, key, id):
    client(url, key).content_generation.tasks.delete(task_id=id)


def picture(url, key, **asked):
    return client(url, key).images.generate(**asked).model_dump(mode="json")
