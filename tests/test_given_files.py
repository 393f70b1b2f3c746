"""What is given over HTTP: ordinary clips and pictures of any shape are taken, what is changed is said in `notes`, and
no answer tells where anything lies on the server.
"""

import base64
import io
import json

import numpy as np
import pytest
from PIL import Image

from footage import CASES, film, halves, tone
from serving import finished, png, serving
from vitascope.media import video

NOTE_30 = "The clip to be continued: it was converted from 30 to 16 frames a second."


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    with serving(tmp_path_factory.mktemp("given"), work=True) as running:
        yield running


@pytest.fixture
def client(server):
    return server.client(server.key())


def extended(client, path, **fields):
    files = {"video": (path.name, path.read_bytes(), "video/mp4")}
    return client.post("/v1/videos/extensions", data={"prompt": "a ball", "seconds": "1", **fields}, files=files)


def says_no_path(answer):
    text = answer.text
    return not any(part in text for part in ("/tmp", "sent.mp4", "source.mp4"))


def content(client, video_id, folder):
    path = folder / "out.mp4"
    path.write_bytes(client.get(f"/v1/videos/{video_id}/content").content)
    return path


def test_a_clip_of_30_frames_a_second_is_simply_continued(client, tmp_path):
    answer = extended(client, CASES / "fps30.mp4")
    assert answer.status_code == 200
    assert says_no_path(answer)
    made = finished(client, answer.json()["id"])
    assert made["status"] == "completed", made["error"]
    assert NOTE_30 in made["notes"]
    assert made["size"] == "352x192"
    assert video.probe(content(client, made["id"], tmp_path)).frames == 33 + 16


@pytest.mark.parametrize(
    "film_of",
    [
        {"fps": 25},
        {"fps": 24},
        {"times": [0, 30, 100, 400, 420, 900]},
        {"turn": 90},
        {"codec": "ffv1", "pix_fmt": "bgr0", "matrix": 0},
    ],
    ids=str,
)
def test_every_ordinary_clip_is_continued(client, tmp_path, film_of):
    size = (101, 57) if film_of.get("codec") else (100, 56)
    path = film(tmp_path / "given.mkv", [halves(*size)] * 6, **film_of)
    made = finished(client, extended(client, path).json()["id"])
    assert made["status"] == "completed", made["error"]
    assert made["size"] in ("352x192", "192x352")
    assert any("scaled from" in note for note in made["notes"])


def test_the_sound_goes_through_the_whole_service(client, tmp_path):
    made = finished(client, extended(client, CASES / "audio.mp4").json()["id"])
    assert "The sound of the clip to be continued is kept; what is added to it is silent." in made["notes"]
    before = video.read_sound(CASES / "audio.mp4")
    after = video.read_sound(content(client, made["id"], tmp_path))
    wanted = before.samples[:80_000]
    assert np.sqrt(((after.samples[:80_000] - wanted) ** 2).mean()) < 0.1 * wanted.std()
    again = client.post(f"/v1/videos/{made['id']}/remix", json={"prompt": "a blue ball"}).json()
    assert finished(client, again["id"])["status"] == "completed"
    assert video.read_sound(content(client, again["id"], tmp_path)).samples.std() > 0.1 * before.samples.std()
    further = client.post(
        "/v1/videos/extensions", json={"prompt": "a ball", "seconds": "1", "video": {"id": made["id"]}}
    ).json()
    assert finished(client, further["id"])["status"] == "completed"
    assert video.read_sound(content(client, further["id"], tmp_path)).samples.std() > 0.1 * before.samples.std()


def test_the_sound_stays_under_the_label_and_in_an_archive(tmp_path):
    import zipfile

    with serving(tmp_path, work=True, label=1) as server:
        client = server.client(server.key())
        path = film(tmp_path / "tone.mp4", [halves(256, 256)] * 17, sound=tone(17 / 16))
        made = finished(client, extended(client, path).json()["id"])
        file = content(client, made["id"], tmp_path)
        assert video.read_sound(file).samples[:40_000].std() > 0.1
        with zipfile.ZipFile(io.BytesIO(client.get("/v1/library/export").content)) as archive:
            kept = [archive.read(name) for name in archive.namelist() if name.endswith("video.mp4")]
        assert kept == [file.read_bytes()]


@pytest.mark.parametrize(
    "data",
    [
        b"ffconcat version 1.0\nfile /etc/passwd\n",
        b"#EXTM3U\n/etc/passwd\n",
        b"\0\0\0\x18ftypmp42" + b"\0" * 100,
        b"hello",
        png(),
        (CASES / "fps30.mp4").read_bytes()[:9000],
    ],
    ids=lambda data: repr(data[:12]),
)
@pytest.mark.parametrize("route", ["/v1/videos/extensions", "/v1/inspect", "/v1/recipe", "/v1/videos"])
def test_no_answer_tells_where_anything_lies(client, data, route):
    field = {"/v1/videos/extensions": "video", "/v1/videos": "input_reference"}.get(route, "file")
    answer = client.post(route, data={"prompt": "a ball"}, files={field: ("x.mp4", data, "video/mp4")})
    assert answer.status_code in (200, 400, 422)
    assert says_no_path(answer)
    if answer.status_code != 200:
        assert answer.json()["error"]["hint"]
    elif route == "/v1/videos":
        assert data == png()


