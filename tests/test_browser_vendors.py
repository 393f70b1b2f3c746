"""The studio's page of keys and servers in a real browser: what the operator does there, and that all can use it."""

import pytest

import buying
from browser import Browser, chromium, node, package
from processes import Service
from vitascope.server.routes.studio import BUILT
from vitascope.store import vendor_health
from vitascope.store.database import Store, file_url
from vitascope.store.vendor_health import Answers


@pytest.fixture(scope="module")
def browser(tmp_path_factory):
    if not (BUILT / "index.html").is_file():
        pytest.skip("the studio is not built; `make page` does it")
    package("playwright-core/index.mjs"), package("axe-core/axe.min.js"), node(), chromium()
    made = Browser(tmp_path_factory.mktemp("browser"))
    yield made
    made.close()


@pytest.fixture(scope="module")
def house(browser, tmp_path_factory):
    """A server with an order that may have been bought, and no key yet."""
    made = Service(tmp_path_factory.mktemp("house"))
    made.serve("--workers", 0)
    store = Store(file_url(made.folder / "home" / "vitascope.db"))
    world = buying.World(store, made.folder / "blobs", faults={"lost before": 1.0}, profile="openai")
    world.order()
    world.once()
    with store.begin() as tx:
        for hours, answers in enumerate((Answers(good=5), Answers(late=2), Answers(failed=3), Answers(good=1))):
            vendor_health.add(tx, "kling", answers, store.clock() - 3600 * (6 - hours))
    store.close()
    browser.cookies[made.url] = made.cookie()
    yield made
    made.close()


def test_keys_budgets_orders_and_the_switch(browser, house):
    browser.act("vendors", house.url)


@pytest.mark.parametrize(
    ("theme", "language", "width"), [("dark", "en", 1440), ("light", "zh", 1440), ("light", "en", 390)]
)
def test_the_page_is_good_for_all(browser, house, theme, language, width):
    pages = {"vendors": "/models/keys"}
    browser.act("pages", house.url, theme=theme, language=language, width=width, pages=pages)
