"""Requests that Tencent's and Volcano's own SDKs signed, at a time and with a secret that are known, and what is made
of them when something is changed on the way. `tests/sdks` has the SDKs themselves.
"""

import dataclasses
import json

import pytest

from vitascope.errors import NotSignedIn
from vitascope.vendors import signatures
from vitascope.vendors.api import Call

NOW = 1_795_514_400.0  # 24 November 2026, 10:00 UTC
SECRET = "a secret"


def tc3(signature="8217a50855e026009674902586e28e93c55feb25079c6d42fc28745369f59bde", **headers):
    """As tencentcloud-sdk-python 3.1.127 sends it."""
    scope = "2026-11-24/vclm/tc3_request"
    authorization = f"TC3-HMAC-SHA256 Credential=ak_example/{scope}, SignedHeaders=content-type;host"
    return Call(
        method="POST",
        target="/",
        raw=json.dumps({"Prompt": "a red ball, 红球"}).encode(),
        headers={
            "content-type": "application/json",
            "host": "127.0.0.1:8000",
            "x-tc-action": "SubmitHunyuanToVideoJob",
            "x-tc-timestamp": str(int(NOW)),
            "authorization": f"{authorization}, Signature={signature}",
            **headers,
        },
    )


def v4(signature="c740b11389dabd18f4e29382ccff6f54c168df0ca23c79918f64ae1f8034ec54", **headers):
    """As volcengine 1.0.229 sends it."""
    signed = "content-type;host;x-content-sha256;x-date"
    scope = "20261124/cn-north-1/cv/request"
    return Call(
        method="POST",
        target="/",
        search="Action=CVSync2AsyncSubmitTask&Version=2022-08-31",
        raw=json.dumps({"req_key": "jimeng_t2v_v30", "prompt": "a red ball, 红球"}).encode(),
        headers={
            "content-type": "application/json",
            "host": "127.0.0.1:8000",
            "x-date": "20261124T100000Z",
            "x-content-sha256": "f4b8b55ba0aa12c16acc4cc0896bfe7bb28a3f5c02583a2554d7b67af293b10c",
            "authorization": f"HMAC-SHA256 Credential=ak_example/{scope}, "
            f"SignedHeaders={signed}, Signature={signature}",
            **headers,
        },
    )


FORMS = {
    "tc3": (tc3, lambda call: signatures.tc3(call, "vclm"), 300),
    "v4": (v4, lambda call: signatures.v4(call, "cv"), 900),
}


@pytest.fixture(params=FORMS)
def form(request):
    return FORMS[request.param]


def refusal(read, call, *, secret=SECRET, now=NOW):
    with pytest.raises(NotSignedIn) as caught:
        read(call).verify(secret, now)
    assert caught.value.hint
    return caught.value.code


def test_what_the_sdks_sign_is_good(form):
    made, read, _ = form
    signed = read(made())
    signed.verify(SECRET, NOW)
    assert signed.access == "ak_example"
    assert signed.once == read(made()).once != ""


def test_clocks_may_differ_a_little(form):
    made, read, skew = form
    for way in (-1, 1):
        read(made()).verify(SECRET, NOW + way * skew)
        assert refusal(read, made(), now=NOW + way * (skew + 1)) == signatures.EXPIRED


def test_another_secret_is_told_nothing_about_clocks(form):
    made, read, _ = form
    assert refusal(read, made(), secret="another", now=NOW + 10_000) == signatures.MISMATCH


@pytest.mark.parametrize(
    "changed",
    [{"raw": b"{}"}, {"method": "GET"}, {"target": "/other"}, {"search": "Action=CVGetResult"}],
    ids=["body", "method", "path", "query"],
)
def test_nothing_may_change_on_the_way(form, changed):
    made, read, _ = form
    assert refusal(read, dataclasses.replace(made(), **changed)) == signatures.MISMATCH


def test_another_host_is_another_request(form):
    made, read, _ = form
    assert refusal(read, made(host="other.example")) == signatures.MISMATCH


def test_a_header_that_cannot_be_read(form):
    made, read, _ = form
    good = made().headers["authorization"]
    assert refusal(read, made(authorization="")) == signatures.MISSING
    broken = ("nonsense", good[:-1], good.replace("host", "accept"), good.replace("Credential=", "Credential=a/b/"))
    for text in (*broken, good.replace("26", "27", 1)):  # the last is for another day
        assert refusal(read, made(authorization=text)) == signatures.MALFORMED, text


@pytest.mark.parametrize("stamp", ["", "soon", "-1", "99999999999999"])
def test_a_time_that_is_none(form, stamp):
    made, read, _ = form
    assert refusal(read, made(**{"x-tc-timestamp": stamp, "x-date": stamp})) == signatures.MALFORMED


def test_another_service_or_algorithm_is_not_taken(form):
    made, read, _ = form
    other = next(each for each in FORMS.values() if each[0] is not made)
    assert refusal(read, other[0]()) == signatures.MALFORMED
    assert refusal(lambda call: signatures.tc3(call, "cvm"), tc3()) == signatures.MALFORMED


def test_tencents_unsigned_payload_leaves_the_body_out():
    signature = "1f086d0fae2b29019eae551126558d6e0fe5fa14d92ed5a531eb6b414180bdbf"
    call = tc3(signature, **{"x-tc-content-sha256": "UNSIGNED-PAYLOAD"})
    signatures.tc3(call, "vclm").verify(SECRET, NOW)
    signatures.tc3(dataclasses.replace(call, raw=b"{}"), "vclm").verify(SECRET, NOW)


def test_a_schemes_own_port_is_no_part_of_what_volcano_signs():
    call = v4("2182eb29e3ad95a3ca043c895add1c879e0935b386e2a832b3d8f56cb5e10351", host="127.0.0.1:80")
    signatures.v4(call, "cv").verify(SECRET, NOW)


def test_a_plain_key_is_no_signature():
    assert not signatures.is_signed(Call(headers={"authorization": "Bearer vs_key"}))
    assert not signatures.is_signed(Call())
    assert signatures.is_signed(tc3())
