from collections.abc import Iterable
from typing import Any

import attrs
import pytest

from duracloud.cost import assumptions as f
from duracloud.cost import model, storage
from duracloud.cost import work as work_of
from duracloud.cost.assumptions import Workload
from duracloud.cost.bill import Environment, Line, Part, total
from duracloud.cost.counts import Counts
from duracloud.cost.engines import Engines, engines
from duracloud.cost.prices import UnknownPriceError, load_prices
from duracloud.cost.work import FULL, Batch
from stacks.config import Settings, load_settings

PRICES = load_prices()
COUNTS = Counts(queues=7, alarm_metrics=90, dashboards=1, hourly_metrics=8, daily_metrics=12)
NETWORK = 75e6
WORK = Workload(objects=1e6, size=1e13, deposits=10_000)


def _environment(group: str = "", **changes: object) -> Environment:
    """Return production, or production with changes in a group of its settings."""
    settings: Settings = load_settings("prod")
    changed: dict[str, Any] = {group: attrs.evolve(getattr(settings, group), **changes)} if group else {}
    return Environment(settings=attrs.evolve(settings, **changed), counts=COUNTS, prices=PRICES)


def _quantities(lines: Iterable[Line]) -> dict[str, float]:
    found: dict[str, float] = {}
    for line in lines:
        found[line.what] = found.get(line.what, 0) + line.quantity
    return found


def test_every_part_of_the_bill_is_there() -> None:
    """A month with a customer key and replicas that are read costs something in every part."""
    environment = _environment("fixity", replica_check="read")

    assert set(Part) == {line.part for line in model.month(environment, WORK)}


def test_line_is_quantity_times_price() -> None:
    """Each line can be followed: its dollars are its quantity at its price."""
    for line in model.month(_environment(), WORK):
        assert line.dollars == pytest.approx(line.quantity * float(line.price.dollars) / line.price.per)
        assert line.how


def test_intelligent_tiering_follows_the_interval() -> None:
    """Read every 180 days, an object is 30 days in the first tier, 60 in the second, and the rest in the third."""
    assert pytest.approx({"frequent": 1 / 6, "infrequent": 1 / 3, "archive": 1 / 2}) == _tiers(180)
    assert {"frequent": 1, "infrequent": 0, "archive": 0} == _tiers(30)
    assert {"frequent": 0.5, "infrequent": 0.5, "archive": 0} == _tiers(60)
    assert {"frequent": 0, "infrequent": 0, "archive": 1} == _tiers(None)


def _tiers(days: int | None) -> dict[str, float]:
    return dict(zip(("frequent", "infrequent", "archive"), storage.tier_shares(days), strict=True))


def test_every_byte_is_kept_once_in_each_copy() -> None:
    """Waiting and settled bytes of a copy come to what is held; the overhead of an archive class comes on top."""
    environment = _environment()
    main = _quantities(storage.kept(storage.main_copy(environment), WORK))
    main.pop("monitoring of Intelligent-Tiering")
    replicas = _quantities(storage.kept(storage.replica(environment), WORK))
    settled = WORK.objects - WORK.deposits * 8 / f.DAYS_PER_MONTH

    assert WORK.size / f.GIB == pytest.approx(sum(main.values()))
    assert (WORK.size + settled * 40 * 1024) / f.GIB == pytest.approx(sum(replicas.values()))
    assert "DEEP_ARCHIVE" in replicas


def test_small_objects_stay_in_their_first_class() -> None:
    """S3 moves no objects under 128 KiB, so they cost neither transitions nor monitoring, and lie in S3 Standard."""
    environment = _environment()
    small = Workload(objects=1e6, size=1e6 * 10_000, deposits=10_000)

    lines = model.month(environment, small)

    assert {"STANDARD"} == {line.what for line in lines if line.part in {Part.MAIN, Part.REPLICAS}}
    assert not [line for line in lines if line.part is Part.TRANSITIONS]
    assert 10_000 == _quantities(lines)["events of S3"]


def test_small_replicas_written_into_a_class_with_a_least_size_are_paid_for_as_larger_ones() -> None:
    """Infrequent access counts an object of 10 KB as one of 128 KiB."""
    environment = _environment("lifecycle", replication_storage_class="STANDARD_IA")
    small = Workload(objects=1e6, size=1e6 * 10_000, deposits=0)

    found = _quantities(storage.kept(storage.replica(environment), small))

    assert {"STANDARD_IA": pytest.approx(1e6 * 128 * 1024 / f.GIB)} == found


