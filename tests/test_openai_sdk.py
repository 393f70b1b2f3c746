"""OpenAI's own SDK, unchanged, pointed at a real server: every call of `client.videos`, the errors it raises, and its
polling. Once with the model that ships in the package, from prompt to file.
"""

import base64
import io
import time

import openai
import pytest

from serving import PATIENCE, png, serving
from vitascope.engines import registry
from vitascope.media import recipe
from vitascope.media import video as videos

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")  # the SDK says that Sora's own API has closed


@pytest.fixture
def client(server):
    with sdk(server) as made:
        yield made


def sdk(server, key=None, **options):
    return openai.OpenAI(base_url=f"{server.url}/v1", api_key=key or server.key(), timeout=PATIENCE, **options)


def made(client, **asked):
    asked = {"model": "sora-2", "prompt": "a red ball bounces", "seconds": "1"} | asked
    video = client.videos.create_and_poll(poll_interval_ms=100, **asked)
    assert video.status == "completed", video.error
    return video


def test_create_poll_and_download(client, tmp_path):
    job = client.videos.create(model="sora-2", prompt="a kite", seconds="4", size="1280x720")
    assert (job.object, job.status, job.seconds, job.size) == ("video", "queued", "4", "352x192")
    while job.status in ("queued", "in_progress"):
        time.sleep(0.1)
        job = client.videos.retrieve(job.id)
    assert job.status == "completed", job.error
    assert job.progress == 100
    client.videos.download_content(job.id).write_to_file(tmp_path / "kite.mp4")
    assert videos.probe(tmp_path / "kite.mp4").frames == 65
    assert recipe.read(tmp_path / "kite.mp4").spec.prompt == "a kite"
    assert client.videos.download_content(job.id, variant="thumbnail").read()[:2] == b"\xff\xd8"
    assert client.videos.download_content(job.id, variant="spritesheet").read()[:2] == b"\xff\xd8"


def test_the_servers_own_pace_of_polling_is_followed(client):
    video = client.videos.create_and_poll(prompt="a red ball", seconds="1")
    assert video.status == "completed"


@pytest.mark.parametrize("form", ["bytes", "tuple", "file"])
def test_a_first_picture_in_every_form_the_sdk_sends(client, form, tmp_path):
    (tmp_path / "first.png").write_bytes(png())
    with open(tmp_path / "first.png", "rb") as file:
        given = {
            "bytes": png(),
            "tuple": ("first.png", png(), "image/png"),
            "file": file,
        }[form]
        assert made(client, input_reference=given).size == "256x256"


def test_objects_that_the_sdk_itself_cannot_send_go_through_extra_body(client):
    """SDK 3.54 refuses the objects that its own types allow; as extra fields they arrive as `input_reference[...]`."""
    url = "data:image/png;base64," + base64.b64encode(png()).decode()
    assert made(client, extra_body={"input_reference": {"image_url": url}}).size == "256x256"


def test_list_pages_by_itself(client):
    ids = [client.videos.create(prompt="a kite", seconds="1").id for _ in range(5)]
    assert [video.id for video in client.videos.list(limit=2, order="asc")] == ids
    assert [video.id for video in client.videos.list(limit=2)] == ids[::-1]
    assert client.videos.list(limit=3).has_more


def test_remix_extend_and_delete(client):
    first = made(client)
    remix = client.videos.poll(client.videos.remix(first.id, prompt="a blue cube").id, poll_interval_ms=100)
    assert remix.remixed_from_video_id == first.id
    by_id = {"video": {"id": first.id}}
    longer = client.videos.extend(prompt="on it rolls", seconds="4", video=openai.omit, extra_body=by_id)
    longer = client.videos.poll(longer.id, poll_interval_ms=100)
    assert (longer.status, longer.seconds) == ("completed", "5")
    sent = io.BytesIO(client.videos.download_content(first.id).read())
    sent.name = "clip.mp4"
    again = client.videos.poll(client.videos.extend(prompt="on", seconds="4", video=sent).id, poll_interval_ms=100)
    assert again.status == "completed", again.error
    gone = client.videos.delete(first.id)
    assert (gone.id, gone.deleted, gone.object) == (first.id, True, "video.deleted")
    with pytest.raises(openai.NotFoundError):
        client.videos.retrieve(first.id)


def test_what_is_not_supported_is_an_honest_error(client):
    with pytest.raises(openai.UnprocessableEntityError) as edit:
        client.videos.edit(prompt="make it blue", video=b"film")
    assert edit.value.code == "not_supported"
    with pytest.raises(openai.UnprocessableEntityError):
        client.videos.create_character(name="mia", video=b"film")
    with pytest.raises(openai.NotFoundError):
        client.videos.get_character("char_1")


def test_our_extra_fields_go_through_extra_body(client):
    video = made(client, extra_body={"seed": 7, "camera": "orbit left", "negative_prompt": "rain", "steps": 2})
    extra = video.model_extra
    assert (extra["seed"], extra["camera"], extra["negative_prompt"]) == (7, {"words": "orbit left"}, "rain")


def test_errors_are_the_sdks_own(server, client):
    with pytest.raises(openai.BadRequestError) as bad:
        client.videos.create(prompt="a kite", seconds="soon")
    assert (bad.value.param, bad.value.code) == ("seconds", "bad_spec")
    assert bad.value.request_id.startswith("req_")
    with pytest.raises(openai.NotFoundError) as unknown:
        client.videos.create(prompt="a kite", model="nimbus-9")
    assert unknown.value.code == "unknown_model"
    with pytest.raises(openai.NotFoundError):
        client.videos.retrieve("video_" + "0" * 24)
    with sdk(server, key="vs_wrong") as stranger, pytest.raises(openai.AuthenticationError):
        stranger.videos.list()
    with sdk(server, key=server.key(plan="free", credits=0)) as poor, pytest.raises(openai.APIStatusError) as few:
        poor.videos.create(prompt="a kite", seconds="10", size="352x192", extra_body={"steps": 64, "n": 4})
    assert few.value.status_code == 402


def test_too_many_requests_are_said_as_such(server):
    key = server.key(plan="free")
    with sdk(server, key=key, max_retries=0) as hasty:
        limited = None
        for _ in range(100):
            try:
                hasty.videos.create(prompt="a kite", seconds="soon")
            except openai.BadRequestError:
                continue
            except openai.RateLimitError as error:
                limited = error
                break
    assert int(limited.response.headers["retry-after"]) >= 1


def test_models_are_listed(client):
    assert "vitascope-nano" in [model.id for model in client.models.list()]
    assert client.models.retrieve("sora-2").id == "vitascope-nano"


@pytest.mark.slow
def test_the_built_in_model_end_to_end(tmp_path):
    model = registry.load()
    with serving(tmp_path, work=True, engine=model, cards=(model.card,)) as running, sdk(running) as client:
        video = client.videos.create_and_poll(
            model="sora-2",
            prompt="a large red ball bounces on snow at sunset",
            seconds="1",
            size="1024x1024",
            poll_interval_ms=200,
            extra_body={"seed": 7},
        )
        assert video.status == "completed", video.error
        data = client.videos.download_content(video.id).read()
        (tmp_path / "ball.mp4").write_bytes(data)
        assert videos.probe(tmp_path / "ball.mp4").frames == 17
        frames = videos.tail(tmp_path / "ball.mp4", 17)
        assert frames.std() > 10  # it shows something
        assert recipe.read(tmp_path / "ball.mp4").weights == model.card.weights
