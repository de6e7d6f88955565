"""The emulator's state on disk: what has changed is written within a second, by one writer.

A kill leaves the state of one moment, and no cause is written without its effect: places in streams come first, then
queues, then tables. So a message that is gone has had its effect, and one that has not is there again.
"""

import json
import marshal
import threading
import time
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path
from typing import Any, Final

from ministack import app
from ministack.core import iam_actions, persistence
from ministack.core.responses import get_account_id, get_region
from ministack.services import cloudformation, dynamodb, lambda_svc, s3, sqs

from duracloud.local.emulator.common import LOG, Row
from duracloud.local.emulator.journal import Change, Journal, Tree, differences, fold

# Metrics, log lines and whatever changed without a call are looked for so often.
_EVERYTHING_SECONDS: Final = 10.0
_LONGEST_JOURNAL: Final = 64 * 1024 * 1024
_NEVER: Final = float("-inf")
_ATTEMPTS: Final = 5
_READS: Final = ("Describe", "Get", "List", "Head", "Lookup", "Filter", "Simulate", "Assume", "Publish", "PutEvents")
# Their changes are looked for where the data are.
_DATA: Final = frozenset(
    f"dynamodb:{verb}Item" for verb in ("Put", "Update", "Delete", "BatchWrite", "TransactWrite", "BatchGet")
) | {"dynamodb:Query", "dynamodb:Scan", "lambda:InvokeFunction"}
_Handler = Callable[..., Awaitable[Any]]


class _Writer:
    """What is on disk, what has changed since, and the only one who writes."""

    def __init__(self) -> None:
        self.one_at_a_time: Final = threading.RLock()
        self.journal: Final = Journal(Path(persistence.STATE_DIR))
        self.written: Tree = {}
        # Before, memory is empty and the disk is not.
        self.loaded = False
        self.everything_at: float = _NEVER
        self.fails = False
        self.deploys = False
        # Services that a call has changed, by the names of their state.
        self.called: set[str] = set()
        # Account, region, table and keys.
        self.rows: set[tuple[str, str, str, Any, Any]] = set()
        self.streams: set[tuple[str, str, str]] = set()
        # Messages that functions work on.
        self.in_hand: set[str] = set()

    def differs(self, *path: str, new: Any) -> Iterator[Change]:
        """Yield the changes from what is on disk at a path."""
        node: Any = self.written
        for name in path:
            if name not in node:
                yield [[*path], new]
                return
            node = node[name]
        yield from differences(node, new, *path)


_WRITER: Final = _Writer()


def journal_what_changed() -> None:
    """AWS keeps what it has acknowledged; the emulator writes its state at the end, one service after the other."""
    app.load_state, load_all = _load, app._load_persisted_state

    def load_all_first() -> None:
        load_all()
        _WRITER.loaded = True

    app._load_persisted_state = load_all_first
    app.save_all = lambda _: save(everything=True)
    names = {config["module"]: config.get("state_key", config["module"]) for config in app.SERVICE_REGISTRY.values()}
    for service, handler in list(app.SERVICE_HANDLERS.items()):
        module = app.SERVICE_REGISTRY[service]["module"]
        if module != "s3":
            app.SERVICE_HANDLERS[service] = _noting_calls(service, names[module], handler)
    s3.handle_request = _noting_calls("s3", "s3", s3.handle_request)
    # The journal may name the code of functions that are gone.
    lambda_svc._prune_orphan_code_blobs = lambda _: None
    _note_rows()
    _note_messages_in_hand()


def save(*, everything: bool = False) -> None:
    """Write what has changed; now and then also what changed without a call."""
    if not _WRITER.loaded:
        return
    with _WRITER.one_at_a_time:
        now = time.monotonic()
        try:
            _save(everything=everything or now - _WRITER.everything_at > _EVERYTHING_SECONDS)
        except OSError as error:
            _WRITER.everything_at = _NEVER
            if not _WRITER.fails:
                LOG.error("the state cannot be written: %s; it is tried again", error)
            _WRITER.fails = True
        except BaseException:
            _WRITER.everything_at = _NEVER
            raise
        else:
            _WRITER.fails = False


