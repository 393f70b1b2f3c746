"""Vertex AI by a service account, against a local token server and our own dialect of Vertex. Google is never asked."""

import json
import stat
import time
from urllib.parse import parse_qs

import jwt
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from serving import serving, until
from test_vendor_clients import CASES, order
from vendors import answering
from vitascope import config
from vitascope.cli import app as cli
from vitascope.engines import registry
from vitascope.engines.registry import Registry
from vitascope.engines.remote import google_token, key_files, vendors
from vitascope.engines.remote.protocol import NotSent, Refused, Ticket, Unclear
from vitascope.errors import BadSettings
from vitascope.media import video

VERTEX = next(case for case in CASES if case.vendor == "vertex")
PRIVATE = rsa.generate_private_key(public_exponent=65537, key_size=2048)
PEM = PRIVATE.private_bytes(
    serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
).decode()
TOKEN = "ya29.a-token-that-nobody-may-see"


def account(url, **changed):
    told = {
        "type": "service_account", "project_id": "clips-4711", "private_key_id": "0123456789abcdef", "private_key": PEM,
        "client_email": "relay@clips-4711.iam.gserviceaccount.com", "token_uri": f"{url}/token",
    }  # fmt: skip
    return json.dumps(told | changed)


@pytest.fixture(autouse=True)
def home(monkeypatch, tmp_path):
    monkeypatch.setenv("VITASCOPE_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("VITASCOPE_FETCH_ALLOWED", "127.0.0.1")  # where the token server of these tests is
    config.settings.cache_clear()
    yield tmp_path / "home"
    config.settings.cache_clear()


@pytest.fixture
def tokens():
    """(answers, came, url) of a token server."""
    google_token._tokens.clear()
    answers = {"/token": (200, {"access_token": TOKEN, "expires_in": 3599, "token_type": "Bearer"})}
    with answering(answers) as (url, came):
        yield answers, came, url
    google_token._tokens.clear()


def engine(monkeypatch, key, address):
    monkeypatch.setenv("TEST_VERTEX_ACCOUNT", key)
    source = {"vendor": "vertex", "key": "env:TEST_VERTEX_ACCOUNT", "model": VERTEX.model}
    return vendors.engine("vertex/m", source | ({"address": address} if address else {}))


def test_a_clip_is_made_by_a_service_account(monkeypatch, tokens, tmp_path):
    answers, came, url = tokens
    with serving(tmp_path, work=True) as far:
        answers["/token"] = (200, {"access_token": far.key(), "expires_in": 3599})
        known = engine(monkeypatch, account(url), f"{far.url}{VERTEX.at}")
        ticket = known.submit(order(VERTEX))
        until(lambda: known.poll([ticket])[0].state == "done")
        known.fetch(ticket, tmp_path / "clip.mp4")
    assert video.probe(tmp_path / "clip.mp4").frames >= 17
    (asked,) = came  # one token for all requests
    form = {name: values[0] for name, values in parse_qs(asked[3].decode()).items()}
    assert form["grant_type"] == "urn:ietf:params:oauth:grant-type:jwt-bearer"
    told = jwt.decode(form["assertion"], PRIVATE.public_key(), algorithms=["RS256"], audience=f"{url}/token")
    assert (told["iss"], told["scope"]) == ("relay@clips-4711.iam.gserviceaccount.com", google_token.SCOPE)
    assert told["exp"] - told["iat"] == 3600
    assert jwt.get_unverified_header(form["assertion"])["kid"] == "0123456789abcdef"


def test_a_token_is_asked_for_again_before_it_ends(tokens, monkeypatch):
    _, came, url = tokens
    key, now = account(url), time.time()
    for at, asked in ((0, 1), (3000, 1), (3400, 2)):
        monkeypatch.setattr(google_token.time, "time", lambda at=at: now + at)
        assert google_token.authorize(key, None) == {"authorization": f"Bearer {TOKEN}"}
        assert len(came) == asked


@pytest.mark.parametrize("answer", [(500, {}), (503, b"later"), (200, {}), (200, b"?"), (200, {"access_token": 7})])
def test_without_a_token_nothing_is_sent_and_the_order_waits(monkeypatch, tokens, answer):
    answers, _, url = tokens
    answers["/token"] = answer
    with answering({}) as (gone, _):
        pass
    with answering({}) as (vertex, came):
        for server in (url, gone):
            with pytest.raises(NotSent):
                engine(monkeypatch, account(server), vertex).submit(order(VERTEX))
    assert came == []


def test_an_account_that_is_not_taken_is_a_refused_key(monkeypatch, tokens):
    answers, _, url = tokens
    answers["/token"] = (400, {"error": "invalid_grant", "error_description": "Invalid JWT Signature."})
    with pytest.raises(Refused, match="Invalid JWT Signature") as refused:
        engine(monkeypatch, account(url), f"{url}/v1").submit(order(VERTEX))
    assert refused.value.reason == "auth"


def test_an_account_that_is_refused_later_says_nothing_of_the_order(monkeypatch, tokens, tmp_path):
    """A clip that was paid for is not given up because its account is not taken for a while."""
    answers, came, url = tokens
    answers["/token"] = (401, {"error": "invalid_client"})
    with answering({}) as (vertex, asked):
        known = engine(monkeypatch, account(url), vertex)
        with pytest.raises(Unclear, match="invalid_client"):
            known.poll([Ticket("projects/p/operations/1")])
        with pytest.raises(Unclear, match="invalid_client"):
            known.fetch(Ticket("projects/p/operations/1"), tmp_path / "clip.mp4")
        with pytest.raises(Refused) as refused:
            key_files.check("vertex", {"address": vertex, "key": "env:TEST_VERTEX_ACCOUNT"})
    assert (refused.value.reason, len(came), asked) == ("auth", 3, [])


@pytest.mark.parametrize("where", ["https://127.0.0.1:{}/token", "https://localhost:{}/token", "https://[::1]:{}/t"])
def test_a_token_server_on_a_private_network_is_not_called(monkeypatch, tokens, where):
    _, came, url = tokens
    monkeypatch.setenv("VITASCOPE_FETCH_ALLOWED", "")
    config.settings.cache_clear()
    key = account("", token_uri=where.format(url.rpartition(":")[2]))
    with answering({}) as (vertex, asked), pytest.raises(BadSettings, match="is not a public address") as refused:
        engine(monkeypatch, key, vertex).submit(order(VERTEX))
    assert "VITASCOPE_FETCH_ALLOWED" in refused.value.hint
    assert (came, asked) == ([], [])


@pytest.mark.parametrize("where", ["http://oauth2.googleapis.com/token", "file:///etc/passwd", "token", "https://a b/"])
def test_a_token_server_is_asked_by_https(where):
    with pytest.raises(BadSettings, match="token_uri"):
        google_token.authorize(account("", token_uri=where), None)


def test_what_the_token_server_repeats_is_not_passed_on(monkeypatch, tokens):
    answers, _, url = tokens

    def repeats(said):
        answers["/token"] = (400, {"error_description": said})
        with pytest.raises(Refused) as refused:
            engine(monkeypatch, account(url), f"{url}/v1").submit(order(VERTEX))
        return refused.value.message

    jwt_encode, made = jwt.encode, []

    def encode(*given, **more):
        made.append(jwt_encode(*given, **more))
        return made[-1]

    monkeypatch.setattr(google_token.jwt, "encode", encode)
    monkeypatch.setattr(google_token.time, "time", lambda: 1_800_000_000.0)  # the same assertion twice
    repeats("x")
    assert repeats(f"bad assertion {made[0]}") == "bad assertion ***.***.***"
    line = PEM.splitlines()[3]
    assert repeats(f"bad key {line}") == "bad key ***"


def test_what_the_server_repeats_of_the_token_is_not_passed_on(monkeypatch, tokens):
    _, _, url = tokens
    told = {"error": {"code": 401, "status": "UNAUTHENTICATED", "message": f"bad token {TOKEN}"}}
    refuses = answering({f"/{VERTEX.model}:predictLongRunning": (401, told)})
    with refuses as (vertex, _), pytest.raises(Refused) as refused:
        engine(monkeypatch, account(url), vertex).submit(order(VERTEX))
    assert refused.value.message == "bad token ***"


def test_the_address_is_that_of_the_accounts_project():
    key = account("https://oauth2.googleapis.com")
    at = "projects/clips-4711/locations/{}/publishers/google/models"
    for place, host in (("us-central1", "us-central1-aiplatform"), ("europe-west4", "europe-west4-aiplatform")):
        found = google_token.address(key, {"location": place})
        assert found == f"https://{host}.googleapis.com/v1/{at.format(place)}"
    assert google_token.address(key, {"location": "global"}).startswith("https://aiplatform.googleapis.com/v1/projects")
    assert google_token.address("AIza-a-plain-key", {}).endswith("googleapis.com/v1/publishers/google/models")
    assert google_token.authorize("AIza-a-plain-key", None) == {"x-goog-api-key": "AIza-a-plain-key"}
    for bad in ("evil.example.org/", "a/../b", "", "US"):
        with pytest.raises(BadSettings, match="location"):
            google_token.address(key, {"location": bad})
    with pytest.raises(BadSettings, match="project_id"):
        google_token.address(account("https://oauth2.googleapis.com", project_id="../.."), {})


def test_the_json_file_is_kept_as_a_key_and_never_shown(home):
    key = json.dumps(json.loads(account("https://oauth2.googleapis.com")), indent=2)
    path = key_files.add(home / "keys", "vertex", key)
    assert json.loads(path.read_text()) == json.loads(key)
    assert path.read_text().count("\n") == 1
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    (one,) = key_files.every(home / "keys")
    assert (one.end, one.fault, one.models) == ("cdef", "", 2)  # of private_key_id, which is no secret
    for bad in ("{", "{}", json.dumps({"client_email": "x"}), account("https://x.example.org", private_key="")):
        with pytest.raises(BadSettings) as refused:
            key_files.add(home / "keys", "vertex", bad, replace=True)
        assert "PRIVATE" not in str(refused.value)
        assert refused.value.__cause__ is None  # a fault of JSON holds all that it could not read
    with pytest.raises(BadSettings, match="private key"):
        google_token.authorize(account("https://x.example.org", private_key="no key at all"), None)


def test_over_http_the_file_is_kept_and_never_shown_and_reaches_nothing_inside(monkeypatch, tokens, tmp_path, capfd):
    _, came, url = tokens
    monkeypatch.setenv("VITASCOPE_HOME", str(tmp_path))
    monkeypatch.setenv("VITASCOPE_FETCH_ALLOWED", "")
    config.settings.cache_clear()
    inside = f"https://127.0.0.1:{url.rpartition(':')[2]}/token"
    key = json.dumps(json.loads(account("", token_uri=inside)), indent=2)
    models = Registry((registry.SHIPPED, tmp_path / "models"), keys=tmp_path / "keys")
    with serving(tmp_path, models=models) as server:
        owner, at = server.owner(), "/v1/admin/vendors/vertex"
        answers = [
            owner.put(f"{at}/key", json={"key": key[:-40]}),
            owner.put(f"{at}/key", json={"key": key + " " * 9000 + "x"}),
            owner.put(f"{at}/key", json={"key": [key]}),
            owner.put(f"{at}/key", json={"key": key}),
            owner.put(f"{at}/key", json={"key": key}),
            owner.post(f"{at}/test"),
        ]
        models._looked_at = float("-inf")
        answers += [owner.get("/v1/admin/vendors"), owner.get("/v1/models")]
    assert [answer.status_code for answer in answers] == [400, 422, 422, 200, 409, 400, 200, 200]
    assert "is not a public address" in answers[5].text
    assert "vertex/veo-3.1" in answers[7].text
    said = "".join([*(answer.text for answer in answers), *capfd.readouterr()])
    assert not [line for line in PEM.splitlines() if line in said]
    assert came == []


def test_a_file_that_was_copied_there_as_it_is_has_many_lines(home, monkeypatch):
    told = account("https://oauth2.googleapis.com", universe_domain="gööglé")
    pretty = json.dumps(json.loads(told), indent=2, ensure_ascii=False)
    (home / "keys").mkdir(parents=True)
    (home / "keys" / "vertex").write_text(pretty, "utf-8")
    (home / "keys" / "vertex").chmod(0o600)
    monkeypatch.setenv("TEST_VERTEX_ACCOUNT", pretty)
    for name in ("vertex", "env:TEST_VERTEX_ACCOUNT"):
        assert json.loads(config.secret(name, "The key")) == json.loads(told)
    (home / "keys" / "vertex").write_text(pretty[:-1], "utf-8")
    with pytest.raises(BadSettings) as refused:
        config.secret("vertex", "The key")
    assert "PRIVATE" not in str(refused.value)


def test_at_a_terminal_a_key_of_many_lines_is_not_asked_for(home, monkeypatch, capsys):
    """All but its first line would be shown there, and go to the shell."""
    monkeypatch.setattr("sys.stdin.isatty", lambda: True, raising=False)
    monkeypatch.setattr("click.prompt", lambda *_, **__: "{")
    assert cli.main(["keys", "vendor", "add", "vertex"]) == 2
    assert "vitascope keys vendor add vertex < account.json" in capsys.readouterr().err
    assert not (home / "keys").exists()


def test_without_cryptography_the_extra_is_named(monkeypatch, tokens):
    def none(*_, **__):
        raise NotImplementedError("Algorithm 'RS256' could not be found. Do you have cryptography installed?")

    monkeypatch.setattr(google_token.jwt, "encode", none)
    with pytest.raises(BadSettings) as refused:
        google_token.authorize(account(tokens[2]), None)
    assert "vitascope[gateway]" in refused.value.hint
