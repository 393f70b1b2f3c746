"""Every operation of the OpenAPI description against requests that a machine thought of, valid and not: the server
never answers with a fault of its own, and what it says has the form that the description promises.
"""

import contextlib
import time
from unittest import SkipTest

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, reject, settings
from hypothesis import strategies as st
from hypothesis.errors import Unsatisfiable
from schemathesis import GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

import serving
from service import sqlite_store
from vitascope.server.app import create_app
from vitascope.store import accounts

CHECKS = [not_a_server_error, status_code_conformance, response_schema_conformance, content_type_conformance]
ENDLESS = ["/v1/events", "/v1/videos/sync"]  # a stream, and a wait for a worker that is not here
SLOWEST_SECONDS = 5.0
EXAMPLES = 3  # for each operation and way
TAGS = (
    "videos", "models", "quote", "credits", "projects", "library", "webhooks", "keys", "account", "admin", "films",
    "files", "health", "dialects",
)  # fmt: skip

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::pytest.PytestUnraisableExceptionWarning")


class Running:
    """The description, and a key that opens everything."""

    def __init__(self, folder):
        self.store = sqlite_store(folder)
        context = serving.make_context(self.store, folder, signup=1)
        with self.store.begin() as tx:
            owner = accounts.owner(tx, self.store.clock())
            self.key = accounts.create_key(tx, owner.id, "fuzz", self.store.clock()).key
        self.app = create_app(context)
        self.schema = schemathesis.openapi.from_asgi("/openapi.json", self.app).exclude(path=ENDLESS)


@pytest.fixture(scope="module")
def examples(pytestconfig, running):
    """For each operation and way: a few, or so many that all together are `--fuzz`."""
    wanted = pytestconfig.getoption("--fuzz")
    return -(-wanted // (2 * len(list(running.schema.get_all_operations())))) if wanted else EXAMPLES


@pytest.fixture(scope="module")
def asked():
    """How long each request took, in seconds."""
    return []


@pytest.fixture(scope="module")
def running(tmp_path_factory):
    made = Running(tmp_path_factory.mktemp("fuzz"))
    yield made
    made.store.close()


def operations(schema, tag):
    found = [result.ok() for result in schema.get_all_operations()]
    return [operation for operation in found if tag in operation.tags]


@st.composite
def cases(draw, strategy):
    """Of this strategy, without those at which schemathesis itself stumbles: it validates its own files as text."""
    try:
        return draw(strategy)
    except ValueError as error:
        if "Unsupported type: 'Binary'" not in str(error):
            raise
        reject()


def test_all_operations_are_tried(running):
    assert {tag for result in running.schema.get_all_operations() for tag in result.ok().tags} == set(TAGS)


@pytest.mark.parametrize("mode", [GenerationMode.POSITIVE, GenerationMode.NEGATIVE], ids=["as described", "otherwise"])
@pytest.mark.parametrize("tag", TAGS)
def test_no_request_is_answered_with_a_fault(running, tag, mode, examples, asked):
    for operation in operations(running.schema, tag):
        try:
            strategy = operation.as_strategy(generation_mode=mode)
        except SkipTest:
            continue  # nothing can be wrong with a request that has no parts

        @settings(
            max_examples=examples,
            deadline=None,
            derandomize=True,
            database=None,
            phases=[Phase.generate],
            suppress_health_check=list(HealthCheck),
        )
        @given(case=cases(strategy))
        def ask(case):
            begun = time.perf_counter()
            answer = case.call(headers={"authorization": f"Bearer {running.key}"})
            asked.append(time.perf_counter() - begun)
            case.validate_response(answer, checks=CHECKS)

        with contextlib.suppress(Unsatisfiable, SkipTest):
            ask()


def test_no_request_took_long(pytestconfig, asked):
    print(f"{len(asked):,} requests, the slowest {max(asked, default=0):.2f} s")
    wanted = pytestconfig.getoption("--fuzz")
    if wanted:  # alone on its machine; beside other tests a second says nothing
        assert max(asked) < SLOWEST_SECONDS
    assert len(asked) >= wanted * 0.8  # some operations have fewer requests than are wanted
