"""A bill: quantities times prices, and the prices of an environment's two regions."""

from collections.abc import Iterable
from enum import StrEnum

import attrs

from duracloud.cost.assumptions import PROVISIONED_UTILISATION
from duracloud.cost.counts import Counts
from duracloud.cost.prices import Price, PriceTable
from stacks.config import Settings


class Part(StrEnum):
    """Parts of the bill."""

    MAIN = "storage of main copies"
    REPLICAS = "storage of replicas"
    REPLICATION = "replication"
    TRANSITIONS = "lifecycle transitions"
    S3_REQUESTS = "S3 requests"
    LISTS = "inventories, access logs"
    EVENTS = "EventBridge"
    QUEUES = "SQS"
    LAMBDA = "Lambda"
    TABLES = "DynamoDB"
    AUDIT = "audit trail"
    SWEEP = "sweep"
    REPORT = "monthly export, report"
    LOGS = "CloudWatch"
    KEYS = "KMS"
    ALERTS = "SNS"


@attrs.frozen(kw_only=True)
class Line:
    """One line of the bill.

    Attributes:
        part: the part of the bill it belongs to.
        what: what is paid for.
        how: how the quantity comes about.
        quantity: how much, in the price's unit.
        price: the price.
    """

    part: Part
    what: str
    how: str
    quantity: float
    price: Price

    @property
    def dollars(self) -> float:
        """US dollars."""
        return self.price.of(self.quantity)


def total(lines: Iterable[Line]) -> float:
    """Return the sum in US dollars."""
    return sum(line.dollars for line in lines)


def line(part: Part, what: str, how: str, quantity: float, price: Price) -> Line:
    """Return a line of the bill. Arguments as of `Line`."""
    return Line(part=part, what=what, how=how, quantity=quantity, price=price)


@attrs.frozen(kw_only=True)
class Environment:
    """The settings of an environment, what its templates hold, and what its regions charge.

    Attributes:
        settings: the settings.
        counts: what its templates hold.
        prices: the price table.
    """

    settings: Settings
    counts: Counts
    prices: PriceTable

    def home(self, name: str) -> Price:
        """Return a price of the home region. Arguments and errors as of `PriceTable.get`."""
        return self.prices.get(name, self.settings.region)

    def away(self, name: str) -> Price:
        """Return a price of the replica region. Arguments and errors as of `PriceTable.get`."""
        return self.prices.get(name, self.settings.replica_region)

    @property
    def processor_time(self) -> Price:
        """The price of Lambda's time."""
        return self.home(f"lambda-{price_name(self.settings.architecture)}")

    def capacity(self, part: Part, what: str, how: str, units: float, kind: str) -> Line:
        """Return a line for request units of DynamoDB, paid for by the request or by the hour as the settings say."""
        if not self.settings.tables.provisioned:
            return line(part, what, how, units, self.home(f"dynamodb-{kind}-unit"))
        return line(
            part,
            what,
            f"{how}, by 3,600 per hour, used to {PROVISIONED_UTILISATION:.0%}",
            capacity_hours(units),
            self.home(f"dynamodb-{kind}-capacity"),
        )


def capacity_hours(units: float) -> float:
    """Return the hours of one unit of provisioned capacity that request units take."""
    return units / 3600 / PROVISIONED_UTILISATION


def price_name(value: str) -> str:
    """Return how a storage class or an architecture is spelt in the names of prices."""
    return value.lower().replace("_", "-")
