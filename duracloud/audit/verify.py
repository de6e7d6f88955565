"""Verification of a copy of the audit trail: complete, unchanged, signed. Needs the files and the public key only."""

import hashlib
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import date, timedelta
from pathlib import Path
from typing import Final, Self

import attrs
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from duracloud.errors import UsageError
from runtime.audit.errors import BrokenTrailError
from runtime.audit.manifests import (
    SIGNATURE,
    Entry,
    Manifest,
    Previous,
    Problem,
    day_of_manifest,
    days_after,
    lateness,
    manifest_key,
)
from runtime.audit.merkle import Step, path
from runtime.audit.segments import EventLine, Segment, place_of
from runtime.audit.tally import Tally
from runtime.contract import ManagedPrefix
from runtime.shared.wording import visible

_ONE_DAY: Final = timedelta(days=1)
# From the third day on the schedule has signed the first.
_SIGNED_AFTER: Final = timedelta(days=3)


@attrs.frozen
class PublicKey:
    """The public part of the key that signs."""

    fingerprint: str  # SHA-256 of the key as PEM, as manifests name it
    _key: ec.EllipticCurvePublicKey

    @classmethod
    def load(cls, file: Path) -> Self:
        """Read a key.

        Raises:
            UsageError: there is no such file, or it is not the public part of a P-256 key.
        """
        try:
            key = serialization.load_pem_public_key(file.read_bytes())
        except OSError as error:
            raise UsageError(f"the public key {file} cannot be read: {error.strerror}") from error
        except (ValueError, UnsupportedAlgorithm) as error:
            allowed = "a PEM file, as 'openssl pkey -pubin -inform DER -in key.der' prints it"
            raise UsageError(f"the public key {file} cannot be read; allowed: {allowed}") from error
        if not isinstance(key, ec.EllipticCurvePublicKey) or not isinstance(key.curve, ec.SECP256R1):
            raise UsageError(f"{file} is not the public part of a P-256 key")
        pem = key.public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
        return cls(hashlib.sha256(pem).hexdigest(), key)

    def signed(self, body: bytes, signature: bytes) -> bool:
        """Return whether this key signed a file."""
        try:
            self._key.verify(signature, body, ec.ECDSA(hashes.SHA256()))
        except InvalidSignature:
            return False
        return True


@attrs.frozen
class Folder:
    """A copy of `audit/`; files are known by their keys in the managed bucket."""

    root: Path

    def files(self) -> list[str]:
        """Return the keys of all files in order, without hidden files."""
        found = (file.relative_to(self.root) for file in self.root.rglob("*") if file.is_file())
        return sorted(
            f"{ManagedPrefix.AUDIT}{name.as_posix()}"
            for name in found
            if not any(part.startswith(".") for part in name.parts)
        )

    def read(self, key: str) -> bytes:
        """Return the bytes of a file."""
        return (self.root / key.removeprefix(ManagedPrefix.AUDIT)).read_bytes()


@attrs.frozen(kw_only=True)
class Limits:
    """Which days a copy has to have."""

    since: date | None = None  # the copy may begin with this day
    through: date | None = None  # this day and all before it must be signed
    late: date | None = None  # days up to this one may have been signed late
    kept: Path | None = None  # a manifest kept elsewhere; the copy must have it unchanged


@attrs.define(kw_only=True)
class Report:
    """What was found."""

    environment: str = ""  # empty if no manifest names it
    first: date | None = None
    last: date | None = None
    late: list[date] = attrs.field(factory=list)  # signed late, as `Limits.late` allows
    manifests: int = 0
    segments: int = 0
    unsigned_segments: int = 0  # in no manifest yet
    events: int = 0
    unsigned_events: int = 0  # in no manifest yet
    repeated: int = 0  # also elsewhere, with equal content
    counts: dict[str, Counter[str]] = attrs.field(factory=dict)  # events by kind and outcome
    problems: list[Problem] = attrs.field(factory=list)


