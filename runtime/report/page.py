"""The page of a report, for people: one file of HTML that asks for nothing else."""

import math
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from html import escape
from typing import Final

import attrs

from runtime.fixity.outcome import Outcome
from runtime.report.model import (
    MALFORMED,
    OF_REPLICA,
    BucketReport,
    DayCount,
    FailingObject,
    FixityCount,
    WholeReport,
    largest_folders,
)
from runtime.report.style import STYLE, STYLE_HASH

_MOST_FOLDERS: Final = 20
_DAY: Final = timedelta(days=1)
_NONE: Final = "-"
# Shapes of tables: many columns, many rows.
_WIDE: Final = "wide"
_DENSE: Final = "dense"
_UNITS: Final = ("bytes", "kB", "MB", "GB", "TB", "PB", "EB")
_THOUSAND: Final = 1000
_LEAST_PERCENT: Final = 0.01
_MONTHS: Final = (
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
)

_OUTCOMES: Final[Mapping[str, tuple[str, str]]] = {
    Outcome.MATCH: ("Good", "every byte is what it should be"),
    Outcome.MISMATCH: (
        "Damaged",
        "the content is not what it should be; read again to be sure where there was time",
    ),
    Outcome.UNREADABLE: ("Unreadable", "it could not be read, which says nothing about its content"),
    Outcome.ABSENT: ("Missing", "it is gone, and nothing says that somebody deleted it"),
    Outcome.SUPERSEDED: ("Replaced", "a newer version has taken its place and is being taken under care"),
    Outcome.NO_BASELINE: ("Not comparable", "its recorded digests are of kinds that this software does not know"),
    Outcome.DEFERRED: ("Put aside", "it was too large for the time that was left; it is tried again a day later"),
    f"{OF_REPLICA}{Outcome.MISMATCH}": (
        "Replica damaged",
        "the copy in the other region is not what it should be; the object itself is good",
    ),
    f"{OF_REPLICA}{Outcome.UNREADABLE}": (
        "Replica unreadable",
        "the copy in the other region could not be looked at, which says nothing about its content",
    ),
    f"{OF_REPLICA}{Outcome.ABSENT}": (
        "Replica missing",
        "the copy in the other region is gone; the object itself is good",
    ),
    MALFORMED: ("Record cannot be read", "something of its record is missing or changed, so it cannot be checked"),
}


@attrs.frozen(kw_only=True)
class _Column:
    """A column of a table.

    Attributes:
        title: its heading.
        number: whether it holds numbers.
    """

    title: str
    number: bool = False


def page(whole: WholeReport) -> str:
    """Return the page.

    Args:
        whole: everything that the report says.
    """
    total = whole.total
    title = f"Fixity report, {whole.environment}, {_day(whole.report.day)}"
    sections = [
        _overview(whole, total),
        _failing(total),
        _by_bucket(whole, total),
        _outcomes(total),
        _history(whole.days),
        _storage(whole),
        _words(whole),
    ]
    # Whatever a key or a message held, the browser would run and fetch nothing.
    policy = f"default-src 'none'; style-src 'sha256-{STYLE_HASH}'; base-uri 'none'; form-action 'none'"
    return f"""<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="{policy}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="referrer" content="no-referrer">
<title>{escape(title)}</title>
<style>{STYLE}</style>
</head>
<body>
<header>
<h1>Fixity report</h1>
<p class="when">Environment <strong>{escape(whole.environment)}</strong>, {_moment(whole.report.started)}</p>
</header>
<main>
{"".join(sections)}</main>
<footer>
<p>Written by DuraCloud. Begun {_moment(whole.report.started)}, complete {_moment(whole.ended)}. The lists beside this
page name every object; <a href="report.json">report.json</a> holds the figures for programs.</p>
</footer>
</body>
</html>
"""


def _overview(whole: WholeReport, total: FixityCount) -> str:
    verdict = _verdict(whole, total)
    now = whole.report.started
    limit = _days(whole.policy.interval + whole.policy.grace)
    oldest = "" if total.oldest is None else f"since {_day(total.oldest.astimezone(UTC).date())}"
    figures = (
        ("Objects under care", _count(total.objects), _size(total.size)),
        ("Coverage", _percent(total.coverage) if total.objects else _NONE, f"found good, or taken in, within {limit}"),
        ("Failing now", _count(total.failing), "not as they should be"),
        ("Oldest unverified", _age(total.oldest, now), oldest),
        ("Overdue", _count(total.overdue), f"checks more than {_days(whole.policy.grace)} late"),
        ("Never verified", _count(total.never_verified), "not found good yet"),
        ("Never read", _count(_never_read(total)), "too large for the time left"),
        ("Without a replica", _count(total.unreplicated), "S3 has made no second copy"),
    )
    cells = "".join(
        f'<div><dt>{name}</dt><dd><span class="value">{value}</span><br>'
        f'<span class="more">{escape(more) or "&nbsp;"}</span></dd></div>\n'
        for name, value, more in figures
    )
    return f'{verdict}<section aria-label="Summary">\n<dl class="figures">\n{cells}</dl>\n</section>\n'


