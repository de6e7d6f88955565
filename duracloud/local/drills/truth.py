"""Compares both tables with S3: with the current versions of a bucket and their bytes."""

import hashlib
import math
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta

import attrs

from duracloud.local.service import Row, text_of


@attrs.frozen(kw_only=True)
class CurrentObject:
    """An object as S3 has it."""

    version_id: str
    body: bytes


def differences(
    current: Mapping[str, CurrentObject], records: Mapping[str, Row], schedule: Mapping[str, Row], interval: timedelta
) -> list[str]:
    """Compare a bucket's rows in both tables with S3, and return the differences, one line each.

    `current` is what S3 says. `interval` is the time between two checks, and so the latest due date.
    """
    now = datetime.now(UTC)
    found = [f"{key}: in the tables, not in S3" for key in sorted({*records, *schedule} - set(current))]
    for key, truth in sorted(current.items()):
        if key not in records or key not in schedule:
            found += [f"{key}: no {what}" for what, rows in (("record", records), ("row", schedule)) if key not in rows]
            continue
        pairs = _pairs(truth, records[key], schedule[key], now, interval)
        found += [f"{key}: {what} is {seen}, should be {true}" for what, seen, true in pairs if seen != true]
    return found


def _pairs(
    truth: CurrentObject, record: Row, row: Row, now: datetime, interval: timedelta
) -> Iterator[tuple[str, object, object]]:
    """Return what is compared: its name, what a table says, what is true."""
    yield "version in the record", text_of(record, "VersionId"), truth.version_id
    yield "version in the row", text_of(row, "VersionId"), truth.version_id
    yield "size", record["Size"]["N"], str(len(truth.body))
    digests = {
        name: value["S"] for name, value in record["Digests"]["M"].items() if name in hashlib.algorithms_available
    }
    yield "digests", digests, {name: hashlib.new(name, truth.body).hexdigest() for name in digests}
    yield "first digest", text_of(record, "Checksum"), hashlib.sha256(truth.body).hexdigest()
    yield "outcome", text_of(record, "LastOutcome"), "match"
    yield "success", record.get("LastChecksumSuccess", {}).get("BOOL"), True
    due = datetime.fromisoformat(text_of(record, "NextChecksumDate"))
    yield "date in the row", text_of(row, "NextChecksumDate"), text_of(record, "NextChecksumDate")
    yield "expiry of the row", row["TTL"]["N"], str(math.ceil(due.timestamp()))
    yield "due within the interval", now < due <= now + interval, True
