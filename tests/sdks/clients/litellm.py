"""LiteLLM as a client of four of our forms. Run by `speaker.py`."""

import os
import time

os.environ["LITELLM_LOCAL_MODEL_COST_MAP"] = "True"  # it would fetch prices

import litellm

ENDS = {"openai": "/v1", "hosted_vllm": "/v1", "gemini": "", "runwayml": "/v1"}


def reached(url, key, provider):
    return {"api_base": url + ENDS[provider], "api_key": key, "custom_llm_provider": provider}


def make(url, key, to, provider, **asked):
    how = reached(url, key, provider)
    job = litellm.video_generation(**asked, **how)
    first = job.status
    while job.status in ("queued", "in_progress", "processing"):
        time.sleep(0.3)
        job = litellm.video_status(video_id=job.id, **how)
    if job.status == "completed":
        with open(to, "wb") as file:
            file.write(litellm.video_content(video_id=job.id, **how))
    return {"first": first, **job.model_dump(mode="json")}


def create(url, key, provider, **asked):
    return litellm.video_generation(**asked, **reached(url, key, provider)).model_dump(mode="json")


def get(url, key, provider, id):
    return litellm.video_status(video_id=id, **reached(url, key, provider)).model_dump(mode="json")


def remix_and_list(url, key, id, **asked):
    how = reached(url, key, "openai")
    remix = litellm.video_remix(video_id=id, **asked, **how)
    return [remix.status, len(litellm.video_list(**how))]
