"""DashScope's SDK as its users write it: the calls of its first version and the client of its second. Run by
`speaker.py`.
"""

import urllib.request

import dashscope
from dashscope import ImageSynthesis, VideoSynthesis


def told(answer):
    """Its answers are no exceptions: what it says of one."""
    return {
        "status": int(answer.status_code),
        "code": answer.code,
        "message": answer.message,
        "output": dict(answer.output or {}),
        "usage": dict(answer.usage or {}),
    }


def make(url, key, to, **asked):
    """From prompt to file by the first version's calls; local files as file://."""
    dashscope.base_http_api_url, dashscope.api_key = f"{url}/api/v1", key
    done = VideoSynthesis.wait(VideoSynthesis.async_call(api_key=key, **asked), api_key=key)
    if done.output.task_status == "SUCCEEDED":
        urllib.request.urlretrieve(done.output.video_url, to)
    return told(done)


def create(url, key, **asked):
    dashscope.base_http_api_url = f"{url}/api/v1"
    return told(VideoSynthesis.async_call(api_key=key, **asked))


def get(url, key, id):
    dashscope.base_http_api_url = f"{url}/api/v1"
    return told(VideoSynthesis.fetch(id, api_key=key))


def cancel(url, key, id):
    dashscope.base_http_api_url = f"{url}/api/v1"
    return told(VideoSynthesis.cancel(id, api_key=key))


def listed(url, key, **asked):
    dashscope.base_http_api_url = f"{url}/api/v1"
    return told(VideoSynthesis.list(api_key=key, **asked))


def picture(url, key, **asked):
    dashscope.base_http_api_url = f"{url}/api/v1"
    return told(ImageSynthesis.call(api_key=key, **asked))


def generate(url, key, to, **asked):
    """From prompt to file by the second version's client."""
    client = dashscope.Client(api_key=key, base_url=f"{url}/api/v1", max_retries=0)
    job = client.videos.generate(poll_interval=0.3, max_interval=0.3, **asked)
    urllib.request.urlretrieve(job.video_url, to)
    return [found.task_id for found in client.videos.jobs.list().tasks]


def fetch(url, key, id):
    return dashscope.Client(api_key=key, base_url=f"{url}/api/v1", max_retries=0).videos.jobs.fetch(id).status
