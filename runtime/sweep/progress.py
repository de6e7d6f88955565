"""What the work on one slice of a sweep did."""

from collections.abc import Iterator

import attrs

from runtime.bucket_runs.slices import Progress
from runtime.counts import FixityCount
from runtime.shared.object_ref import ObjectRef
from runtime.shared.pages import Malformed
from runtime.sweep.coverage import Coverage


@attrs.define(kw_only=True)
class SweepProgress(Progress[Coverage]):
    """What it counted and repaired.

    Attributes:
        looked_at: objects and left-over rows.
        found: what was counted in this slice.
        orphans: objects whose left-over schedule row was removed.
        unrecorded: objects that had no record and were asked to be taken under care.
        vanished: objects under care that S3 does not list, whose check was asked for.
        replaced: objects under care of which S3 lists another version, whose check was asked for.
        asked_for: objects whose check was asked for.
        restored: objects that got a schedule row because they had none that could be read.
        malformed_records: records that cannot be read, which were left alone.
        malformed_rows: schedule rows that cannot be read; where there is a record, it was written anew.
    """

    looked_at: int = 0
    found: FixityCount = attrs.field(factory=FixityCount)
    orphans: list[ObjectRef] = attrs.field(factory=list)
    unrecorded: list[ObjectRef] = attrs.field(factory=list)
    vanished: list[ObjectRef] = attrs.field(factory=list)
    replaced: list[ObjectRef] = attrs.field(factory=list)
    asked_for: list[ObjectRef] = attrs.field(factory=list)
    restored: list[ObjectRef] = attrs.field(factory=list)
    malformed_records: list[Malformed] = attrs.field(factory=list)
    malformed_rows: list[Malformed] = attrs.field(factory=list)

    def warnings(self) -> Iterator[tuple[str, dict[str, str]]]:
        """Yield a line for the log of each object that was not as it should be: its text, and what it is about."""
        for text, refs in (
            ("schedule row without a record: removed", self.orphans),
            ("object without a record: asked for", self.unrecorded),
            ("object that S3 does not list: its check was asked for", self.vanished),
            ("object of which S3 lists another version: its check was asked for", self.replaced),
        ):
            for ref in refs:
                yield text, {"bucket": ref.bucket, "key": ref.key}
        for what, items in (("record", self.malformed_records), ("schedule row", self.malformed_rows)):
            for item in items:
                found = {"bucket": item.ref.bucket, "key": item.ref.key, "problem": item.problem}
                yield f"{what} cannot be read", found
