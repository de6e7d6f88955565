import re

from duracloud.cost import model, tables
from duracloud.cost import work as work_of
from duracloud.cost.bill import total
from duracloud.cost.engines import engines

NETWORK = 75e6
PROSE = tables.PAGE.with_name("cost.md")
# What AWS published for its own solution follows from no price.
PUBLISHED = {"$3.00"}


def _amounts(text: str) -> set[str]:
    return set(re.findall(r"\$\d[\d,]*(?:\.\d+)?|[\d.]+ MB", text))


def test_tables_are_current() -> None:
    """Whoever changes a price, a figure or a setting writes them anew: `duracloud cost --write-tables`."""
    assert tables.page(tables.described()) == tables.PAGE.read_text("utf-8")


def test_amounts_in_the_prose_are_in_the_tables() -> None:
    """Every amount of money and size that the page names stands in a summary table, except what others published."""
    summary, *_ = tables.PAGE.read_text("utf-8").split(": every line of a month")

    assert set() == _amounts(PROSE.read_text("utf-8")) - _amounts(summary) - PUBLISHED


def test_prose_is_short() -> None:
    """The page explains the tables in at most 1,500 words."""
    assert len(PROSE.read_text("utf-8").split()) <= 1_500


def test_verdicts_in_the_prose_are_those_of_the_model() -> None:
    """What the page says without an amount holds: which goals are met, what keeps up, and what nothing meets."""
    environment = tables.described()
    memory = environment.settings.functions.checksum_verification.memory_mib

    for goal in (model.VERIFIED_GOAL, model.VERIFIED_STRETCH):
        size = model.smallest_verified_for(environment, goal, NETWORK)
        assert size is not None
        assert total(model.terabyte_verified(environment, size, NETWORK)) <= goal
        assert total(model.terabyte_verified(environment, size * 0.9, NETWORK)) > goal
    assert work_of.read_rate(memory, 1e12) > NETWORK
    for _, changed in model.alternatives(environment):
        assert total(model.million_deposits(changed, NETWORK)) > model.DEPOSITS_GOAL
    standard = engines(environment, NETWORK)[0]
    assert standard.job_per_gigabyte > standard.reading_per_gigabyte


def test_each_step_makes_small_deposits_cheaper() -> None:
    """Only all steps together meet the goal, as the page says."""
    *before, last = (dollars for _, dollars in model.cheaper_deposits(tables.described(), NETWORK))

    assert sorted([*before, last], reverse=True) == [*before, last]
    assert last <= model.DEPOSITS_GOAL < min(before)


def test_a_batch_of_small_deposits_is_quick_with_the_memory_that_the_page_names() -> None:
    """With it S3 is not asked again, and with what is set it is."""
    environment = tables.described()
    quick = model.with_memory(environment, model.QUICK_MEMORY_MIB)

    asked = [
        any(line.what == "looking at slow deposits" for line in model.million_deposits(found, NETWORK))
        for found in (environment, quick)
    ]

    assert [True, False] == asked


def test_rate_at_which_no_size_meets_the_goal_is_said() -> None:
    """Where Lambda gets a megabyte a second from S3, a terabyte of no objects is verified for the goal."""
    rows = tables.units(tables.described(), 1e6).rows

    assert ["of no size"] == [
        figure for what, figure in rows if what == "size of objects for which 1 TB verified costs at most $0.25"
    ]
