import gzip
import json

import pytest

from runtime.audit.segments import NO_TIP, place_of, read_segment
from runtime.contract import ManagedPrefix
from runtime.shared.errors import TransientError
from tests.support.audit_trails import ENVIRONMENT, Archive, event
from tests.support.fakes import raising_once


def _ids(archive: Archive, key: str) -> list[str]:
    return [json.loads(line)["event"]["id"] for line in gzip.decompress(archive.files.files[key]).splitlines()[1:]]


def _previous(archive: Archive, key: str) -> tuple[str, str]:
    place = place_of(key)
    assert place
    segment = read_segment(place, ENVIRONMENT, archive.files.files[key])
    return segment.previous, segment.tip


def test_each_segment_goes_on_where_the_one_before_it_ends() -> None:
    """A running copy numbers its segments and names the last digest of the one before."""
    archive = Archive()
    writer = archive.writer()
    first, second = writer.write([event(1), event(2)]), writer.write([event(3)])

    assert [first, second] == archive.segments()
    assert first.endswith(f"/{1:032x}/000001.jsonl.gz")
    assert second.endswith(f"/{1:032x}/000002.jsonl.gz")
    assert [event(1).id, event(2).id] == _ids(archive, first)
    assert NO_TIP == _previous(archive, first)[0]
    assert _previous(archive, first)[1] == _previous(archive, second)[0]


def test_running_copies_do_not_meet() -> None:
    """Two copies that write at the same moment have a chain each."""
    archive = Archive()
    one, other = archive.writer().write([event(1)]), archive.writer().write([event(2)])

    assert 2 == len({place.chain for key in (one, other) if (place := place_of(key))})


def test_a_chain_ends_with_its_day() -> None:
    """What is written on another day begins a new chain in the folder of that day."""
    archive = Archive()
    writer = archive.writer()
    writer.write([event(1)])
    archive.clock.advance(hours=12)
    tomorrow = writer.write([event(2)])

    assert [tomorrow] == archive.segments(1)
    assert tomorrow.endswith(f"/{2:032x}/000001.jsonl.gz")


def test_no_events_are_no_segment() -> None:
    """A batch in which nothing happened leaves no file."""
    archive = Archive()

    assert "" == archive.writer().write([])
    assert {} == archive.files.files


def test_a_batch_whose_answer_was_lost_is_written_again_in_a_new_chain() -> None:
    """The segment that stands is left as it is; the events come twice with the same ids, and nothing is overwritten."""
    archive = Archive()
    writer = archive.writer()
    writer.write([event(1)])
    archive.files.after = raising_once(TransientError("the connection broke off"))
    with pytest.raises(TransientError):
        writer.write([event(2), event(3)])
    archive.clock.advance(seconds=1)
    again = writer.write([event(2)])
    after = writer.write([event(4)])

    first, stands = (f"{ManagedPrefix.AUDIT_EVENTS}2026-03-01/{1:032x}/{number:06}.jsonl.gz" for number in (1, 2))
    assert [first, stands, again, after] == archive.segments()
    assert [event(2).id, event(3).id] == _ids(archive, stands)
    assert (NO_TIP, f"{2:032x}/000002") == (_previous(archive, again)[0], after.removesuffix(".jsonl.gz")[-39:])


def test_a_segment_that_stands_with_our_very_bytes_is_ours() -> None:
    """Where S3's client sent the request a second time by itself, the chain goes on."""
    archive = Archive()
    writer = archive.writer()
    copy = Archive()
    key = copy.writer().write([event(1)])
    archive.files.files[key] = copy.files.files[key]

    assert key == writer.write([event(1)])
    assert writer.write([event(2)]).endswith(f"/{1:032x}/000002.jsonl.gz")


def test_a_failed_write_leaves_no_gap() -> None:
    """What was not written is not counted: the next segment has its number."""
    archive = Archive()
    writer = archive.writer()
    archive.files.before = raising_once(TransientError("SlowDown"))
    with pytest.raises(TransientError):
        writer.write([event(1)])

    assert writer.write([event(1)]).endswith("/000001.jsonl.gz")


def test_a_name_that_should_be_nobody_s_is_not_written_over() -> None:
    """Where even the first segment of a new chain stands, the batch goes back."""
    archive = Archive(new_chain=lambda: "f" * 32)
    archive.writer().write([event(1)])

    with pytest.raises(TransientError, match="stands, although nobody else uses the name"):
        archive.writer().write([event(2)])
