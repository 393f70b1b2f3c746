"""Luma's Dream Machine SDK as its users write it. Run by `speaker.py`."""

import time
import urllib.request

import lumaai


def client(url, key):
    return lumaai.LumaAI(base_url=f"{url}/dream-machine/v1", auth_token=key)


def make(url, key, to, image=False, **asked):
    luma = client(url, key)
    made = luma.generations.image.create(**asked) if image else luma.generations.create(**asked)
    while made.state in ("queued", "dreaming"):
        time.sleep(0.3)
        made = luma.generations.get(made.id)
    if made.state == "completed":
        urllib.request.urlretrieve(made.assets.image if image else made.assets.video, to)
    return made.model_dump(mode="json")


def create(url, key, **asked):
    return client(url, key).generations.create(**asked).model_dump(mode="json")


def get(url, key, id):
    return client(url, key).generations.get(id).model_dump(mode="json")


def listed(url, key, **asked):
    return client(url, key).generations.list(**asked).model_dump(mode="json")


def delete(url, key, id):
    return client(url, key).generations.delete(id)


def around(url, key):
    luma = client(url, key)
    return [luma.ping.check().message, luma.credits.get().credit_balance, luma.generations.concepts.list()]


def upscale(url, key, id):
    return client(url, key).generations.upscale(id, resolution="4k")
