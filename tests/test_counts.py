import json
import re
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from runtime.bucket_runs.count_document import count_document, count_of
from runtime.counts import COUNTS, FixityCount
from stacks import counts_page
from tests.support.builders import NOW

DAY = timedelta(days=1)
# Names that others rely on, by the name in JSON: metric, alarm, severity, setting of the threshold.
PUBLISHED: dict[str, tuple[str | None, ...]] = {
    "objects": ("ObjectsUnderCare",),
    "bytes": ("BytesUnderCare",),
    "oldest_unverified": ("OldestUnverifiedAge", "oldest-unverified", "warning", None),
    "within_interval": ("CoverageWithinInterval", "coverage", "critical", "coverage_percent"),
    "failing": ("FailingObjects", "failing-objects", "critical", "failing_objects"),
    "disputed": ("DisputedObjects", "disputed-objects", "warning", "disputed_objects"),
    "overdue": ("OverdueObjects", "overdue-objects", "warning", "overdue_objects"),
    "never_verified": ("NeverVerified",),
    "waiting": ("",),
    "missing_schedule_rows": ("MissingScheduleRows",),
    "orphan_schedule_rows": ("OrphanScheduleRows",),
    "deferred": ("DeferredObjects", "deferred-objects", "warning", "deferred_objects"),
    "unreplicated": ("UnreplicatedObjects", "unreplicated-objects", "warning", "unreplicated_objects"),
    "unrecorded": ("UnrecordedObjects", "unrecorded-objects", "warning", "unrecorded_objects"),
    "vanished": ("",),
    "replaced": ("UnrecordedObjects",),
    "malformed": ("MalformedRecords", "malformed-records", "warning", "malformed_records"),
    "checks_queued": ("",),
}
NUMBERS = [name for name in COUNTS if name != "oldest"]
COUNT = st.builds(
    FixityCount,
    **{name: st.integers(0, 10**18) for name in NUMBERS},
    oldest=st.none() | st.timedeltas(-3650 * DAY, 3650 * DAY).map(lambda by: NOW + by),
)


def test_published_names_stay() -> None:
    """Names in JSON, of metrics and alarms, their severities and settings are what dashboards and people rely on."""
    found: dict[str, tuple[str | None, ...]] = {}
    for counted in COUNTS.values():
        alarm = counted.alarm
        found[counted.key] = (counted.metric, *((alarm.name, alarm.severity, alarm.threshold) if alarm else ()))

    assert PUBLISHED == found


def test_the_formats_page_is_current() -> None:
    """`python -m stacks.counts_page` was run after the last change."""
    text = counts_page.PAGE.read_text("utf-8")

    assert text == counts_page.page(text)
    assert [counted.key for counted in COUNTS.values()] == re.findall(
        r"^\| `(\w+)` ", counts_page.section(), flags=re.MULTILINE
    )


def test_every_alarm_and_line_of_the_dashboard_has_its_metric() -> None:
    """What nothing publishes cannot fire and shows nothing."""
    assert [] == [counted.key for counted in COUNTS.values() if (counted.alarm or counted.label) and not counted.metric]


@given(COUNT)
def test_a_count_survives_a_message(count: FixityCount) -> None:
    """What a slice hands on is what the next one adds to."""
    assert count == count_of(json.loads(json.dumps(count_document(count))))


@given(COUNT)
def test_a_count_of_an_earlier_version_is_understood(count: FixityCount) -> None:
    """A sweep goes on when the software is updated meanwhile."""
    later = {"unrecorded", "vanished", "replaced", "failing", "deferred", "unreplicated", "malformed", "disputed"}
    earlier = {name: value for name, value in count_document(count).items() if name not in later}
    for name in later:
        setattr(count, name, 0)

    assert count == count_of(earlier)


def test_counts_add_up() -> None:
    """Numbers are summed, each by itself, and the oldest date is the older one."""
    numbers = {name: number for number, name in enumerate(NUMBERS)}
    one = FixityCount(oldest=NOW, **numbers)
    one.add(FixityCount(oldest=NOW - DAY, **dict.fromkeys(NUMBERS, 100)))
    one.add(FixityCount())

    assert FixityCount(oldest=NOW - DAY, **{name: 100 + number for name, number in numbers.items()}) == one


def test_the_metrics_are_those_of_the_table() -> None:
    """Each metric is the sum of the counts that name it; age and coverage follow from the count."""
    metrics = FixityCount(objects=4, covered=1, unrecorded=2, replaced=3, oldest=NOW - DAY).metrics(NOW)

    assert {counted.metric for counted in COUNTS.values() if counted.metric} | {"OverdueShare"} == set(metrics)
    shown = ("ObjectsUnderCare", "CoverageWithinInterval", "UnrecordedObjects", "OldestUnverifiedAge")
    assert dict(zip(shown, (4, 25, 5, 86_400), strict=True)) == {name: metrics[name] for name in shown}


@pytest.mark.parametrize(("overdue", "objects", "share"), [(0, 0, 0), (1, 1, 0), (1, 50, 0), (2, 50, 4), (50, 50, 100)])
def test_f21_one_overdue_object_is_no_share(overdue: int, objects: int, share: float) -> None:
    """A single late check in a small holding calls nobody at night; two of fifty do."""
    assert share == FixityCount(objects=objects, overdue=overdue).metrics(NOW)["OverdueShare"]
