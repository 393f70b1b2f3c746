"""OpenRouter's SDK as its users write it. Run by `speaker.py`."""

import time

from openrouter import OpenRouter

MODEL = "google/veo-3.1"


def videos(url, key):
    return OpenRouter(api_key=key, server_url=f"{url}/api/v1").video_generation


def make(url, key, to=None, **asked):
    """From prompt to file."""
    api = videos(url, key)
    job = api.generate(model=MODEL, **asked)
    while job.status in ("pending", "in_progress"):
        time.sleep(0.2)
        job = api.get_generation(job_id=job.id)
    if to:
        with open(to, "wb") as file:
            file.write(api.get_video_content(job_id=job.id, index=0).read())
    return job.model_dump()


def create(url, key, **asked):
    return videos(url, key).generate(model=asked.pop("model", MODEL), **asked).model_dump()


def get(url, key, id):
    return videos(url, key).get_generation(job_id=id).model_dump()


def content(url, key, id):
    return len(videos(url, key).get_video_content(job_id=id).read())


def models(url, key):
    return [model.model_dump() for model in videos(url, key).list_videos_models().data]
