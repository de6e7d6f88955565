"""DynamoDB streams and the batches that Lambda reads from them."""

import contextvars
import copy
import time
from collections.abc import Iterator
from typing import Any, Final

from ministack import app
from ministack.core.responses import request_scope
from ministack.services import cloudwatch, dynamodb, lambda_svc

from duracloud.local.emulator.common import Row

_READER: Final[contextvars.ContextVar[dict[str, Any] | None]] = contextvars.ContextVar("reader", default=None)


def note_readers_of_streams() -> None:
    """Lambda's readers of a stream are independent; the emulator polls one after the other.

    The current reader is noted, for the functions below.
    """
    poll, mappings = lambda_svc._poll_dynamodb_streams, lambda_svc._iter_all_esms

    def poll_one_after_the_other() -> Any:
        _READER.set({})
        return poll()

    def poll_streams() -> bool:
        # A value set in a copy of the context ends with the copy.
        return bool(contextvars.copy_context().run(poll_one_after_the_other))

    def mappings_and_note() -> Iterator[tuple[str, str, Row]]:
        for account, region, mapping in mappings():
            if _READER.get() is not None:
                _READER.set(mapping)
            yield account, region, mapping

    lambda_svc._poll_dynamodb_streams = poll_streams
    lambda_svc._iter_all_esms = mappings_and_note


def deliver_streams_as_described() -> None:
    """Lambda waits for a batch to fill, halves one that fails, and sends a record that fails too often to the queue.

    The emulator hands over at once and tries a batch that fails for ever. AWS pauses longer between attempts than the
    emulator's second.
    """
    read, execute = dynamodb.stream_records_since, lambda_svc._execute_function
    sizes: dict[str, int] = {}
    attempts: dict[str, int] = {}

    def read_when_full(table_name: str, position: int, limit: int, **kwargs: Any) -> list[Row]:
        found: list[Row] = read(table_name, position, limit, **kwargs)
        mapping = _READER.get()
        if not found or not mapping:
            return found
        age = time.time() - float(found[0]["dynamodb"]["ApproximateCreationDateTime"])
        if len(found) < limit and age < mapping.get("MaximumBatchingWindowInSeconds", 0):
            return []
        return found[: sizes.get(mapping["UUID"], limit)]

    def execute_batch(func: Row, event: Row) -> Row:
        result: Row = execute(func, event)
        mapping = _READER.get()
        if not mapping or event["Records"][0].get("eventSource") != "aws:dynamodb":
            return result
        records = event["Records"]
        reader = mapping["UUID"]
        if not result.get("error"):
            sizes.pop(reader, None)
            attempts.pop(reader, None)
        elif len(records) > 1 and mapping.get("BisectBatchOnFunctionError"):
            sizes[reader] = len(records) // 2
        else:
            attempts[reader] = attempts.get(reader, 0) + 1
            if 0 <= mapping.get("MaximumRetryAttempts", -1) < attempts[reader]:
                arn, reason = mapping["EventSourceArn"], "RetryAttemptsExhausted"
                lambda_svc._send_ddb_stream_failure_record(mapping, func, records, arn, result, reason)
                sizes.pop(reader, None)
                attempts.pop(reader)
                return {"body": None}
        return result

    dynamodb.stream_records_since = read_when_full
    lambda_svc._execute_function = execute_batch


def publish_the_age_of_streams() -> None:
    """Lambda publishes how old the newest record is of each batch that it hands over; the emulator does not."""
    execute = lambda_svc._execute_function

    def execute_and_publish(func: Row, event: Row) -> Row:
        if _READER.get() and event["Records"][0].get("eventSource") == "aws:dynamodb":
            age = time.time() - float(event["Records"][-1]["dynamodb"]["ApproximateCreationDateTime"])
            dimensions = {"FunctionName": func["config"]["FunctionName"]}
            cloudwatch.record_metric("AWS/Lambda", "IteratorAge", age * 1000, "Milliseconds", dimensions)
        return dict(execute(func, event))

    lambda_svc._execute_function = execute_and_publish


def keep_streams_over_a_restart() -> None:
    """DynamoDB keeps the records of a stream for 24 hours; the emulator keeps its readers' places, not the records."""
    get_state, load_table_state, load_all = dynamodb.get_state, dynamodb.load_persisted_state, app._load_persisted_state
    streams = {"stream_records": dynamodb._stream_records, "stream_trimmed": dynamodb._stream_trimmed}

    def get_with_streams() -> Row:
        with dynamodb._lock:
            return {**get_state(), **copy.deepcopy(streams)}

    def load_with_streams(data: Row) -> None:
        load_table_state(data)
        for name, stream in streams.items():
            stream.update(data.get(name, {}))

    def load_and_compare() -> None:
        load_all()
        # After a crash a reader's place may be newer than the records: what comes next must not be skipped.
        for account, region, mapping in lambda_svc._iter_all_esms():
            table, reader = mapping.get("EventSourceArn", "").partition(":table/")[2].partition("/")[0], mapping["UUID"]
            with request_scope(account, region):
                places = lambda_svc._dynamodb_stream_positions
                if table and reader in places:
                    places[reader] = min(places[reader], dynamodb.stream_end_position(table))

    dynamodb.get_state = get_with_streams
    dynamodb.load_persisted_state = load_with_streams
    app._load_persisted_state = load_and_compare
