import itertools
import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from html.parser import HTMLParser
from typing import Any

import attrs
import markupsafe
import pytest
from hypothesis import given
from hypothesis import strategies as st

from runtime.adapters.jinja_page import JinjaPage
from runtime.fixity.outcome import Outcome
from runtime.report.count import ReportCount, WaitingObject
from runtime.report.model import BucketReport, DayCount, WholeReport
from runtime.shared.wording import visible
from tests.architecture.source import ROOT
from tests.support.hostile import HOSTILE_TEXTS
from tests.support.report_samples import HOSTILE_KEYS, MOMENT, count, failing, sample, storage

page = JinjaPage().html
STYLE = (ROOT / "runtime" / "report" / "templates" / "report.css").read_text("utf-8")
VOID = {"meta", "br", "wbr", "rect"}
# What would fetch, run or send something.
FETCHING = {"script", "link", "img", "iframe", "object", "embed", "audio", "video", "form", "base", "use", "image"}


class Document(HTMLParser):
    """The elements and texts of a page, which must be nested properly."""

    def __init__(self, text: str) -> None:
        super().__init__(convert_charrefs=True)
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        self._open: list[str] = []
        self.feed(text)
        self.close()
        assert [] == self._open

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attributes)))
        if tag not in VOID:
            self._open.append(tag)

    def handle_startendtag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attributes)))

    def handle_endtag(self, tag: str) -> None:
        assert tag == self._open.pop()

    def handle_data(self, data: str) -> None:
        if not {"style"} & set(self._open):
            self.text += data


def _with_keys(*keys: str) -> WholeReport:
    failed = tuple(failing("acme-prod-letters", key, Outcome.MISMATCH, key) for key in keys)
    bucket = BucketReport(count=count(10, 10, oldest=3, failed=failed), storage=None, problem=keys[0])
    return attrs.evolve(sample(), buckets={"acme-prod-letters": bucket})


@pytest.mark.parametrize("key", HOSTILE_KEYS)
def test_hostile_keys_are_text(key: str) -> None:
    """A key that looks like HTML, breaks out of quotes or turns the line is shown and does nothing."""
    plain, hostile = Document(page(_with_keys("a"))), Document(page(_with_keys(key)))

    assert [tag for tag, _ in plain.elements] == [tag for tag, _ in hostile.elements]
    assert plain.elements == hostile.elements


@pytest.mark.parametrize("text", HOSTILE_TEXTS.values(), ids=HOSTILE_TEXTS)
def test_l43_nothing_hides_in_the_page(text: str) -> None:
    """Keys, messages, folders, storage classes and reasons show what would hide, and make no element."""

    def document(typed: str) -> Document:
        one = attrs.evolve(failing(typed, typed, Outcome.MISMATCH, typed), outcome=typed)
        found = storage((typed, 1, 1))
        found.classes[typed] = found.classes["STANDARD"]
        buckets = {
            "a": BucketReport(count=count(10, 10, oldest=3, failed=(one,)), storage=found),
            "b": BucketReport(count=count(1, 1, oldest=3), storage=None, problem=typed),
            f"c{typed}": BucketReport(count=ReportCount(), storage=None, unfinished=typed),
        }
        return Document(page(attrs.evolve(sample(), buckets=buckets)))

    plain, hostile = document("a"), document(text)

    assert plain.elements == hostile.elements
    assert len(plain.text.splitlines()) == len(hostile.text.splitlines())
    assert {c for c in plain.text if not c.isprintable()} == {c for c in hostile.text if not c.isprintable()}


@given(st.text(st.characters(exclude_categories=["Cs"])))
def test_any_text_is_shown_and_nothing_else(text: str) -> None:
    """Whatever a key holds, the page stays the same elements, with no character that hides or turns others."""
    shown = Document(f"<p>{markupsafe.escape(visible(text))}</p>")

    assert [("p", {})] == shown.elements
    assert not set(shown.text) & set("\0\t\r\n\u202e\u202d\u2066\u2069\u200b\u2028\u00a0\ufeff")


def _attributes(document: Document, *names: str) -> Iterator[str]:
    for _, attributes in document.elements:
        yield from (value or "" for name, value in attributes.items() if name in names)


