"""Write events into the audit trail, one segment at a time, each behind the one before it."""

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
    """The chain of one running copy of a function, which works on one batch at a time and so needs no lock.

    Attributes:
        files: the files of the trail.
        clock: tells the time.
        settings: the function's settings.
        new_chain: returns 32 hexadecimal digits that nobody else uses.
    """

    files: AuditFiles
    clock: Clock
    settings: AuditSettings
    new_chain: Callable[[], str]
    _link: Link | None = attrs.field(default=None, init=False)

    def write(self, events: Sequence[AuditEvent]) -> str:
        """Write a segment. Every chain ends with its day.

        Args:
            events: its events; nothing is written where there are none.

        Returns:
            The key of the segment, empty where none was written.

        Raises:
            TransientError: S3 did not answer; whoever has the events brings them again.
            RefusedError: S3 refused.
        """
        if not events:
            return ""
        now = self.clock.now()
        if self._link is None or self._link.place.day != day_of(now):
            self._link = first_link(day_of(now), self.new_chain())
        segment = compose(self._link, events, self.settings.environment, now)
        if not self.files.create(segment.key, segment.body) and self.files.read(segment.key) != segment.body:
            # An attempt whose answer was lost did succeed, with other events: its segment stands, and ends its chain.
            segment = compose(first_link(day_of(now), self.new_chain()), events, self.settings.environment, now)
            if not self.files.create(segment.key, segment.body):
                raise TransientError(f"{segment.key} stands, although nobody else uses the name")
        self._link = segment.following
        return segment.key
