import json
from pathlib import Path

import pytest

from benchmarks import busy_partition, import_time, level_load, object_cpu, read_and_hash, small_objects, synthesis
from benchmarks.row import Row, table
from duracloud.cli.main import main
from runtime.settings import FUNCTIONS


def test_reading_and_hashing_is_measured() -> None:
    """A deposit against the local server runs, matches and takes CPU time."""
    row = read_and_hash.measure(size=3_000_000, repeats=1)

    assert row.measured.endswith("CPU s/GiB")
    assert row.ratio > 0


def test_batch_is_measured() -> None:
    """The handler works on the batch against the local server."""
    row = small_objects.measure(latency_seconds=0.001, repeats=1)

    assert "10 objects of 1 KiB, 1 ms per S3 call" == row.what
    assert row.ratio > 0


def test_cpu_per_object_is_measured() -> None:
    """Deposits with the real adapters of S3 and DynamoDB run against the local server and take CPU time."""
    row = object_cpu.measure(repeats=1)

    assert row.measured.endswith("CPU ms")
    assert row.ratio > 1


def test_l47_a_backlog_of_one_bucket_is_worked_off_at_the_limit_of_its_partition() -> None:
    """Real handler, adapters and SDK deposit every object; no message fails, although many calls are throttled."""
    row = busy_partition.measure(objects=40, units_a_second=20, processes=1)

    assert row.measured.endswith(" 0 failed")
    assert ", 0 calls throttled" not in row.measured


def test_import_time_is_measured() -> None:
    """Every handler is imported and its clients are built in a process of its own, beside the baseline."""
    rows = import_time.measure(repeats=1)

    assert [f"import of {name.replace('-', '_')}" for name in sorted(FUNCTIONS)] == [row.what for row in rows]
    assert None not in {row.met for row in rows}


def test_what_ships_is_measured(tmp_path: Path) -> None:
    """Zip assets of a cloud assembly count, templates do not, and nothing counts twice."""
    (tmp_path / "asset.1").mkdir()
    (tmp_path / "asset.1" / "code.py").write_bytes(b"0" * 1024 * 1024)
    files = {
        "1": {"source": {"path": "asset.1", "packaging": "zip"}},
        "2": {"source": {"path": "a.template.json", "packaging": "file"}},
    }
    for stack in ("a", "b"):
        (tmp_path / f"{stack}.assets.json").write_text(json.dumps({"files": files}), "utf-8")

    unzipped, zipped = synthesis.shipped(tmp_path)

    assert "1.0 MiB" == unzipped.measured
    assert "0.0 MiB" == zipped.measured


def test_level_load_is_measured() -> None:
    """Every deposit is checked twice in two intervals, and the row compares the busiest day with the mean."""
    row = level_load.measure(objects=1_000)

    assert "6 checks, the mean day" == row.baseline
    assert 2_000 == sum(level_load.checks_per_day(1_000))


def test_a_million_deposits_of_one_day_keep_the_days_level() -> None:
    """The busiest of the 360 days that follow has at most 1.05 times the checks of the mean day.

    The dates are those of the service's own rule, hence the same in every run. Of a million, chance alone lets the
    busiest of 360 days exceed the mean by about 4 %, of the ten million of `make bench` by about 1.3 %.
    """
    checks = level_load.checks_per_day(1_000_000)

    assert 360 == len(checks)
    assert 2_000_000 == sum(checks)
    assert max(checks) <= 1.05 * sum(checks) / len(checks)


def test_table_shows_goal_and_verdict() -> None:
    """Each line ends with what was aimed at and whether it was reached."""
    rows = [
        Row(what="speed", measured="2 s", baseline="1 s", ratio=2, goal="<= 1.5 x", met=False),
        Row(what="size", measured="1 MiB", baseline="4 MiB", ratio=0.25),
    ]

    assert [
        "what   measured  baseline  ratio  goal      verdict",
        "-----  --------  --------  -----  --------  -------",
        "speed  2 s       1 s       2.00   <= 1.5 x  MISSED",
        "size   1 MiB     4 MiB     0.25   -",
    ] == table(rows).splitlines()


@pytest.mark.parametrize(("arguments", "status"), [([], 0), (["--check"], 1)])
def test_missed_goal_fails_only_when_asked(
    arguments: list[str], status: int, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Benchmarks inform; `--check` makes them a gate."""
    missed = Row(what="speed", measured="2 s", baseline="1 s", ratio=2, goal="<= 1.5 x", met=False)
    monkeypatch.setattr("benchmarks.measured.BENCHMARKS", {"speed": lambda: [missed]})

    assert status == main(["bench", *arguments])
    assert "MISSED" in capsys.readouterr().out


def test_unknown_benchmark_is_one_clear_line(capsys: pytest.CaptureFixture[str]) -> None:
    """The error says what was got and what is allowed."""
    assert 2 == main(["bench", "nonsense"])
    assert "got nonsense; allowed: hash, batch, object, import, synth, partition, level" in capsys.readouterr().err