def _save(*, everything: bool) -> None:
    called, _WRITER.called = _WRITER.called, set()
    services = app._build_persistence_save_dict()
    # CloudFormation changes all services, without calls, until a moment ago.
    deployed, _WRITER.deploys = _WRITER.deploys or "cloudformation" in called, _deploys()
    if everything or deployed or _WRITER.deploys:
        called = set(services) - {"dynamodb"} | called
    if _WRITER.everything_at == _NEVER:
        called.add("dynamodb")
    changes = [*_places_in_streams(), *_queues(), *_rows(called)]
    for name in sorted(called & set(services) - {"sqs"}):
        changes += _service(name, services[name])
    fold(_WRITER.written, changes)
    size = _WRITER.journal.size
    if not size or size > _LONGEST_JOURNAL:
        _begin()
    elif changes:
        try:
            _WRITER.journal.add(changes)
        except OSError:
            # The next one begins anew.
            _WRITER.journal.close()
            raise
    if everything:
        _WRITER.everything_at = time.monotonic()


def _begin() -> None:
    _WRITER.journal.begin(_WRITER.written)
    # What a kill left unfinished, and the files that the emulator itself writes.
    for pattern in ("*.unfinished", "*.json", "*.json.tmp", "*.new"):
        for file in _WRITER.journal.file.parent.glob(pattern):
            file.unlink()


def _load(service: str) -> Any:
    if not _WRITER.written:
        _WRITER.written = _WRITER.journal.read() or {}
    if service not in _WRITER.written:
        # Written by the emulator itself, before there was a journal.
        return persistence.load_state(service)
    found = _WRITER.written[service]
    if found["__ministack_format__"] > persistence._state_format_version(service):
        raise ValueError(f"the state of {service} was written by a newer emulator")
    state = json.loads(json.dumps(found["payload"]), object_hook=persistence._json_object_hook)
    if service == "cloudformation":
        for stack in state["stacks"]._data.values():
            # Nothing goes on with it after a kill; a deployment accepts a stack in these states.
            status = stack["StackStatus"]
            if status.endswith("_IN_PROGRESS"):
                stack["StackStatus"] = "UPDATE_ROLLBACK_COMPLETE" if "UPDATE" in status else "ROLLBACK_COMPLETE"
    return state


def _deploys() -> bool:
    stacks = list(cloudformation._stacks._data.values())
    return any(stack.get("StackStatus", "").endswith("IN_PROGRESS") for stack in stacks)


def _service(name: str, get_state: Callable[[], Any]) -> Iterator[Change]:
    for attempt in range(_ATTEMPTS):
        try:
            state = get_state()
            break
        except RuntimeError:
            # A dictionary changed while it was copied.
            if attempt == _ATTEMPTS - 1:
                raise
    if state is None:
        return
    payload = _tree(state)
    if name == "lambda":
        # Written before the queues, and not after them.
        payload["dynamodb_stream_positions"] = _at("lambda", "payload", "dynamodb_stream_positions")
    whole = {"__ministack_format__": persistence._state_format_version(name), "payload": payload}
    yield from _WRITER.differs(name, new=whole)


def _places_in_streams() -> Iterator[Change]:
    if "lambda" in _WRITER.written:
        places = _scoped(_copy(lambda_svc._dynamodb_stream_positions._data))
        yield from _WRITER.differs("lambda", "payload", "dynamodb_stream_positions", new=places)


def _queues() -> Iterator[Change]:
    with sqs._queues_lock:
        queues, in_hand = _copy(sqs._queues._data), set(_WRITER.in_hand)
    for queue in queues.values():
        for message in queue["messages"]:
            if message["id"] in in_hand:
                # The function ends with the emulator: the message comes again at once, and this attempt is not counted.
                count = max(0, message["receive_count"] - 1)
                message |= {"visible_at": 0, "receipt_handle": None, "receive_count": count}
    whole = {"__ministack_format__": persistence._state_format_version("sqs"), "payload": {"queues": _scoped(queues)}}
    yield from _WRITER.differs("sqs", new=whole)


def _rows(called: set[str]) -> Iterator[Change]:
    """Yield what was written to tables and streams. An expiry and its stream record come together."""
    found: list[Change] = []
    with dynamodb._lock:
        rows, _WRITER.rows = _WRITER.rows, set()
        streams, _WRITER.streams = _WRITER.streams, set()
        if "dynamodb" in called:
            return
        for account, region, name, partition, sort in rows:
            store = ["dynamodb", "payload", "tables", "data", _name(account, region, name)]
            if not _at(*store) or not isinstance(partition, str) or not isinstance(sort, str):
                called.add("dynamodb")
                return
            table = dynamodb._tables.get_scoped(account, region, name)
            item = table["items"].get(partition, {}).get(sort) if table else None
            place = [*store, "items", partition, sort]
            found.append([place] if item is None else [place, _tree(_copy(item))])
        for account, region, name in streams:
            if (change := _new_records(account, region, name)) is None:
                called.add("dynamodb")
                return
            found += change
    yield from found


