from typing import Any

from runtime.contract import METRIC_NAMESPACE, Metric
from runtime.counts import COUNTS
from tests.infra.synthesis import Assembly

TITLES = [
    "Managed objects",
    "Managed bytes",
    "Longest time since an object was found good, seconds",
    "Found good within interval and grace, and overdue, percent",
    "Objects that the sweep found out of order",
    "Checks by outcome",
    "Bytes read and compared",
    "Failures that were not known before",
    "Requests and exports",
    "Replication",
    "Audit trail",
    "Reports",
    "Waiting messages",
    "Age of the oldest message, seconds",
    "Messages in dead-letter queues",
    "Delay of functions behind their streams, milliseconds",
    "Invocations that failed",
    "Throttled invocations",
    "Duration, 99 of 100, milliseconds",
    "Invocations at the same time",
    "Throttled reads and writes",
    "Requests that failed inside DynamoDB",
    "Slowest operation, 99 of 100, milliseconds",
    "Invocations",
    "Lambda, GB-seconds",
    "Read and write units",
    "Requests to DynamoDB",
]


def _graphs(assembly: Assembly) -> dict[str, list[list[Any]]]:
    return {
        widget["properties"]["title"]: widget["properties"]["metrics"]
        for widget in assembly.widgets
        if widget["type"] == "metric"
    }


def _expressions(metrics: list[list[Any]]) -> dict[str, str]:
    return {one[0]["label"]: one[0]["expression"] for one in metrics if isinstance(one[0], dict)}


def test_the_dashboard_shows_everything_that_is_documented(variant: Assembly) -> None:
    """Care, fixity, requests, queues, functions, tables and costs have their graphs, under a heading each."""
    headings = [widget["properties"]["markdown"] for widget in variant.widgets if widget["type"] == "text"]

    assert list(_graphs(variant)) == TITLES
    assert [
        "## Managed objects",
        "## Fixity",
        "## Requests, exports, replication, evidence",
        "## Queues",
        "## Functions",
        "## Tables",
        "## What costs",
    ] == headings


def test_every_outcome_of_a_check_is_shown(variant: Assembly) -> None:
    """Each outcome is one line, the sum over the functions that check; a function without data hides no other."""
    outcomes = {value for name, value in vars(Metric).items() if name.startswith("OUTCOME_")}
    metrics = _graphs(variant)["Checks by outcome"]

    assert outcomes == {one[1] for one in metrics if isinstance(one[0], str)}
    assert len(outcomes) == len(_expressions(metrics))
    assert all(expression.startswith("SUM([") for expression in _expressions(metrics).values())


def test_every_metric_of_our_own_is_shown(variant: Assembly) -> None:
    """Whatever the functions publish has a line in a graph: a figure that nobody can see helps nobody."""
    published = {value for name, value in vars(Metric).items() if name.isupper()}
    published |= {counted.metric for counted in COUNTS.values() if counted.metric}
    shown = {one[1] for metrics in _graphs(variant).values() for one in metrics if one[0] == METRIC_NAMESPACE}

    assert published == shown


def test_every_function_queue_and_table_is_shown(variant: Assembly) -> None:
    """Whatever has a queue, a function or a table of its own has a line in the graphs of its kind."""
    graphs = _graphs(variant)
    functions, queues, tables = (
        len(list(variant.resources(kind)))
        for kind in ("AWS::Lambda::Function", "AWS::SQS::Queue", "AWS::DynamoDB::GlobalTable")
    )

    for title in ("Invocations that failed", "Throttled invocations", "Invocations at the same time", "Invocations"):
        assert functions == len(graphs[title])
    assert functions == len(_expressions(graphs["Lambda, GB-seconds"]))
    assert queues == len(graphs["Waiting messages"]) + len(graphs["Messages in dead-letter queues"])
    assert 2 * tables == len(graphs["Read and write units"])
    assert tables == len(_expressions(graphs["Requests to DynamoDB"]))


def test_gigabyte_seconds_are_memory_times_duration(variant: Assembly) -> None:
    """What Lambda charges for follows from the duration and the memory of the settings."""
    expressions = _expressions(_graphs(variant)["Lambda, GB-seconds"])
    memory = variant.settings.functions.file_uploaded.memory_mib

    assert f"duration_file_uploaded / 1000 * {memory} / 1024" == expressions["file-uploaded"]
