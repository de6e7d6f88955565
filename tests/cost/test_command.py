import json
from contextlib import redirect_stderr, redirect_stdout
from io import StringIO

import attrs
import pytest

from duracloud.cli.main import main
from duracloud.cost import command

ENOUGH = ("--env", "prod", "--objects", "1e6", "--bytes", "10TB")


@attrs.frozen
class Result:
    """How a call of the command ended."""

    exit_code: int
    stdout: str
    stderr: str


def _run(*arguments: str) -> Result:
    with redirect_stdout(StringIO()) as out, redirect_stderr(StringIO()) as err:
        status = main(["cost", *arguments])
    return Result(status, out.getvalue(), err.getvalue())


@pytest.mark.parametrize(
    ("text", "expected"),
    [("10", 10), ("1_000_000", 1e6), ("1e6", 1e6), ("1E+6", 1e6), ("2.5M", 2.5e6), ("3 million", 3e6), (" 4k ", 4e3)],
)
def test_counts_are_taken_as_people_write_them(text: str, expected: float) -> None:
    """Plain numbers, exponents and thousands are understood."""
    assert expected == command.count("--objects", text)


@pytest.mark.parametrize(
    ("text", "expected"),
    [("10", 10), ("1e13", 1e13), ("10TB", 1e13), ("1PB", 1e15), ("9.5 TiB", 9.5 * 1024**4), ("7B", 7)],
)
def test_sizes_are_taken_as_people_write_them(text: str, expected: float) -> None:
    """Bytes, powers of 1,000 and powers of 1,024 are understood."""
    assert expected == command.byte_count("--bytes", text)


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
    ],
)
def test_bad_arguments_are_one_line(arguments: tuple[str, ...]) -> None:
    """What was got and what is allowed is said in one line, and the status is 2."""
    said = _run(*arguments)

    assert 2 == said.exit_code
    assert "" == said.stdout
    assert 1 == len(said.stderr.splitlines())
    assert "-c env=" not in said.stderr


def test_bill_is_printed() -> None:
    """The bill, the goals, other settings and the engines are there, and no line of detail."""
    done = _run(*ENOUGH)

    assert 0 == done.exit_code
    for expected in ("A MONTH", "storage of main copies", "1 TB verified", "WITH OTHER SETTINGS", "DEEP_ARCHIVE"):
        assert expected in done.stdout
    assert "1,000,000 objects of 10 MB on average, 10 TB in all, 8,333 deposits a month" in done.stdout
    assert "$0.023 per GB-month" not in done.stdout


def test_every_line_is_printed_on_demand() -> None:
    """With `--lines` each line shows quantity, price, dollars and derivation."""
    done = _run(*ENOUGH, "--lines", "--objects-per-month", "0", "--buckets", "3")

    assert 0 == done.exit_code
    assert "signing key: 1.000 x $1.00 per key a month = $1.0000 (one)" in done.stdout
    assert "replication metrics: 12.000 x" in done.stdout


def test_bill_is_printed_as_json() -> None:
    """With `--json` programs get every line, and the lines come to the parts and to the whole."""
    found = json.loads(_run(*ENOUGH, "--json").stdout)

    assert found["dollars"] == pytest.approx(sum(line["dollars"] for line in found["lines"]))
    assert found["dollars"] == pytest.approx(sum(found["parts"].values()))
    assert {"met", "MISSED"} == {goal["verdict"] for goal in found["goals"]}
    assert "STANDARD" == found["engines"][0]["storage_class"]


def test_missing_argument_is_said_with_an_example() -> None:
    """Who leaves out what has no default reads how the command is called."""
    done = _run("--env", "prod")

    example = "duracloud cost --env prod --objects 1e6 --bytes 10TB"
    assert (2, "", f"no --objects given; as in: {example}\n") == (done.exit_code, done.stdout, done.stderr)