def _new_records(account: str, region: str, table: str) -> list[Change] | None:
    """Return what a stream has gained and lost, None if it is not the one on disk."""
    name = _name(account, region, table)
    written = _at("dynamodb", "payload", "stream_records", "data", name)
    before = _at("dynamodb", "payload", "stream_trimmed", "data", name) or 0
    trimmed = dynamodb._stream_trimmed.get_scoped(account, region, table, 0)
    records = dynamodb._stream_records.get_scoped(account, region, table)
    known = before + len(written) - trimmed
    if not isinstance(written, list) or records is None or not 0 <= known <= len(records):
        return None
    place = ["dynamodb", "payload", "stream_records", "data", name]
    changes: list[Change] = [[place, len(written), 0, _tree(_copy(records[known:]))]]
    if trimmed != before:
        changes.append([place, 0, trimmed - before, []])
        changes.append([["dynamodb", "payload", "stream_trimmed", "data", name], trimmed])
    return changes


def _at(*path: str) -> Any:
    node: Any = _WRITER.written
    for name in path:
        node = node.get(name, {})
    return node


def _copy(value: Any) -> Any:
    """Copy plain values in one step, between two steps of all other threads."""
    return marshal.loads(marshal.dumps(value))  # noqa: S302 (what it was given a moment ago)


def _tree(value: Any) -> Any:
    return json.loads(json.dumps(value, default=persistence._json_default))


def _scoped(data: Row) -> Tree:
    found = {_name(*key): _tree(value) for key, value in data.items()}
    return {"__account_region_scoped__": True, "data": found}


def _name(account: str, region: str, key: object) -> str:
    return f"{account}\x00{region}\x00{key!r}"


def _noting_calls(service: str, state: str, handler: _Handler) -> _Handler:
    async def handle(
        method: str, path: str, headers: Row, body: bytes, query_params: Row, *rest: Any, **named: Any
    ) -> Any:
        answer = await handler(method, path, headers, body, query_params, *rest, **named)
        if service == "s3":
            # Objects are files, written with each call.
            changes = method not in {"GET", "HEAD"} and "/" not in path.strip("/")
        else:
            action = iam_actions.extract_iam_action(service, method, path, headers, body, query_params) or ""
            changes = action not in _DATA and not action.partition(":")[2].startswith(_READS)
        if changes:
            _WRITER.called.add(state)
        return answer

    return handle


def _note_rows() -> None:
    set_item, remove, replaced, emit = (
        dynamodb._set_item,
        dynamodb._remove_item,
        dynamodb._items_replaced,
        dynamodb._emit_stream_event,
    )

    def note(table: Row, partition: Any, sort: Any) -> None:
        _, _, _, region, account, name = table["TableArn"].split(":", 5)
        _WRITER.rows.add((account, region, name.removeprefix("table/"), partition, sort))

    def set_and_note(table: Row, partition: Any, sort: Any, item: Row) -> Any:
        old = set_item(table, partition, sort, item)
        note(table, partition, sort)
        return old

    def remove_and_note(table: Row, partition: Any, sort: Any) -> Any:
        old = remove(table, partition, sort)
        note(table, partition, sort)
        return old

    def replaced_and_noted(table: Row) -> None:
        replaced(table)
        _WRITER.called.add("dynamodb")

    def emit_and_note(table_name: str, *args: Any, **kwargs: Any) -> None:
        emit(table_name, *args, **kwargs)
        if table_name in dynamodb._stream_records:
            _WRITER.streams.add((get_account_id(), get_region(), table_name))

    dynamodb._set_item, dynamodb._remove_item = set_and_note, remove_and_note
    dynamodb._items_replaced, dynamodb._emit_stream_event = replaced_and_noted, emit_and_note


def _note_messages_in_hand() -> None:
    receive, run = sqs._receive_messages_for_esm, lambda_svc._run_sqs_batch

    def receive_and_note(*args: Any) -> list[Row]:
        batch: list[Row] = receive(*args)
        _WRITER.in_hand |= {message["id"] for message in batch}
        return batch

    def run_and_note(esm: Row, func: Row, event: Row, batch: list[Row], *rest: Any) -> Any:
        try:
            return run(esm, func, event, batch, *rest)
        finally:
            _WRITER.in_hand -= {message["id"] for message in batch}

    sqs._receive_messages_for_esm, lambda_svc._run_sqs_batch = receive_and_note, run_and_note
