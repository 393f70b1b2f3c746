"""fal's SDK as its users write it. Run by `speaker.py`. It has https built in, so the addresses are set by hand."""

import time

import fal_client

APP = "fal-ai/wan/v2.2-a14b/text-to-video"


def client(url, key):
    fal_client.client.QUEUE_URL_FORMAT = f"{url}/fal/"
    fal_client.client.RUN_URL_FORMAT = f"{url}/fal/run/"
    fal_client.client.REST_URL = fal_client.client.CDN_URL = f"{url}/fal"
    return fal_client.SyncClient(key=key)


def told(status):
    return {"kind": type(status).__name__, **vars(status)}


def make(url, key, app=APP, root=False, **given):
    """Submit, poll, get."""
    fal = client(url, key)
    if root:
        fal_client.client.QUEUE_URL_FORMAT = f"{url}/"
    handle = fal.submit(app, arguments=given)
    seen = [told(handle.status(with_logs=True))]
    while seen[-1]["kind"] != "Completed":
        time.sleep(0.1)
        seen.append(told(handle.status(with_logs=True)))
    result = handle.get()
    again = fal.result(app, handle.request_id)
    return {"id": handle.request_id, "seen": seen, "result": result, "again": again}


def subscribe(url, key, **given):
    """Waits, and is told of every change on the way."""
    seen = []
    done = client(url, key).subscribe(APP, arguments=given, on_queue_update=lambda now: seen.append(told(now)["kind"]))
    return {"result": done, "seen": seen}


def run(url, key, **given):
    return client(url, key).run(APP, arguments=given)


def upload_and_make(url, key, png, **given):
    """The picture sent both ways: to the newer storage, and in two steps."""
    fal = client(url, key)
    data = bytes.fromhex(png)
    first = fal.upload(data, "image/png", file_name="first.png", repository="fal_v3")
    last = fal.upload(data, "image/png", file_name="last.png", repository="fal")
    given |= {"image_url": first, "end_image_url": last}
    return fal.submit("fal-ai/kling-video/v2.1/pro/image-to-video", arguments=given).get()


def extend(url, key, **given):
    fal = client(url, key)
    first = fal.submit(APP, arguments=given).get()
    given |= {"video_url": first["video"]["url"]}
    return fal.submit("fal-ai/veo3.1/extend-video", arguments=given).get()


def cancel(url, key, **given):
    """What the queue says of a request that was cancelled."""
    handle = client(url, key).submit(APP, arguments=given)
    handle.cancel()
    while not isinstance(handle.status(), fal_client.Completed):
        time.sleep(0.1)
    return {"id": handle.request_id, **told(handle.status())}


def create(url, key, app=APP, **given):
    return client(url, key).submit(app, arguments=given).request_id


def result(url, key, id):
    return client(url, key).result(APP, id)