def test_small_replicas_written_into_intelligent_tiering_stay_in_its_first_tier() -> None:
    """Objects under 128 KiB are neither moved between tiers nor monitored."""
    environment = _environment("lifecycle", replication_storage_class="INTELLIGENT_TIERING")
    small = Workload(objects=1e6, size=1e6 * 10_000, deposits=0)

    found = _quantities(storage.kept(storage.replica(environment), small))

    assert {"INTELLIGENT_TIERING, frequent": pytest.approx(1e10 / f.GIB)} == {
        what: quantity for what, quantity in found.items() if quantity
    }


def test_large_volumes_are_cheaper_beyond_their_limits() -> None:
    """The first 50 TB, the next 450 and the rest of S3 Standard have their own prices."""
    environment = _environment("lifecycle", main_transition_days=3650)
    held = Workload(objects=1e6, size=1000 * 1024 * f.GIB, deposits=1e9)

    lines = [line for line in storage.kept(storage.main_copy(environment), held) if line.quantity]

    assert [50 * 1024, 450 * 1024, 500 * 1024] == [pytest.approx(line.quantity) for line in lines]
    assert ["0.023", "0.022", "0.021"] == [str(line.price.dollars) for line in lines]


def test_evidence_is_kept_in_its_class_and_small_files_in_the_first() -> None:
    """Files of 100 KB are paid for as 128 KiB in the second class; of 20 KB they stay where they were written."""
    environment = _environment()
    months = 3650 / f.DAYS_PER_MONTH

    large, small = (
        _quantities(storage.kept_evidence(environment, Part.AUDIT, "events", "how", (files * size, files)))
        for files, size in ((10, 100_000), (50, 20_000))
    )

    assert {
        "events, kept": pytest.approx(1e6 * 91 / f.DAYS_PER_MONTH / f.GIB),
        "events, kept in GLACIER_IR": pytest.approx(10 * 128 * 1024 * (months - 91 / f.DAYS_PER_MONTH) / f.GIB),
        "events, moved to GLACIER_IR": 10,
    } == large
    assert {"events, kept": pytest.approx(1e6 * months / f.GIB)} == small


def test_l50_lists_are_paid_for_until_they_are_removed() -> None:
    """Inventories and logs count for the day on which they are noncurrent as well, and for a day of S3's delay."""
    found = _quantities(storage.lists(_environment(), Workload(objects=1e6, size=1e13, deposits=0), checks=1e6))

    assert 1e6 * 32 * f.INVENTORY_LINE_BYTES / f.GIB == pytest.approx(found["inventories, kept"])
    assert 1e6 * 367 / f.DAYS_PER_MONTH * f.ACCESS_LOG_LINE_BYTES / f.GIB == pytest.approx(found["access logs, kept"])


def test_evidence_that_is_moved_costs_less() -> None:
    """Ten years of exports, reports and audit trail are cheaper in the second class than in S3 Standard."""
    moved, unmoved = _environment(), _environment("lifecycle", evidence_storage_class="STANDARD")

    ours, theirs = (
        total(line for line in model.month(found, WORK) if line.part in {Part.AUDIT, Part.REPORT})
        for found in (moved, unmoved)
    )

    assert ours < 0.5 * theirs


def test_checks_follow_the_interval() -> None:
    """Half the interval, twice the checks, and twice the units that they write."""
    usual, twice = _environment(), _environment("fixity", check_interval_days=90)

    once, doubled = (_quantities(model.month(found, WORK)) for found in (usual, twice))

    assert 1e6 * f.DAYS_PER_MONTH / 180 == pytest.approx(once["reading main copies"])
    for what in ("reading main copies", "looking at replicas", "writing records and rows of checks"):
        assert 2 * once[what] == pytest.approx(doubled[what])


def test_reading_waits_for_the_network_or_for_the_processor() -> None:
    """With a whole processor the network is slower; with 256 MiB the processor is."""
    assert NETWORK == work_of.read_rate(1769, NETWORK)
    assert 256 / 1769 * f.GIB / f.CPU_SECONDS_PER_GIB == pytest.approx(work_of.read_rate(256, NETWORK))


