"""Files that are given for a clip: kept once for each account, named by hashes, gone when nothing needs them."""

import base64
import contextlib
import hashlib
import io
import json
import zipfile
from dataclasses import replace

import numpy as np
import pytest
import sqlalchemy as sa
from PIL import Image

import service
from doubles import CARD, DiscEngine, PaintEngine
from footage import CASES
from serving import finished, make_context, png, serving
from vitascope.clip import Recipe
from vitascope.errors import BadClip, TooLarge
from vitascope.media import recipe as recipe_file
from vitascope.media import video as media
from vitascope.orders import fulfil
from vitascope.server import requests
from vitascope.server.auth import Actor
from vitascope.store import accounts, archive, backup, inputs, library, orphans, recipes, retention, schema
from vitascope.store.blobs import content
from vitascope.store.folder_blobs import FolderBlobs
from vitascope.vendors.request import Asked, AskedReference

GREEN, RED = (10, 200, 30), (200, 20, 30)
MODELS = (CARD, PaintEngine.card)
DAY = 86_400.0


def noise(side=1700):
    """A picture of about 8 MB, which no packing makes smaller."""
    file = io.BytesIO()
    pixels = np.random.default_rng(1).integers(0, 256, (side, side, 3), np.uint8)
    Image.fromarray(pixels).save(file, "PNG", compress_level=1)
    return file.getvalue()


def data_url(data, kind="image/png"):
    return f"data:{kind};base64,{base64.b64encode(data).decode()}"


def sha(data):
    return hashlib.sha256(data).hexdigest()


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    with serving(tmp_path_factory.mktemp("inputs"), work=True, engine=PaintEngine(), cards=MODELS) as running:
        yield running


@pytest.fixture
def client(server):
    return server.client(server.key())


def rows(server, video_id):
    """(the job's row, the rows of its events) as JSON."""
    with server.store.read() as tx:
        job_id = video_id.replace("video_", "job_")
        job = tx.execute(sa.select(schema.jobs).where(schema.jobs.c.id == job_id)).one()
        events = tx.execute(sa.select(schema.events).where(schema.events.c.job_id == job_id)).all()
    return json.dumps(dict(job._mapping)), [json.dumps(dict(row._mapping)) for row in events]


def made(client, **fields):
    answer = client.post("/v1/videos", json={"prompt": "a ball", "model": "painter", "seconds": 0.5, **fields})
    assert answer.status_code == 200, answer.text
    video = finished(client, answer.json()["id"])
    assert video["status"] == "completed", video["error"]
    return video


def frame_of(client, video, tmp_path):
    path = tmp_path / "out.mp4"
    path.write_bytes(client.get(f"/v1/videos/{video['id']}/content").content)
    return next(media.read_frames(path))


def is_near(pixel, colour):
    return np.abs(pixel.astype(int) - colour).max() < 12


def test_rows_and_events_hold_hashes_and_stay_small(server, client):
    large = noise()
    assert 8e6 < len(large) < 10e6
    given = [png(90, 80, colour=(number * 40, 9, 9)) for number in range(3)]
    video = made(
        client,
        image=data_url(large),
        references=[*map(data_url, given), {"kind": "image", "name": "big", "data": data_url(large)}],
        n=2,
    )
    for video_id in video["takes"] or [video["id"]]:
        job, events = rows(server, video_id)
        assert len(job) < 64_000
        assert events
        assert all(len(event) < 64_000 for event in events)
        assert "iVBOR" not in job  # how a PNG begins in base64
        assert all(sha(data) in job for data in (large, *given))
    with server.store.read() as tx:
        clip = tx.execute(
            sa.select(schema.clips).where(schema.clips.c.id == finished(client, video["id"])["clip_id"])
        ).one()
        kept = tx.execute(sa.select(schema.inputs).where(schema.inputs.c.account_id == clip.account_id)).all()
    assert len(json.dumps(clip.recipe)) < 64_000
    assert sorted(row.bytes for row in kept if row.bytes > 1e6) == [len(large)]  # as picture and as reference, once
    assert len(kept) == 5  # with the picture as it was fitted
    assert server.context.blobs.size(next(row.key for row in kept if row.sha256 == sha(large))) == len(large)


