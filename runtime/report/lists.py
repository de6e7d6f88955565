"""The two files of a bucket, its list and that for `sha256sum`, each dated and latest, written in parts."""

from collections.abc import Iterable, Sequence
from typing import Self

import attrs

from runtime.bucket_runs.policy import SweepPolicy
from runtime.fixity.records import FixityRecord
from runtime.report.csv_list import HEADER, line
from runtime.report.errors import UploadGoneError
from runtime.report.notes import BucketNotes, Upload, part_bytes
from runtime.report.ports import ReportFiles
from runtime.report.slices import ReportSlice
from runtime.report.sums import header, sum_line
from runtime.shared.pages import Malformed


@attrs.define(kw_only=True)
class Lists:
    """The uploads, and the lines not sent yet.

    The lines for `sha256sum` are shorter. Where they are too few for a part of S3's, they wait for those of the next
    part, in the notes if need be.
    """

    files: ReportFiles
    lists: tuple[Upload, ...]
    sums: tuple[Upload, ...]
    text: bytearray
    digests: bytearray

    @classmethod
    def begun(cls, files: ReportFiles, part: ReportSlice, notes: BucketNotes) -> Self:
        """Continue with the uploads of the notes, or begin them.

        Raises:
            UploadGoneError: the notes are those of software that wrote only the list.
        """
        if notes.uploads:
            if not notes.sums:
                raise UploadGoneError("the list was begun by software that wrote no file for sha256sum")
            waiting = bytearray(notes.sums_unsent.encode())
            return cls(files=files, lists=notes.uploads, sums=notes.sums, text=bytearray(), digests=waiting)
        return cls(
            files=files,
            lists=_begin(files, part.run.list_keys(part.bucket)),
            sums=_begin(files, part.run.sums_keys(part.bucket)),
            text=bytearray(HEADER.encode()),
            digests=bytearray(header(part.run, part.bucket).encode()),
        )

    def add(self, record: FixityRecord | Malformed, part: ReportSlice, policy: SweepPolicy) -> None:
        """Add the lines of a record."""
        self.text += line(record, part.run.started, policy).encode()
        self.digests += sum_line(record).encode()

    def send_full(self) -> bool:
        """Send what fills a part; return whether every line of the list is sent."""
        if len(self.text) < _room(self.lists):
            return False
        self._send_list()
        if len(self.digests) >= _room(self.sums):
            self._send_sums()
        return True

    def noted(self, notes: BucketNotes) -> BucketNotes:
        """Return notes of what was sent, and of what waits, when every line of the list is sent."""
        return attrs.evolve(notes, uploads=self.lists, sums=self.sums, sums_unsent=self.digests.decode())

    def finish(self, current: Sequence[bool]) -> None:
        """Send the rest and make the files, of the dated ones and the latest only those that are `current`."""
        if self.text:
            self._send_list()
        if self.digests:
            self._send_sums()
        for uploads in (self.sums, self.lists):
            for upload, wanted in zip(uploads, current, strict=True):
                if wanted:
                    self.files.finish(upload)
                else:
                    self.files.abandon(upload)

    def _send_list(self) -> None:
        self.lists, self.text = _send(self.files, self.lists, self.text), bytearray()

    def _send_sums(self) -> None:
        self.sums, self.digests = _send(self.files, self.sums, self.digests), bytearray()


def _begin(files: ReportFiles, keys: Iterable[str]) -> tuple[Upload, ...]:
    return tuple(files.begin(key) for key in keys)


def _room(uploads: Sequence[Upload]) -> int:
    return part_bytes(len(uploads[0].etags) + 1)


def _send(files: ReportFiles, uploads: tuple[Upload, ...], text: bytearray) -> tuple[Upload, ...]:
    return tuple(files.send(upload, bytes(text)) for upload in uploads)