def test_the_page_asks_for_nothing() -> None:
    """No script, picture, font or style comes from elsewhere; links lead to the files beside the page only."""
    text = page(sample(hostile=True))
    document = Document(text)

    assert set() == {tag for tag, _ in document.elements} & FETCHING
    assert [] == [name for _, attributes in document.elements for name in attributes if name.startswith("on")]
    assert [] == list(_attributes(document, "src", "srcset", "style", "xlink:href", "action"))
    assert all(re.fullmatch(r"[a-z0-9-]+\.(csv|json)", link) for link in _attributes(document, "href"))
    assert not re.search(r"url\(|@import|https?:", STYLE)


def test_the_page_forbids_what_it_does_not_need() -> None:
    """Its own policy lets the browser load nothing and run nothing."""
    [policy] = [
        attributes["content"] or ""
        for tag, attributes in Document(page(sample())).elements
        if tag == "meta" and attributes.get("http-equiv") == "Content-Security-Policy"
    ]

    assert policy.startswith("default-src 'none'; style-src 'sha256-")
    assert "unsafe" not in policy


def test_the_page_can_be_read_aloud() -> None:
    """Language, one main heading, headings in order, and tables with captions and headers of columns and rows."""
    document = Document(page(sample()))
    tags = [tag for tag, _ in document.elements]
    levels = [int(tag[1]) for tag in tags if re.fullmatch(r"h\d", tag)]

    assert "en" == dict(document.elements)["html"]["lang"]
    assert 1 == levels.count(1)
    assert all(after <= before + 1 for before, after in itertools.pairwise(levels))
    assert tags.count("table") == tags.count("caption") == tags.count("thead") > 5
    assert all(attributes.get("scope") in {"col", "row"} for tag, attributes in document.elements if tag == "th")
    # A table that changes its shape on a phone would no longer be one for a screen reader.
    assert all(attributes.get("role") for _, attributes in document.elements if "data-label" in attributes)
    assert all(attributes.get("aria-hidden") == "true" for tag, attributes in document.elements if tag == "svg")


def test_coverage_is_never_rounded_up() -> None:
    """What is not all is not shown as 100 %."""
    nearly = count(10_000_000, 5, oldest=400, covered=9_999_999)
    text = Document(page(attrs.evolve(sample(), buckets={"a": BucketReport(count=nearly, storage=None)}))).text

    assert "99.99 %" in text
    assert "100 %" not in text.split("Outcomes of the newest checks")[0]


SIGNED = [DayCount(day=(MOMENT - timedelta(days=back)).date(), checks=7) for back in (2, 1)]


def _headlines(whole: WholeReport) -> list[tuple[str, str]]:
    """Return tone and text of each headline."""
    return [(one[0], one[1]) for one in re.findall(r'<p class="verdict (\w+)"><strong>([^<]*)</strong>', page(whole))]


def _of(bucket: ReportCount, **more: Any) -> WholeReport:  # noqa: ANN401 (fields of the report)
    buckets = {"a": BucketReport(count=bucket, storage=None)}
    return attrs.evolve(sample(), **{"buckets": buckets, "days": SIGNED, **more})


@pytest.mark.parametrize(
    ("bucket", "tone", "headline"),
    [
        (count(5, 5, oldest=1), "good", "Everything is in order"),
        (ReportCount(), "plain", "Nothing is under care yet"),
        (count(5, 5, oldest=1, failed=(failing("b", "k", Outcome.ABSENT, "gone"),)), "bad", "1 object needs attention"),
        (replace(count(5, 5, oldest=400), overdue=2), "bad", "2 objects were not checked in time"),
        (
            replace(count(5, 5, oldest=1), outcomes={"match": 4, "deferred": 1}, deferred=1),
            "bad",
            "1 object was never read",
        ),
        (replace(count(5, 5, oldest=1), unreplicated=3), "bad", "3 objects have no second copy"),
        (
            replace(count(5, 5, oldest=190), alarms={"oldest-unverified": 1}),
            "bad",
            "1 object was not found good within the promised time",
        ),
    ],
)
def test_the_headline_says_how_things_are(bucket: ReportCount, tone: str, headline: str) -> None:
    """One glance tells whether there is anything to do."""
    assert [(tone, headline)] == _headlines(_of(bucket))