def test_the_worker_reads_pictures_and_references_back(client, tmp_path):
    clip = (CASES / "audio.mp4").read_bytes()
    video = made(
        client,
        references=[
            {"kind": "image", "name": "cat", "url": data_url(png(colour=GREEN))},
            data_url(png(colour=RED)),
            {"kind": "video", "data": data_url(clip, "video/mp4")},
        ],
    )
    frame = frame_of(client, video, tmp_path)
    assert is_near(frame[32, 32], GREEN)
    assert is_near(frame[32, 96], RED)
    assert [(one["kind"], one["name"]) for one in video["references"]] == [
        ("image", "cat"),
        ("image", ""),
        ("video", ""),
    ]
    found = recipe_file.read(tmp_path / "out.mp4")
    assert [one.sha256 for one in found.spec.references] == [sha(png(colour=GREEN)), sha(png(colour=RED)), sha(clip)]
    given = made(client, image=data_url(png(256, 256, colour=GREEN)))
    assert is_near(frame_of(client, given, tmp_path)[100, 100], GREEN)
    shown = client.get(f"/v1/videos/{given['id']}/given")
    assert np.asarray(Image.open(io.BytesIO(shown.content))).shape == (256, 256, 3)


def test_files_of_a_form_are_references(client, tmp_path):
    files = [
        ("references", ("cat.png", png(colour=GREEN), "image/png")),
        ("references", ("b.png", png(colour=RED), "")),
    ]
    answer = client.post("/v1/videos", data={"prompt": "a ball", "model": "painter", "seconds": "0.5"}, files=files)
    assert answer.status_code == 200, answer.text
    video = finished(client, answer.json()["id"])
    assert [(one["name"], one["file"]) for one in video["references"]] == [("", "cat.png"), ("", "b.png")]
    assert is_near(frame_of(client, video, tmp_path)[32, 96], RED)
    named = client.post(
        "/v1/videos",
        data={"prompt": "@cat", "model": "painter", "seconds": "0.5"},
        files={"references[cat]": ("a.png", png(colour=GREEN), "image/png")},
    ).json()
    assert named["references"] == [{"kind": "image", "name": "cat", "file": "a.png"}]


def test_a_clip_an_upload_and_a_hash_are_references(server, client, tmp_path):
    first = made(client, references=[data_url(png(colour=GREEN))])
    by_clip = made(client, references=[{"id": first["clip_id"]}, {"id": first["id"], "kind": "image"}])
    assert [one["kind"] for one in by_clip["references"]] == ["video", "image"]
    by_hash = made(client, references=[{"id": sha(png(colour=GREEN))}])
    assert is_near(frame_of(client, by_hash, tmp_path)[32, 32], GREEN)
    stranger = server.client(server.key())
    answer = stranger.post(
        "/v1/videos", json={"prompt": "a ball", "model": "painter", "references": [{"id": sha(png(colour=GREEN))}]}
    )
    assert answer.status_code == 404
    unknown = stranger.post(
        "/v1/videos", json={"prompt": "a ball", "model": "painter", "references": [{"id": "ab" * 32}]}
    )
    assert unknown.status_code == 404
    assert {**answer.json()["error"], "message": ""} == {**unknown.json()["error"], "message": ""}


def test_a_remix_keeps_them_and_a_rerun_may_change_them(client, tmp_path):
    first = made(client, image=data_url(png(256, 256, colour=RED)), references=[data_url(png(colour=GREEN))])
    answer = client.post(f"/v1/videos/{first['id']}/remix", json={"prompt": "a blue ball"})
    again = finished(client, answer.json()["id"])
    assert is_near(frame_of(client, again, tmp_path)[32, 32], GREEN)
    assert is_near(frame_of(client, again, tmp_path)[200, 200], RED)
    answer = client.post(f"/v1/videos/{first['id']}/rerun", json={"references": [data_url(png(colour=RED))]})
    other = finished(client, answer.json()["id"])
    assert is_near(frame_of(client, other, tmp_path)[32, 32], RED)


