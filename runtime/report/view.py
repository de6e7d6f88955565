"""What the report's page shows beside the report: sums, and the form of numbers, sizes and days."""

import math
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from functools import cached_property
from itertools import groupby
from typing import Final

import attrs

from runtime.fixity.outcome import Outcome
from runtime.fixity.replica import ReplicaLook
from runtime.report.alarms import WAITING
from runtime.report.count import MALFORMED, FailingObject, ReportCount, WaitingObject
from runtime.report.headlines import Headline, headlines
from runtime.report.inventory import Amount, Storage
from runtime.report.model import DayCount, WholeReport, largest_folders
from runtime.shared.wording import OutcomeWords, plural, words_of

_MOST_FOLDERS: Final = 20
_UNITS: Final = ("bytes", "kB", "MB", "GB", "TB", "PB", "EB")
_THOUSAND: Final = 1000
_ALL: Final = 100
_LEAST_PERCENT: Final = 0.01
_NONE: Final = "-"
_LOOKS: Final = {
    ReplicaLook.BYTES: "every byte",
    ReplicaLook.STATEMENT: "S3's statement",
    ReplicaLook.NOTHING: "no",
}
_MONTHS: Final = (
    *("January", "February", "March", "April", "May", "June"),
    *("July", "August", "September", "October", "November", "December"),
)


@attrs.frozen(kw_only=True)
class Waiting:
    """The objects of an alarm whose bytes, as far as known, are as they should be."""

    heading: str
    objects: int
    named: Sequence[WaitingObject]  # the first of them


@attrs.frozen(kw_only=True)
class DayRow:
    """A day, or several unknown days in a row, in one line."""

    label: str
    counts: DayCount | None = None  # None if nothing is known
    note: str = ""  # why nothing is known, or what is missing


@attrs.frozen(slots=False)
class View:
    """A report as the page shows it."""

    whole: WholeReport

    @cached_property
    def total(self) -> ReportCount:
        """The sum over the finished buckets."""
        return self.whole.total

    @property
    def headlines(self) -> list[Headline]:
        """Everything that is wrong, the worst first; or that nothing is."""
        return list(headlines(self.whole, self.total))

    @property
    def waiting(self) -> list[Waiting]:
        """The objects of alarms, where there are any."""
        counted, named = self.total.alarms, self.total.alarm_objects
        return [
            Waiting(heading=heading, objects=counted[alarm], named=named.get(alarm, []))
            for alarm, heading in WAITING.items()
            if counted.get(alarm)
        ]

    @property
    def day_rows(self) -> list[DayRow]:
        """The days in order, with unknown ones folded, and the report's own day so far."""
        today, total = self.whole.report.day, self.total
        counts = DayCount(day=today, checks=total.checked_today, incidents=total.failed_today)
        return [*_day_rows(self.whole), DayRow(label=short_day(today), counts=counts, note="so far, not signed yet")]

    @property
    def most_incidents(self) -> int:
        """The largest number of incidents of a day."""
        return max((row.counts.incidents for row in self.day_rows if row.counts), default=0)

    @property
    def outcomes(self) -> list[tuple[OutcomeWords, int]]:
        """Outcomes with their numbers of objects: those of checks first."""
        counted = self.total.outcomes
        known = [*Outcome, *sorted(set(counted) - set(Outcome))]
        return [(words_of(outcome), objects) for outcome in known if (objects := counted.get(outcome, 0))]

    @property
    def without_inventory(self) -> list[str]:
        """Buckets without an inventory yet."""
        none = (name for name, one in self.whole.buckets.items() if not (one.storage or one.problem or one.unfinished))
        return sorted(none)

    @cached_property
    def stored(self) -> Mapping[str, Storage]:
        """What the buckets store, of those with an inventory."""
        return self.whole.stored

    @property
    def classes(self) -> list[tuple[str, Amount]]:
        """Storage by class, the largest first."""
        classes: defaultdict[str, Amount] = defaultdict(Amount)
        for storage in self.stored.values():
            for name, amount in storage.classes.items():
                classes[name].add(amount)
        return sorted(classes.items(), key=lambda one: (-one[1].whole_size, one[0]))

    @property
    def folders(self) -> list[tuple[str, str, int, int]]:
        """The largest folders, as in `largest_folders`."""
        return list(largest_folders(self.stored, _MOST_FOLDERS))

    @property
    def has_more_folders(self) -> bool:
        """Whether there are more folders."""
        return sum(len(storage.folders) for storage in self.stored.values()) > _MOST_FOLDERS