@attrs.define
class _Seen:
    """The ids of events of two days: within the 24 hours of a stream a delivery may be repeated."""

    before: dict[bytes, bytes] = attrs.field(factory=dict)
    now: dict[bytes, bytes] = attrs.field(factory=dict)

    def next_day(self) -> None:
        """Forget the day before."""
        self.before, self.now = self.now, {}

    def repeats(self, event: EventLine) -> bool | None:
        """Take an event. Return None if it is new, else whether its content is equal."""
        name, content = event.values["id"].encode(), hashlib.sha256(event.text).digest()[:16]
        known = self.now.get(name) or self.before.get(name)
        self.now.setdefault(name, content)
        return None if known is None else known == content


@attrs.define
class _Verification:
    """One verification."""

    folder: Folder
    key: PublicKey
    limits: Limits
    watch: Callable[[Sequence[date]], Iterable[date]]
    report: Report = attrs.field(factory=Report)
    keys: list[str] = attrs.field(factory=list)
    listed: set[str] = attrs.field(factory=set)
    seen: _Seen = attrs.field(factory=_Seen)

    def run(self) -> Report:
        """Look at every file."""
        self.keys = self.folder.files()
        self._strangers()
        self._folder_key()
        self._kept()
        newest: Manifest | None = None
        known: Previous | None = None
        for day in self.watch(self._signed_days()):
            body = self.folder.read(manifest_key(day))
            manifest = self._manifest(day, body)
            if manifest is None:
                # The next manifest cannot be compared with it; the problem is reported.
                newest = known = None
                continue
            self._in_time(manifest, newest)
            self._follows(manifest, known, first=day == self.report.first)
            self._segments(manifest, newest)
            newest, known = manifest, manifest.following(body)
        self._unsigned(newest)
        return self.report

    def _problem(self, key: str, what: str, expected: object = "", found: object = "", line: int = 0) -> None:
        self.report.problems.append(Problem(key=key, line=line, what=what, expected=str(expected), found=str(found)))

    def _strangers(self) -> None:
        for key in self.keys:
            if not (key == ManagedPrefix.AUDIT_KEY or place_of(key) or day_of_manifest(key.removesuffix(SIGNATURE))):
                self._problem(key, "the file does not belong to an audit trail")
        there = set(self.keys)
        for key in self.keys:
            if key.endswith(f".json{SIGNATURE}") and key.removesuffix(SIGNATURE) not in there:
                self._problem(key.removesuffix(SIGNATURE), "the manifest is missing, its signature is there")

    def _folder_key(self) -> None:
        if ManagedPrefix.AUDIT_KEY not in self.keys:
            return
        found = hashlib.sha256(self.folder.read(ManagedPrefix.AUDIT_KEY)).hexdigest()
        if found != self.key.fingerprint:
            what = "the folder holds another key"
            self._problem(ManagedPrefix.AUDIT_KEY, what, self.key.fingerprint, found)

    def _kept(self) -> None:
        """Look for the manifest that was kept elsewhere: the days up to it cannot have been signed again."""
        if self.limits.kept is None:
            return
        body = self.limits.kept.read_bytes()
        try:
            key = manifest_key(Manifest.parse(body).day)
        except BrokenTrailError as error:
            raise UsageError(visible(f"{self.limits.kept} is no manifest: {error}")) from error
        if key not in self.keys:
            self._problem(key, "the manifest that was kept elsewhere is not there")
        elif (found := self.folder.read(key)) != body:
            expected, there = (hashlib.sha256(one).hexdigest() for one in (body, found))
            self._problem(key, "the manifest is not the one that was kept elsewhere", expected, there)

    def _in_time(self, manifest: Manifest, newest: Manifest | None) -> None:
        """Compare the time of a manifest with its day, and with the manifest before it."""
        late = lateness(manifest.day, manifest.made)
        if late and self.limits.late is not None and manifest.day <= self.limits.late:
            self.report.late.append(manifest.day)
        elif late:
            self.report.problems.append(late)
        if newest is not None and manifest.made < newest.made:
            what = "the manifest was made before that of the day before it"
            self._problem(manifest_key(manifest.day), what, f"from {newest.made_at}", manifest.made_at)

    def _signed_days(self) -> list[date]:
        days = [day for key in self.keys if (day := day_of_manifest(key)) is not None]
        self.report.manifests = len(days)
        if not days:
            self._problem(ManagedPrefix.AUDIT_MANIFESTS, "there is no manifest: nothing is signed")
            return []
        self.report.first, self.report.last = days[0], days[-1]
        return days

    def _manifest(self, day: date, body: bytes) -> Manifest | None:
        """Return the manifest of a day, None if it is unusable."""
        key = manifest_key(day)
        if f"{key}{SIGNATURE}" not in self.keys:
            self._problem(f"{key}{SIGNATURE}", "the signature is missing")
        elif not self.key.signed(body, self.folder.read(f"{key}{SIGNATURE}")):
            self._problem(key, "the signature beside it is not one of this key over this file")
        try:
            manifest = Manifest.parse(body)
        except BrokenTrailError as error:
            self._problem(key, str(error))
            return None
        self.report.environment = self.report.environment or manifest.environment
        for what, expected, found in (
            ("the manifest is of another day", day, manifest.day),
            ("the manifest is of another environment", self.report.environment, manifest.environment),
            ("the manifest names another key", self.key.fingerprint, manifest.public_key_sha256),
        ):
            if expected != found:
                self._problem(key, what, expected, found)
        return manifest if manifest.day == day else None

    def _follows(self, manifest: Manifest, known: Previous | None, *, first: bool) -> None:
        """Compare a manifest with the one before it."""
        key = manifest_key(manifest.day)
        if first:
            since = self.limits.since
            if manifest.number != 1 and (since is None or manifest.day > since):
                before, days = manifest_key(manifest.day - _ONE_DAY), manifest.number - 1
                self._problem(before, f"the manifest is missing, and all before it: {days} in all")
            return
        if known is None:
            return
        for day in days_after(known.day + _ONE_DAY, manifest.day - _ONE_DAY):
            self._problem(manifest_key(day), "the manifest is missing")
        if manifest.number != known.number + 1:
            self._problem(key, "manifests are missing before this one", known.number + 1, manifest.number)
        elif manifest.previous is None or manifest.previous.sha256 != known.sha256:
            found = manifest.previous and manifest.previous.sha256
            self._problem(key, "the manifest does not follow the one before it", known.sha256, found)

    def _segments(self, manifest: Manifest, newest: Manifest | None) -> None:
        """Compare the segments of a manifest with it."""
        tally = Tally(environment=manifest.environment)
        if newest is not None:
            tally.go_on_after(newest.segments)
        else:
            # The ends of the chains of the day before are unknown.
            places = ((entry, place_of(entry.key)) for entry in manifest.segments)
            late = (entry for entry, place in places if place is not None and place.day != manifest.day)
            tally.go_on_after(attrs.evolve(entry, tip="") for entry in late)
        self.seen.next_day()
        there = set(self.keys)
        for entry in manifest.segments:
            if entry.key in self.listed:
                self._problem(manifest_key(manifest.day), f"{entry.key} is listed a second time")
            self.listed.add(entry.key)
            if entry.key in there:
                self._segment(tally, entry)
            else:
                self._problem(entry.key, f"the segment is missing, which the manifest of {manifest.day} lists")
                tally.go_on_after([entry])
        self._take(tally)
        whole = not tally.problems and len(tally.entries) == len(manifest.segments)
        if whole and tally.counts != manifest.counts:
            what = "the manifest counts other events than there are"
            counts = {kind: dict(found) for kind, found in tally.counts.items()}
            self._problem(manifest_key(manifest.day), what, counts, manifest.counts)

    def _segment(self, tally: Tally, entry: Entry) -> None:
        known = len(tally.problems)
        segment = tally.add(entry.key, self.folder.read(entry.key))
        found = tally.entries[-1]
        self.report.problems += tally.problems[known:]
        if found.sha256 != entry.sha256:
            self._problem(entry.key, "the file is not the one that was signed", entry.sha256, found.sha256)
        elif attrs.evolve(found, problem="") != attrs.evolve(entry, problem=""):
            self._problem(entry.key, "the manifest says something else of the segment", entry, found)
        elif entry.problem and not found.problem:
            self._problem(entry.key, f"when it was signed this was wrong: {entry.problem}")
        self._repeats(entry.key, segment)

    def _repeats(self, key: str, segment: Segment | None) -> None:
        for line, event in enumerate(segment.events if segment else (), 2):
            equal = self.seen.repeats(event)
            if equal:
                self.report.repeated += 1
            elif equal is False:
                self._problem(
                    key, "an event of this id stands elsewhere with other content", found=event.values["id"], line=line
                )

    def _take(self, tally: Tally) -> None:
        self.report.segments += len(tally.entries)
        self.report.events += sum(entry.records for entry in tally.entries)
        for kind, outcomes in tally.counts.items():
            self.report.counts.setdefault(kind, Counter()).update(outcomes)

    def _unsigned(self, newest: Manifest | None) -> None:
        """Look at segments in no manifest: only those of the last signed day and later may be unsigned."""
        tally = Tally(environment=self.report.environment or None)
        if newest is not None:
            tally.go_on_after(newest.segments)
        self.seen.next_day()
        last = self.report.last
        # The last day that must be signed by now.
        until = self.limits.through and self.limits.through - _ONE_DAY
        for key in self.keys:
            place = place_of(key)
            if place is None or key in self.listed or (self.limits.since and place.day < self.limits.since):
                continue
            if last is not None and place.day < last:
                self._problem(key, "the segment is in no manifest, although its day is signed")
                continue
            self._repeats(key, tally.add(key, self.folder.read(key)))
            until = max(place.day - _SIGNED_AFTER, until or place.day - _SIGNED_AFTER)
        if last is not None and until is not None and last <= until:
            self._problem(
                manifest_key(last + _ONE_DAY), "the manifest is missing, although its day should be signed by now"
            )
        self.report.problems += tally.problems
        self.report.unsigned_segments = len(tally.entries)
        self.report.unsigned_events = sum(entry.records for entry in tally.entries)
        self._take(tally)


