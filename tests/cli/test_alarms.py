"""The list of alarms."""

import functools
import json
from collections.abc import Iterator

import pytest

from duracloud import alarms, templates
from duracloud.cli.main import main
from stacks import naming
from stacks.config import load_settings

PROD = load_settings("prod")


@pytest.fixture(scope="module", autouse=True)
def _environments_are_synthesised_once() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(templates, "synthesised", functools.cache(templates.synthesised))
        yield


@pytest.fixture(scope="module")
def listed() -> str:
    template = templates.synthesised(PROD)[naming.MONITORING]
    return "\n".join(alarms.table(alarms.lines_of(template, "prod")))


@pytest.mark.parametrize(
    ("name", "words", "entry"),
    [
        (
            "set-aside-object-created-dlq",
            "warning | AWS/SQS ApproximateNumberOfMessagesVisible | Maximum | 300 s | from 1 | no alarm",
            "set-aside-object-created-dlq",
        ),
        (
            "verification-concurrency",
            "notice | AWS/Lambda ConcurrentExecutions | Maximum | 12 x 300 s | from 45 | no alarm",
            "verification-concurrency",
        ),
        (
            "latency-schedule",
            "notice | AWS/DynamoDB SuccessfulRequestLatency | p99, MAX of 2 | 3 x 300 s | from 100 | no alarm",
            "table-latency",
        ),
        (
            "failed-replications",
            "warning | DuraCloud ReplicationsFailed | Sum | 3600 s | from 1 | no alarm",
            "failed-replications",
        ),
    ],
)
def test_each_alarm_is_a_line(listed: str, name: str, words: str, entry: str) -> None:
    """Name, severity, metric, statistic, period, threshold, missing data and runbook stand in one line."""
    (line,) = (line for line in listed.splitlines() if line.startswith(f"{name} "))

    cells = [name, *words.split(" | "), f"{PROD.runbook_url}#{entry}"]
    assert cells == [cell.strip() for cell in line.split("  ") if cell.strip()]


def test_columns_are_aligned_and_the_gravest_come_first(listed: str) -> None:
    """Every cell of a column begins at the same place; critical alarms stand before warnings and notices."""
    heading, *lines = listed.splitlines()
    at = heading.index("SEVERITY")
    severities = [line[at:].partition(" ")[0] for line in lines]

    assert {"critical", "warning", "notice"} == set(severities)
    assert sorted(severities, key=("critical", "warning", "notice").index) == severities


def test_the_command_prints_the_list(capsys: pytest.CaptureFixture[str]) -> None:
    """All alarms of the environment are printed, and how many there are."""
    assert 0 == main(["alarms", "--env", "prod"])

    printed = capsys.readouterr().out
    assert "errors-file-uploaded" in printed
    assert printed.endswith(" alarms\n")


def test_without_an_environment_the_list_says_which_one_it_shows(capsys: pytest.CaptureFixture[str]) -> None:
    """Nobody takes the thresholds of the local AWS for those of prod."""
    assert 0 == main(["alarms"])

    assert "environment local" == capsys.readouterr().out.splitlines()[0]


def test_the_list_is_there_for_programs(capsys: pytest.CaptureFixture[str]) -> None:
    """JSON holds what the table holds."""
    assert 0 == main(["alarms", "--env", "prod", "--json"])

    found = json.loads(capsys.readouterr().out)
    alarm = next(alarm for alarm in found["alarms"] if alarm["name"] == "errors-file-uploaded")
    assert "prod" == found["environment"]
    assert "AWS/Lambda Errors" == alarm["metric"]