def _day_rows(whole: WholeReport) -> Iterator[DayRow]:
    recorded = whole.recorded_days
    before = whole.days[: len(whole.days) - len(recorded)]
    if before:
        yield DayRow(label=_span(before), note="before the audit trail began")
    for known, group in groupby(recorded, key=lambda one: one.known):
        days_in_a_row = list(group)
        if known:
            yield from (DayRow(label=short_day(one.day), counts=one) for one in days_in_a_row)
        else:
            yield DayRow(label=_span(days_in_a_row), note="not known: not signed")


def _span(days_in_a_row: Sequence[DayCount]) -> str:
    first, last = days_in_a_row[0].day, days_in_a_row[-1].day
    return short_day(first) if first == last else f"{short_day(first)} to {short_day(last)}"


def number(value: int) -> str:
    """Return a number with separated thousands."""
    return f"{value:,}"


def size(value: int) -> str:
    """Return bytes in the unit that leaves one to three digits before the point."""
    amount, unit = float(value), 0
    while amount >= _THOUSAND - 0.05 and unit < len(_UNITS) - 1:
        amount, unit = amount / _THOUSAND, unit + 1
    return f"{value:,} {_UNITS[0]}" if not unit else f"{amount:.1f} {_UNITS[unit]}"


def percent(value: float) -> str:
    """Return a percentage cut after two digits: less than all is never 100 %, and something is never 0 %."""
    if 0 < value < _LEAST_PERCENT:
        return f"< {_LEAST_PERCENT} %"
    shown = math.floor(value * 100 + 1e-6) / 100 if value < _ALL else 100.0
    return f"{shown:.2f}".rstrip("0").rstrip(".") + " %"


def days(span: timedelta) -> str:
    """Return a time as whole days."""
    return plural(span // timedelta(days=1), "day")


def age(moment: datetime | None, now: datetime) -> str:
    """Return how long ago a moment was, in days."""
    return _NONE if moment is None else days(max(timedelta(0), now - moment))


def day(moment: date) -> str:
    """Return a day, or that of a moment in UTC."""
    utc = moment.astimezone(UTC) if isinstance(moment, datetime) else moment
    return f"{utc.day} {_MONTHS[utc.month - 1]} {utc.year}"


def short_day(moment: date) -> str:
    """Return a day without its year."""
    return f"{moment.day} {_MONTHS[moment.month - 1][:3]}"


def known_day(text: str, of: FailingObject | WaitingObject) -> str:
    """Return the day of an object's moment, or why it has none."""
    if text:
        return day(datetime.fromisoformat(text))
    return "not known" if isinstance(of, FailingObject) and of.outcome == MALFORMED else "never"


def replication_words(word: str) -> str:
    """Return S3's word for a replication, as in `replication_of`, in words."""
    return {"NONE": "not replicated", "": "not known"}.get(word, word.lower())


def look_words(look: str) -> str:
    """Return what a check looked at of a replica in words."""
    return _LOOKS[ReplicaLook(look)]


def moment(value: datetime) -> str:
    """Return day and minute in UTC."""
    return f"{day(value)}, {value.astimezone(UTC):%H:%M} UTC"


# What the template may call.
FILTERS: Final = (
    number,
    size,
    percent,
    days,
    age,
    day,
    short_day,
    known_day,
    moment,
    plural,
    words_of,
    replication_words,
    look_words,
)