def _verdict(whole: WholeReport, total: FixityCount) -> str:
    bad, text = False, "Every object is as it should be, and every check was made in time."
    headline = "Everything is in order"
    unfinished = len(whole.unfinished)
    if total.failing:
        bad, headline = True, f"{_objects(total.failing)} {_verb(total.failing, 'needs', 'need')} attention"
        text = "They are named below. What failed a check is read again every day until it is good."
    elif unfinished:
        bad, headline = True, f"{unfinished} {_verb(unfinished, 'bucket', 'buckets')} could not be reported on"
        text = "How the objects in them are is not known here. The table of buckets says why."
    elif not total.objects:
        headline, text = "Nothing is under care yet", "No bucket of this environment holds an object with a record."
    elif total.overdue:
        bad, headline = True, f"{_objects(total.overdue)} {_verb(total.overdue, 'was', 'were')} not checked in time"
        text = "Nothing is known to be wrong with them. The daily sweep asks for their checks."
    elif never_read := _never_read(total):
        bad, headline = True, f"{_objects(never_read)} {_verb(never_read, 'was', 'were')} never read"
        text = "They are too large for the time that there is, so nobody would notice damage to them."
    elif alone := total.unreplicated:
        bad, headline = True, f"{_objects(alone)} {_verb(alone, 'has', 'have')} no second copy"
        text = "Nothing is known to be wrong with them, but S3 has made no replica in the other region."
    return f'<p class="verdict{" bad" if bad else ""}"><strong>{headline}</strong> {text}</p>\n'


def _never_read(total: FixityCount) -> int:
    return total.outcomes.get(Outcome.DEFERRED, 0)


def _failing(total: FixityCount) -> str:
    if not total.failing:
        return ""
    columns = [
        _Column(title="Object"),
        _Column(title="What is wrong"),
        _Column(title="Last found good"),
        _Column(title="Next check"),
    ]
    rows = [
        [
            f'<bdi class="key">{visible(one.key)}</bdi><br><span class="note bucket">in {escape(one.bucket)}</span>',
            _what_is_wrong(one),
            f'<span class="day">{_day_of(one.last_good) or _without_date(one)}</span>',
            f'<span class="day">{_day_of(one.next_check) or _without_date(one)}</span>',
        ]
        for one in total.failing_objects
    ]
    named = len(total.failing_objects)
    caption = f"{_objects(total.failing)} that {_verb(total.failing, 'needs', 'need')} attention"
    if rest := total.failing - named:
        caption = f"The first {named} of {_objects(total.failing)} that need attention"
    after = f"<p>{_objects(rest)} more: see the column success of the lists.</p>\n" if rest else ""
    return (
        '<section>\n<h2 id="failing">What needs attention</h2>\n'
        "<p>Do not delete or replace a failing object: it is evidence, and part of it may still be good. "
        "The operations runbook says what to do.</p>\n"
        f"{_table(caption, columns, rows, shape=_WIDE)}{after}</section>\n"
    )


def _without_date(one: FailingObject) -> str:
    return "not known" if one.outcome == MALFORMED else "never"


def _what_is_wrong(one: FailingObject) -> str:
    word = _OUTCOMES.get(one.outcome, (one.outcome, ""))[0]
    message = f'<span class="note key">{visible(one.message)}</span>'
    return f'<span><span class="bad-word">{escape(word)}</span><br>{message}</span>'


