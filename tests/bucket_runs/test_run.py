from datetime import timedelta

from runtime.bucket_runs.run import planned, supersedes
from runtime.sweep.slices import Sweep
from tests.support.builders import NOW
from tests.support.sweep_fakes import SWEEP

SECOND = timedelta(seconds=1)


def test_a_bucket_that_vanished_with_its_objects_is_still_looked_at() -> None:
    """What the latest report found objects in does not drop out because S3 does not list it; emptied buckets do."""
    latest = {"buckets": {"gone": {"objects": 2}, "emptied": {"objects": 0}, "there": {"objects": 1}}}

    assert ["gone", "new", "there"] == planned(["there", "new"], latest)
    assert ["new", "there"] == planned(["there", "new"], None)


def test_a_later_sweep_takes_the_place_of_an_earlier_one() -> None:
    """Never the other way round, whenever they end."""
    report = {"started": SWEEP.time}

    assert supersedes(Sweep(NOW + SECOND), report)
    assert not supersedes(Sweep(NOW - SECOND), report)
    assert supersedes(SWEEP, None)
    assert [False, True] == [supersedes(SWEEP, report, itself=itself) for itself in (False, True)]
