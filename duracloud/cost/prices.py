"""Reads the price table, `prices.toml`."""

import tomllib
from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Final

import attrs

_TABLE: Final = Path(__file__).parent / "prices.toml"


class UnknownPriceError(Exception):
    """The table has no such price; the text is one line for the person who runs the command."""


@attrs.frozen(kw_only=True)
class Price:
    """What AWS charges for something; `prices.toml` says what each field is."""

    name: str
    dollars: Decimal
    per: int = 1
    unit: str
    source: str
    seen: str = ""
    date: date

    def of(self, quantity: float) -> float:
        """Return the dollars for a quantity of the unit."""
        return quantity * float(self.dollars) / self.per

    def __str__(self) -> str:
        """Return it as in `$0.005 per 1,000 requests`."""
        return f"${self.dollars} per {'' if self.per == 1 else f'{self.per:,} '}{self.unit}"


@attrs.frozen
class PriceTable:
    """The prices of all regions, by name and region."""

    _prices: Mapping[tuple[str, str], Price]

    def get(self, name: str, region: str) -> Price:
        """Return a price.

        Raises:
            UnknownPriceError: the table does not have it.
        """
        if (name, region) not in self._prices:
            known = ", ".join(sorted({place for _, place in self._prices}))
            raise UnknownPriceError(
                f"there is no price {name!r} for {region} in duracloud/cost/prices.toml,"
                f" which knows {known}; add it there"
            )
        return self._prices[name, region]

    def all(self) -> tuple[tuple[str, Price], ...]:
        """Return every price with its region, in the order of the table."""
        return tuple((region, price) for (_, region), price in self._prices.items())


def load_prices(text: str | None = None) -> PriceTable:
    """Read the table: `prices.toml`, or the text if there is one."""
    prices: dict[tuple[str, str], Price] = {}
    for page in tomllib.loads(_TABLE.read_text("utf-8") if text is None else text)["page"]:
        for entry in page["prices"]:
            regions, dollars = entry.pop("regions", page["regions"]), Decimal(entry.pop("dollars"))
            price = Price(**entry, dollars=dollars, source=page["source"], date=page["date"])
            for region in regions:
                if (price.name, region) in prices:
                    raise ValueError(f"the price {price.name!r} of {region} stands twice in duracloud/cost/prices.toml")
                prices[price.name, region] = price
    return PriceTable(prices)
