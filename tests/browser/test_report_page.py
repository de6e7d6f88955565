import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from runtime.adapters.jinja_page import JinjaPage
from tests.browser.chromium import Page, browsing, executable
from tests.support.report_samples import HOSTILE_KEYS, sample

pytestmark = pytest.mark.skipif(
    executable() is None,
    reason="no browser: make setup unpacks one on Linux x86_64; elsewhere install Chromium, as chromium on the PATH",
)
PHONES = (320, 360, 390)


@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Page]:
    """A browser that finds no host at all."""
    with browsing(tmp_path_factory.mktemp("chromium")) as opened:
        yield opened


def _written(folder: Path, *, hostile: bool = False) -> str:
    """Write a page, and return its address."""
    path = folder / "index.html"
    path.write_text(JinjaPage().html(sample(hostile=hostile)), encoding="utf-8")
    return path.as_uri()


@pytest.fixture(scope="module", params=["plain", "hostile"])
def file(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> str:
    """The address of a page on the disk."""
    return _written(tmp_path_factory.mktemp("report"), hostile=request.param == "hostile")


def test_the_page_asks_for_nothing_but_itself(browser: Page, file: str) -> None:
    """With no network there is nothing missing: one request, and no complaint of the page's own policy."""
    browser.open(file, width=1100)

    assert [file] == browser.requests
    assert [] == browser.complaints
    assert "Fixity report, prod, 1 March 2026" == browser.evaluate("document.title")
    assert "Fixity report" == browser.evaluate("document.querySelector('h1').textContent")
    assert 0 == browser.evaluate("document.querySelectorAll('script,img,link,iframe,[onerror]').length")
    # The style is used: the policy names it by its digest.
    assert "grid" == browser.evaluate("getComputedStyle(document.querySelector('dl.figures')).display")


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
@pytest.mark.parametrize("width", [*PHONES, 768, 1100])
def test_nothing_is_wider_than_the_window(browser: Page, file: str, width: int, dark: bool) -> None:  # noqa: FBT001 (a parameter of the test)
    """No line of the page has to be scrolled sideways, on any width, with the longest keys."""
    browser.open(file, width=width, dark=dark)
    wider = browser.evaluate(
        "JSON.stringify([...document.querySelectorAll('body *')]"
        ".filter(one => one.getBoundingClientRect().right > innerWidth + 0.5 && !one.closest('thead'))"
        ".map(one => one.outerHTML.slice(0, 80)))"
    )

    assert [] == json.loads(wider)
    assert [width, width] == browser.evaluate("[innerWidth, document.documentElement.scrollWidth]")


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
def test_the_scheme_of_the_reader_is_followed(browser: Page, file: str, dark: bool) -> None:  # noqa: FBT001 (a parameter of the test)
    """Who likes it dark gets it dark."""
    browser.open(file, width=1100, dark=dark)
    colours = browser.evaluate(
        "[getComputedStyle(document.body).backgroundColor, getComputedStyle(document.body).color]"
    )
    [behind, ink] = [sum(map(int, re.findall(r"\d+", colour)[:3])) for colour in colours]

    assert dark == (behind < ink)


def test_hostile_keys_are_shown_as_text(browser: Page, tmp_path: Path) -> None:
    """Each key is there to be read, and none of them did anything."""
    address = _written(tmp_path, hostile=True)
    browser.open(address, width=360)
    keys = browser.evaluate(
        "[...document.querySelectorAll('#failing ~ table tbody th bdi')].map(one => one.textContent)"
    )

    assert HOSTILE_KEYS[0] in keys
    assert HOSTILE_KEYS[1] in keys
    assert "\\u202etxt.exe/\\u2066hidden\\u2069" in keys
    assert "a" * 1024 in keys
    assert [address] == browser.requests


@pytest.mark.parametrize("width", [360, 1100])
def test_a_screen_reader_is_told_of_tables(browser: Page, file: str, width: int) -> None:
    """Also on a phone, where the tables look like lists, they are tables with names, rows, headers and cells."""
    browser.open(file, width=width)
    nodes = browser.accessibility_tree()
    roles = [node["role"]["value"] for node in nodes]
    names = [node["name"]["value"] for node in nodes if node["role"]["value"] == "table"]
    tables = browser.evaluate("document.querySelectorAll('table').length")

    assert tables == roles.count("table") == len(names) > 5
    assert all(names)
    assert browser.evaluate("document.querySelectorAll('tbody th').length") <= roles.count("rowheader")
    assert {"heading", "row", "columnheader", "cell", "link", "main"} <= set(roles)
    levels = [
        next(one["value"]["value"] for one in node["properties"] if one["name"] == "level")
        for node in nodes
        if node["role"]["value"] == "heading"
    ]
    assert 1 == levels[0] == min(levels)
    assert 1 == levels.count(1)


@pytest.mark.parametrize("width", [768, 1100])
def test_f23_an_object_keeps_its_width(browser: Page, file: str, width: int) -> None:
    """Whatever a message or a key holds, the column of objects has a third of the table, and each word its line."""
    browser.open(file, width=width)
    shares = browser.evaluate(
        "[...document.querySelectorAll('table.failing, table.objects')].map(one =>"
        " one.querySelector('tbody th').getBoundingClientRect().width / one.getBoundingClientRect().width)"
    )

    assert len(shares) == 3
    assert all(0.33 < share < 0.45 for share in shares)


def test_f23_whole_digests_are_folded_and_can_be_unfolded(browser: Page, file: str) -> None:
    """They are there, hidden until a reader asks for them, without a program."""
    browser.open(file, width=1100)
    height = "document.querySelector('details').getBoundingClientRect().height"
    folded = browser.evaluate(height)
    browser.evaluate("document.querySelector('details summary').click()")

    assert browser.evaluate(height) > folded + 10
    assert "9f86d081884c0123" in browser.evaluate("document.querySelector('details').textContent")


def test_the_page_prints_on_few_sheets(browser: Page, tmp_path: Path) -> None:
    """A report of four buckets and a month fits on five sheets of A4."""
    browser.open(_written(tmp_path), width=1100, dark=True)
    printed = browser.pdf()

    assert printed.startswith(b"%PDF-")
    assert 1 <= len(re.findall(rb"/Type\s*/Page\b", printed)) <= 5


def test_a_picture_of_the_page_can_be_taken(browser: Page, file: str) -> None:
    """It is drawn: the picture is as wide as the window and not of one colour."""
    browser.open(file, width=1100)
    picture = browser.screenshot()

    assert (b"\x89PNG", 1100) == (picture[:4], int.from_bytes(picture[16:20], "big"))
    assert len(picture) > 50_000