def test_replicas_that_are_read_cost_transfer() -> None:
    """Reading replicas takes their bytes across regions, and twice the bytes through Lambda."""
    stated, read = _environment(), _environment("fixity", replica_check="read")
    small = Batch(number=1000, size=100_000, pace=FULL, network=NETWORK)

    one, both = (_quantities(work_of.reading(found, small)) for found in (stated, read))

    assert "transfer of replicas" not in one
    assert 1000 * 100_000 / f.GIB == pytest.approx(both["transfer of replicas"])
    assert both["checksum-verification, time"] > one["checksum-verification, time"]


def test_archived_replicas_are_not_read() -> None:
    """The service reads no replica in an archive class, whatever the setting says."""
    environment = _environment("fixity", replica_check="read")
    large = Batch(number=1000, size=1e9, pace=FULL, network=NETWORK)

    assert "transfer of replicas" not in _quantities(work_of.reading(environment, large))


@pytest.mark.parametrize(("storage_class", "fee"), [("STANDARD_IA", 0.01), ("GLACIER_IR", 0.03)])
def test_classes_with_retrieval_fee_charge_checks(storage_class: str, fee: float) -> None:
    """Reading a main copy of such a class is charged by the byte."""
    environment = _environment("lifecycle", main_storage_class=storage_class, main_transition_days=30)
    batch = Batch(number=10, size=f.GIB, pace=FULL, network=NETWORK)

    [line] = [found for found in work_of.reading(environment, batch) if found.what == "retrieval of main copies"]

    assert 10 * fee == pytest.approx(line.dollars)


def test_batches_fill_while_they_wait() -> None:
    """Few checks come one by one; many fill batches to their limits."""
    environment = _environment()

    few, many = work_of.even(environment, 1), work_of.even(environment, 1e12)

    assert {"queue": 1, "stream": 1, "audit": 1} == pytest.approx(attrs.asdict(few), abs=0.001)
    assert FULL == many


def test_provisioned_tables_cost_hours() -> None:
    """Provisioned capacity is paid for by the hour, and at least the least capacity."""
    environment = _environment("tables", billing="provisioned", min_capacity=10)
    nothing = Workload(objects=1, size=1, deposits=0)

    found = _quantities(model.month(environment, nothing))

    assert 2 * 10 * f.HOURS_PER_MONTH == pytest.approx(found["least write capacity"], rel=0.01)
    assert 2 * 10 * f.HOURS_PER_MONTH == pytest.approx(found["least read capacity"], rel=0.01)


def test_customer_key_costs_a_key_in_each_region() -> None:
    """With a customer key there are two more keys, and their uses."""
    arn = "arn:aws:kms:us-west-2:333333333333:key/abc"
    environment = _environment("encryption", mode="customer-key", replica_key_arn=arn)

    found = _quantities(model.month(environment, WORK))

    assert 1 == found["signing key"]
    assert 2 == found["customer keys"]
    assert found["uses of the customer keys"] > 0


def test_replication_time_control_is_charged_where_it_is_on() -> None:
    """Its fee is there only with the setting; the metrics of the buckets are there without it too."""
    on, off = (
        _quantities(storage.replication(_environment("requests", replication_time_control=found), WORK))
        for found in (True, False)
    )

    assert {"Replication Time Control"} == set(on) - set(off)
    assert 40 == on["replication metrics"] == off["replication metrics"]


def test_slow_deposits_are_looked_at_once_more() -> None:
    """Objects that take longer than a tenth of a second cost a HEAD each, and the time of it; quick ones do not."""
    environment = _environment()
    one = Batch(number=1000, size=1000, pace=attrs.evolve(FULL, queue=1), network=NETWORK)
    ten, large = attrs.evolve(one, pace=FULL), attrs.evolve(one, size=1e8)

    quick, *slow = (_quantities(work_of.deposits(environment, batch)) for batch in (one, ten, large))

    assert "looking at slow deposits" not in quick
    assert [1000, 1000] == [found["looking at slow deposits"] for found in slow]


def test_environment_at_rest_costs_what_the_templates_hold() -> None:
    """Alarms, metrics, dashboards and queues are paid for as often as they were counted."""
    found = _quantities(model.at_rest(_environment()))

    assert {"alarms": 90, "dashboards": 1, "own metrics": 8.5}.items() <= found.items()
    assert 7 * f.IDLE_POLLS_PER_QUEUE == found["looking for messages"]


