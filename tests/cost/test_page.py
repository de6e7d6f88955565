import re

import pytest

from duracloud.cost import model
from duracloud.cost.bill import total
from duracloud.cost.page import PAGES, ROOT, described, filled, tables
from duracloud.cost.text import QUICK_MEMORY_MIB, figures

NETWORK = 75e6
BLOCK = re.compile(r"<!-- costs: .*?<!-- end of costs -->", re.DOTALL)
# What AWS published for its own solution follows from no price.
PUBLISHED = ["$3.00"]


def _page(page: str) -> str:
    return (ROOT / page).read_text("utf-8")


@pytest.mark.parametrize("page", PAGES)
def test_pages_say_what_the_model_says(page: str) -> None:
    """Whoever changes a price, a figure or a setting writes the pages anew: `python -m duracloud.cost.page`."""
    text = _page(page)

    assert filled(text, described()) == text


def test_every_table_is_on_the_page() -> None:
    """No table is made that nobody sees."""
    found = tables(described())

    assert {name for name in found if f"<!-- costs: {name} -->" in _page("docs/cost.md")} == set(found)


def test_every_figure_is_in_a_text() -> None:
    """No figure is computed that no page takes."""
    texts = "".join(map(_page, PAGES))

    assert [] == [name for name in figures(described()) if f"<!-- {name} -->" not in texts]


def test_no_dollars_in_a_text_are_written_by_hand() -> None:
    """Every amount of money outside the tables comes from the model, except what others published."""
    text = BLOCK.sub("", _page("docs/cost.md"))

    assert PUBLISHED == re.findall(r"\$[\d.,]*\d(?! ?<!--|[\d.,]*\d)", text)


def test_verdicts_in_the_text_are_those_of_the_model() -> None:
    """What the page says without a figure holds: which goals are met, what keeps up, and what nothing meets."""
    environment = described()
    found = figures(environment)

    for name, goal in (("goal-from", model.VERIFIED_GOAL), ("stretch-from", model.VERIFIED_STRETCH)):
        assert total(model.terabyte_verified(environment, float(found[name]) * 1e6, NETWORK)) <= goal
    assert float(found["hash-rate"]) > float(found["network"])
    for _, changed in model.alternatives(environment):
        assert total(model.million_deposits(changed, NETWORK)) > model.DEPOSITS_GOAL
    assert float(found["job-times"]) > 1


def test_a_batch_of_small_deposits_is_quick_with_the_memory_that_the_text_names() -> None:
    """With it S3 is not asked again, and with what is set it is."""
    environment = described()
    quick = model.with_memory(environment, QUICK_MEMORY_MIB)

    asked = [
        any(line.what == "looking at slow deposits" for line in model.million_deposits(found, NETWORK))
        for found in (environment, quick)
    ]

    assert [True, False] == asked