def verify(
    folder: Folder, key: PublicKey, limits: Limits, watch: Callable[[Sequence[date]], Iterable[date]] = iter
) -> Report:
    """Verify a copy of the audit trail. What is signed is complete and unchanged if the report has no problems.

    `watch` gets the signed days and yields each when it is verified.

    Raises:
        UsageError: the manifest that was kept is none.
        OSError: a file cannot be read.
    """
    return _Verification(folder, key, limits, watch).run()


@attrs.frozen(kw_only=True)
class Proof:
    """That an event is in the signed trail."""

    event: bytes  # canonical JSON
    key: str  # of the segment
    line: int  # in the segment
    sha256: str  # of the segment, whose bytes are the leaf of the tree
    way: tuple[Step, ...]  # from the leaf to the root
    manifest: str  # key of the manifest that has the root
    root: str


def proofs(folder: Folder, event_id: str) -> Iterator[Proof]:
    """Yield a proof for each place of an event in the signed part of a copy that was verified."""
    for name in folder.files():
        if day_of_manifest(name) is None:
            continue
        manifest = Manifest.parse(folder.read(name))
        leaves = [bytes.fromhex(entry.sha256) for entry in manifest.segments]
        tally = Tally(environment=manifest.environment)
        for index, entry in enumerate(manifest.segments):
            segment = tally.add(entry.key, folder.read(entry.key))
            for line, event in enumerate(segment.events if segment else (), 2):
                if event.values["id"] == event_id:
                    yield Proof(
                        event=event.text,
                        key=entry.key,
                        line=line,
                        sha256=entry.sha256,
                        way=path(leaves, index),
                        manifest=name,
                        root=manifest.merkle_root,
                    )
