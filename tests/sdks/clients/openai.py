"""OpenAI's SDK as its users write it. Run by `speaker.py`."""

import openai


def client(url, key):
    return openai.OpenAI(base_url=f"{url}/v1", api_key=key)


def make(url, key, to, **asked):
    """From prompt to file; the last state of the video."""
    videos = client(url, key).videos
    video = videos.create_and_poll(poll_interval_ms=200, **asked)
    if video.status == "completed":
        videos.download_content(video.id).write_to_file(to)
    return video.model_dump()


def create(url, key, **asked):
    return client(url, key).videos.create(**asked).model_dump()


def get(url, key, id):
    return client(url, key).videos.retrieve(id).model_dump()


def listed(url, key):
    return [video.id for video in client(url, key).videos.list(limit=1)]


def delete(url, key, id):
    return client(url, key).videos.delete(id).model_dump()
