"""Calls to one DynamoDB table, each partition key at the pace that its partition takes."""

import random
import threading
import time
from collections.abc import Callable
from typing import Final, TypeVar

import attrs

from runtime.adapters.errors import translated, write_if
from runtime.shared.errors import ThrottledError, TransientError
from runtime.shared.pace import Paces

T = TypeVar("T")

# A deposit makes up to three calls in the 30 seconds that an invocation keeps for its writes.
_PATIENCE_SECONDS: Final = 10.0
_ATTEMPTS: Final = 4
_FIRST_PAUSE_SECONDS: Final = 0.1


@attrs.frozen(kw_only=True)
class Partitions:
    """Waits before calls to a partition that throttled others, and repeats what failed.

    The client should not retry by itself: the SDK's retries wait without regard to the partition, and all calls of a
    client share its retry quota, so that one busy partition takes the retries of all others. Its adaptive mode slows
    the whole client: https://docs.aws.amazon.com/sdkref/latest/guide/feature-retry-behavior.html
    """

    _now: Callable[[], float] = time.monotonic
    _sleep: Callable[[float], None] = time.sleep
    _random: Callable[[], float] = random.random
    _paces: Paces = attrs.field(factory=Paces, init=False)
    _lock: threading.Lock = attrs.field(factory=threading.Lock, init=False)

    def read(self, bucket: str, action: str, call: Callable[..., T], **request: object) -> T:
        """Make a call that reads, and return its answer. Partitions limit reads and writes apart.

        Raises:
            ThrottledError: the partition did not take it within ten seconds, or would not.
            TransientError: it failed four times.
            RefusedError: the table refused.
        """

        def asked() -> T:
            with translated(action):
                return call(**request)

        return self._paced((bucket, "read"), asked)

    def write_if(self, bucket: str, action: str, call: Callable[..., object], **request: object) -> bool:
        """Make a conditional write; return whether its condition held. Errors as in `read`."""
        return self._paced((bucket, "write"), lambda: write_if(action, call, **request))

    def _paced(self, key: tuple[str, str], call: Callable[[], T]) -> T:
        until = self._now() + _PATIENCE_SECONDS
        failed, reason = 0, ""
        while True:
            with self._lock:
                wait = self._paces.reserve(key, self._now(), until - self._now())
            if wait is None:
                text = f"{reason or 'throttled before'}; calls for {key[0]} wait longer than {_PATIENCE_SECONDS:.0f} s"
                raise ThrottledError(text)
            if wait:
                self._sleep(wait)
            called = self._now()
            try:
                answer = call()
            except ThrottledError as error:
                reason = str(error)
                with self._lock:
                    self._paces.throttled(key, called, self._now())
            except TransientError:
                failed += 1
                if failed == _ATTEMPTS:
                    raise
                self._sleep(self._random() * _FIRST_PAUSE_SECONDS * 2**failed)
            else:
                with self._lock:
                    self._paces.succeeded(key, waited=wait > 0)
                return answer
