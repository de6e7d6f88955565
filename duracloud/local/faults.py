"""Faults of the local AWS on order.

Orders go to `/_duracloud/faults`: answer calls with an error, delay an answer, kill a function's processes, lose stream
records. A fault names IAM's action and a text in the path or body. It applies only to callers with our functions' user
agent. A drill waits until its fault applied, acts, and withdraws it.
"""

import json
import re
import threading
import urllib.request
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

import attrs

from duracloud.local.watching import eventually

PATH: Final = "/_duracloud/faults"
CALLER: Final = "duracloud/"
_ANSWER_SECONDS: Final = 10


@attrs.frozen(kw_only=True)
class Fault:
    """An error or delay for some of the functions' calls, until it is withdrawn."""

    action: str  # IAM's name of the calls, as a regular expression: `s3:GetObject.*`
    within: tuple[str, ...]  # regular expressions; the path or body matches all of them
    code: str = ""  # the error in the answer; empty: the call is done
    status: int = 503  # HTTP status of the error
    hold: bool = False  # the answer waits until the fault is withdrawn
    times: int | None = None  # how many calls at most; None for all

    def meets(self, action: str, text: str) -> bool:
        """Return whether a call is one of those."""
        return re.fullmatch(self.action, action) is not None and all(re.search(part, text) for part in self.within)


class FaultPlan:
    """The active faults, and how many calls met each. Lives in the emulator's process; several threads may use it."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._standing: dict[str, Fault] = {}
        self._met: dict[str, int] = {}

    def add(self, fault: Fault) -> str:
        """Activate a fault, and return its id."""
        name = uuid.uuid4().hex
        with self._lock:
            self._standing[name], self._met[name] = fault, 0
        return name

    def met(self, name: str) -> int:
        """Return how many calls have met a fault, one that was withdrawn too."""
        with self._lock:
            return self._met[name]

    def withdraw(self, name: str) -> None:
        """End a fault; what it holds back is answered."""
        with self._lock:
            self._standing.pop(name, None)

    def stands(self, name: str) -> bool:
        """Return whether a fault is active."""
        with self._lock:
            return name in self._standing

    def next(self, action: str, text: str) -> tuple[str, Fault] | None:
        """Return the fault for a call, or None. `text` is the call's path and body."""
        with self._lock:
            for name, fault in self._standing.items():
                left = fault.times is None or self._met[name] < fault.times
                if left and fault.meets(action, text):
                    self._met[name] += 1
                    return name, fault
        return None


@attrs.frozen
class ShownFault:
    """An active fault, for the caller that ordered it."""

    _orders: "Faults"
    _name: str

    @property
    def met(self) -> int:
        """How many calls have met it."""
        return int(self._orders.order("met", name=self._name))

    def wait(self, times: int) -> None:
        """Wait until so many calls have met it.

        Raises:
            LocalError: they did not come.
        """
        eventually(lambda: self.met, lambda met: met >= times, what=f"call {times} to meet an injected fault")

    def withdraw(self) -> None:
        """End it."""
        self._orders.order("withdraw", name=self._name)


@attrs.frozen
class Faults:
    """Orders faults from a running local AWS."""

    endpoint: str

    @contextmanager
    def shown(self, fault: Fault) -> Iterator[ShownFault]:
        """Keep a fault active during the block."""
        shown = ShownFault(self, self.order("add", fault=attrs.asdict(fault)))
        try:
            yield shown
        finally:
            shown.withdraw()

    def kill(self, function: str) -> int:
        """Kill the processes of a function that are at work, as with `kill -9`, and return their number."""
        return int(self.order("kill", function=function))

    def lose_stream(self, table: str) -> int:
        """Let a table's stream lose its records, as after 24 hours, and return their number."""
        return int(self.order("lose-stream", table=table))

    def order(self, what: str, **details: object) -> str:
        """Send one order and return the answer."""
        request = urllib.request.Request(  # noqa: S310 (our own address)
            self.endpoint + PATH, data=json.dumps({"order": what, **details}).encode(), method="POST"
        )
        with urllib.request.urlopen(request, timeout=_ANSWER_SECONDS) as answer:  # noqa: S310 (our own address)
            return str(json.load(answer))
