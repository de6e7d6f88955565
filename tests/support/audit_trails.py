"""Audit trails for tests: written by the use cases, laid into a folder as an auditor fetches it."""

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Final

import attrs

from benchmarks.function_environment import any_settings
from runtime.audit.events import AuditEvent, Kind
from runtime.audit.sign import SignedDay, Signing, sign_days
from runtime.audit.write import AuditTrail
from runtime.contract import ManagedPrefix
from runtime.settings import ManifestSettings, TrailSettings
from runtime.shared.object_ref import ObjectRef
from runtime.shared.timestamps import timestamp
from tests.support.audit_fakes import FakeAuditFiles, FakeSigner, chains
from tests.support.builders import AGENT, NOW
from tests.support.fakes import FakeClock

ENVIRONMENT: Final = "prod"
SETTINGS: Final = any_settings(ManifestSettings, environment=ENVIRONMENT)


def event(number: int, kind: Kind = Kind.CHECK, outcome: str = "match") -> AuditEvent:
    """Build an event; those of different numbers have different ids."""
    return AuditEvent(
        source_id=f"e{number}",
        kind=kind,
        date_time=timestamp(NOW + timedelta(seconds=number)),
        ref=ObjectRef("acme-prod-letters", f"box {number % 7}/letter ä {number}.txt"),
        version_id=f"v{number}",
        size=number,
        expected={"sha256": "aa"},
        computed={"sha256": "aa"},
        expectation_source="baseline",
        outcome=outcome,
        detail="ok",
        agent=AGENT,
        bytes_read=number,
        reads=1,
        storage_class="STANDARD",
    )


@attrs.define
class Archive:
    """A trail that grows, and what it is made with."""

    files: FakeAuditFiles = attrs.field(factory=FakeAuditFiles)
    signer: FakeSigner = attrs.field(factory=FakeSigner)
    clock: FakeClock = attrs.field(factory=lambda: FakeClock(NOW))
    new_chain: Callable[[], str] = attrs.field(factory=chains)

    def writer(self) -> AuditTrail:
        """Return a running copy of a function that writes."""
        return AuditTrail(
            files=self.files,
            clock=self.clock,
            settings=any_settings(TrailSettings, environment=ENVIRONMENT),
            new_chain=self.new_chain,
        )

    @property
    def signing(self) -> Signing:
        return Signing(files=self.files, folder=self.files, signer=self.signer, clock=self.clock, settings=SETTINGS)

    def sign(self, *, after: int = 0) -> list[SignedDay]:
        """Let so many days pass, and sign those before the one that the clock then shows."""
        self.clock.advance(days=after)
        return list(sign_days(self.signing, self.clock.now()))

    def segments(self, day: int = 0) -> list[str]:
        """Return the keys of a day's segments; days count from the first."""
        date = (NOW + timedelta(days=day)).date().isoformat()
        return list(self.files.keys(f"{ManagedPrefix.AUDIT_EVENTS}{date}/"))

    def lay(self, folder: Path) -> Path:
        """Write the files into a folder, as `aws s3 sync s3://<prefix>-managed/audit/ FOLDER` does."""
        for key, body in self.files.files.items():
            path = folder / key.removeprefix(ManagedPrefix.AUDIT)
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(body)
        return folder


def archive(*, days: int, segments: int, events: int, unsigned: int = 0) -> Archive:
    """Build a trail: segments of each day are alternately of two chains; `unsigned` ones follow the last signed day."""
    found, number = Archive(), 0
    for day in range(days + 1):
        writers = [found.writer(), found.writer()]
        for segment in range(segments if day < days else unsigned):
            batch = [event(number + offset) for offset in range(events)]
            writers[segment % 2].write(batch)
            number += events
            found.clock.advance(seconds=10)
        if day < days:
            found.clock.moment = NOW + timedelta(days=day + 1)
            found.sign()
    return found