@pytest.mark.parametrize(
    ("schedule", "sweeps"), [("cron(0 3 * * ? *)", 1), ("rate(7 days)", 1 / 7), ("rate(1 hour)", 24)]
)
def test_sweeps_follow_their_schedule(schedule: str, sweeps: float) -> None:
    """A sweep once a week costs a seventh of one a day."""
    environment = _environment("sweep", schedule=schedule)

    assert sweeps * f.DAYS_PER_MONTH == pytest.approx(work_of.sweeps_of(environment))


def test_a_sweep_asks_once_for_a_thousand_objects() -> None:
    """S3 lists 1,000 objects at once, and takes for that what it takes for a PUT."""
    [listing] = [line for line in model.million_swept(_environment()) if line.what == "listing objects"]

    assert 1_000 == listing.quantity
    assert pytest.approx(0.005) == listing.dollars


def test_region_without_prices_is_refused() -> None:
    """No figure is made up for a region that the table does not know."""
    settings = attrs.evolve(load_settings("prod"), region="eu-west-1")

    with pytest.raises(UnknownPriceError, match="eu-west-1"):
        model.month(Environment(settings=settings, counts=COUNTS, prices=PRICES), WORK)


def test_bill_of_nothing_deposited_has_no_deposits() -> None:
    """Without deposits nothing is replicated, moved or announced; only the metrics of the buckets go on."""
    quiet = attrs.evolve(WORK, deposits=0)

    lines = model.month(_environment(), quiet)

    assert {"replication metrics"} == {line.what for line in lines if line.part is Part.REPLICATION}
    assert not {line.part for line in lines} & {Part.TRANSITIONS, Part.EVENTS}


def test_a_whole_processor_is_dearer_and_provisioned_tables_are_cheaper() -> None:
    """The settings that the report compares change what they are said to change."""
    costs = {
        what: (total(model.terabyte_verified(found, 1e9, NETWORK)), total(model.million_deposits(found, NETWORK)))
        for what, found in model.alternatives(_environment())
    }

    as_it_is, memory, tables = costs.values()
    assert as_it_is[0] < memory[0] / 3
    assert tables[1] < as_it_is[1] - 1


def test_what_costs_most_is_named() -> None:
    """The part with the largest share of some lines is named with its share."""
    assert model.dominant(model.million_swept(_environment())) == "sweep (100%)"


def _engine(*, reading_per_gigabyte: float = 1, reading_per_object: float = 1) -> Engines:
    return Engines(
        storage_class="STANDARD",
        reading_per_gigabyte=reading_per_gigabyte,
        reading_per_object=reading_per_object,
        job_per_gigabyte=2,
        job_per_object=2,
    )


def test_engine_that_is_cheaper_in_both_has_no_break_even() -> None:
    """Where one engine asks less per byte and per object there is no size at which they are equal."""
    assert (None, "reading") == (_engine().break_even, _engine().verdict)
    dearer = _engine(reading_per_gigabyte=3, reading_per_object=3)
    assert (None, "S3's job") == (dearer.break_even, dearer.verdict)


def test_engines_cost_the_same_at_the_break_even() -> None:
    """At the size that is told, both cost the same, and on its sides the verdict holds."""
    engine = _engine(reading_per_gigabyte=4)
    size = engine.break_even

    assert size is not None
    assert engine.reading(size) == pytest.approx(engine.job(size))
    assert "reading below, S3's job above" == engine.verdict
    assert engine.reading(size / 2) < engine.job(size / 2)
    assert engine.reading(size * 2) > engine.job(size * 2)


def test_reading_is_cheaper_in_standard_and_the_job_where_retrieval_is_charged() -> None:
    """The verdicts per storage class, at the settings of production."""
    found = {engine.storage_class: engine for engine in engines(_environment(), NETWORK)}

    assert "reading" == found["STANDARD"].verdict
    assert {"S3's job"} == {found[name].verdict for name in ("STANDARD_IA", "ONEZONE_IA", "GLACIER_IR")}
    assert f.SMALLEST_TRANSITION_BYTES == found["INTELLIGENT_TIERING"].break_even
    assert found["DEEP_ARCHIVE"].break_even