@pytest.mark.parametrize(
    ("fields", "status", "said"),
    [
        ({"model": CARD.name, "references": [data_url(png())]}, 400, "painter can."),
        ({"references": [data_url(png())] * 5}, 400, "takes 4 references of the kind image, got 5"),
        ({"references": [{"kind": "audio", "data": data_url(png())}]}, 400, "is of the kind image, not audio"),
        ({"references": [{"kind": "song", "data": data_url(png())}]}, 400, "One of image, video, audio"),
        ({"references": [data_url(b"#EXTM3U\n/etc/passwd\n")]}, 400, "its kind is not known here"),
        ({"references": [data_url(png()[:60])]}, 422, "Reference 1 cannot be read as a picture"),
        ({"references": ["!"]}, 422, "neither an address nor base64"),
        ({"references": [{"name": "a b", "data": data_url(png())}]}, 400, "cannot be called"),
        ({"references": [data_url(png())] * 17}, 400, "There are 17 references."),
        ({"references": [{"id": "clip_" + "0" * 24}]}, 404, "There is no clip"),
        ({"references": [{"id": "upl_" + "0" * 24}]}, 404, "There is no file"),
    ],
    ids=str,
)
def test_a_reference_that_cannot_be_used_is_refused_and_nothing_is_kept(server, fields, status, said):
    client = server.client(server.key())
    answer = client.post("/v1/videos", json={"prompt": "a ball", "model": "painter", "seconds": 0.5, **fields})
    assert answer.status_code == status, answer.text
    assert said in answer.text
    assert "/tmp" not in answer.text
    me = client.get("/v1/account").json()["id"]
    assert not list(server.context.blobs.keys(f"inputs/{me}"))


def test_a_quote_keeps_nothing(server, client):
    given = {"prompt": "a ball", "model": "painter", "seconds": 0.5, "references": [data_url(png())]}
    assert client.post("/v1/quote", json=given).status_code == 200
    me = client.get("/v1/account").json()["id"]
    assert not list(server.context.blobs.keys(f"inputs/{me}"))


@pytest.fixture
def house(store, tmp_path):
    """A server's context on both databases, without a network; `made` orders and makes a clip."""
    return make_context(store, tmp_path, cards=MODELS)


def actor(context):
    account_id = service.add_account(context.store, plan="pro", units=100_000)
    with context.store.read() as tx:
        return Actor(accounts.by_id(tx, account_id), None)


def order(context, who, **fields):
    asked = Asked(**{"prompt": "a ball", "model": "painter", "seconds": 0.5, **fields})
    return requests.submit(context, who, requests.order(context, who, asked))


def work(context, who):
    lease = service.claim(context.store, models=("painter", CARD.name))
    job = fulfil.fulfil(context.store, context.blobs, lease, PaintEngine())
    assert job.state == "succeeded", job.error_message
    return job


def kept(context, who):
    with context.store.read() as tx:
        found = set(tx.scalars(sa.select(schema.inputs.c.sha256).where(schema.inputs.c.account_id == who.id)))
        keys = set(tx.scalars(sa.select(schema.inputs.c.key).where(schema.inputs.c.account_id == who.id)))
    assert set(context.blobs.keys(f"inputs/{who.id}")) == keys
    return found


def given(colour=GREEN, **more):
    return {
        "image": data_url(png(300, 200, colour=colour)),
        "references": (AskedReference(data_url(png(colour=RED)), name="cat"),),
        **more,
    }


