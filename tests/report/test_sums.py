import hashlib
import os
import shutil
import subprocess
from pathlib import Path

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from runtime.fixity.records import FixityRecord
from runtime.report.sums import header, sum_line
from runtime.shared.pages import Malformed
from tests.support.report_fakes import REPORT
from tests.support.sweep_fakes import record

SHA256SUM = shutil.which("sha256sum")
# Names that a shell, a spreadsheet or the tool itself would take for something else, or escapes.
KEYS = (
    "letter.txt",
    "-",
    "-c",
    "007",
    " blank in front and behind ",
    "two  blanks",
    "*star",
    "#comment",
    "ä ö/日本/資料.txt",
    "quotes \"double\" and 'single'",
    "back\\slash",
    "\\",
    "line\nbreak",
    "end\n",
    "carriage\rreturn",
    "end\r",
    "\\n is no line break",
    "$HOME `id`; rm -rf",
    "a (b) = c",
)


def _record(key: str, body: bytes = b"") -> FixityRecord:
    return attrs.evolve(record(key), digests={"sha256": hashlib.sha256(body).hexdigest(), "md5": "aa"})


def _verify(folder: Path, lines: list[str]) -> subprocess.CompletedProcess[str]:
    assert SHA256SUM
    text = header(REPORT, "acme-test-letters") + "".join(lines)
    (folder.parent / "list.sha256").write_bytes(text.encode())
    return subprocess.run(  # noqa: S603 (our own arguments)
        [SHA256SUM, "--check", "--strict", "../list.sha256"],
        cwd=folder,
        env={"LC_ALL": "C"},
        capture_output=True,
        text=True,
        check=False,
        stdin=subprocess.DEVNULL,
    )


@pytest.mark.skipif(SHA256SUM is None, reason="no sha256sum of GNU coreutils")
def test_f24_sha256sum_verifies_a_downloaded_bucket(tmp_path: Path) -> None:
    """The tool finds every file by its line, whatever its name holds, and takes no line for a malformed one."""
    folder = tmp_path / "downloaded"
    folder.mkdir()
    for number, key in enumerate(KEYS):
        path = os.path.join(folder, key)  # noqa: PTH118 (a path object would change the name)
        Path(path).parent.mkdir(parents=True, exist_ok=True)
        Path(path).write_bytes(b"%d" % number)
    lines = [sum_line(_record(key, b"%d" % number)) for number, key in enumerate(KEYS)]

    good = _verify(folder, lines)
    assert (0, "", len(KEYS)) == (good.returncode, good.stderr, good.stdout.count(": OK\n"))

    (folder / "line\nbreak").write_bytes(b"damaged")
    bad = _verify(folder, lines)
    assert 1 == bad.returncode
    assert 1 == bad.stdout.count(": FAILED\n")


@pytest.mark.parametrize(
    "key", ["folder/", "../../etc/passwd", "a/../b", "..", "a/..", "./a", "a/./b", "nul\0", "/../x"]
)
def test_f24_a_key_that_cannot_be_a_file_of_the_folder_has_no_line(key: str) -> None:
    """Nobody makes sha256sum read a file outside the folder that was downloaded."""
    assert "" == sum_line(_record(key))


@pytest.mark.parametrize("key", ["/etc/passwd", "..a", "a..", ".hidden", "a/.b", "..."])
def test_f24_a_name_stays_below_the_folder(key: str) -> None:
    """A key that begins with a slash is no path from the root."""
    assert sum_line(_record(key)).endswith(f"  ./{key}\n")


def test_f24_only_a_confirmed_sha256_is_verified_by() -> None:
    """No line of bytes that never agreed with S3 and the depositor, of other algorithms, of what was typed in."""
    good = _record("a")

    assert sum_line(good)
    assert "" == sum_line(attrs.evolve(good, last_good_date=None))
    assert "" == sum_line(attrs.evolve(good, digests={"md5": "a" * 64}))
    assert "" == sum_line(attrs.evolve(good, digests={"sha256": "A" * 64}))
    assert "" == sum_line(attrs.evolve(good, digests={"sha256": "a" * 63 + "\n"}))
    assert "" == sum_line(Malformed(ref=good.ref, problem="no Size"))


@given(st.text(st.characters(exclude_categories=["Cs"]), min_size=1))
def test_f24_no_key_makes_a_second_line(key: str) -> None:
    """Whatever a depositor calls an object, it vouches for no other."""
    found = sum_line(_record(key))

    assert found.count("\n") <= 1
    assert "\r" not in found
