import heapq
import itertools
import random
from collections import Counter

import attrs
import pytest

from runtime.shared.pace import Paces

LONGEST = 10.0


def _reserved(paces: Paces, key: str, now: float) -> float:
    wait = paces.reserve(key, now, LONGEST)
    assert wait is not None
    return wait


def _throttled(times: int, *, key: str = "hot", at: float = 0.0) -> Paces:
    paces = Paces()
    for number in range(times):
        moment = at + number * 0.01
        paces.throttled(key, moment, moment)
    return paces


def test_calls_wait_for_nothing_until_one_is_throttled() -> None:
    """A partition that takes everything is not slowed, however fast it is called."""
    paces = Paces()
    for number in range(1_000):
        assert not _reserved(paces, "calm", number / 1_000)
        paces.succeeded("calm", waited=False)


def test_l47_a_busy_partition_slows_only_itself() -> None:
    """After throttles of one bucket its calls are spaced; those of another go at once."""
    paces = _throttled(10)

    waits = [_reserved(paces, "hot", 1.0) for _ in range(10)]
    assert waits == sorted(waits)
    assert min(later - sooner for sooner, later in itertools.pairwise(waits)) > 0.1
    assert not any(_reserved(paces, "calm", 1.0) for _ in range(10))


def test_calls_throttled_together_lower_the_rate_once() -> None:
    """Ten calls that were under way at the same time are one sign that there were too many."""
    together, one = _throttled(1), _throttled(1)
    for _ in range(9):
        together.throttled("hot", -0.001, 0.1)

    for paces in (together, one):
        _reserved(paces, "hot", 1.0)
    assert _reserved(together, "hot", 1.0) == _reserved(one, "hot", 1.0)


def test_a_wait_that_is_too_long_is_said_and_takes_no_place() -> None:
    """Who would wait too long is told so, and those who can wait keep their turn."""
    paces = _throttled(100)
    first = 1.0 + _reserved(paces, "hot", 1.0)

    assert paces.reserve("hot", 1.0, 1.0) is None
    assert _reserved(paces, "hot", first) == pytest.approx(5.0)


def test_a_partition_that_was_not_throttled_for_a_minute_is_forgotten() -> None:
    """The load is over; what comes next goes at once."""
    paces = _throttled(20)

    assert _reserved(paces, "hot", 1.0) > 0
    assert not any(_reserved(paces, "hot", 62.0) for _ in range(10))


@attrs.define
class _Partition:
    """Takes so many calls a second, and stores what a second left for the next one."""

    calls_a_second: float
    left: float = 0.0
    moment: float = 0.0

    def takes(self, now: float) -> bool:
        self.left = min(self.calls_a_second, self.left + (now - self.moment) * self.calls_a_second)
        self.moment = now
        if self.left < 1:
            return False
        self.left -= 1
        return True


@pytest.mark.parametrize(("environments", "calls_a_second"), [(2, 20.0), (5, 50.0), (50, 500.0), (100, 500.0)])
def test_l47_execution_environments_share_a_partition(environments: int, calls_a_second: float) -> None:
    """Many limiters that know nothing of each other use a partition well, and few of their calls are throttled.

    Ten threads in each environment call, work for a fifth of a second after each success, and try again half a minute
    later if they would have to wait too long. What counts is the second of two minutes.
    """
    chance = random.Random(47)  # noqa: S311 (a simulation)
    paces, partition = [Paces() for _ in range(environments)], _Partition(calls_a_second)
    seen: Counter[str] = Counter()
    threads = [(chance.random(), number, False, 0.0) for number in range(10 * environments)]
    while threads[0][0] < 120:
        now, number, may_call, waited = heapq.heappop(threads)
        pace = paces[number // 10]
        if not may_call:
            wait = pace.reserve("hot", now, LONGEST)
            found, then = ("gave up", (30.0, False, 0.0)) if wait is None else ("", (wait, True, wait))
        elif partition.takes(now):
            pace.succeeded("hot", waited=waited > 0)
            found, then = "taken", (0.2, False, 0.0)
        else:
            pace.throttled("hot", now, now + 0.01)
            found, then = "throttled", (0.01, False, 0.0)
        seen[found] += now >= 60
        heapq.heappush(threads, (now + then[0], number, *then[1:]))

    assert seen["taken"] >= 0.94 * calls_a_second * 60
    assert seen["throttled"] <= 0.1 * seen["taken"]
    assert seen["gave up"] <= 0.01 * seen["taken"]
