"""Write events into the audit trail, one segment after another."""

from collections.abc import Callable, Sequence

import attrs

from runtime.audit.events import AuditEvent
from runtime.audit.ports import AuditFiles
from runtime.audit.segments import Link, compose, day_of, first_link
from runtime.settings import AuditSettings
from runtime.shared.errors import TransientError
from runtime.shared.ports import Clock


@attrs.define(kw_only=True)
class AuditTrail:
    """The chain of one running copy of a function. It works on one batch at a time, so it needs no lock."""

    files: AuditFiles
    clock: Clock
    settings: AuditSettings
    new_chain: Callable[[], str]  # returns 32 hexadecimal digits that no other chain has
    _link: Link | None = attrs.field(default=None, init=False)

    def write(self, events: Sequence[AuditEvent]) -> str:
        """Write a segment and return its key; without events write nothing and return an empty text.

        Every chain ends with its day.

        Raises:
            TransientError: S3 did not answer; the caller sends the events again.
            RefusedError: S3 refused.
        """
        if not events:
            return ""
        now = self.clock.now()
        if self._link is None or self._link.place.day != day_of(now):
            self._link = first_link(day_of(now), self.new_chain())
        segment = compose(self._link, events, self.settings.environment, now)
        if not self.files.create(segment.key, segment.body) and self.files.read(segment.key) != segment.body:
            # An earlier attempt wrote other events and its answer was lost: its segment stays and ends its chain.
            segment = compose(first_link(day_of(now), self.new_chain()), events, self.settings.environment, now)
            if not self.files.create(segment.key, segment.body):
                raise TransientError(f"{segment.key} stands, although nobody else uses the name")
        self._link = segment.following
        return segment.key
