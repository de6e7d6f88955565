"""Faults on order: errors, delays, killed functions, lost stream records."""

import asyncio
import json
from collections.abc import Callable
from http import HTTPStatus
from typing import Any, Final

from ministack import app
from ministack.core import iam_actions, lambda_runtime
from ministack.core.responses import error_response_json, error_response_xml
from ministack.services import dynamodb, s3

from duracloud.local.emulator.common import Row
from duracloud.local.faults import CALLER, PATH, Fault, FaultPlan

_PLAN: Final = FaultPlan()
_HOLD_TICK_SECONDS: Final = 0.05


def show_faults_on_order() -> None:
    """AWS fails by itself; the emulator fails, loses records and kills functions on order."""
    dispatch = app._dispatch_service_request
    orders: dict[str, Callable[[Row], Any]] = {
        "add": lambda order: _PLAN.add(Fault(**{**order["fault"], "within": tuple(order["fault"]["within"])})),
        "met": lambda order: _PLAN.met(order["name"]),
        "withdraw": lambda order: _PLAN.withdraw(order["name"]),
        "kill": lambda order: _kill_workers(order["function"]),
        "lose-stream": lambda order: _lose_stream_records(order["table"]),
    }

    async def dispatch_or_fail(method: str, path: str, headers: Row, body: bytes, *rest: Any) -> Any:
        if path == PATH:
            order = json.loads(body)
            answer = json.dumps(orders[order["order"]](order))
            return HTTPStatus.OK.value, {"Content-Type": "application/json"}, answer.encode()
        found = None
        if CALLER in headers.get("user-agent", ""):
            parameters = app._routing_params(method, path, headers, body, rest[0])
            service = app.detect_service(method, path, headers, parameters)
            action = iam_actions.extract_iam_action(service, method, path, headers, body, parameters) or ""
            found = _PLAN.next(action, f"{path}\n{body.decode(errors='replace')}")
        if found is None:
            return await dispatch(method, path, headers, body, *rest)
        name, fault = found
        answer = _error(service, fault) if fault.code else await dispatch(method, path, headers, body, *rest)
        while fault.hold and _PLAN.stands(name):  # noqa: ASYNC110 (the plan knows no event loop)
            await asyncio.sleep(_HOLD_TICK_SECONDS)
        return answer

    app._dispatch_service_request = dispatch_or_fail


def _error(service: str, fault: Fault) -> Any:
    text = "ordered by a drill"
    if service == "s3":
        return s3._error(fault.code, text, fault.status)
    if service == "sns":
        return error_response_xml(fault.code, text, fault.status)
    return error_response_json(fault.code, text, fault.status)


def _kill_workers(function: str) -> int:
    with lambda_runtime._lock:
        workers = [worker for pool in lambda_runtime._workers.values() for worker in pool]
    at_work = [worker for worker in workers if worker.func_name == function and worker.in_use and worker._proc]
    for worker in at_work:
        worker._proc.kill()
    return len(at_work)


def _lose_stream_records(table: str) -> int:
    with dynamodb._lock:
        records = dynamodb._stream_records.get(table) or []
        lost = len(records)
        dynamodb._stream_trimmed[table] = dynamodb._stream_trimmed.get(table, 0) + lost
        records.clear()
    return lost
