"""Tencent Cloud's SDK for vclm as its users write it. `key`: an access/secret pair with a colon between. Run by
`speaker.py`.
"""

import json
import time
import urllib.request

from tencentcloud.common import abstract_client, credential
from tencentcloud.common.profile.client_profile import ClientProfile
from tencentcloud.common.profile.http_profile import HttpProfile
from tencentcloud.vclm.v20240523 import models, vclm_client


def client(url, key, unsigned=False):
    scheme, endpoint = url.split("://")
    profile = ClientProfile(httpProfile=HttpProfile(protocol=scheme, endpoint=endpoint))
    profile.unsignedPayload = unsigned
    return vclm_client.VclmClient(credential.Credential(*key.split(":")), "ap-guangzhou", profile)


def act(vclm, action, fields):
    request = getattr(models, f"{action}Request")()
    request.from_json_string(json.dumps(fields))
    return json.loads(getattr(vclm, action)(request).to_json_string())


def make(url, key, to, kind, unsigned=False, **fields):
    """From prompt to file; the last answer."""
    vclm = client(url, key, unsigned)
    look = {"JobId": act(vclm, f"Submit{kind}Job", fields)["JobId"]}
    while (got := act(vclm, f"Describe{kind}Job", look))["Status"] in ("WAIT", "RUN"):
        time.sleep(0.3)
    if got["Status"] == "DONE":
        urllib.request.urlretrieve(got["ResultVideoUrl"], to)
    return got


def ask(url, key, action, **fields):
    return act(client(url, key), action, fields)


def at(url, key, now, action, **fields):
    """With a clock that shows this."""
    abstract_client.time.time = lambda: now
    return ask(url, key, action, **fields)


def twice(url, key, now, action, **fields):
    """Two requests that are the same to the letter, as a replay is."""
    return [at(url, key, now, action, **fields) for _ in range(2)]
