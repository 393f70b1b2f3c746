"""Replicate's SDK as its users write it. Run by `speaker.py`."""

import io
import time

import replicate
from replicate.helpers import FileOutput

MODEL = "wan-video/wan-2.2-t2v-fast"


def client(url, key):
    return replicate.Client(api_token=key, base_url=url)


def told(prediction):
    return prediction.dict()


def run(url, key, to, version=None, **given):
    """`run` waits for the end. What comes back is an address; only from https the SDK makes a file of it by itself."""
    made = replicate.Client(api_token=key, base_url=url)
    output = made.run(f"{MODEL}:{version}" if version else MODEL, input=given)
    with open(to, "wb") as file:
        file.write(FileOutput(output, made).read())
    return output


def poll(url, key, **given):
    prediction = client(url, key).models.predictions.create(MODEL, input=given)
    seen = {prediction.status}
    while prediction.status in ("starting", "processing"):
        time.sleep(0.1)
        prediction.reload()
        seen.add(prediction.status)
    return {**told(prediction), "seen": sorted(seen), "part": prediction.progress and prediction.progress.percentage}


def from_a_file(url, key, png, **given):
    """A file among the inputs is sent beforehand by the SDK itself."""
    picture = io.BytesIO(bytes.fromhex(png))
    picture.name = "first.png"
    prediction = client(url, key).models.predictions.create(MODEL, input={**given, "image": picture})
    prediction.wait()
    return told(prediction)


def create(url, key, **given):
    return told(client(url, key).predictions.create(MODEL, input=given))


def cancel(url, key, id):
    return told(client(url, key).predictions.cancel(id))


def get(url, key, id):
    return told(client(url, key).predictions.get(id))


def listed(url, key):
    """All pages."""
    ids, predictions = [], client(url, key).predictions
    page = predictions.list()
    while True:
        ids += [prediction.id for prediction in page.results]
        if not page.next:
            return ids
        page = predictions.list(page.next)


def about(url, key, owner, name):
    """A model, and the newest of its versions."""
    model = client(url, key).models.get(owner, name)
    return {"owner": model.owner, "name": model.name, "version": model.latest_version.id}


def verify(url, key, headers, body):
    """Whether a callback was signed with the account's secret; raises when not."""
    secret = client(url, key).webhooks.default.secret()
    return replicate.webhook.Webhooks.validate(headers=headers, body=body, secret=secret)
