"""Expiry of rows by their time to live."""

import contextvars
import threading
import time
from collections.abc import Iterator
from typing import Any, Final

from ministack.core.responses import request_scope
from ministack.services import dynamodb

from duracloud.local.emulator.common import Row

# https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/time-to-live-ttl-before-you-start.html
_OLDEST_EXPIRY_SECONDS: Final = 5 * 365 * 24 * 60 * 60
_EXPIRING: Final[contextvars.ContextVar[bool]] = contextvars.ContextVar("expiring", default=False)


def expire_rows_as_a_service() -> None:
    """DynamoDB's stream names the service that removed an expired row; the emulator's leaves no record at all."""
    build, remove = dynamodb._build_change_record, dynamodb._remove_item

    def build_with_identity(*args: Any, **kwargs: Any) -> Row:
        record: Row = build(*args, **kwargs)
        if _EXPIRING.get():
            record["userIdentity"] = {"type": "Service", "principalId": "dynamodb.amazonaws.com"}
        return record

    def remove_unless_reaper(table: Row, partition: Any, sort: Any) -> Any:
        if threading.current_thread().name == "dynamodb-ttl-reaper":
            return None
        return remove(table, partition, sort)

    dynamodb._build_change_record = build_with_identity
    dynamodb._remove_item = remove_unless_reaper


def expire_rows() -> None:
    """Remove what has expired, as the service would, within a second instead of days.

    DynamoDB never removes a row whose time is more than five years ago.
    """
    now = time.time()
    for (account, region, name), setting in list(dynamodb._ttl_settings.all_items()):
        table = dynamodb._tables.get_scoped(account, region, name)
        attribute = setting.get("AttributeName")
        if table is None or setting.get("TimeToLiveStatus") != "ENABLED":
            continue
        with request_scope(account, region), dynamodb._lock:
            for partition, sort in list(_expired(table, attribute, now)):
                old = dynamodb._remove_item(table, partition, sort)
                expiring = _EXPIRING.set(True)
                try:
                    dynamodb._emit_stream_event(name, "REMOVE", old, None)
                finally:
                    _EXPIRING.reset(expiring)


def _expired(table: Row, attribute: str, now: float) -> Iterator[tuple[Any, Any]]:
    for partition, rows in table["items"].items():
        for sort, item in rows.items():
            value = item.get(attribute, {}).get("N")
            if value is not None and now - _OLDEST_EXPIRY_SECONDS <= float(value) <= now:
                yield partition, sort
