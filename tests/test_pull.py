"""Known checkpoints are pulled from hubs on this machine, with the faults that hubs have: from that of Hugging Face by
huggingface_hub itself, and from ModelScope.
"""

import hashlib
import json
import subprocess
import sys
import threading
import tomllib

import pytest

pytest.importorskip("huggingface_hub")

import weights
from doubles import environment
from hub_server import COMMIT, Hub, ModelScope
from processes import LONG
from vitascope.engines.openweights import hub as child
from vitascope.engines.openweights import known, modelscope, pull_child
from vitascope.errors import BadSettings, BadWeights, NotAllowed, Unavailable

NAME = "wan2.1-t2v-1.3b"
LARGE = 36_000_000


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    """A diffusers folder of a small Wan as the hub has it, with what nobody wants beside it."""
    folder = tmp_path_factory.mktemp("repository")
    index = {
        "_class_name": "WanPipeline",
        "transformer": ["diffusers", "WanTransformer3DModel"],
        "text_encoder": ["transformers", "UMT5EncoderModel"],
        "vae": ["diffusers", "AutoencoderKLWan"],
        "tokenizer": ["transformers", "T5TokenizerFast"],
        "scheduler": ["diffusers", "UniPCMultistepScheduler"],
    }
    weights.safetensors(folder / "transformer" / "diffusion_pytorch_model.safetensors", weights.wan("tiny", text=32))
    text = weights.umt5(layers=1, width=32, tokenizer=False)
    text["shared.weight"] = ("F16", (LARGE // 64, 32))
    weights.safetensors(folder / "text_encoder" / "model.safetensors", text)
    weights.safetensors(folder / "vae" / "diffusion_pytorch_model.safetensors", weights.wan_vae())
    found = {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*.safetensors")}
    found |= {
        f"{part}/config.json": b'{"part": "%s"}' % part.encode() for part in ("transformer", "vae", "text_encoder")
    }
    found |= {"tokenizer/tokenizer.json": b"{}", "scheduler/scheduler_config.json": b"{}"}
    found["model_index.json"] = json.dumps(index).encode()
    found |= {
        "README.md": b"#",
        "LICENSE.txt": b"Do good.",
        "assets/big.mp4": b"0" * 5000,
        "transformer/old.bin": b"0" * 5000,
    }
    found["transformer/diffusion_pytorch_model.fp16.safetensors"] = b"0" * 5000
    return found


@pytest.fixture
def server(files):
    with Hub(known.every()[NAME].hub, files) as running:
        yield running


@pytest.fixture
def command(tmp_path, server):
    """How `models pull` is started, with settings of the hub's own."""

    def started(*words, **changed):
        own = {name: value for name, value in environment().items() if name != "HF_HUB_OFFLINE"}  # an engine sets it
        own |= {"VITASCOPE_HOME": str(tmp_path / "home"), "HF_HOME": str(tmp_path / "hf")}
        own |= {"HF_ENDPOINT": server.address, **changed}
        own.pop("HF_TOKEN", None) if "HF_TOKEN" not in changed else None
        return [sys.executable, "-m", "vitascope", "models", *words], own

    return started


@pytest.fixture
def pull(command):
    def run(*words, **changed):
        line, own = command("pull", NAME, "--accept-licence", "--device", "cpu", *words, **changed)
        return subprocess.run(
            line, env=own, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=LONG
        )  # fmt: skip

    return run


def test_only_what_a_render_reads_is_wanted():
    parts = ("transformer", "vae")
    for path in (
        "model_index.json",
        "LICENSE",
        "LICENSE.md",
        "licence-notes.txt",
        "ltx-video-2b-v0.9.5.license.txt",
        "LTX-Video-Open-Weights-License-0.X.txt",
        "vae/config.json",
        "transformer/a-00001-of-00002.safetensors",
    ):
        assert child.wanted(path, parts)
    for path in (
        "README.md",
        "LICENSES/MIT.txt",
        "../LICENSE",
        "unlicensed.py",
        "text_encoder/model.safetensors",
        "vae/a.bin",
        "vae/deep/a.json",
        "transformer/code.py",
        "transformer/a.fp16.safetensors",
        "transformer/a.fp16-00001-of-00002.safetensors",
    ):
        assert not child.wanted(path, parts)


def test_a_checkpoint_is_pulled_checked_and_removed(pull, command, server, files, tmp_path):
    done = pull()
    assert done.returncode == 0, done.stderr
    folder = tmp_path / "home" / "models" / "files" / NAME
    assert tomllib.loads((folder.parents[1] / f"{NAME}.toml").read_text("utf-8"))["source"]["folder"] == str(folder)
    assert (folder / "text_encoder" / "model.safetensors").read_bytes() == files["text_encoder/model.safetensors"]
    assert set(server.fetched()) == {path for path in files if child.wanted(path, _parts())}
    assert "Apache-2.0" in done.stderr
    assert "GB are free" in done.stderr
    record = json.loads((folder.parents[1] / f"{NAME}.json").read_text("utf-8"))
    assert record["brought"] == {"hub": known.every()[NAME].hub, "commit": COMMIT}
    assert record["licence"]["accepted"]
    line, own = command("check", NAME)
    checked = subprocess.run(line, env=own, capture_output=True, text=True, timeout=LONG)
    assert checked.stdout.endswith("as before\n"), checked.stderr  # the hashes are those of the pull
    line, own = command("remove", NAME, "--files")
    removed = subprocess.run(line, env=own, capture_output=True, text=True, timeout=LONG)
    assert removed.returncode == 0, removed.stderr
    assert not folder.exists()


def _parts():
    one = known.every()[NAME]
    return (*one.parts, *one.others)


@pytest.mark.slow
@pytest.mark.smoke
def test_the_text_of_a_licence_is_kept_by_its_hash_and_another_one_is_told(pull, command, server, files, tmp_path):
    home, text = tmp_path / "home" / "models", hashlib.sha256(b"Do good.").hexdigest()
    done = pull()
    assert done.returncode == 0, done.stderr
    folder = home / "files" / NAME
    assert f"its text: {folder / 'LICENSE.txt'}  (SHA-256 {text})" in done.stderr
    assert "has changed" not in done.stderr
    assert (folder / "LICENSE.txt").read_bytes() == b"Do good."
    assert json.loads((home / f"{NAME}.json").read_text("utf-8"))["licence"]["sha256"] == text
    assert tomllib.loads((home / f"{NAME}.toml").read_text("utf-8"))["licence"]["sha256"] == text
    line, own = command("check", NAME)
    assert subprocess.run(line, env=own, capture_output=True, timeout=LONG).returncode == 0
    line, own = command("remove", NAME)
    subprocess.run(line, env=own, check=True, capture_output=True, timeout=LONG)
    server.files = {**files, "LICENSE.txt": b"Do better."}
    line, own = command("pull", NAME)  # although the weights are here, and the old text too
    done = subprocess.run(line, env=own, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=LONG)
    assert "was not accepted" in done.stderr
    assert (folder / "LICENSE.txt").read_bytes() == b"Do better."  # to be read before it is accepted
    done = pull()
    assert done.returncode == 0, done.stderr
    assert "note: it has changed since 20" in done.stderr
    server.files = {path: data for path, data in files.items() if path != "LICENSE.txt"}
    done = pull("--name", "second")
    assert "the text of its licence is not in the repository" in done.stderr
    assert "has changed" in done.stderr


def test_the_licence_in_a_known_repository_is_found_by_its_name():
    inside = [
        str(one.card["licence"]["url"]).removeprefix(f"https://huggingface.co/{one.hub}/blob/main/")
        for one in known.every().values()
    ]
    names = [name for name in inside if "://" not in name]
    assert len(names) > 3
    assert [name for name in names if not child.is_licence(name)] == []


@pytest.mark.slow
def test_a_file_of_an_earlier_version_is_brought_anew(pull, command, server, files, tmp_path):
    assert pull().returncode == 0
    line, own = command("remove", NAME)
    subprocess.run(line, env=own, check=True, capture_output=True, timeout=LONG)
    server.files = {**files, "vae/config.json": b'{"part": "newer"}', "transformer/config.json": b'{"part": "newer"}'}
    done = pull()
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "home" / "models" / "files" / NAME / "vae" / "config.json").read_bytes() == b'{"part": "newer"}'


@pytest.mark.slow
def test_what_was_pulled_has_its_own_card_whatever_has_the_same_shapes(command, files, tmp_path):
    asked = known.every()["wan2.1-t2v-14b"]
    with Hub(asked.hub, files) as running:  # of a size that is nearer to the 1.3B
        line, own = command("pull", asked.name, "--name", "mine", "--accept-licence", HF_ENDPOINT=running.address)
        done = subprocess.run(line, env=own, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=LONG)
    assert done.returncode == 0, done.stderr
    home = tmp_path / "home" / "models"
    assert json.loads((home / "mine.json").read_text("utf-8"))["like"] == asked.name
    written = tomllib.loads((home / "mine.toml").read_text("utf-8"))
    assert written["format"]["sizes"] == asked.card["format"]["sizes"]


@pytest.mark.slow
@pytest.mark.smoke
def test_what_breaks_off_is_resumed(pull, server, files, tmp_path):
    server.breaks = 0.6
    done = pull()
    assert done.returncode == 1
    assert f"The hub ({server.address.removeprefix('http://')}) answered 503" in done.stderr
    assert not list((tmp_path / "home" / "models").glob("*.toml"))
    server.breaks, server.broken = None, False
    before = len(server.seen)
    done = pull()
    assert done.returncode == 0, done.stderr
    resumed = [one.range for one in server.seen[before:] if one.range]
    assert resumed
    assert int(resumed[0].removeprefix("bytes=").rstrip("-")) >= 10_000_000


@pytest.mark.slow
def test_a_file_with_another_hash_is_thrown_away(pull, server, tmp_path):
    server.wrong = "text_encoder/model.safetensors"
    done = pull()
    assert done.returncode == 1
    assert "is not the file that the hub announced" in done.stderr
    home = tmp_path / "home" / "models"
    assert not (home / "files" / NAME / server.wrong).exists()
    assert not list(home.glob("*.toml"))
    server.wrong = None
    assert pull().returncode == 0


@pytest.mark.slow
def test_a_gated_checkpoint_is_explained_and_a_token_opens_it(pull, server):
    server.gated = "hf_secret"
    done = pull()
    assert done.returncode == 1
    assert "is gated" in done.stderr
    assert "HF_TOKEN" in done.stderr
    done = pull(HF_TOKEN="hf_secret")
    assert done.returncode == 0, done.stderr
    assert "hf_secret" not in done.stderr + done.stdout


@pytest.mark.slow
@pytest.mark.smoke
def test_no_token_follows_a_redirect_to_another_host(pull, server, files):
    with Hub("", files) as other:
        server.elsewhere, server.gated = other, "hf_secret"
        done = pull(HF_TOKEN="hf_secret")
        assert done.returncode == 0, done.stderr
        assert other.seen
        assert {one.token for one in other.seen} == {None}
        assert [one for one in server.seen if one.token != "Bearer hf_secret"] == []


@pytest.mark.slow
def test_a_full_disk_is_said_before_and_while_it_fills(pull, command, server):
    server.sizes["text_encoder/model.safetensors"] = 10**15
    done = pull()
    assert done.returncode == 1
    assert "1000000.0 GB are needed" in done.stderr
    assert server.fetched() == ["LICENSE.txt"]  # which is asked about first
    server.sizes.clear()
    line, own = command("pull", NAME, "--accept-licence", "--device", "cpu")
    small = ["bash", "-c", 'ulimit -f 20000; exec "$@"', "bash", *line]  # in 1024 bytes
    done = subprocess.run(small, env=own, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=LONG)
    assert done.returncode == 1
    assert "The disk is full" in done.stderr
    assert pull().returncode == 0


@pytest.mark.slow
def test_files_in_the_cache_of_the_hub_are_used(pull, command, server, tmp_path):
    _, own = command()
    code = "import sys; from huggingface_hub import hf_hub_download as get; get(*sys.argv[1:3], revision=sys.argv[3])"
    line = [sys.executable, "-c", code, server.repo, "text_encoder/model.safetensors", COMMIT]
    subprocess.run(line, env=own, check=True, capture_output=True, timeout=LONG)
    before = len(server.seen)
    done = pull()
    assert done.returncode == 0, done.stderr
    assert not [one for one in server.seen[before:] if one.method == "GET" and "text_encoder/model" in one.path]
    file = tmp_path / "home" / "models" / "files" / NAME / "text_encoder" / "model.safetensors"
    assert file.stat().st_nlink == 2  # no second copy on the disk
    assert not file.is_symlink()


@pytest.mark.slow
def test_parts_alone_for_a_file_that_one_has(pull, command, server, tmp_path):
    done = pull("--parts", "text_encoder,vae")
    assert done.returncode == 0, done.stderr
    assert "transformer/diffusion_pytorch_model.safetensors" not in server.fetched()
    assert "transformer/config.json" in server.fetched()
    file = weights.safetensors(tmp_path / "tuned.safetensors", weights.wan("tiny", text=32))
    line, own = command("add", str(file), "--base", done.stdout.strip(), "--name", "tuned", "--accept-licence")
    added = subprocess.run(line, env=own, capture_output=True, text=True, timeout=LONG)
    assert added.returncode == 0, added.stderr
    assert "has no part" in pull("--parts", "wheels", "--name", "other").stderr


@pytest.mark.slow
def test_two_pulls_wait_for_each_other(command, server, tmp_path):
    server.slow.clear()
    line, own = command("pull", NAME, "--accept-licence", "--device", "cpu")
    first = subprocess.Popen(line, env=own, stdin=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
    try:
        asked = threading.Event()
        for _ in range(600):
            if any(one.method == "GET" and COMMIT in one.path for one in server.seen):
                break
            asked.wait(0.05)
        second = subprocess.Popen(
            [*line, "--name", "second"], env=own, stdin=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True
        )
        told = ""
        while "waiting for it" not in told:
            told = second.stderr.readline()
            assert told, "it did not wait"
    finally:
        server.slow.set()
    assert (first.wait(LONG), second.wait(LONG)) == (0, 0)
    assert {path.name for path in (tmp_path / "home" / "models").glob("*.toml")} == {f"{NAME}.toml", "second.toml"}
    first.stderr.close()
    second.stderr.close()


@pytest.mark.slow
def test_a_hub_without_it_and_no_hub_at_all(pull, server):
    server.repo = "somebody/else"
    assert "The hub has no" in pull().stderr
    done = pull(HF_ENDPOINT="http://127.0.0.1:9")
    assert done.returncode == 1
    assert "The hub (127.0.0.1:9) cannot be reached" in done.stderr
    assert "HF_ENDPOINT is no address" in pull(HF_ENDPOINT="hf-mirror.com").stderr
    assert "HF_TOKEN has letters that no token has" in pull(HF_TOKEN="密码").stderr


# ModelScope


@pytest.fixture
def scope(files, monkeypatch):
    with ModelScope(known.every()[NAME].hub, files) as running:
        monkeypatch.setenv("MODELSCOPE_ENDPOINT", running.address)
        monkeypatch.delenv("MODELSCOPE_API_TOKEN", raising=False)
        yield running


@pytest.fixture
def one(scope, files, tmp_path):
    """How the one large file is brought, in this process."""

    def bring():
        listed = modelscope.listing(scope.repo, ["text_encoder"])
        (told,) = [one for one in listed["files"] if one["path"].endswith(".safetensors")]
        modelscope.download(scope.repo, listed["commit"], told, tmp_path / "part")
        return (tmp_path / "part").read_bytes() == files[told["path"]]

    return bring


def explained(error):
    return pull_child.explained(modelscope, error, "its/name")


def test_a_checkpoint_is_pulled_from_modelscope(pull, scope, files, tmp_path):
    scope.breaks = 0.6
    done = pull("--from", "modelscope", MODELSCOPE_ENDPOINT=scope.address)
    assert done.returncode == 1
    assert "answered 503" in done.stderr
    scope.breaks, scope.broken = None, False
    before = len(scope.seen)
    done = pull("--from", "modelscope", MODELSCOPE_ENDPOINT=scope.address)
    assert done.returncode == 0, done.stderr
    assert "Apache-2.0" in done.stderr
    folder = tmp_path / "home" / "models" / "files" / NAME
    for path in set(scope.fetched()):
        assert (folder / path).read_bytes() == files[path]
    assert set(scope.fetched()) == {path for path in files if child.wanted(path, _parts())}
    (rest,) = [one.range for one in scope.seen[before:] if one.range]
    assert int(rest.removeprefix("bytes=").rstrip("-")) >= 10_000_000
    assert not [*folder.rglob("*.part")]
    record = json.loads((folder.parents[1] / f"{NAME}.json").read_text("utf-8"))
    assert record["brought"] == {"modelscope": scope.repo, "commit": "master"}


@pytest.mark.slow
def test_another_hash_and_a_token_at_modelscope(pull, scope):
    scope.wrong, scope.gated = "text_encoder/model.safetensors", "ms-secret"
    own = {"MODELSCOPE_ENDPOINT": scope.address, "MODELSCOPE_API_TOKEN": "ms-secret"}
    done = pull("--from", "modelscope", **own)
    assert done.returncode == 1
    assert "is not the file that ModelScope announced" in done.stderr
    assert "ms-secret" not in done.stderr + done.stdout
    scope.wrong = None
    assert pull("--from", "modelscope", **own).returncode == 0


@pytest.mark.parametrize("ranges", [True, False])
def test_modelscope_answers_the_rest_of_a_file_with_the_status_of_the_whole(one, scope, tmp_path, ranges):
    """Where a client goes by the status it writes the rest at the beginning."""
    assert one()
    scope.ranges = ranges
    with open(tmp_path / "part", "r+b") as file:
        file.truncate(20_000_000)
    assert one()
    assert scope.seen[-1].range == "bytes=20000000-"


def test_no_token_of_modelscope_follows_a_redirect_to_another_host(one, scope, files, monkeypatch):
    monkeypatch.setenv("MODELSCOPE_API_TOKEN", "ms-secret")
    with ModelScope("", files) as other:
        scope.elsewhere, scope.gated = other, "ms-secret"
        assert one()
        assert [(asked.token, asked.cookie) for asked in other.seen] == [(None, None)]
    assert {asked.token for asked in scope.seen} == {"Bearer ms-secret"}


def test_modelscope_that_leads_nowhere_or_sends_too_much(one, scope, files, tmp_path):
    scope.elsewhere = scope
    scope.answer = lambda request, *, body: ModelScope.reply(scope, request, 302, {"Location": request.path}, b"")
    with pytest.raises(Unavailable, match="redirects more than 5 times"):
        one()
    del scope.answer
    scope.elsewhere, scope.sizes = None, {"text_encoder/model.safetensors": 5_000_000}
    with pytest.raises(BadWeights, match="more than the 5,000,000 bytes"):
        one()
    assert not (tmp_path / "part").exists()


def test_what_modelscope_says_is_explained(one, scope, monkeypatch):
    def said(kind):
        with pytest.raises(Exception) as found:
            one()
        told = explained(found.value)
        assert isinstance(told, kind)
        return f"{told.message} {told.hint}"

    scope.gated = "ms-secret"
    assert "MODELSCOPE_API_TOKEN" in said(NotAllowed)
    scope.gated, scope.status = None, 502
    assert f"ModelScope ({scope.address.removeprefix('http://')}) answered 502" in said(Unavailable)
    scope.status, scope.tells = 200, {"text_encoder/model.safetensors": {"Sha256": None}}
    assert "no SHA-256" in said(BadWeights)
    scope.repo = "somebody/else"
    monkeypatch.setattr(scope, "info", lambda: {"Code": 10010205001, "Data": None, "Message": "no"})
    assert "ModelScope has no its/name" in said(pull_child.VitascopeError)
    monkeypatch.setattr(scope, "info", lambda: ["<html>"])
    assert "does not answer as ModelScope does" in said(Unavailable)
    monkeypatch.setenv("MODELSCOPE_ENDPOINT", "http://127.0.0.1:9")
    assert "ModelScope (127.0.0.1:9) cannot be reached" in said(Unavailable)
    monkeypatch.setenv("MODELSCOPE_API_TOKEN", "密码")
    assert "MODELSCOPE_API_TOKEN has letters that no token has" in said(BadSettings)
    monkeypatch.setenv("MODELSCOPE_ENDPOINT", "modelscope.cn")
    assert "MODELSCOPE_ENDPOINT is no address" in said(BadSettings)
