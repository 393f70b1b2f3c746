"""Help with a prompt: hints by rules, and a language model that is asked only when it is set and the user agrees."""

import json
import subprocess
import sys
import threading
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, HTTPServer
from types import SimpleNamespace

import pytest

from doubles import CARD, environment
from processes import LONG
from serving import serving
from vitascope.engines import prompt_help
from vitascope.engines.openweights import known
from vitascope.errors import BadSettings, NotMade, TooMany, Unavailable
from vitascope.outbound import llm

GOOD = "A slow push in on a grey cat that walks over a roof at dusk, warm light."


@pytest.fixture
def server():
    """A language model that gives `answers` one after another, and keeps what it was asked."""
    seen, answers = [], []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self):
            body = self.rfile.read(int(self.headers["content-length"]))
            seen.append((self.path, self.headers.get("authorization"), json.loads(body)))
            status, said = answers.pop(0) if answers else (200, said_by(GOOD))
            data = said if isinstance(said, bytes) else json.dumps(said).encode()
            self.send_response(status)
            self.send_header("content-length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

        def log_message(self, *_):
            pass

    running = HTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=running.serve_forever, daemon=True).start()
    yield SimpleNamespace(url=f"http://127.0.0.1:{running.server_port}/v1", seen=seen, answers=answers)
    running.shutdown()
    running.server_close()


def said_by(text, reason="stop"):
    return {"choices": [{"message": {"role": "assistant", "content": text}, "finish_reason": reason}]}


def settings(server, tmp_path, **changed):
    told = {"llm_url": server.url, "llm_key": "sk-secret", "llm_model": "m", "llm_daily": 9, "home": tmp_path}
    return SimpleNamespace(**{**told, **changed})


def told_of(prompt, **of_card):
    return " ".join(hint.text for hint in prompt_help.hints(prompt, SimpleNamespace(**{**vars(CARD), **of_card})))


def test_hints_follow_from_rules_and_from_the_card():
    assert "Short" in told_of("a cat")
    long = "a grey cat walks slowly over an old red roof"
    assert "light" in told_of(long)
    assert "camera" in told_of(long)
    assert "Short" not in told_of(long)
    assert told_of("A slow push in on a grey cat that walks over a roof at dusk, a tracking shot", hints=()) == ""
    assert "negative prompt" in told_of("a street without people at night")
    assert "not Chinese" in told_of("一只猫走过屋顶", languages=("en",))
    assert "not Chinese" not in told_of("一只猫走过屋顶", languages=("en", "zh"))
    assert told_of(long, hints=("Say it in 80 words.",)).endswith("Say it in 80 words.")


def test_every_known_checkpoint_says_how_it_wants_to_be_asked():
    assert all(one.card["hints"] for one in known.every().values())


def test_a_prompt_is_rewritten_by_a_language_model(server, tmp_path):
    asked = prompt_help.messages("a cat on a roof", CARD)
    answer = llm.needed(settings(server, tmp_path)).text(asked, tokens=500)
    assert prompt_help.read(answer, "a cat on a roof") == GOOD
    path, key, body = server.seen[0]
    assert (path, key) == ("/v1/chat/completions", "Bearer sk-secret")
    assert body["max_tokens"] == 500
    assert body["messages"][1] == {"role": "user", "content": "a cat on a roof"}
    assert CARD.title in body["messages"][0]["content"]


@pytest.mark.parametrize(
    "answer",
    [f"```\n{GOOD}\n```", f'"{GOOD}"', f"Prompt: {GOOD}", f"<think>a cat?\nyes</think>\n{GOOD}", f"  {GOOD}\n\n"],
)
def test_what_models_put_around_a_prompt_is_taken_off(answer):
    assert prompt_help.read(answer, "a cat") == GOOD


