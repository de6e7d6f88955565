"""A bill: quantities times prices, and the prices of an environment's two regions."""

from collections.abc import Iterable
from enum import StrEnum

import attrs

from duracloud.cost.assumptions import PROVISIONED_UTILISATION
from duracloud.cost.counts import Counts
from duracloud.cost.prices import Price, PriceTable
from stacks.config import Settings


class Part(StrEnum):
    """Parts of the bill, in its order."""

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


@attrs.frozen
class Line:
    """One line of the bill."""

    part: Part
    what: str
    how: str  # explanation of the quantity
    quantity: float  # in the price's unit
    price: Price

    @property
    def dollars(self) -> float:
        """US dollars."""
        return self.price.of(self.quantity)


def total(lines: Iterable[Line], part: Part | None = None) -> float:
    """Return the sum of all lines, or of a part's, in US dollars."""
    return sum(line.dollars for line in lines if part in {None, line.part})


def by_part(lines: Iterable[Line]) -> dict[Part, float]:
    """Return the US dollars of every part that has a line."""
    found = list(lines)
    return {part: total(found, part) for part in Part if part in {line.part for line in found}}


@attrs.frozen(kw_only=True)
class Environment:
    """The settings of an environment, what its templates hold, and the price table."""

    settings: Settings
    counts: Counts
    prices: PriceTable

    def price(self, name: str) -> Price:
        """Return a price of the home region. Errors as of `PriceTable.get`."""
        return self.prices.get(name, self.settings.region)

    def home(self, part: Part, what: str, how: str, quantity: float, price: str) -> Line:
        """Return a line that is paid in the home region. Errors as of `PriceTable.get`."""
        return Line(part, what, how, quantity, self.price(price))

    def away(self, part: Part, what: str, how: str, quantity: float, price: str) -> Line:
        """Return a line that is paid in the replica region. Errors as of `PriceTable.get`."""
        return Line(part, what, how, quantity, self.prices.get(price, self.settings.replica_region))

    @property
    def processor_time(self) -> str:
        """The name of the price of Lambda's time."""
        return f"lambda-{price_name(self.settings.architecture)}"

    def units(self, part: Part, what: str, how: str, units: float, kind: str) -> Line:
        """Return a line for DynamoDB's `read` or `write` request units, paid by the request or by the hour."""
        if not self.settings.tables.provisioned:
            return self.home(part, what, how, units, f"dynamodb-{kind}-unit")
        how = f"{how}, by 3,600 per hour, used to {PROVISIONED_UTILISATION:.0%}"
        return self.home(part, what, how, capacity_hours(units), f"dynamodb-{kind}-capacity")


def capacity_hours(units: float) -> float:
    """Return the hours of one unit of provisioned capacity that request units take."""
    return units / 3600 / PROVISIONED_UTILISATION


def price_name(value: str) -> str:
    """Return how a storage class or an architecture is spelt in the names of prices."""
    return value.lower().replace("_", "-")