def test_they_go_with_the_last_job_and_clip_that_name_them(house):
    mia = actor(house)
    order(house, mia, **given())
    order(house, mia, **given(prompt="another"))
    first, second = work(house, mia), work(house, mia)
    assert len(kept(house, mia)) == 3  # two files, and the picture as it was fitted
    for job in (first, second):
        house.store.clock.forward(2 * DAY)
        recipes.sweep(house.store, house.blobs)
        assert len(kept(house, mia)) == 3
        with house.store.begin() as tx:
            library.delete(tx, mia.id, job.clip_id, house.store.clock())
    recipes.sweep(house.store, house.blobs)
    assert kept(house, mia) == set()


def test_a_waiting_job_holds_them_and_a_new_order_makes_them_young(house):
    mia = actor(house)
    order(house, mia, **given())
    house.store.clock.forward(30 * DAY)
    recipes.sweep(house.store, house.blobs)
    assert len(kept(house, mia)) == 3
    done = work(house, mia)
    with house.store.begin() as tx:
        library.delete(tx, mia.id, done.clip_id, house.store.clock())
    inputs.keep(
        house.store, house.blobs, mia.id, [inputs.File(sha(png(colour=RED)), "image", "image/png", png(colour=RED))]
    )
    recipes.sweep(house.store, house.blobs)
    assert kept(house, mia) == {sha(png(colour=RED))}


def test_one_account_s_file_is_nothing_to_another(house):
    mia, noa = actor(house), actor(house)
    order(house, mia, **given())
    before = kept(house, mia)
    order(house, noa, **given())
    assert kept(house, noa) == before
    with house.store.read() as tx:
        keys = list(tx.scalars(sa.select(schema.inputs.c.key)))
    assert len(set(keys)) == 6  # each has blobs of its own
    work(house, mia)
    done = work(house, noa)
    with house.store.begin() as tx:
        library.delete(tx, done.account_id, done.clip_id, house.store.clock())
    house.store.clock.forward(2 * DAY)
    recipes.sweep(house.store, house.blobs)
    assert kept(house, mia if done.account_id == noa.id else noa) == before


def test_a_blob_that_was_lost_is_kept_anew(house):
    mia = actor(house)
    order(house, mia, **given())
    for key in list(house.blobs.keys(f"inputs/{mia.id}")):
        house.blobs.delete(key)
    order(house, mia, **given())
    assert len(kept(house, mia)) == 3
    work(house, mia)


def test_a_file_that_is_gone_fails_the_job_by_its_name(house):
    mia = actor(house)
    order(house, mia, **given())
    for key in list(house.blobs.keys(f"inputs/{mia.id}")):
        house.blobs.delete(key)
    lease = service.claim(house.store, models=("painter",))
    job = fulfil.fulfil(house.store, house.blobs, lease, PaintEngine())
    assert (job.state, job.error_code) == ("failed", "bad_picture")
    assert "is not here: a file without a name, SHA-256" in job.error_message


def test_a_file_without_a_row_is_set_aside_after_a_day(house):
    mia = actor(house)
    order(house, mia, **given())
    lost = f"inputs/{mia.id}/inp_{int(house.store.clock() * 1000):012x}{7:012x}"
    house.blobs.put(lost, b"lost")
    retention.sweep(house.store, house.blobs)
    assert house.blobs.exists(lost)
    house.store.clock.forward(2 * DAY)
    assert retention.sweep(house.store, house.blobs).aside == 1
    assert not house.blobs.exists(lost)
    assert orphans.put_back(house.blobs) == 1
    house.blobs.delete(lost)
    assert len(kept(house, mia)) == 3


def test_a_backup_keeps_them(house, tmp_path):
    mia = actor(house)
    order(house, mia, **given())
    backup.backup(house.store, house.blobs, tmp_path / "backup.zip")
    there = service.sqlite_store(tmp_path, house.store.clock)
    blobs = FolderBlobs(tmp_path / "there")
    backup.restore(there, blobs, tmp_path / "backup.zip")
    other = make_context(there, tmp_path / "home", cards=MODELS)
    other = replace(other, blobs=blobs)
    assert kept(other, mia) == kept(house, mia)
    work(other, mia)
    there.close()


