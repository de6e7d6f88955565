"""Manifests of the audit trail: the list of a day's segments, so that one signature covers every event."""

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Any, Final, Self

import attrs

from runtime.audit.errors import BrokenTrailError
from runtime.audit.merkle import root
from runtime.contract import ManagedPrefix
from runtime.shared.timestamps import moment_of

FORMAT: Final = "duracloud-audit-manifest/1"
SIGNATURE: Final = ".sig"
_ENDING: Final = ".json"
_ONE_DAY: Final = timedelta(days=1)


def manifest_key(day: date) -> str:
    """Return the key of a day's manifest; the key of its signature ends in `.sig`."""
    return f"{ManagedPrefix.AUDIT_MANIFESTS}{day.isoformat()}{_ENDING}"


def day_of_manifest(key: str) -> date | None:
    """Return the day whose manifest a key names, None if it names none."""
    try:
        day = date.fromisoformat(key.removeprefix(ManagedPrefix.AUDIT_MANIFESTS).removesuffix(_ENDING))
    except ValueError:
        return None
    return day if key == manifest_key(day) else None


@attrs.frozen(kw_only=True)
class Problem:
    """Something that is not as it should be in a file of the trail."""

    key: str
    line: int = 0  # the first bad line; 0 means the whole file
    what: str
    expected: str = ""
    found: str = ""

    @property
    def text(self) -> str:
        """The problem in one line."""
        where = f", line {self.line}" if self.line else ""
        values = f": expected {self.expected}, found {self.found}" if self.expected or self.found else ""
        return f"{self.key}{where}: {self.what}{values}"


@attrs.frozen(kw_only=True)
class Entry:
    """A segment in a manifest."""

    key: str
    sha256: str
    size: int  # bytes of the file
    records: int  # number of events; 0 if the segment cannot be read
    previous: str  # tip of the segment before it, as it says; empty if it cannot be read
    tip: str  # digest of the last line; empty if the segment cannot be read
    problem: str = ""  # what was wrong with it when it was signed

    @property
    def values(self) -> dict[str, Any]:
        """The entry as a manifest writes it."""
        values = attrs.asdict(self)
        if not self.problem:
            del values["problem"]
        return values


@attrs.frozen
class SigningKey:
    """The key that signs manifests."""

    arn: str
    public_key: bytes  # PEM

    @property
    def fingerprint(self) -> str:
        """SHA-256 of the public key as PEM."""
        return hashlib.sha256(self.public_key).hexdigest()


@attrs.frozen
class Previous:
    """The manifest before another."""

    day: date
    sha256: str
    number: int


@attrs.frozen(kw_only=True)
class Manifest:
    """A manifest."""

    environment: str
    day: date
    number: int  # from 1 without a gap
    previous: Previous | None
    segments: Sequence[Entry]  # in the order of their keys
    counts: Mapping[str, Mapping[str, int]]  # events by kind and outcome
    made_at: str  # ISO 8601 UTC
    signing_key: str  # ARN
    public_key_sha256: str  # of the PEM

    @property
    def made(self) -> datetime:
        """When it was made, UTC."""
        return moment_of(self.made_at)

    @property
    def records(self) -> int:
        """The number of events in all segments."""
        return sum(entry.records for entry in self.segments)

    @property
    def merkle_root(self) -> str:
        """The root of the tree over the digests of the segments."""
        return root(bytes.fromhex(entry.sha256) for entry in self.segments).hex()

    @property
    def body(self) -> bytes:
        """The file that is signed."""
        previous = self.previous
        document = {
            "format": FORMAT,
            "environment": self.environment,
            "day": self.day.isoformat(),
            "number": self.number,
            "previous": None if previous is None else {"day": previous.day.isoformat(), "sha256": previous.sha256},
            "records": self.records,
            "counts": {kind: dict(sorted(found.items())) for kind, found in sorted(self.counts.items())},
            "merkle_root": self.merkle_root,
            "made_at": self.made_at,
            "signing_key": self.signing_key,
            "public_key_sha256": self.public_key_sha256,
            "segments": [entry.values for entry in self.segments],
        }
        return (json.dumps(document, indent=1, ensure_ascii=False) + "\n").encode()

    @classmethod
    def parse(cls, body: bytes) -> Self:
        """Read a manifest; its `body` is the file again, byte for byte.

        Raises:
            BrokenTrailError: it is no manifest, or its totals are not those of its segments.
        """
        try:
            values = json.loads(body)
            moment_of(values["made_at"])
            before = values["previous"]
            manifest = cls(
                environment=values["environment"],
                day=date.fromisoformat(values["day"]),
                number=values["number"],
                previous=before and Previous(date.fromisoformat(before["day"]), before["sha256"], values["number"] - 1),
                segments=[Entry(**entry) for entry in values["segments"]],
                counts=values["counts"],
                made_at=values["made_at"],
                signing_key=values["signing_key"],
                public_key_sha256=values["public_key_sha256"],
            )
            if manifest.body == body:
                return manifest
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise BrokenTrailError(f"it is not a manifest: {error!r}") from error
        raise BrokenTrailError("it does not have the form of a manifest, or other totals than its segments")

    def following(self, body: bytes) -> Previous:
        """Return what the next manifest says about this one, whose file is `body`."""
        return Previous(self.day, hashlib.sha256(body).hexdigest(), self.number)


def lateness(day: date, made: datetime) -> Problem | None:
    """Return the problem of a day that was signed late, None if it was in time.

    Nothing protects the files of an unsigned day, and whoever removes manifests has days signed anew. So a signature
    after the following day is a problem.
    """
    if made.date() <= day + _ONE_DAY:
        return None
    what = "the day was signed late: what happened to its files before is not proved"
    return Problem(key=manifest_key(day), what=what, expected=f"by {day + _ONE_DAY}", found=made.date().isoformat())


def days_after(first: date, last: date) -> Iterable[date]:
    """Return the days from one to another, both included; none if the first is after the last."""
    return (first + _ONE_DAY * number for number in range((last - first).days + 1))