def test_f23_each_thing_that_is_wrong_has_its_headline() -> None:
    """Who repairs the damage does not learn a month later that checks were late and days unsigned."""
    bad = count(5, 5, oldest=1, failed=(failing("b", "k", Outcome.ABSENT, "gone"),))
    bad = replace(bad, overdue=2, unreplicated=1, alarms={"oldest-unverified": 1})
    bad.outcomes["deferred"] = bad.deferred = 1
    buckets = {
        "a": BucketReport(count=bad, storage=None),
        "b": BucketReport(count=ReportCount(), storage=None, unfinished="no access"),
    }
    days = [*SIGNED, DayCount(day=MOMENT.date(), known=False)]
    found = _headlines(_of(bad, buckets=buckets, days=days, firing=["dead-letters", "failing-objects"]))

    assert {"bad"} == {tone for tone, _ in found}
    assert [
        "1 object needs attention",
        "2 objects were not checked in time",
        "1 object was not found good within the promised time",
        "1 object was never read",
        "1 object has no second copy",
        "1 bucket could not be reported on",
        "1 day of this period is not signed",
        "2 alarms fire",
    ] == [text for _, text in found]


@pytest.mark.parametrize(
    "more",
    [
        {"days": [*SIGNED, DayCount(day=MOMENT.date(), known=False)]},
        {"days": [DayCount(day=MOMENT.date(), known=False)]},
        {"firing": ["failing-objects"]},
        {"firing": None},
    ],
    ids=["a gap", "nothing signed", "an alarm", "alarms not known"],
)
@pytest.mark.parametrize("bucket", [count(5, 5, oldest=1), ReportCount()], ids=["objects", "no objects"])
def test_f23_nothing_is_green_while_days_are_unsigned_or_alarms_fire(bucket: ReportCount, more: dict[str, Any]) -> None:
    """Good objects alone do not make a good report."""
    tones = [tone for tone, _ in _headlines(_of(bucket, **more))]

    assert "bad" == tones[0]
    assert "good" not in tones


def test_f23_days_of_which_nothing_is_known_are_one_line() -> None:
    """A fortnight without a manifest does not hide the days with one."""
    start = MOMENT.date() - timedelta(days=30)
    days = [
        DayCount(day=start + timedelta(days=number), known=number > 20 or number == 3, first=number == 3, checks=7)
        for number in range(30)
    ]
    rows = re.findall(
        r'<th scope="row">([^<]*)</th><td class="note" colspan="3">([^<]*)<', page(_of(ReportCount(), days=days))
    )

    assert [("30 Jan to 1 Feb", "before the audit trail began"), ("3 Feb to 19 Feb", "not known: not signed")] == [
        (label, note) for label, note in rows
    ]


def test_f23_a_damaged_object_is_one_sentence_and_its_digests_are_folded() -> None:
    """The eye compares twelve digits; who needs all of them opens the line, or the list."""
    old, new = "9f86d081884c7d65" * 4, "60303ae22b998861" * 4
    one = attrs.evolve(
        failing("b", "k", Outcome.MISMATCH, f"baseline, sha256: expected {old}, computed {new}"),
        what="Its SHA-256 is 60303ae22b99…, at its deposit it was 9f86d081884c….",
    )
    text = page(_of(count(5, 5, oldest=1, failed=(one,))))

    assert "Its SHA-256 is 60303ae22b99…, at its deposit it was 9f86d081884c…." in text
    assert new not in re.sub(r"(?s)<details.*?</details>", "", text)
    assert new in text


