"""Every line that a function logs carries the id of its request."""

import ast
import json
from collections.abc import Iterator
from io import StringIO
from typing import Any

import pytest

from runtime.contract import Metric
from runtime.events.sqs_batch import process_queue
from runtime.observability import logger, publish, with_request_id
from runtime.settings import DepositSettings
from tests.architecture.source import Module, modules_in
from tests.support.builders import FakeContext, fixity_settings


@pytest.fixture
def log() -> Iterator[StringIO]:
    stream, handler = StringIO(), logger.registered_handler
    before = handler.setStream(stream)  # type: ignore[attr-defined] # (a stream handler)
    yield stream
    handler.setStream(before)  # type: ignore[attr-defined] # (as above)
    logger.remove_keys(["function_request_id"])


def _refuse(_: dict[str, Any]) -> None:
    raise ValueError("no")


@with_request_id
def handler(event: dict[str, Any], context: FakeContext) -> None:
    """Log a line, and have another one logged by a thread of the module that works on batches."""
    logger.info("begun by %s", context)
    process_queue(event, _refuse, concurrency=2)


def test_lines_of_handlers_and_of_what_they_call_carry_the_request_id(log: StringIO) -> None:
    """Whatever module and thread writes a line, the request it belongs to can be found; the next one has its own id."""
    message = {"messageId": "1", "body": "{}", "eventSource": "aws:sqs"}
    for request in ("first", "second"):
        handler({"Records": [message]}, FakeContext(aws_request_id=request))

    lines = [json.loads(line) for line in log.getvalue().splitlines()]
    said = [(line["function_request_id"], line["message"].split(" by ")[0]) for line in lines]
    back = "the message goes back to its queue"
    assert [("first", "begun"), ("first", back), ("second", "begun"), ("second", back)] == said


def test_metrics_carry_the_request_id(log: StringIO, capsys: pytest.CaptureFixture[str]) -> None:
    """The request is known of a number too, and is no dimension: each would be a metric of its own."""
    del log
    settings = fixity_settings(DepositSettings)
    with_request_id(lambda _, __: publish(settings, {Metric.OUTCOME_MATCH: 1}))({}, FakeContext(aws_request_id="third"))

    line = json.loads(capsys.readouterr().out)
    assert "third" == line["function_request_id"]
    assert [["environment", "function"]] == [
        [name.lower() for name in names] for names in line["_aws"]["CloudWatchMetrics"][0]["Dimensions"]
    ]


@pytest.mark.parametrize("module", modules_in("runtime/handlers/"), ids=lambda module: module.path)
def test_every_handler_has_it(module: Module) -> None:
    """No function is forgotten."""
    entry_points = [node for node in module.tree.body if isinstance(node, ast.FunctionDef) and node.name == "handler"]

    assert all(["with_request_id"] == [ast.unparse(each) for each in node.decorator_list] for node in entry_points)