@pytest.mark.parametrize(
    ("answer", "prompt", "message"),
    [
        ("", "a cat", "gave no prompt"),
        ("<think>hm</think>", "a cat", "gave no prompt"),
        ("x" * 2001, "a cat", "2,001 characters"),
        ("a woman speaks", 'a woman says "come home"', 'left out "come home"'),
    ],
)
def test_an_answer_that_is_no_prompt_is_refused(answer, prompt, message):
    with pytest.raises(Unavailable, match=message):
        prompt_help.read(answer, prompt)


@pytest.mark.parametrize(
    ("status", "said", "kind"),
    [
        (401, {}, BadSettings),
        (500, {}, NotMade),
        (302, {}, NotMade),
        (200, b"<html>", NotMade),
        (200, {"choices": []}, NotMade),
        (200, said_by(None), NotMade),
        (200, said_by("a cat that", "length"), NotMade),
    ],
)
def test_a_language_model_that_fails_is_told_in_words_without_its_key(status, said, kind, server, tmp_path):
    server.answers.append((status, said))
    with pytest.raises(kind) as caught:
        llm.needed(settings(server, tmp_path)).text([], tokens=9)
    assert caught.value.hint
    assert "secret" not in f"{caught.value.message} {caught.value.hint}"


@pytest.mark.parametrize(
    ("changed", "kind", "told"),
    [
        ({"llm_url": "127.0.0.1:11434/v1"}, BadSettings, "VITASCOPE_LLM_URL is no address of a server"),
        ({"llm_url": "http://user:word@127.0.0.1/v1"}, BadSettings, "has a name or password in it"),
        ({"llm_url": "http://[::1"}, BadSettings, "VITASCOPE_LLM_URL is no address"),
        ({"llm_key": "sk-se\ncret"}, BadSettings, "VITASCOPE_LLM_KEY has letters that no key has"),
        ({"llm_key": "密钥"}, BadSettings, "VITASCOPE_LLM_KEY has letters that no key has"),
        ({"llm_url": "http://127.0.0.1:9/v1"}, NotMade, "The language model at 127.0.0.1 gave no answer: Port 9"),
        ({"llm_url": "http://nowhere.invalid/v1"}, NotMade, "The language model at nowhere.invalid gave no answer"),
    ],
)
def test_a_bad_address_or_key_is_told_with_what_was_called_and_what_to_check(changed, kind, told, server, tmp_path):
    """What cannot be called is told before anybody is asked whether the words may leave."""
    with pytest.raises(kind) as caught:
        llm.needed(settings(server, tmp_path, **changed)).text([], tokens=9)
    assert told in caught.value.message
    assert caught.value.hint
    assert "word@" not in f"{caught.value}{caught.value.hint}"
    assert server.seen == []
    assert (tmp_path / llm.USED).exists() == (kind is NotMade)  # a request that was not tried is not counted


@pytest.mark.parametrize(
    ("status", "said", "told", "check"),
    [
        (404, {"error": {"message": "model 'm' not found"}}, "answered 404: model 'm' not found.", "LLM_MODEL"),
        (404, b"<html>no</html>", "answered 404.", "VITASCOPE_LLM_URL (it ends in /v1)"),
        (400, {"error": "no model m for sk-secret"}, "answered 400: no model m for ***.", "LLM_MODEL"),
        (500, {"detail": None}, "answered 500", "its own log"),
        (401, {"error": {"message": "bad key sk-sec"}}, "refuses the key (401).", "VITASCOPE_LLM_KEY"),
        (429, {}, "takes no more now (429).", "money left"),
    ],
)
def test_what_a_language_model_says_itself_is_told(status, said, told, check, server, tmp_path):
    server.answers.append((status, said))
    with pytest.raises(Exception, match="The language model at") as caught:
        llm.needed(settings(server, tmp_path)).text([], tokens=9)
    assert told in caught.value.message
    assert check in caught.value.hint


