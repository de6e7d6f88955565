"""Exports the checksum table and follows exports to their end: the handler of two schedules."""

from typing import Any, Final

from runtime import bootstrap
from runtime.contract import Metric
from runtime.events.timestamps import moment
from runtime.export.start_and_follow import Exporting, follow, start
from runtime.export.table_export import TableExport
from runtime.observability import logger, publish, with_request_id
from runtime.shared.errors import MalformedMessageError

_ALLOWED: Final = 'allowed: {"action": "start", "time": a moment in ISO 8601 with its zone} or {"action": "follow"}'


def handle(event: dict[str, Any], exporting: Exporting) -> list[TableExport]:
    """Start the export of a day, or note the ends of exports.

    Args:
        event: `{"action": "start", "time": ...}` or `{"action": "follow"}`.
        exporting: ports and settings.

    Returns:
        The export of the day, or the exports whose end is news.

    Raises:
        MalformedMessageError: the event is something else.
        TransientError: a service did not answer; Lambda calls the function again.
        RefusedError: a service refused, for example because point-in-time recovery is off: the alarm on errors speaks.
    """
    action = event.get("action")
    if action == "start":
        export = start(exporting, moment(event.get("time"), _ALLOWED))
        _log("export of the day", export)
        return [export]
    if action != "follow":
        raise MalformedMessageError(f"got the action {action!r}; {_ALLOWED}")
    ended = follow(exporting)
    for export in ended:
        _log("export ended", export)
    failed = sum(1 for export in ended if export.ended_badly)
    # Published also when nothing ended: an alarm on failures then has data as long as exports are followed.
    values = {Metric.EXPORTS_COMPLETED: len(ended) - failed, Metric.EXPORTS_FAILED: failed}
    publish(exporting.settings, values)
    return ended


@with_request_id
def handler(event: dict[str, Any], context: object) -> None:  # noqa: ARG001 (Lambda's signature)
    """Entry point of the function."""
    handle(event, bootstrap.export())


def _log(what: str, export: TableExport) -> None:
    log = logger.error if export.ended_badly else logger.info
    log(
        what,
        extra={
            "export": export.arn,
            "folder": export.prefix,
            "status": export.status.value,
            "failure": export.failure,
        },
    )
