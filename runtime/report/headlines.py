"""What a reader of a report has to know first: everything that is wrong, or that nothing is."""

from collections.abc import Iterator
from typing import Final

import attrs

from runtime.report.alarms import ObjectAlarm
from runtime.report.count import ReportCount
from runtime.report.model import WholeReport
from runtime.shared.wording import joined, plural

_MOST_ALARMS: Final = 10


@attrs.frozen(kw_only=True)
class Headline:
    """One thing to know."""

    text: str
    meaning: str
    tone: str = "bad"  # or `good`, or `plain` for what is neither


def headlines(whole: WholeReport, total: ReportCount) -> Iterator[Headline]:
    """Yield what is wrong, the worst first; all is well only if nothing is."""
    found = [*_of_objects(total), *_of_service(whole)]
    yield from found
    if not total.objects:
        yield Headline(
            text="Nothing is under care yet",
            meaning="No bucket of this environment holds an object with a record.",
            tone="plain",
        )
    elif not found:
        yield Headline(
            text="Everything is in order",
            meaning="Every object is as it should be, every check was made in time, every day is signed, and no alarm"
            " fires.",
            tone="good",
        )


def _of_objects(total: ReportCount) -> Iterator[Headline]:
    if total.needing_attention:
        yield Headline(
            text=plural(total.needing_attention, "object needs attention", "objects need attention"),
            meaning="They are named below. What failed a check is read again every day until it is good.",
        )
    if total.overdue:
        yield Headline(
            text=plural(total.overdue, "object was not checked in time", "objects were not checked in time"),
            meaning="The daily sweep asks for their checks.",
        )
    if unverified := total.alarms.get(ObjectAlarm.UNVERIFIED, 0):
        yield Headline(
            text=plural(unverified, "object was", "objects were") + " not found good within the promised time",
            meaning="Their checks failed, are late, or could not be made.",
        )
    if total.deferred:
        yield Headline(
            text=plural(total.deferred, "object was never read", "objects were never read"),
            meaning="The time available was too short for them, so damage to them would not be noticed.",
        )
    if total.unreplicated:
        yield Headline(
            text=plural(total.unreplicated, "object has no second copy", "objects have no second copy"),
            meaning="S3 has made no replica in the other region.",
        )


def _of_service(whole: WholeReport) -> Iterator[Headline]:
    if whole.unfinished:
        yield Headline(
            text=plural(len(whole.unfinished), "bucket") + " could not be reported on",
            meaning="How the objects in them are is not known here. The table of buckets says why.",
        )
    if whole.unsigned:
        days = plural(whole.unsigned, "day of this period is", "days of this period are")
        yield Headline(
            text=f"{days} not signed",
            meaning="The audit trail has no manifest for that, so what happened then is not known here.",
        )
    if whole.firing is None:
        yield Headline(
            text="Whether alarms fire is not known", meaning="CloudWatch did not say. Look at the alarms yourself."
        )
    elif whole.firing:
        named = [*whole.firing[:_MOST_ALARMS]]
        if more := len(whole.firing) - len(named):
            named.append(f"{more} more")
        yield Headline(
            text=plural(len(whole.firing), "alarm fires", "alarms fire"),
            meaning=f"{joined(named)}. The operations runbook has an entry for each.",
        )
