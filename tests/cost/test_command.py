import subprocess
import sys

import pytest

from duracloud.cost import __main__ as cost

ENOUGH = ("--env", "prod", "--objects", "1e6", "--bytes", "10TB")


@pytest.mark.parametrize(
    ("text", "expected"),
    [("10", 10), ("1_000_000", 1e6), ("1e6", 1e6), ("1E+6", 1e6), ("2.5M", 2.5e6), ("3 million", 3e6), (" 4k ", 4e3)],
)
def test_counts_are_taken_as_people_write_them(text: str, expected: float) -> None:
    """Plain numbers, exponents and thousands are understood."""
    assert expected == cost.count("OBJECTS", text)


@pytest.mark.parametrize(
    ("text", "expected"),
    [("10", 10), ("1e13", 1e13), ("10TB", 1e13), ("1PB", 1e15), ("9.5 TiB", 9.5 * 1024**4), ("7B", 7)],
)
def test_sizes_are_taken_as_people_write_them(text: str, expected: float) -> None:
    """Bytes, powers of 1,000 and powers of 1,024 are understood."""
    assert expected == cost.size("BYTES", text)


@pytest.mark.parametrize(
    "arguments",
    [
        ("--objects", "1", "--bytes", "1"),
        ("--env", "nowhere", "--objects", "1", "--bytes", "1"),
        ("--env", "prod", "--bytes", "1"),
        ("--env", "prod", "--objects", "1"),
        ("--env", "prod", "--objects", "many", "--bytes", "1"),
        ("--env", "prod", "--objects", "-1", "--bytes", "1"),
        ("--env", "prod", "--objects", "1e999", "--bytes", "1"),
        ("--env", "prod", "--objects", "0", "--bytes", "1"),
        ("--env", "prod", "--objects", "1", "--bytes", "1 tb"),
        ("--env", "prod", "--objects", "10", "--bytes", "9"),
        (*ENOUGH, "--objects-per-month", "some"),
        (*ENOUGH, "--buckets", "1.x"),
        (*ENOUGH, "--read-rate", "5"),
        (*ENOUGH, "--nothing"),
    ],
)
def test_bad_arguments_are_one_line(arguments: tuple[str, ...], capsys: pytest.CaptureFixture[str]) -> None:
    """What was got and what is allowed is said in one line, and the status is 2."""
    assert 2 == cost.main(arguments)

    said = capsys.readouterr()
    assert "" == said.out
    assert 1 == len(said.err.splitlines())
    assert "-c env=" not in said.err


def test_bill_is_printed(capsys: pytest.CaptureFixture[str]) -> None:
    """The bill, the goals, other settings and the engines are there, and no line of detail."""
    assert 0 == cost.main(ENOUGH)

    said = capsys.readouterr().out
    for expected in ("A MONTH", "storage of main copies", "1 TB verified", "WITH OTHER SETTINGS", "DEEP_ARCHIVE"):
        assert expected in said
    assert "1,000,000 objects of 10 MB on average, 10 TB in all, 8,333 deposits a month" in said
    assert "$0.023 per GB-month" not in said


def test_every_line_is_printed_on_demand(capsys: pytest.CaptureFixture[str]) -> None:
    """With `--lines` each line shows quantity, price, dollars and derivation."""
    assert 0 == cost.main((*ENOUGH, "--lines", "--objects-per-month", "0", "--buckets", "3"))

    said = capsys.readouterr().out
    assert "signing key: 1.000 x $1.00 per key a month = $1.0000 (one)" in said
    assert "replication metrics: 12.000 x" in said


def test_command_says_its_status() -> None:
    """The module can be called, and a mistake is its exit status."""
    done = subprocess.run(
        [sys.executable, "-m", "duracloud.cost", "--env", "prod"], check=False, capture_output=True, text=True
    )

    assert (2, "", "no OBJECTS given; as in: make cost ENV=prod OBJECTS=1e6 BYTES=10TB\n") == (
        done.returncode,
        done.stdout,
        done.stderr,
    )
