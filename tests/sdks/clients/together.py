"""Together's SDK as its users write it. Run by `speaker.py`."""

import time

import together

MODEL = "minimax/hailuo-02"


def videos(url, key):
    return together.Together(api_key=key, base_url=url, max_retries=0).videos


def make(url, key, **asked):
    api = videos(url, key)
    job = api.create(model=MODEL, **asked)
    while job.status == "in_progress":
        time.sleep(0.2)
        job = api.retrieve(job.id)
    return job.model_dump()


def create(url, key, model=MODEL, **asked):
    return videos(url, key).create(model=model, **asked).model_dump()


def get(url, key, id):
    return videos(url, key).retrieve(id).model_dump()
