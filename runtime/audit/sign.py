"""Sign the audit trail: one manifest per day without a gap, each naming the one before it."""

import hashlib
from collections.abc import Iterator, Sequence
from datetime import date, datetime, timedelta
from typing import Final

import attrs

from runtime.audit import manifests
from runtime.audit.errors import BrokenTrailError
from runtime.audit.ports import AuditFiles, AuditFolder, ManifestSigner
from runtime.audit.segments import day_of, place_of
from runtime.audit.tally import Tally
from runtime.contract import ManagedPrefix
from runtime.settings import ManifestSettings
from runtime.shared.errors import MalformedMessageError, ObjectAbsentError
from runtime.shared.ports import Clock
from runtime.shared.timestamps import timestamp

_ONE_DAY: Final = timedelta(days=1)
# If a run ends between manifest and signature, one of the next two finishes it.
_FINISHED_WITHIN: Final = timedelta(days=2)


@attrs.frozen(kw_only=True)
class Signing:
    """The ports of signing."""

    files: AuditFiles
    folder: AuditFolder
    signer: ManifestSigner
    clock: Clock
    settings: ManifestSettings


@attrs.frozen(kw_only=True)
class SignedDay:
    """A day that was signed."""

    key: str  # of the manifest
    sha256: str  # of the manifest
    events: int  # number of events
    segments: int  # number of segments
    problems: Sequence[manifests.Problem]  # the manifest lists them too


@attrs.frozen
class _Signed:
    """A manifest with its file."""

    manifest: manifests.Manifest
    body: bytes

    @property
    def link(self) -> manifests.Previous:
        """What the next manifest says about this one."""
        return self.manifest.following(self.body)


def sign_days(signing: Signing, moment: datetime) -> Iterator[SignedDay]:
    """Sign every day without a signed manifest, up to the day before a moment; yield each day once it is signed.

    A day that is signed late is reported: somebody may have removed manifests to have the past signed anew. A broken
    segment is listed with its problem: leaving the day unsigned would leave all its other events, and all later days,
    without a signature.

    Raises:
        MalformedMessageError: the last day to be signed has not begun.
        BrokenTrailError: the public key or the newest manifest is not ours; nothing is signed on top of it.
        TransientError: a service did not answer; the next call continues with the first unsigned day.
        RefusedError: a service refused.
    """
    last, today = day_of(moment) - _ONE_DAY, day_of(signing.clock.now())
    if last > today:
        raise MalformedMessageError(f"{last} cannot be signed: today is {today}")
    key = signing.signer.key()
    _publish(signing, key)
    newest = _newest(signing)
    first = newest.manifest.day + _ONE_DAY if newest else _first_day(signing, last)
    for day in manifests.days_after(first, last):
        tally = _read(signing, day, newest)
        previous = None if newest is None else newest.link
        now = signing.clock.now()
        newest = _sign(signing, tally.manifest(day, previous, timestamp(now), key))
        late = manifests.lateness(day, now)
        yield SignedDay(
            key=manifests.manifest_key(day),
            sha256=newest.link.sha256,
            events=newest.manifest.records,
            segments=len(newest.manifest.segments),
            problems=[*tally.problems, late] if late else tally.problems,
        )


def _publish(signing: Signing, key: manifests.SigningKey) -> None:
    """Write the public key into the trail, unless it is there."""
    if not signing.files.create(ManagedPrefix.AUDIT_KEY, key.public_key):
        standing = signing.files.read(ManagedPrefix.AUDIT_KEY)
        if standing != key.public_key:
            raise BrokenTrailError(f"{ManagedPrefix.AUDIT_KEY} is not the public key of {key.arn}")


def _newest(signing: Signing) -> _Signed | None:
    """Return the newest manifest with a signature, after verifying it."""
    keys = set(signing.folder.keys(ManagedPrefix.AUDIT_MANIFESTS))
    signed = {key.removesuffix(manifests.SIGNATURE) for key in keys if key.endswith(manifests.SIGNATURE)}
    days = [day for key in signed if (day := manifests.day_of_manifest(key)) is not None]
    if not days:
        return None
    key = manifests.manifest_key(max(days))
    try:
        body = signing.files.read(key)
    except ObjectAbsentError as error:
        raise BrokenTrailError(f"{key} is gone, its signature is not") from error
    signature = signing.files.read(f"{key}{manifests.SIGNATURE}")
    if not signing.signer.verify(hashlib.sha256(body).digest(), signature):
        raise BrokenTrailError(f"{key} does not have the signature of our key")
    return _Signed(manifests.Manifest.parse(body), body)


def _first_day(signing: Signing, last: date) -> date:
    for key in signing.folder.keys(ManagedPrefix.AUDIT_EVENTS):
        if place := place_of(key):
            return min(place.day, last)
    return last


def _read(signing: Signing, day: date, newest: _Signed | None) -> Tally:
    """Read the segments of a day, and those of the day before that came after its manifest was made."""
    tally = Tally(environment=signing.settings.environment)
    late: list[str] = []
    if newest is not None:
        tally.go_on_after(newest.manifest.segments)
        listed = {entry.key for entry in newest.manifest.segments}
        late = [key for key in signing.folder.keys(_events_of(newest.manifest.day)) if key not in listed]
    for keys in (late, signing.folder.keys(_events_of(day))):
        for key, body in signing.folder.read_each(keys):
            tally.add(key, body)
    return tally


def _events_of(day: date) -> str:
    return f"{ManagedPrefix.AUDIT_EVENTS}{day.isoformat()}/"


def _sign(signing: Signing, manifest: manifests.Manifest) -> _Signed:
    key, body = manifests.manifest_key(manifest.day), manifest.body
    # Sign first: if the key cannot be used, no manifest is left without a signature.
    signature = signing.signer.sign(hashlib.sha256(body).digest())
    if not signing.files.create(key, body):
        manifest = _left_unsigned(signing, key, manifest)
        body = manifest.body
        signature = signing.signer.sign(hashlib.sha256(body).digest())
    signing.files.create(f"{key}{manifests.SIGNATURE}", signature)
    return _Signed(manifest, body)


def _left_unsigned(signing: Signing, key: str, manifest: manifests.Manifest) -> manifests.Manifest:
    """Return the manifest that an earlier run left, if it says what would be written now."""
    body = signing.files.read(key)
    standing = manifests.Manifest.parse(body)
    if attrs.evolve(manifest, made_at=standing.made_at).body != body:
        raise BrokenTrailError(f"{key} stands without a signature and does not say what the segments say")
    now = signing.clock.now()
    if not now - _FINISHED_WITHIN <= standing.made <= now:
        raise BrokenTrailError(
            f"{key} stands without a signature and says that it was made at {standing.made_at}; allowed: within"
            f" {_FINISHED_WITHIN.days} days before {timestamp(now)}"
        )
    return standing
