"""Volcano's visual service as its SDK's users write it. `key`: an access/secret pair with a colon between. Run by
`speaker.py`.
"""

import time
import urllib.request

from volcengine.auth.SignerV4 import SignerV4
from volcengine.visual.VisualService import VisualService


def client(url, key):
    service, (scheme, host), (access, secret) = VisualService(), url.split("://"), key.split(":")
    service.set_scheme(scheme)
    service.set_host(host)
    service.set_ak(access)
    service.set_sk(secret)
    return service


def make(url, key, to, **asked):
    """From prompt to file; the last answer."""
    service = client(url, key)
    sent = service.cv_sync2async_submit_task(asked)
    assert sent["code"] == 10000, sent
    look = {"req_key": asked["req_key"], "task_id": sent["data"]["task_id"]}
    while (got := service.cv_sync2async_get_result(look))["data"]["status"] in ("in_queue", "generating"):
        time.sleep(0.3)
    urllib.request.urlretrieve(got["data"].get("video_url") or got["data"]["image_urls"][0], to)
    return got


def submit(url, key, **asked):
    return client(url, key).cv_sync2async_submit_task(asked)


def result(url, key, **asked):
    return client(url, key).cv_sync2async_get_result(asked)


def at(url, key, date, **asked):
    """With a clock that shows this."""
    SignerV4.get_current_format_date = staticmethod(lambda: date)
    return submit(url, key, **asked)


def twice(url, key, date, **asked):
    """Two requests that are the same to the letter, as a replay is."""
    return [at(url, key, date, **asked) for _ in range(2)]
