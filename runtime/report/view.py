"""What the report's page shows beside the report: sums, and the form of numbers, sizes and days."""

import math
from collections import defaultdict
from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from functools import cached_property
from typing import Final

import attrs

from runtime.fixity.outcome import Outcome
from runtime.report.count import MALFORMED, FailingObject, ReportCount
from runtime.report.inventory import Amount, Storage
from runtime.report.model import WholeReport, largest_folders
from runtime.shared.wording import OutcomeWords, plural, words_of

_MOST_FOLDERS: Final = 20
_UNITS: Final = ("bytes", "kB", "MB", "GB", "TB", "PB", "EB")
_THOUSAND: Final = 1000
_ALL: Final = 100
_LEAST_PERCENT: Final = 0.01
_NONE: Final = "-"
_MONTHS: Final = (
    *("January", "February", "March", "April", "May", "June"),
    *("July", "August", "September", "October", "November", "December"),
)


@attrs.frozen(slots=False)
class View:
    """A report as the page shows it."""

    whole: WholeReport

    @cached_property
    def total(self) -> ReportCount:
        """The sum over the finished buckets."""
        return self.whole.total

    @property
    def never_read(self) -> int:
        """Deferred objects."""
        return self.total.outcomes.get(Outcome.DEFERRED, 0)

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


def known_day(text: str, of: FailingObject) -> str:
    """Return the day of a failing object's moment, or why it has none."""
    if text:
        return day(datetime.fromisoformat(text))
    return "not known" if of.outcome == MALFORMED else "never"


def moment(value: datetime) -> str:
    """Return day and minute in UTC."""
    return f"{day(value)}, {value.astimezone(UTC):%H:%M} UTC"


# What the template may call.
FILTERS: Final = (number, size, percent, days, age, day, short_day, known_day, moment, plural, words_of)
