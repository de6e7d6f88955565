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
    """What it counted and repaired."""

    looked_at: int = 0  # objects and left-over rows
    found: FixityCount = attrs.field(factory=FixityCount)  # counts of this slice
    orphans: list[ObjectRef] = attrs.field(factory=list)  # objects whose left-over schedule row was removed
    unrecorded: list[ObjectRef] = attrs.field(factory=list)  # objects without a record whose deposit was requested
    # managed objects that S3 does not list; their check was requested
    vanished: list[ObjectRef] = attrs.field(factory=list)
    # managed objects that S3 lists with another version; their check was requested
    replaced: list[ObjectRef] = attrs.field(factory=list)
    asked_for: list[ObjectRef] = attrs.field(factory=list)  # objects whose check was requested
    # objects that got a schedule row because they had no readable one
    restored: list[ObjectRef] = attrs.field(factory=list)
    malformed_records: list[Malformed] = attrs.field(factory=list)  # records that cannot be read; they were not changed
    # rows that cannot be read; written again if there is a record
    malformed_rows: list[Malformed] = attrs.field(factory=list)

    def warnings(self) -> Iterator[tuple[str, dict[str, str]]]:
        """Yield a log line for each object with a problem: its text, and its extra values."""
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
