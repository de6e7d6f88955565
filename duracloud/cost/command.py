"""What `duracloud cost` prints, and how its arguments are read."""

import json
import re
from collections.abc import Iterator
from typing import Any, Final

import attrs

from duracloud.cost import assumptions as f
from duracloud.cost import model, tables
from duracloud.cost.assumptions import Workload, amount
from duracloud.cost.bill import Environment, by_part, total
from duracloud.cost.counts import Counts
from duracloud.cost.engines import engines
from duracloud.cost.prices import UnknownPriceError, load_prices
from duracloud.errors import UsageError
from duracloud.progress import working
from stacks.config import ConfigurationError, load_settings

_EXAMPLE: Final = "duracloud cost --env prod --objects 1e6 --bytes 10TB"
_NUMBER: Final = re.compile(r"(\d+(?:_\d{3})*(?:\.\d+)?(?:[eE]\+?\d+)?) ?([A-Za-z]*)")
_SIZES: Final = {
    "": 1,
    "B": 1,
    **{f"{letter}B": 1000**power for power, letter in enumerate("KMGTPE", 1)},
    **{f"{letter}iB": 1024**power for power, letter in enumerate("KMGTPE", 1)},
}
_COUNTS: Final = {"": 1, "k": 1000, "K": 1000, "M": 1000**2, "million": 1000**2, "G": 1000**3, "billion": 1000**3}
_MAXIMUM_OBJECTS: Final = 10**13
_MAXIMUM_BYTES: Final = 10**19
# Default share of the holdings that is deposited in a month: a tenth in a year.
_DEPOSITED_SHARE: Final = 1 / 120


def write_tables() -> None:
    """Write the page of tables, and what it counts."""
    with working("counting what the templates of prod hold"):
        tables.write()
    print(f"wrote {tables.PAGE.relative_to(tables.ROOT)}")


def environment(name: str) -> Environment:
    """Return an environment with what its templates hold and all prices.

    Raises:
        UsageError: there is no such environment, or its file is not right.
    """
    try:
        return Environment(settings=load_settings(name or None), counts=Counts.load(), prices=load_prices())
    except ConfigurationError as error:
        raise UsageError(str(error).replace("-c env=", "--env ")) from error


def show(env: Environment, work: Workload, *, lines: bool, as_json: bool) -> None:
    """Print the bill.

    Raises:
        UsageError: there is no price for a region of the environment.
    """
    try:
        print(json.dumps(_values(env, work), indent=2) if as_json else "\n".join(_report(env, work, lines=lines)))
    except UnknownPriceError as error:
        raise UsageError(str(error)) from error


def count(name: str, text: str) -> float:
    """Return a number of things, as in `1000000`, `1_000_000`, `1e6`, `1M`, `2.5 million`.

    Raises:
        UsageError: it is not such a number.
    """
    return _parsed(name, text, _COUNTS, _MAXIMUM_OBJECTS, "a number from 0 to 1e13 such as 1000000, 1e6, 1M, 1 million")


def byte_count(name: str, text: str) -> float:
    """Return a number of bytes, as in `1e13`, `10TB` (10^13), `9.5 TiB` (powers of 1,024).

    Raises:
        UsageError: it is not such a number.
    """
    return _parsed(name, text, _SIZES, _MAXIMUM_BYTES, "bytes from 0 to 1e19 such as 1e13, 10TB, 9.5TiB, 1PB")


def _parsed(name: str, text: str, units: dict[str, int], maximum: int, allowed: str) -> float:
    match = _NUMBER.fullmatch(text.strip())
    value = float(match[1]) * units[match[2]] if match and match[2] in units else None
    if value is None or value > maximum:
        raise UsageError(f"{name}: got {text!r}; allowed: {allowed}")
    return value


def workload(objects: str, size: str, objects_per_month: str, buckets: str, read_rate: str) -> Workload:
    """Return the workload that the command line describes, by its arguments as they were typed.

    Raises:
        UsageError: an argument is not what it should be, or two of them contradict each other.
    """
    for name, given in (("--objects", objects), ("--bytes", size)):
        if not given:
            raise UsageError(f"no {name} given; as in: {_EXAMPLE}")
    held, held_bytes = count("--objects", objects), byte_count("--bytes", size)
    if held < 1:
        raise UsageError(f"--objects: got {objects!r}; allowed: from 1")
    if held_bytes < held:
        raise UsageError(f"--bytes: got {size!r}; allowed with {held:,.0f} objects: at least as many bytes")
    rate = byte_count("--read-rate", read_rate)
    if rate < f.MILLION:
        raise UsageError(f"--read-rate: got {read_rate!r}; allowed: from 1MB, in a second")
    return Workload(
        objects=held,
        size=held_bytes,
        deposits=count("--objects-per-month", objects_per_month) if objects_per_month else held * _DEPOSITED_SHARE,
        buckets=count("--buckets", buckets),
        read_rate=rate,
    )


def _report(env: Environment, work: Workload, *, lines: bool) -> Iterator[str]:
    settings, bill = env.settings, model.month(env, work)
    yield f"{settings.name}: {settings.region}, replicas in {settings.replica_region}"
    yield (
        f"{work.objects:,.0f} objects of {amount(work.mean_size)} on average, {amount(work.size)} in all,"
        f" {work.deposits:,.0f} deposits a month, {work.buckets:,.0f} buckets;"
        f" every object is checked every {settings.fixity.check_interval_days} days"
    )
    yield "List prices in US dollars, without taxes and free tiers; docs/operator/cost.md explains them."
    yield "\nA MONTH"
    for part, dollars in by_part(bill).items():
        yield f"  {part.value:<40} {dollars:>14,.2f}"
        for found in bill if lines else ():
            if found.part is part:
                yield f"      {found.what}: {found.quantity:,.3f} x {found.price} = ${found.dollars:,.4f} ({found.how})"
    yield f"  {'all':<40} {total(bill):>14,.2f}\n"
    yield tables.goals(env, [work], work.read_rate).text()
    yield tables.units(env, work.read_rate).text()
    yield tables.alternatives(env, work.read_rate).text()
    yield tables.engine_choice(env, work).text().rstrip()


def _values(env: Environment, work: Workload) -> dict[str, Any]:
    bill, network = model.month(env, work), work.read_rate
    return {
        "environment": env.settings.name,
        "region": env.settings.region,
        "replica_region": env.settings.replica_region,
        "workload": attrs.asdict(work),
        "dollars": total(bill),
        "parts": by_part(bill),
        "lines": [
            {"part": line.part, "what": line.what, "how": line.how, "quantity": line.quantity}
            | {"price": str(line.price), "dollars": line.dollars}
            for line in bill
        ],
        "goals": [attrs.asdict(goal) | {"verdict": goal.verdict} for goal in model.goals(env, [work], network)],
        "engines": [
            attrs.asdict(found) | {"break_even": found.break_even, "verdict": found.verdict}
            for found in engines(env, network)
        ],
    }