def test_each_day_has_a_limit(server, tmp_path):
    told = settings(server, tmp_path, llm_daily=2, llm_key="")
    for _ in range(2):
        llm.needed(told).text([], tokens=9)
    with pytest.raises(TooMany, match="2 are allowed"):
        llm.needed(told).text([], tokens=9)
    assert len(server.seen) == 2
    assert server.seen[0][1] is None
    (tmp_path / llm.USED).write_text('{"day": "2001-01-01", "requests": 2}', "utf-8")
    llm.needed(told).text([], tokens=9)
    with pytest.raises(BadSettings, match="No language model"):
        llm.needed(settings(server, tmp_path, llm_url="")).text([], tokens=9)


def test_the_command_sends_nothing_unless_it_is_told_to(server, tmp_path):
    def run(*words, **changed):
        told = environment() | {"VITASCOPE_HOME": str(tmp_path), **changed}
        command = [sys.executable, "-m", "vitascope", "prompt", "a cat", *words]
        return subprocess.run(command, env=told, capture_output=True, text=True, timeout=LONG, stdin=subprocess.DEVNULL)

    done = run()
    assert (done.returncode, done.stdout) == (0, "")
    assert "hint: Short" in done.stderr
    assert "No language model is set" in run("--rewrite").stderr
    where = {"VITASCOPE_LLM_URL": server.url, "VITASCOPE_LLM_MODEL": "m", "VITASCOPE_LLM_KEY": "sk-secret"}
    unasked = run("--rewrite", **where)
    assert unasked.returncode == 1
    assert "5 characters of your text are sent to 127.0.0.1 (model m), which was not agreed to" in unasked.stderr
    assert server.seen == []
    sent = run("--rewrite", "--yes", **where)
    assert sent.stdout == GOOD + "\n"
    assert "secret" not in sent.stderr
    assert len(server.seen) == 1


def test_the_server_gives_hints_and_sends_words_only_after_it_said_so(server, tmp_path):
    set_up = {"llm_url": server.url, "llm_model": "m", "llm_key": "sk-secret"}
    with serving(tmp_path, cards=(replace(CARD, hints=("Say it in 80 words.",)),), **set_up) as served:
        owner, other = served.owner(), served.client(served.key())
        assert owner.get("/v1/models").json()["data"][0]["hints"] == ["Say it in 80 words."]
        asked = {"prompt": "a grey cat on the old red roof"}
        plain = other.post("/v1/prompt", json=asked).json()
        assert [hint["name"] for hint in plain["hints"]] == ["light", "camera", "maker"]
        assert (plain["can_rewrite"], plain["leaves"], plain["prompt"]) == (False, "", None)
        assert [hint["name"] for hint in other.post("/v1/prompt", json={}).json()["hints"]] == ["maker"]
        assert other.post("/v1/prompt", json={**asked, "rewrite": True, "agreed": True}).status_code == 403

        told = owner.post("/v1/prompt", json={**asked, "rewrite": True}).json()
        assert (told["can_rewrite"], told["prompt"], server.seen) == (True, None, [])
        assert "30 characters" in told["leaves"]
        assert "127.0.0.1" in told["leaves"]
        new = owner.post("/v1/prompt", json={**asked, "rewrite": True, "agreed": True}).json()
        assert new["prompt"] == GOOD
        assert server.seen[0][2]["messages"][1]["content"] == asked["prompt"]
        server.answers.append((200, said_by(GOOD, "length")))
        broken = owner.post("/v1/prompt", json={**asked, "rewrite": True, "agreed": True})
        assert broken.status_code == 502
        assert "sk-secret" not in broken.text


def test_a_server_without_a_language_model_says_so(tmp_path):
    with serving(tmp_path) as served:
        owner = served.owner()
        assert owner.post("/v1/prompt", json={"prompt": "a cat"}).json()["can_rewrite"] is False
        answer = owner.post("/v1/prompt", json={"prompt": "a cat", "rewrite": True})
        assert (answer.status_code, answer.json()["error"]["code"]) == (422, "not_supported")