def _by_bucket(whole: WholeReport, total: FixityCount) -> str:
    limit = _days(whole.policy.interval + whole.policy.grace)
    columns = [
        _Column(title="Bucket"),
        _Column(title="Objects", number=True),
        _Column(title="Size", number=True),
        _Column(title="Coverage", number=True),
        _Column(title="Overdue", number=True),
        _Column(title="Failing", number=True),
        _Column(title="Oldest unverified", number=True),
    ]
    rows = [
        [f'<span class="bucket">{escape(name)}</span>', *[_NONE] * (len(columns) - 1)]
        if bucket.unfinished
        else _bucket_row(_list_link(name), bucket.count, whole)
        for name, bucket in sorted(whole.buckets.items())
    ]
    given_up = "".join(
        f'<p>The report on <span class="bucket">{escape(name)}</span> could not be finished: '
        f'<span class="key">{visible(why)}</span>. It is in no sum, and has no new list.</p>\n'
        for name, why in whole.unfinished.items()
    )
    foot = _bucket_row("All buckets", total, whole) if len(rows) > 1 else None
    return (
        '<section>\n<h2 id="buckets">Coverage by bucket</h2>\n'
        f"<p>An object is covered if it was found good within the last {limit}, the interval of "
        f"{_days(whole.policy.interval)} and {_days(whole.policy.grace)} of grace, and has not failed since. One that "
        "was taken in within that time counts as covered until its first check is due. The name of a bucket leads to "
        "the list of its objects.</p>\n"
        f"{_table('Objects under care and their checks, by bucket', columns, rows, foot=foot, shape=_WIDE)}"
        f"{given_up}</section>\n"
    )


def _bucket_row(name: str, count: FixityCount, whole: WholeReport) -> list[str]:
    failing = f'<span class="bad-word">{_count(count.failing)}</span>' if count.failing else "0"
    return [
        name,
        _count(count.objects),
        _size(count.size),
        _drawn(_percent(count.coverage), count.coverage / 100) if count.objects else _NONE,
        _count(count.overdue),
        failing,
        _age(count.oldest, whole.report.started),
    ]


def _list_link(bucket: str) -> str:
    name = escape(bucket)
    return f'<a class="bucket" href="{name}.csv">{name}</a>'


def _outcomes(total: FixityCount) -> str:
    if not total.objects:
        return ""
    columns = [
        _Column(title="Outcome"),
        _Column(title="Objects", number=True),
        _Column(title="Share", number=True),
        _Column(title="Meaning"),
    ]
    known = [*(outcome.value for outcome in Outcome), *sorted(set(total.outcomes) - set(Outcome))]
    rows = []
    for outcome in known:
        if number := total.outcomes.get(outcome, 0):
            word, meaning = _OUTCOMES.get(outcome, (outcome, ""))
            rows.append([escape(word), _count(number), _percent(100 * number / total.objects), escape(meaning)])
    return (
        '<section>\n<h2 id="outcomes">Outcomes of the newest checks</h2>\n'
        f"{_table('What the newest check of each object found', columns, rows, shape=_WIDE)}</section>\n"
    )


def _history(days: Sequence[DayCount]) -> str:
    columns = [
        _Column(title="Day"),
        _Column(title="Checks", number=True),
        _Column(title="Incidents", number=True),
        _Column(title="Recoveries", number=True),
    ]
    most = max((one.incidents for one in days), default=0)
    rows = [
        [_short_day(one.day), _count(one.checks), _incidents(one, most), _count(one.recoveries)]
        if one.known
        else [_short_day(one.day), "not known", _NONE, _NONE]
        for one in days
    ]
    known = [one for one in days if one.known]
    totals = [sum(getattr(one, name) for one in known) for name in ("checks", "incidents", "recoveries")]
    foot = ["Together", *map(_count, totals)] if known else None
    missing = len(days) - len(known)
    note = ""
    if missing:
        said = f"{missing} of {len(days)} days" if known else "The days of this period"
        verb = "have" if missing > 1 or not known else "has"
        note = f'<p class="note">{said} {verb} no manifest in the audit trail: what happened is not known here.</p>\n'
    period = f"from {_day(days[0].day)} to {_day(days[-1].day)}" if days else ""
    return (
        '<section>\n<h2 id="history">Incidents and recoveries</h2>\n'
        "<p>Counted by the signed daily manifests of the audit trail. An incident is a check or deposit that found an "
        "object damaged, missing, unreadable or not comparable; an object that stays so is read again every day and "
        "counts every day. A recovery is an object that failed and was found good again.</p>\n"
        f"{note}{_table(f'By day, UTC, {period}', columns, rows, foot=foot, shape=_DENSE)}</section>\n"
    )


def _incidents(one: DayCount, most: int) -> str:
    if not one.incidents:
        return "0"
    return _drawn(f'<span class="bad-word">{_count(one.incidents)}</span>', one.incidents / most, bad=True)


def _storage(whole: WholeReport) -> str:
    stored = whole.stored
    parts = [
        '<section>\n<h2 id="storage">Storage</h2>\n',
        "<p>By S3 Inventory, the daily list that S3 makes of what it stores. Replaced and deleted versions are kept\n",
        "for some time and take up room, so they are counted too. Replicas are not included.</p>\n",
        *(_without_inventory(whole.buckets)),
    ]
    if stored:
        parts += [_storage_by_bucket(whole), _storage_by_class(whole), _storage_by_folder(whole)]
    return "".join(parts) + "</section>\n"


