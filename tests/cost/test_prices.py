from datetime import date

import pytest

from duracloud.cost.prices import PriceTable, UnknownPriceError, load_prices

TABLE = """
[[page]]
source = "https://aws.amazon.com/s3/pricing/"
regions = ["us-east-1"]
date = 2026-11-21
prices = [
  { name = "s3-put-standard", dollars = "0.005", per = 1_000, unit = "requests" },
]
"""


@pytest.fixture
def table() -> PriceTable:
    return load_prices(TABLE)


def test_every_price_has_amount_unit_source_and_date() -> None:
    """No price stands in the table without what it buys, AWS's page of it, and the day on which it was looked at."""
    found = load_prices().all()

    assert found
    for region, price in found:
        assert region.startswith("us-")
        assert price.dollars >= 0
        assert price.per >= 1
        assert price.unit
        assert price.source.startswith("https://aws.amazon.com/")
        assert price.source.endswith("/pricing/") or "/pricing/" in price.source
        assert price.seen == "" or price.seen.startswith("https://")
        assert date(2026, 1, 1) <= price.date


def test_price_buys_by_its_count(table: PriceTable) -> None:
    """A price for a thousand requests is a thousandth for one, and says so."""
    price = table.get("s3-put-standard", "us-east-1")

    assert 0.005 == pytest.approx(price.of(1_000))
    assert "$0.005 per 1,000 requests" == str(price)


def test_missing_price_is_said_in_one_line(table: PriceTable) -> None:
    """A region that the table does not know is named, with those that it knows."""
    with pytest.raises(
        UnknownPriceError, match=r"^there is no price 's3-put-standard' for eu-west-1 .* us-east-1; add"
    ):
        table.get("s3-put-standard", "eu-west-1")


def test_price_that_stands_twice_is_refused() -> None:
    """Two prices of the same thing in the same region would leave open which one counts."""
    with pytest.raises(ValueError, match="stands twice"):
        load_prices(TABLE + TABLE)


def test_price_may_have_regions_of_its_own() -> None:
    """What is charged differently from region to region stands on the same page of AWS."""
    table = load_prices(TABLE.replace('"s3-put-standard"', '"transfer", regions = ["us-west-2"]'))

    assert [("us-west-2", "transfer")] == [(region, price.name) for region, price in table.all()]
