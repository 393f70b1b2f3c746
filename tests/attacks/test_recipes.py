"""Recipes are written by whoever sends them: what stands in one is bounded, and is kept once."""

import base64
import io
import json
import zipfile

import numpy as np
import pytest
import sqlalchemy as sa

from doubles import DiscEngine, recipe_of
from service import SPEC, add_account, claim, submit
from serving import finished, serving
from vitascope.clip import ClipSpec, Picture, Recipe, SourceClip
from vitascope.engines import render
from vitascope.errors import BadClip, BadSpec, TooLarge
from vitascope.media import recipe as recipe_file
from vitascope.orders import produce
from vitascope.store import archive, jobs, library, recipes, schema
from vitascope.store.blobs import blobs


def recipe(spec=SPEC, **changed):
    return recipe_of(**{"spec": spec, "weights": "0" * 64, "version": "0.1.0"} | changed)


def noise(size, seed=0):
    return Picture(np.random.default_rng(seed).bytes(size), 256, 256)


def chain(length, picture):
    """The recipe of a clip that was continued so often, with a last picture of its own each time."""
    made = recipe(ClipSpec(prompt="a red ball", seconds=0.5, image=picture(0)))
    for number in range(1, length):
        source = SourceClip("0" * 64, made.shape.total, 256, 256, made.shape.fps, made)
        made = recipe(ClipSpec(prompt="it rolls", seconds=0.5, extend=source, last_image=picture(number)))
    return made


@pytest.mark.parametrize(
    "field", ["model", "vitascope", "weights", "prompt", "sha256", "png", "frames", "steps", "seed"]
)
def test_every_field_of_a_recipe_has_a_bound(field):
    data = chain(2, lambda number: noise(100, number)).to_dict()
    endless, number = "x" * 5_000_000, 10**30
    if field in ("model", "weights"):
        data["model"]["name" if field == "model" else field] = endless
    elif field == "vitascope":
        data[field] = endless
    elif field == "png":
        data["spec"]["last_image"][field] = base64.b64encode(bytes(5_000_000)).decode()
    elif field in ("sha256", "frames"):
        data["spec"]["extend"][field] = endless if field == "sha256" else number
    else:
        data["spec"][field] = endless if field == "prompt" else 1.5 if field == "seed" else number
    with pytest.raises(BadSpec):
        Recipe.from_dict(data)


def test_recipes_inside_each_other_have_a_bound():
    assert chain(12, lambda number: noise(1000, number)).spec.extend.recipe.spec.extend
    with pytest.raises(BadSpec, match="MB of pictures"):
        chain(119, lambda number: Picture(bytes(320_000), 256, 256))
    with pytest.raises(BadClip):
        recipe_file.from_text('{"spec": ' + "[" + "[]," * 2_000_000 + "[]]}")


def test_a_chain_is_kept_once_however_often_it_is_run_again(store):
    account = add_account(store)
    made = chain(5, lambda number: noise(200_000, number))
    spec = ClipSpec(
        prompt="on", seconds=0.5, extend=SourceClip("1" * 64, made.shape.total, 256, 256, made.shape.fps, made)
    )
    for number in range(4):
        [job] = submit(store, account, spec=ClipSpec(**{**vars(spec), "seed": number}))
    with store.read() as tx:
        rows = list(tx.scalars(sa.select(schema.jobs.c.spec)))
        kept = list(tx.execute(sa.select(schema.parts.c.bytes)))
        again = ClipSpec.from_dict(recipes.whole(tx, account, jobs.get(tx, account, job.id).spec))
    assert max(len(json.dumps(row)) for row in rows) < 3_000
    assert len(kept) < 10  # five pictures, and the recipes that are too long for a row
    assert sum(row.bytes for row in kept) < 5 * 200_000 * 4 / 3 + 10_000
    assert again.extend.recipe == made


def test_an_account_has_a_quota_of_them(store, monkeypatch):
    monkeypatch.setattr(recipes, "MAX_BYTES", 1_000_000)
    account, other = add_account(store), add_account(store)
    for number in range(3):
        submit(store, account, spec=ClipSpec(prompt="a ball", image=noise(200_000, number)))
    with pytest.raises(TooLarge, match="more than 0 MB"):
        submit(store, account, spec=ClipSpec(prompt="a ball", image=noise(200_000, 3)))
    with store.read() as tx:
        assert jobs.count(tx, account) == 3
    submit(store, other, spec=ClipSpec(prompt="a ball", image=noise(200_000)))
    submit(store, account, spec=SPEC)  # what needs no room goes on