def _without_inventory(buckets: Mapping[str, BucketReport]) -> Iterable[str]:
    none = [
        name
        for name, bucket in sorted(buckets.items())
        if bucket.storage is None and not bucket.problem and not bucket.unfinished
    ]
    if none:
        named = ", ".join(f'<span class="bucket">{escape(name)}</span>' for name in none)
        text = f"There is no inventory yet of {named}. S3 writes the first within two days of making a bucket."
        yield f'<p class="note">{text}</p>\n'
    for name, bucket in sorted(buckets.items()):
        if bucket.problem:
            yield (
                f'<p class="note">The inventory of <span class="bucket">{escape(name)}</span> could not be used: '
                f'<span class="key">{visible(bucket.problem)}</span>.</p>\n'
            )


def _storage_by_bucket(whole: WholeReport) -> str:
    columns = [
        _Column(title="Bucket"),
        _Column(title="Objects", number=True),
        _Column(title="Size", number=True),
        _Column(title="Older versions", number=True),
        _Column(title="Their size", number=True),
        _Column(title="Inventory of", number=True),
    ]
    rows = [
        [
            f'<span class="bucket">{escape(name)}</span>',
            _count(storage.whole.objects),
            _size(storage.whole.size),
            _count(storage.whole.older),
            _size(storage.whole.older_size),
            _day(storage.made.astimezone(UTC).date()),
        ]
        for name, storage in whole.stored.items()
    ]
    return f"<h3>By bucket</h3>\n{_table('Current versions and older ones, by bucket', columns, rows, shape=_WIDE)}"


def _storage_by_class(whole: WholeReport) -> str:
    sizes: dict[str, int] = {}
    objects: dict[str, int] = {}
    for storage in whole.stored.values():
        for name, amount in storage.classes.items():
            sizes[name] = sizes.get(name, 0) + amount.whole_size
            objects[name] = objects.get(name, 0) + amount.objects + amount.older
    columns = [
        _Column(title="Storage class"),
        _Column(title="Versions", number=True),
        _Column(title="Size", number=True),
        _Column(title="Share", number=True),
    ]
    whole_size = sum(sizes.values())
    rows = [
        [
            escape(name).replace("_", "_<wbr>"),
            _count(objects[name]),
            _size(size),
            _drawn(_percent(100 * size / whole_size if whole_size else 0), size / whole_size if whole_size else 0),
        ]
        for name, size in sorted(sizes.items(), key=lambda one: (-one[1], one[0]))
    ]
    return f"<h3>By storage class</h3>\n{_table('All versions, by storage class', columns, rows)}"


def _storage_by_folder(whole: WholeReport) -> str:
    columns = [
        _Column(title="Folder"),
        _Column(title="Bucket"),
        _Column(title="Objects", number=True),
        _Column(title="Size of all versions", number=True),
    ]
    found = list(largest_folders(whole.stored, _MOST_FOLDERS))
    rows = [
        [
            f'<bdi class="key">{visible(folder)}</bdi>' if folder else "not in a folder",
            f'<span class="bucket">{escape(bucket)}</span>',
            _count(objects),
            _size(size),
        ]
        for bucket, folder, objects, size in found
    ]
    many = sum(len(storage.folders) for storage in whole.stored.values()) > len(found)
    caption = f"The {len(found)} largest first-level folders" if many else "First-level folders, the largest first"
    return f"<h3>By folder</h3>\n{_table(caption, columns, rows, shape=_WIDE)}"


def _words(whole: WholeReport) -> str:
    words = (
        ("Fixity", "the property of a file that not one bit of it has changed."),
        ("Check", "reading an object to its last byte and comparing its digests with those recorded at its deposit."),
        ("Digest", "a short number computed from all bytes of a file; another file has another one."),
        (
            "Oldest unverified",
            "how long ago the object that waits longest was last found good, or taken in if it was never checked.",
        ),
        (
            "Overdue",
            f"an object whose check is more than {_days(whole.policy.grace)} late.",
        ),
        (
            "Lists",
            "one file per bucket beside this page, for spreadsheets. Every text in it begins with an apostrophe.",
        ),
    )
    entries = "".join(f"<div><dt>{name}</dt><dd>{text}</dd></div>\n" for name, text in words)
    return f'<section>\n<h2 id="words">Words of this page</h2>\n<dl class="words">\n{entries}</dl>\n</section>\n'