def test_l53_the_objects_of_alarms_are_on_the_page() -> None:
    """Each alarm names its first hundred objects, with what a person has to know to act."""
    good = count(500, 5, oldest=1)
    waiting = WaitingObject(
        bucket="acme-prod-letters",
        key="alone.tif",
        replication="FAILED",
        replica_checked="",
        days_overdue=12,
        last_good="2025-08-01T00:00:00Z",
        next_check="2026-02-01T00:00:00Z",
    )
    alarms: dict[str, int] = {"unreplicated-objects": 300, "overdue-objects": 1, "deferred-objects": 0}
    named: dict[str, list[WaitingObject]] = {"unreplicated-objects": [waiting] * 100, "overdue-objects": [waiting]}
    text = Document(page(_of(replace(good, alarms=alarms, alarm_objects=named)))).text

    assert "The first 100 of 300 objects" in text
    assert 101 == text.count("alone.tif")
    assert "failed" in text
    assert "Not checked in time" in text
    assert "Never read" not in text.split("Objects that alarms count")[1]


def test_l25_the_copy_that_fails_is_named() -> None:
    """Where only the replica is gone the page says so, in its list and among the outcomes."""
    lost = attrs.evolve(failing("b", "k", Outcome.ABSENT, "the replica is gone"), outcome="replica-absent")
    bucket = BucketReport(count=count(5, 5, oldest=1, failed=(lost,)), storage=None)
    text = Document(page(attrs.evolve(sample(), buckets={"b": bucket}))).text

    assert 2 == text.count("Replica missing")
    assert "the object itself is good" in text
    assert "Missing" not in text


def test_many_failing_objects_are_the_first_and_a_number() -> None:
    """The page names a hundred and says how many more there are."""
    failed = tuple(failing("b", f"key-{number:04}", Outcome.MISMATCH, "bad") for number in range(100))
    many = replace(count(5_000, 5, oldest=1, failed=failed), failing=1_234)
    text = Document(page(attrs.evolve(sample(), buckets={"b": BucketReport(count=many, storage=None)}))).text

    assert "The first 100 of 1,234 objects" in text
    assert "1,134 objects more" in text
    assert "key-0099" in text


def test_without_inventories_the_page_says_so() -> None:
    """A new bucket has none yet; one that is damaged says why."""
    good = count(1, 1, oldest=1)
    buckets = {
        "acme-new": BucketReport(count=good, storage=None),
        "acme-odd": BucketReport(count=good, storage=None, problem="the MD5 differs"),
    }
    text = Document(page(attrs.evolve(sample(), buckets=buckets))).text

    assert "There is no inventory yet of acme-new." in text
    assert "The inventory of acme-odd could not be used: the MD5 differs." in text
    assert "By storage class" not in text


@pytest.mark.parametrize(
    ("size", "text"),
    [(0, "0 bytes"), (999, "999 bytes"), (999_960, "1.0 MB"), (1_500, "1.5 kB"), (5 * 10**15, "5.0 PB")],
)
def test_sizes_are_in_units_that_people_read(size: int, text: str) -> None:
    """Decimal units, one digit behind the point."""
    bucket = BucketReport(count=count(1, size, oldest=1), storage=None)

    assert text in Document(page(attrs.evolve(sample(), buckets={"a": bucket}))).text


def _luminance(colour: str) -> float:
    channels = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    linear = [one / 12.92 if one <= 0.04045 else ((one + 0.055) / 1.055) ** 2.4 for one in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def _contrast(one: str, other: str) -> float:
    light, dark = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


@pytest.mark.parametrize("scheme", [0, 1, 2], ids=["light", "dark", "print"])
def test_contrast_is_enough(scheme: int) -> None:
    """Texts have a contrast of 4.5 to 1 and bars of 3 to 1, as WCAG 2.2 AA asks, in light, in dark and on paper."""
    blocks = re.findall(r":root\{([^}]*)\}", STYLE)
    colours = {
        name: value if len(value) == 7 else "#" + "".join(2 * one for one in value[1:])
        for name, value in re.findall(r"--([\w-]+):\s*(#[0-9a-f]{3,6})", blocks[scheme])
    }

    for text in ("ink", "soft", "link", "good", "bad"):
        assert _contrast(colours[text], colours["page"]) >= 4.5, text
    for text in ("ink", "soft"):
        assert _contrast(colours[text], colours["panel"]) >= 4.5, text
    for text in ("good", "bad"):
        assert min(_contrast(colours[one], colours[f"{text}-panel"]) for one in (text, "ink")) >= 4.5, text
    for bar in ("bar", "bad"):
        assert _contrast(colours[bar], colours["track"]) >= 3, bar
