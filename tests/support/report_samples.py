"""A report of a small institution, with what can go wrong, for tests and for the picture in the documentation."""

import re
from datetime import UTC, datetime, timedelta

from runtime.bucket_runs.policy import SweepPolicy
from runtime.fixity.outcome import Outcome
from runtime.report.count import FailingObject, ReportCount, WaitingObject
from runtime.report.inventory import Amount, Storage
from runtime.report.model import BucketReport, DayCount, WholeReport
from runtime.report.slices import Report

MOMENT = datetime(2026, 3, 1, 5, 0, tzinfo=UTC)
POLICY = SweepPolicy(interval=timedelta(days=180), grace=timedelta(days=3))
HOSTILE_KEYS = (
    "<script>document.title='taken'</script>",
    '"><img src="https://evil.example/x.png" onerror="alert(1)">',
    "'; --&amp; &#60;b&#62;",
    "\u202etxt.exe/\u2066hidden\u2069",
    "עברית/ספר.txt",
    "line\nbreak\tand\0null",
    "a" * 1024,
)


def _digits(first: str, size: int) -> str:
    return (first + "0123456789abcdef" * 4)[:size]


def waiting(key: str, *, late: int | None = None, replication: str = "COMPLETED") -> WaitingObject:
    """Build an object of an alarm."""
    return WaitingObject(
        bucket="acme-prod-letters",
        key=key,
        replication=replication,
        replica_checked="statement" if replication == "COMPLETED" else "",
        days_overdue=late,
        last_good=(MOMENT - timedelta(days=179)).isoformat(),
        next_check=(MOMENT - timedelta(days=late or -1)).isoformat(),
    )


def unmarked(cell: str) -> str:
    """Return the text of a cell of a list, as formats.md says it."""
    return re.sub(r"\A'|(?<=[;\t\r\n])'", "", cell)


def failing(
    bucket: str, key: str, outcome: Outcome, message: str, days: int | None = 200, *, what: str = ""
) -> FailingObject:
    """Build a failing object."""
    return FailingObject(
        bucket=bucket,
        key=key,
        outcome=outcome.value,
        message=message,
        what=what,
        last_good="" if days is None else (MOMENT - timedelta(days=days)).isoformat(),
        next_check=(MOMENT + timedelta(hours=9)).isoformat(),
    )


def count(
    objects: int, size: int, *, oldest: int, covered: int | None = None, failed: tuple[FailingObject, ...] = ()
) -> ReportCount:
    """Build a count."""
    outcomes: dict[str, int] = {Outcome.MATCH.value: objects - len(failed)}
    for one in failed:
        outcomes[one.outcome] = outcomes.get(one.outcome, 0) + 1
    return ReportCount(
        objects=objects,
        size=size,
        covered=objects - len(failed) if covered is None else covered,
        overdue=0,
        oldest=MOMENT - timedelta(days=oldest),
        outcomes=outcomes,
        failing=len(failed),
        failing_objects=list(failed),
    )


def storage(*folders: tuple[str, int, int], cold: float = 0.8, older: int = 0) -> Storage:
    """Build what a bucket stores: folders with their objects and bytes."""
    objects, size = sum(one[1] for one in folders), sum(one[2] for one in folders)
    cold_objects, cold_size = int(objects * cold), int(size * cold)
    return Storage(
        made=MOMENT - timedelta(hours=4),
        classes={
            "INTELLIGENT_TIERING": Amount(cold_objects, cold_size),
            "STANDARD": Amount(objects - cold_objects, size - cold_size, older, older * 400_000),
        },
        folders={name: Amount(number, size) for name, number, size in folders},
    )


def sample(*, hostile: bool = False) -> WholeReport:
    """Build the report, or one with keys that try to break the page."""
    failed: tuple[FailingObject, ...] = (
        failing(
            "acme-prod-letters",
            "estate of M. Weber/box 12/1911-04-02 to the editor, p. 3.tif",
            Outcome.MISMATCH,
            "; ".join(
                f"baseline, {name}: expected {_digits(old, size)}, computed {_digits(new, size)}"
                for name, size, old, new in (("md5", 32, "b1", "7c"), ("sha256", 64, "9f86d081884c", "60303ae22b99"))
            ),
            what="Its SHA-256 is 60303ae22b99…, at its deposit it was 9f86d081884c…; MD5 differs too.",
        ),
        failing(
            "acme-prod-letters",
            "estate of M. Weber/box 12/1911-04-09.tif",
            Outcome.ABSENT,
            "the object is gone",
            what="The object is gone.",
        ),
    )
    if hostile:
        failed += tuple(failing("acme-prod-letters", key, Outcome.MISMATCH, key) for key in HOSTILE_KEYS)
    letters = count(1_284_112, 3_411_000_000_000, oldest=200, failed=failed)
    letters.alarms = {"failing-objects": len(failed), "overdue-objects": 2, "unreplicated-objects": 1}
    letters.overdue, letters.unreplicated, letters.checked_today, letters.failed_today = 2, 1, 2_911, 2
    hidden = HOSTILE_KEYS if hostile else ()
    letters.alarm_objects = {
        "overdue-objects": [waiting("autographs/1898/letter 17.tif", late=5), waiting("autographs/x.tif", late=4)],
        "unreplicated-objects": [waiting(key, replication="FAILED") for key in ("autographs/1899/2.tif", *hidden)],
    }
    maps = count(48_230, 9_120_000_000_000, oldest=181)
    theses = count(212_007, 642_000_000_000, oldest=174)
    new = count(0, 0, oldest=0)
    new.oldest = None
    days = [
        DayCount(day=day, known=False)
        if number == 11
        else DayCount(
            day=day,
            checks=8_700 + (number * 37) % 240,
            incidents={6: 1, 7: 2, 8: 2, 9: 1, 24: 1, 25: 2, 26: 2, 27: 2, 28: 2, 29: 2, 30: 2}.get(number, 0),
            recoveries={9: 1, 10: 1}.get(number, 0),
        )
        for number, day in enumerate(Report(MOMENT).days(31))
    ]
    return WholeReport(
        report=Report(MOMENT),
        environment="prod",
        policy=POLICY,
        ended=MOMENT + timedelta(minutes=41),
        buckets={
            "acme-prod-letters": BucketReport(
                count=letters,
                storage=storage(
                    ("estate of M. Weber/", 803_200, 2_202_000_000_000),
                    ("autographs/", 421_980, 1_104_000_000_000),
                    ("", 58_932, 105_000_000_000),
                    older=1_204,
                ),
            ),
            "acme-prod-maps": BucketReport(
                count=maps,
                storage=storage(("sheets/", 46_020, 9_020_000_000_000), ("georeferenced/", 2_210, 100_000_000_000)),
            ),
            "acme-prod-theses-public": BucketReport(
                count=theses,
                storage=storage(("2024/", 104_000, 322_000_000_000), ("2025/", 108_007, 320_000_000_000), cold=0),
            ),
            "acme-prod-born-digital": BucketReport(count=new, storage=None),
        },
        days=days,
    )
