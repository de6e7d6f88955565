"""Reads the price table, `prices.toml`."""

import tomllib
from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any, Final

import attrs

_TABLE: Final = Path(__file__).parent / "prices.toml"


class UnknownPriceError(Exception):
    """The table has no such price; the text is one line for the person who runs the command."""


@attrs.frozen(kw_only=True)
class Price:
    """One price.

    Attributes:
        name: what is paid for.
        dollars: US dollars that buy `per` units.
        per: how many units they buy.
        unit: what is counted; a GB is 2^30 bytes, as on AWS's bills.
        source: AWS's page of the price.
        seen: where the figure was read; empty where it could not be looked up.
        date: when the entry was last looked at.
    """

    name: str
    dollars: Decimal
    per: int
    unit: str
    source: str
    seen: str
    date: date

    def of(self, quantity: float) -> float:
        """Return the dollars for a quantity of the unit."""
        return quantity * float(self.dollars) / self.per

    def __str__(self) -> str:
        """Return it as in `$0.005 per 1,000 requests`."""
        return f"${self.dollars} per {'' if self.per == 1 else f'{self.per:,} '}{self.unit}"


@attrs.frozen
class PriceTable:
    """The prices of all regions."""

    _prices: Mapping[tuple[str, str], Price]

    def get(self, name: str, region: str) -> Price:
        """Return a price.

        Args:
            name: what is paid for.
            region: where.

        Raises:
            UnknownPriceError: there is none.
        """
        if (name, region) not in self._prices:
            known = ", ".join(sorted({place for _, place in self._prices}))
            raise UnknownPriceError(
                f"there is no price {name!r} for {region} in duracloud/cost/prices.toml, which knows {known}; add it there"
            )
        return self._prices[name, region]

    def all(self) -> tuple[tuple[str, Price], ...]:
        """Return every price with its region, in the order of the table."""
        return tuple((region, price) for (_, region), price in self._prices.items())


def load_prices(text: str | None = None) -> PriceTable:
    """Read the table.

    Args:
        text: its text; the file beside this module when not given.
    """
    entries: list[dict[str, Any]] = tomllib.loads(_TABLE.read_text("utf-8") if text is None else text)["price"]
    prices: dict[tuple[str, str], Price] = {}
    for entry in entries:
        price = Price(
            name=entry["name"],
            dollars=Decimal(entry["dollars"]),
            per=entry["per"],
            unit=entry["unit"],
            source=entry["source"],
            seen=entry.get("seen", ""),
            date=entry["date"],
        )
        for region in entry["regions"]:
            if (price.name, region) in prices:
                raise ValueError(f"the price {price.name!r} of {region} stands twice in duracloud/cost/prices.toml")
            prices[price.name, region] = price
    return PriceTable(prices)