def _table(
    caption: str,
    columns: Sequence[_Column],
    rows: Sequence[Sequence[str]],
    *,
    foot: Sequence[str] | None = None,
    shape: str = "",
) -> str:
    """Return a table; a wide one becomes a list of entries on a phone, and says its roles for readers aloud."""
    wide = shape == _WIDE

    def role(name: str) -> str:
        return f' role="{name}"' if wide else ""

    def kind(column: _Column) -> str:
        return ' class="number"' if column.number else ""

    def cell(column: _Column, content: str, *, first: bool) -> str:
        if first:
            return f'<th scope="row"{role("rowheader")}{kind(column)}>{content}</th>'
        label = f' data-label="{escape(column.title)}"' if wide else ""
        return f"<td{role('cell')}{kind(column)}{label}>{content}</td>"

    def line(cells: Sequence[str]) -> str:
        found = "".join(
            cell(column, content, first=not number)
            for number, (column, content) in enumerate(zip(columns, cells, strict=True))
        )
        return f"<tr{role('row')}>{found}</tr>\n"

    heads = "".join(
        f'<th scope="col"{role("columnheader")}{kind(column)}>{escape(column.title)}</th>' for column in columns
    )
    style = f' class="{shape}"' if shape else ""
    body = "".join(map(line, rows))
    end = "" if foot is None else f"<tfoot{role('rowgroup')}>\n{line(foot)}</tfoot>\n"
    return (
        f"<table{style}{role('table')}>\n<caption>{escape(caption)}</caption>\n"
        f"<thead{role('rowgroup')}>\n<tr{role('row')}>{heads}</tr>\n</thead>\n"
        f"<tbody{role('rowgroup')}>\n{body}</tbody>\n{end}</table>\n"
    )


def visible(text: str) -> str:
    r"""Return a text for the page: escaped, and with every character shown that would hide, break or turn it.

    Such a character is written as its number, for example `\u202e`: control and format characters, line ends, and
    blanks other than the plain one.
    """
    return escape("".join(character if _is_plain(character) else _number(character) for character in text))


def _is_plain(character: str) -> bool:
    return character == " " or unicodedata.category(character) not in {"Cc", "Cf", "Cs", "Co", "Cn", "Zs", "Zl", "Zp"}


def _number(character: str) -> str:
    return character.encode("unicode_escape", "surrogatepass").decode("ascii")


def _drawn(number: str, share: float, *, bad: bool = False) -> str:
    """Return a number with a bar beside it, which says the same."""
    width = max(0.0, min(100.0, 100 * share))
    return (
        '<span class="drawn"><svg viewBox="0 0 100 10" preserveAspectRatio="none" aria-hidden="true" focusable="false">'
        f'<rect class="track" width="100" height="10"/><rect class="fill{" bad" if bad else ""}" width="{width:.2f}" '
        f'height="10"/></svg><span>{number}</span></span>'
    )


def _count(number: int) -> str:
    return f"{number:,}"


def _objects(number: int) -> str:
    return "1 object" if number == 1 else f"{_count(number)} objects"


def _verb(number: int, one: str, many: str) -> str:
    return one if number == 1 else many


def _size(size: int) -> str:
    """Return bytes in the unit that leaves one to three digits before the point."""
    value, unit = float(size), 0
    while value >= _THOUSAND - 0.05 and unit < len(_UNITS) - 1:
        value, unit = value / _THOUSAND, unit + 1
    return f"{_count(size)} {_UNITS[0]}" if not unit else f"{value:.1f} {_UNITS[unit]}"


def _percent(percent: float) -> str:
    """Return a percentage cut after two digits: what is not all is never shown as 100 %, nor something as nothing."""
    if 0 < percent < _LEAST_PERCENT:
        return f"&lt; {_LEAST_PERCENT} %"
    cut = math.floor(percent * 100 + 1e-6) / 100 if percent < 100 else 100.0  # noqa: PLR2004 (a percentage)
    return f"{cut:.2f}".rstrip("0").rstrip(".") + " %"


def _age(moment: datetime | None, now: datetime) -> str:
    if moment is None:
        return _NONE
    return _days(max(timedelta(0), now - moment))


def _days(span: timedelta) -> str:
    days = span // _DAY
    return "1 day" if days == 1 else f"{_count(days)} days"


def _day(day: date) -> str:
    return f"{day.day} {_MONTHS[day.month - 1]} {day.year}"


def _short_day(day: date) -> str:
    return f"{day.day} {_MONTHS[day.month - 1][:3]}"


def _day_of(text: str) -> str:
    return _day(datetime.fromisoformat(text).astimezone(UTC).date()) if text else ""


def _moment(moment: datetime) -> str:
    utc = moment.astimezone(UTC)
    return f"{_day(utc.date())}, {utc:%H:%M} UTC"