def test_a_picture_is_cut_or_padded_as_asked(client):
    wide = png(600, 200, colour=(0, 0, 255))

    def first(fit):
        files = {"input_reference": ("wide.png", wide, "image/png")}
        data = {"prompt": "a ball", "seconds": "1", "size": "256x256", **({"fit": fit} if fit else {})}
        answer = client.post("/v1/videos", data=data, files=files).json()
        fitted = client.get(f"/v1/videos/{answer['id']}/given").content
        return np.asarray(Image.open(io.BytesIO(fitted))), " ".join(answer["notes"])

    for fit in ("", "crop"):
        pixels, notes = first(fit)
        assert (pixels == (0, 0, 255)).all()
        assert "67 % of it is lost left and right" in notes
    pixels, notes = first("pad")
    assert (pixels[:80] == 0).all()
    assert (pixels[90:160] == (0, 0, 255)).all()
    assert "bars above and below" in notes
    refused = client.post("/v1/videos", json={"prompt": "a ball", "fit": "stretch"})
    assert (refused.status_code, refused.json()["error"]["param"]) == (400, "fit")


@pytest.mark.parametrize("way", ["form", "base64", "data url"])
def test_a_picture_is_seen_as_it_is_meant_however_it_comes(client, way):
    data = (CASES / "exif6.jpg").read_bytes()
    body = {"prompt": "a ball", "seconds": "1"}
    if way == "form":
        answer = client.post("/v1/videos", data=body, files={"input_reference": ("x.jpg", data, "image/jpeg")}).json()
    else:
        text = base64.b64encode(data).decode()
        given = text if way == "base64" else f"data:image/jpeg;base64,{text}"
        answer = client.post("/v1/videos", json={**body, "input_reference": given}).json()
    assert "The first picture: it was turned upright as its EXIF says." in answer["notes"]
    pixels = np.asarray(Image.open(io.BytesIO(client.get(f"/v1/videos/{answer['id']}/given").content)))
    assert np.abs(pixels[128, 10].astype(int) - (20, 21, 200)).max() < 8


def test_a_clip_that_is_given_as_a_picture_is_one_of_its_frames(client, tmp_path):
    frames = [np.full((256, 256, 3), 20 + 10 * number, np.uint8) for number in range(17)]
    path = film(tmp_path / "clip.mp4", frames)
    files = {
        "input_reference": ("clip.mp4", path.read_bytes(), "video/mp4"),
        "last_image": ("clip.mp4", path.read_bytes(), "video/mp4"),
    }
    answer = client.post("/v1/videos", data={"prompt": "a ball", "seconds": "1"}, files=files).json()
    assert "The first picture: it is the last frame of a clip." in answer["notes"]
    assert "The last picture: it is the first frame of a clip." in answer["notes"]
    for which, level in (("first", 180), ("last", 20)):
        fitted = client.get(f"/v1/videos/{answer['id']}/given", params={"which": which}).content
        assert np.abs(np.asarray(Image.open(io.BytesIO(fitted))).astype(int) - level).max() <= 3


# What a form asks before anything is ordered


def inspected(client, data, name="x", **fields):
    return client.post("/v1/inspect", data=fields, files={"file": (name, data, "application/octet-stream")})


def test_a_picture_is_inspected(client):
    told = inspected(client, png(600, 200), size="256x256").json()
    assert (told["kind"], told["width"], told["height"], told["as_it_is"]) == ("picture", 600, 200, False)
    assert told["size"] == "256x256"
    assert "67 %" in told["crop"]
    assert "bars above and below" in told["pad"]
    assert told["notes"] == []
    assert inspected(client, (CASES / "gray16.png").read_bytes()).json()["notes"] == [
        "The file: its 16 bits of grey were brought to 8."
    ]


def test_a_clip_is_inspected(client, tmp_path):
    told = inspected(client, (CASES / "fps30.mp4").read_bytes()).json()
    assert (told["kind"], told["frames"], told["fps"], told["seconds"]) == ("clip", 62, 30.0, 2.067)
    assert (told["size"], told["as_it_is"], told["sound"], told["recipe"]) == ("352x192", False, False, True)
    plain = inspected(client, film(tmp_path / "plain.mp4", [halves()] * 9, sound=tone(0.5)).read_bytes()).json()
    assert (plain["sound"], plain["recipe"]) == (True, False)
    made = finished(client, client.post("/v1/videos", json={"prompt": "a red ball", "seconds": "1"}).json()["id"])
    own = inspected(client, client.get(f"/v1/videos/{made['id']}/content").content).json()
    assert own["recipe"]
    assert own["as_it_is"]


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"hello", "cannot be read as a picture"),
        (png(5000, 5000), "5000x5000 pixels"),
        (b"", "empty"),
        (b"\0\0\0\x18ftypheic\0\0\0\0mif1heic", "HEIC"),
    ],
    ids=["text", "large", "empty", "heic"],
)
def test_what_cannot_be_used_is_refused_before_a_price(client, data, said):
    answer = inspected(client, data)
    assert answer.status_code == 422
    assert said in json.dumps(answer.json())
    assert answer.json()["error"]["hint"]
