"""The journal of the local AWS, alone."""

import copy
import os
import random
import resource
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from duracloud.local.emulator.journal import Change, Journal, Tree, differences, fold
from duracloud.local.emulator.objects import undo_unfinished_writes

STATES: list[Tree] = [
    {"a": {"b": [1, 2, 3], "c": "x"}, "d": 1},
    {"a": {"b": [1, 9, 3, 4], "c": None}, "d": 1},
    {"a": {"b": []}, "e": {"f": [{"g": 1}]}},
    {"e": {"f": [{"g": 2}, {"g": 1}]}},
    {},
]


@pytest.mark.parametrize("old", STATES)
@pytest.mark.parametrize("new", STATES)
def test_differences_turn_one_state_into_the_other(old: Tree, new: Tree) -> None:
    """Folding what differs into the old state gives the new one, and equal states have no differences."""
    found = list(differences(old, new))
    state = copy.deepcopy(old)
    fold(state, copy.deepcopy(found))
    assert new == state
    assert (old == new) == (not found)


def test_a_list_that_grows_costs_what_is_new() -> None:
    """What is appended to a list, or taken from its head, is all that is written."""
    long: list[Any] = list(range(1000))
    assert [[["a"], 1000, 0, ["new"]]] == list(differences({"a": long}, {"a": [*long, "new"]}))
    assert [[["a"], 0, 2, []]] == list(differences({"a": long}, {"a": long[2:]}))


@pytest.fixture
def written(tmp_path: Path) -> Iterator[tuple[Journal, list[Tree]]]:
    """A journal that was written line by line, with the state after each line."""
    journal, state, states = Journal(tmp_path), {"s": {"n": 0}}, []
    journal.begin(state)
    states.append(copy.deepcopy(state))
    for number in range(1, 5):
        changes: list[Change] = [[["s", "n"], number], [["s", f"é{number}"], [number]]]
        journal.add(changes)
        fold(state, changes)
        states.append(copy.deepcopy(state))
    yield journal, states
    journal.close()


def test_l52_a_journal_that_was_cut_anywhere_is_read_up_to_its_last_whole_line(
    written: tuple[Journal, list[Tree]],
) -> None:
    """A kill in the middle of a write loses that write alone, wherever it cuts the line off."""
    journal, states = written
    content = journal.file.read_bytes()
    ends = [place + 1 for place, byte in enumerate(content) if byte == ord("\n")]
    for cut in [*random.Random(1).sample(range(ends[0], len(content)), 50), len(content)]:  # noqa: S311 (no secret)
        journal.file.write_bytes(content[:cut])
        whole = sum(end <= cut for end in ends)
        assert states[whole - 1] == Journal(journal.file.parent).read()


def test_l52_a_damaged_line_ends_the_journal(written: tuple[Journal, list[Tree]]) -> None:
    """A line that is not what was written is not applied, and neither is what comes after it."""
    journal, states = written
    lines = journal.file.read_bytes().split(b"\n")
    lines[2] = lines[2].replace(b'"n"', b'"m"')
    journal.file.write_bytes(b"\n".join(lines))
    assert states[1] == Journal(journal.file.parent).read()


def test_l52_a_journal_begun_anew_replaces_the_old_one_at_once(written: tuple[Journal, list[Tree]]) -> None:
    """The new file has the state alone; nothing else stays in the folder, and an unfinished one is never read."""
    journal, states = written
    (journal.file.parent / "journal-1.unfinished").write_bytes(b"half a li")
    journal.begin(states[-1])
    assert 1 == journal.file.read_bytes().count(b"\n")
    assert states[-1] == Journal(journal.file.parent).read()
    assert journal.size == journal.file.stat().st_size


def test_l52_a_full_disk_leaves_whole_lines(written: tuple[Journal, list[Tree]]) -> None:
    """Changes that the disk has room for in part are not in the file; the next ones are, once there is room again."""
    journal, states = written
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (journal.size + 20, before[1]))
    try:
        with pytest.raises(OSError, match="large"):
            journal.add([[["s", "n"], "x" * 100]])
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    assert states[-1] == Journal(journal.file.parent).read()
    journal.add([[["t"], 1]])
    assert {**states[-1], "t": 1} == Journal(journal.file.parent).read()


def test_no_journal_is_no_state(tmp_path: Path) -> None:
    """Where there is no file there is no state, which is not an empty one."""
    assert None is Journal(tmp_path).read()


def test_l52_an_object_that_a_kill_left_half_written_is_taken_back(tmp_path: Path) -> None:
    """Bytes without a description go, bytes of the next version give way to those of the described one."""
    bucket, kept = tmp_path / "000000000000" / "letters", tmp_path / ".versions" / "000000000000" / "letters" / "v1"
    for folder in (bucket, kept):
        folder.mkdir(parents=True)
    (bucket / "never acknowledged").write_bytes(b"x")
    (bucket / "half.tmp").write_bytes(b"x")
    for name in ("whole", "cut", "flipped"):
        (bucket / f"{name}.meta.json").write_text('{"version_id": "v1"}')
        (bucket / name).write_bytes(b"flipped" if name == "flipped" else b"first")
    for second, file in enumerate([bucket / "cut.meta.json", kept / "cut", bucket / "cut"]):
        file.write_bytes(file.read_bytes() if second == 0 else (b"first", b"second")[second - 1])
        os.utime(file, (second, second))

    undo_unfinished_writes(tmp_path)

    found = {path.name: path.read_bytes() for path in bucket.iterdir() if path.suffix != ".json"}
    assert {"whole": b"first", "cut": b"first", "flipped": b"flipped"} == found
