"""How fast each partition key may be called: slower after a throttle, slowly faster after each success.

DynamoDB gives each partition so much throughput, whatever the whole table may take:
https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/bp-partition-key-design.html
"""

from collections.abc import Hashable
from typing import Final

import attrs

# More than one execution environment asks for, so a few throttles bring it down to what there is.
_FIRST_RATE: Final = 100.0
# So that a partition key is never given up.
_LOWEST_RATE: Final = 0.2
_LOWERED_TO: Final = 0.7
# Calls a second that are added each second; at a low rate less, a share of it with each success.
_GROWTH: Final = 1.0
_HIGHEST_GROWTH: Final = 0.05
_FORGOTTEN_AFTER_SECONDS: Final = 60.0


@attrs.define
class _Pace:
    """The pace of one partition key."""

    rate: float = _FIRST_RATE  # calls a second
    next_call: float = 0.0  # the earliest moment of the next call
    lowered: float = 0.0  # when the rate was lowered last


@attrs.define
class Paces:
    """The paces of all partition keys that were throttled lately. All others may be called at once.

    Each key has a pace of its own, so a bucket that is busy slows no other bucket. Rates rise by addition and fall by
    multiplication: many execution environments that know nothing of each other then share a partition evenly. Moments
    are seconds of a clock that never goes back.
    """

    _paces: dict[Hashable, _Pace] = attrs.field(factory=dict)

    def reserve(self, key: Hashable, now: float, longest: float) -> float | None:
        """Reserve the next call; return the seconds to wait for it, or None if they are more than the longest wait."""
        pace = self._paces.get(key)
        if pace is None:
            return 0.0
        if now - pace.lowered > _FORGOTTEN_AFTER_SECONDS:
            del self._paces[key]
            return 0.0
        wait = max(0.0, pace.next_call - now)
        if wait > longest:
            return None
        pace.next_call = now + wait + 1 / pace.rate
        return wait

    def throttled(self, key: Hashable, called: float, now: float) -> None:
        """Lower the rate after a call was throttled; calls made before it was lowered last lower it no more."""
        pace = self._paces.setdefault(key, _Pace(next_call=now))
        if called < pace.lowered:
            return
        pace.rate = max(_LOWEST_RATE, pace.rate * _LOWERED_TO)
        pace.lowered = now
        pace.next_call = max(pace.next_call, now + 1 / pace.rate)

    def succeeded(self, key: Hashable, *, waited: bool) -> None:
        """Raise the rate after a call was taken, if the rate is what held it back."""
        pace = self._paces.get(key)
        if pace is not None and waited:
            pace.rate += min(_GROWTH / pace.rate, _HIGHEST_GROWTH * pace.rate)
