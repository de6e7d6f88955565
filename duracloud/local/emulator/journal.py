"""The journal: one file with the whole state as its first line, and a line for each set of changes since.

A line is written and read as a whole: it begins with its checksum, and reading ends at the first line that a kill cut
off. A state is a tree of JSON values; a change is one of

- `[path, value]`: the value at a path is this one
- `[path]`: the path is gone
- `[path, start, count, values]`: in the list at a path, these values replace `count` others from `start` on

A killed process loses nothing that it has written to a file; only a power cut does. So no line waits for the disk.
"""

import json
import os
import zlib
from collections.abc import Iterable, Iterator
from io import FileIO
from pathlib import Path
from typing import Any, Final

Tree = dict[str, Any]
Change = list[Any]
_SET: Final = 2
_DELETE: Final = 1


class Journal:
    """The journal in a folder. It has one writer at a time, which its owner sees to."""

    def __init__(self, folder: Path) -> None:
        self.file = folder / "journal"
        self._open: FileIO | None = None

    @property
    def size(self) -> int:
        """Bytes written since the file was begun; 0 before."""
        return self._open.tell() if self._open else 0

    def read(self) -> Tree | None:
        """Return the state that the file describes, None if there is no file."""
        try:
            lines = self.file.read_bytes().split(b"\n")
        except FileNotFoundError:
            return None
        state: Tree = {}
        for line in lines[:-1]:
            text = line[9:]
            if line[:9] != _checksum(text):
                break
            fold(state, json.loads(text))
        return state

    def begin(self, state: Tree) -> None:
        """Replace the file by one that holds a state and no changes. A kill leaves the old file or the new one."""
        self.file.parent.mkdir(parents=True, exist_ok=True)
        unfinished = self.file.with_name(f"journal-{os.getpid()}.unfinished")
        opened = unfinished.open("wb", buffering=0)
        try:
            _write(opened, _line([[[name], value] for name, value in state.items()]))
        except OSError:
            opened.close()
            unfinished.unlink()
            raise
        unfinished.replace(self.file)
        self.close()
        self._open = opened

    def add(self, changes: list[Change]) -> None:
        """Write changes: reading will find them all, or none.

        Raises:
            OSError: the disk is full; nothing of the changes stays in the file.
        """
        if not self._open:
            raise ValueError("the journal has not been begun")
        end = self._open.tell()
        try:
            _write(self._open, _line(changes))
        except OSError:
            self._open.truncate(end)
            self._open.seek(end)
            raise

    def close(self) -> None:
        """Close the file; it can be begun again."""
        if self._open:
            self._open.close()
            self._open = None


def differences(old: Any, new: Any, *path: str) -> Iterator[Change]:
    """Yield the changes that turn one tree at a path into another one."""
    if old == new:
        return
    if isinstance(old, dict) and isinstance(new, dict):
        for name in old:
            if name not in new:
                yield [[*path, name]]
        for name, value in new.items():
            if name in old:
                yield from differences(old[name], value, *path, name)
            else:
                yield [[*path, name], value]
    elif isinstance(old, list) and isinstance(new, list):
        same = min(len(old), len(new))
        start = next((n for n in range(same) if old[n] != new[n]), same)
        tail = next((n for n in range(same - start) if old[-1 - n] != new[-1 - n]), same - start)
        yield [[*path], start, len(old) - tail - start, new[start : len(new) - tail]]
    else:
        yield [[*path], new]


def fold(state: Tree, changes: Iterable[Change]) -> None:
    """Apply changes to a state, in place."""
    for change in changes:
        *parents, last = change[0]
        node = state
        for name in parents:
            node = node.setdefault(name, {})
        if len(change) == _DELETE:
            node.pop(last, None)
        elif len(change) == _SET:
            node[last] = change[1]
        else:
            _, start, count, values = change
            node.setdefault(last, [])[start : start + count] = values


def _write(file: FileIO, line: bytes) -> None:
    written = 0
    # A disk that is nearly full takes the beginning; the next call says that it is full.
    while written < len(line):
        written += file.write(line[written:])


def _line(changes: list[Change]) -> bytes:
    text = json.dumps(changes, separators=(",", ":")).encode()
    return _checksum(text) + text + b"\n"


def _checksum(text: bytes) -> bytes:
    return b"%08x " % zlib.crc32(text)
