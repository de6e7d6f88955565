"""Exports the checksum table and follows exports until they end: handler of two schedules."""

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
    """Start the export of a day, or note the ends of exports; return the export, or those whose end is news.

    Raises:
        MalformedMessageError: the event is neither `{"action": "start", "time": ...}` nor `{"action": "follow"}`.
        TransientError: a service did not answer; Lambda calls the function again.
        RefusedError: a service refused, for example without point-in-time recovery; the alarm on errors fires.
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
    # Published as 0 too: the alarm on failures has data as long as exports are followed.
    values = {Metric.EXPORTS_COMPLETED: len(ended) - failed, Metric.EXPORTS_FAILED: failed}
    publish(exporting.settings, values)
    return ended


@with_request_id
def handler(event: dict[str, Any], context: object) -> None:  # noqa: ARG001 (Lambda's signature)
    handle(event, bootstrap.export())


def _log(what: str, export: TableExport) -> None:
    log = logger.error if export.ended_badly else logger.info
    found = {"folder": export.prefix, "status": export.status.value, "failure": export.failure}
    log(what, extra={"export": export.arn, **found})