def test_parts_that_no_row_names_go_after_a_day(store, tmp_path):
    files = blobs(str(tmp_path / "blobs"))
    account = add_account(store)
    made = chain(3, lambda number: noise(50_000, number))
    with store.begin() as tx:
        kept = library.add(tx, account_id=account, recipe=made, size_bytes=1, sha256="1" * 64, now=store.clock())
        gone = library.add(
            tx,
            account_id=account,
            recipe=chain(2, lambda n: noise(9_000, 70 + n)),
            size_bytes=1,
            sha256="2",
            now=store.clock(),
        )
        tx.execute(schema.clips.delete().where(schema.clips.c.id == gone.id))
    assert recipes.sweep(store, files) == 0
    store.clock.forward(2 * 86_400)
    assert recipes.sweep(store, files) == 2
    with store.read() as tx:
        row = library.get(tx, account, kept.id)
        assert Recipe.from_dict(recipes.whole_recipe(tx, account, row.recipe)) == made
    assert recipes.sweep(store, files) == 0


def test_a_worker_gets_the_spec_that_was_asked(sqlite_only, tmp_path):
    store = sqlite_only
    spec = ClipSpec(prompt="a ball", seconds=0.5, image=noise(90_000))
    submit(store, add_account(store), spec=spec)
    lease = claim(store)
    assert "png" not in json.dumps(lease.job.spec)
    assert produce.at_hand(store, blobs(str(tmp_path)), lease.job, DiscEngine(), tmp_path) == spec


def test_an_archive_of_recipes_full_of_nothing_is_refused(sqlite_only, tmp_path):
    store, keep = sqlite_only, blobs(str(tmp_path / "blobs"))
    account = add_account(store)
    made = render.draw(ClipSpec(prompt="a ball", seconds=0.5, seed=1), DiscEngine())
    film = made.save(tmp_path / "a.mp4")
    with store.begin() as tx:
        library.add(
            tx, account_id=account, recipe=made.recipe, size_bytes=film.stat().st_size, sha256=render.sha256(film),
            now=store.clock(), clip_id="clip_" + "0" * 24,
        )  # fmt: skip
    keep.put(library.key("clip_" + "0" * 24, "video.mp4"), film, "video/mp4")
    whole = b"".join(archive.export(store, keep, account))
    swollen = tmp_path / "swollen.zip"
    with zipfile.ZipFile(io.BytesIO(whole)) as before, zipfile.ZipFile(swollen, "w", zipfile.ZIP_DEFLATED) as after:
        for info in before.infolist():
            data = before.read(info)
            if info.filename.endswith("recipe.json"):
                data = json.dumps(json.loads(data) | {"more": "x" * 20_000_000}).encode()
            after.writestr(info.filename, data, zipfile.ZIP_STORED if info.filename.endswith("mp4") else None)
    assert swollen.stat().st_size < 300_000
    with pytest.raises(BadClip, match="19 MB of next to nothing"):
        archive.take_in(store, keep, add_account(store), swollen)
    plain = tmp_path / "plain.zip"
    plain.write_bytes(whole)
    assert archive.take_in(store, keep, add_account(store), plain).clips == 1


def test_boxes_inside_each_other_without_end_hold_no_recipe(tmp_path):
    body = b""
    for _ in range(5_000):
        body = (8 + len(body)).to_bytes(4, "big") + b"udta" + body
    file = tmp_path / "deep.mp4"
    moov = (8 + len(body)).to_bytes(4, "big") + b"moov" + body
    file.write_bytes((16).to_bytes(4, "big") + b"ftypisom\0\0\0\0" + moov)
    assert recipe_file.find(file) is None


def test_what_was_given_comes_back_over_http(tmp_path):
    """The picture of a job, the recipe of its clip and its rerun are those that were asked."""
    from serving import png

    with serving(tmp_path, work=True) as server:
        client = server.client(server.key())
        picture = png(256, 256, colour=(10, 200, 30))
        noisy = io.BytesIO()
        from PIL import Image

        Image.fromarray(np.random.default_rng(0).integers(0, 255, (256, 256, 3), np.uint8)).save(noisy, "PNG")
        for sent in (picture, noisy.getvalue()):
            files = {"input_reference": ("a.png", sent, "image/png")}
            made = client.post("/v1/videos", data={"prompt": "a ball", "seconds": "0.5"}, files=files).json()
            done = finished(client, made["id"])
            assert done["status"] == "completed", done
            given = client.get(f"/v1/videos/{made['id']}/given").content
            [clip] = client.get("/v1/library", params={"limit": 1}).json()["data"]
            kept = client.get(f"/v1/library/{clip['id']}/recipe").json()["recipe"]
            assert base64.b64decode(kept["spec"]["image"]["png"]) == given
            again = client.post(f"/v1/videos/{made['id']}/rerun", json={}).json()
            assert client.get(f"/v1/videos/{again['id']}/given").content == given
            on = client.post(
                "/v1/videos/extensions", json={"prompt": "on", "seconds": "0.5", "video": {"id": made["id"]}}
            )
            assert finished(client, on.json()["id"])["status"] == "completed"