def test_an_archive_keeps_them(house, tmp_path):
    mia, noa = actor(house), actor(house)
    order(house, mia, **given())
    job = work(house, mia)
    path = tmp_path / "archive.zip"
    path.write_bytes(b"".join(archive.export(house.store, house.blobs, mia.id)))
    with zipfile.ZipFile(path) as zipped:
        assert json.loads(zipped.read(f"clips/{job.clip_id}/recipe.json"))["spec"]["image"]["png"]
    assert archive.take_in(house.store, house.blobs, noa.id, path).clips == 1
    assert kept(house, noa) == kept(house, mia)
    with house.store.read() as tx:
        clip = tx.execute(sa.select(schema.clips).where(schema.clips.c.account_id == noa.id)).one()
    assert Recipe.from_dict(clip.recipe).spec.references[0].name == "cat"
    assert content(house.blobs, clip.video_key)


@pytest.mark.parametrize("trick", ["other bytes", "not named", "no such kind"])
def test_a_forged_file_in_an_archive_is_not_kept(house, tmp_path, trick):
    mia, noa = actor(house), actor(house)
    order(house, mia, **given())
    work(house, mia)
    good, bad = tmp_path / "good.zip", tmp_path / "bad.zip"
    good.write_bytes(b"".join(archive.export(house.store, house.blobs, mia.id)))
    secret = b"#EXTM3U\n/etc/passwd"
    with zipfile.ZipFile(good) as old, zipfile.ZipFile(bad, "w") as new:
        for name in old.namelist():
            data = old.read(name)
            if trick == "other bytes" and name == f"inputs/{sha(png(colour=RED))}":
                data = data[:-1] + b"x"
            if trick != "other bytes" and name == "manifest.json":
                manifest = json.loads(data)
                entry = {**manifest["inputs"][0], "sha256": sha(secret), "bytes": len(secret)}
                manifest["inputs"].append(entry)
                if trick == "no such kind":
                    manifest["inputs"][0]["kind"] = "song"
                data = json.dumps(manifest).encode()
            new.writestr(old.getinfo(name), data)
        if trick != "other bytes":
            new.writestr(zipfile.ZipInfo(f"inputs/{sha(secret)}"), secret)
    with contextlib.suppress(BadClip):
        archive.take_in(house.store, house.blobs, noa.id, bad)
    assert sha(secret) not in kept(house, noa)
    assert trick != "other bytes" or sha(png(colour=RED)) not in kept(house, noa)


def test_a_continued_clip_of_the_built_in_model_still_holds_its_parent_s_picture(house, tmp_path):
    """The file alone makes the clip again, also when pictures lie elsewhere meanwhile."""
    mia = actor(house)
    order(house, mia, model=CARD.name, image=data_url(png(300, 200, colour=GREEN)))
    lease = service.claim(house.store)
    first = fulfil.fulfil(house.store, house.blobs, lease, DiscEngine())
    order(house, mia, model=CARD.name, extend={"id": first.clip_id})
    second = fulfil.fulfil(house.store, house.blobs, service.claim(house.store), DiscEngine())
    with house.store.read() as tx:
        clip = library.get(tx, mia.id, second.clip_id)
    (tmp_path / "out.mp4").write_bytes(content(house.blobs, clip.video_key))
    found = recipe_file.read(tmp_path / "out.mp4")
    assert found.spec.extend.recipe.spec.image.png
    assert found.spec.extend.recipe.spec.image.sha256 == sha(png(300, 200, colour=GREEN))
    assert "iVBOR" not in json.dumps(clip.recipe)


def test_too_much_is_refused_before_anything_is_charged(house, monkeypatch):
    monkeypatch.setattr(inputs, "MAX_BYTES", 900)
    mia = actor(house)
    with pytest.raises(TooLarge, match="would have more than 0 GB"):
        order(house, mia, **given())
    with house.store.read() as tx:
        assert tx.scalar(sa.select(sa.func.count()).select_from(schema.jobs)) == 0
