"""Says what an environment costs in a month: `python -m duracloud.cost --env prod --objects 1e6 --bytes 10TB`."""

import argparse
import re
import sys
from collections.abc import Iterator, Sequence
from typing import Final, NoReturn

from duracloud.cost import assumptions as f
from duracloud.cost import model
from duracloud.cost.assumptions import Workload
from duracloud.cost.bill import Environment, Line, Part, total
from duracloud.cost.counts import Counts
from duracloud.cost.engines import engines
from duracloud.cost.prices import UnknownPriceError, load_prices
from stacks.config import ConfigurationError, environments, load_settings

_NUMBER: Final = re.compile(r"(\d+(?:_\d{3})*(?:\.\d+)?(?:[eE]\+?\d+)?) ?([A-Za-z]*)")
_SIZES: Final = {
    "": 1,
    "B": 1,
    **{f"{letter}B": 1000**power for power, letter in enumerate("KMGTPE", 1)},
    **{f"{letter}iB": 1024**power for power, letter in enumerate("KMGTPE", 1)},
}
_COUNTS: Final = {"": 1, "k": 1000, "K": 1000, "M": 1000**2, "million": 1000**2, "G": 1000**3, "billion": 1000**3}
_MOST_OBJECTS: Final = 10**13
_MOST_BYTES: Final = 10**19
# Of the holdings, a month, where nothing is said: a tenth in a year.
_DEPOSITED_SHARE: Final = 1 / 120


class ArgumentError(Exception):
    """An argument is not one; the text is one line for the person who runs the command."""


def count(name: str, text: str) -> float:
    """Return a number of things.

    Args:
        name: what the argument is called.
        text: as in `1000000`, `1_000_000`, `1e6`, `1M`, `2.5 million`.

    Raises:
        ArgumentError: it is not such a number.
    """
    return _parsed(name, text, _COUNTS, _MOST_OBJECTS, "a number from 0 to 1e13 such as 1000000, 1e6, 1M, 1 million")


def size(name: str, text: str) -> float:
    """Return a number of bytes.

    Args:
        name: what the argument is called.
        text: as in `1e13`, `10TB` (10^13), `9.5 TiB` (powers of 1,024).

    Raises:
        ArgumentError: it is not such a number.
    """
    return _parsed(name, text, _SIZES, _MOST_BYTES, "bytes from 0 to 1e19 such as 1e13, 10TB, 9.5TiB, 1PB")


def _parsed(name: str, text: str, units: dict[str, int], most: int, allowed: str) -> float:
    match = _NUMBER.fullmatch(text.strip())
    if match is None or match[2] not in units:
        raise ArgumentError(f"{name} is {text!r}; allowed: {allowed}")
    value = float(match[1]) * units[match[2]]
    if value > most:
        raise ArgumentError(f"{name} is {text!r}; allowed: {allowed}")
    return value


def workload(options: argparse.Namespace) -> Workload:
    """Return the workload that the command line describes.

    Raises:
        ArgumentError: an argument is not what it should be, or two of them contradict each other.
    """
    for name, given in (("OBJECTS", options.objects), ("BYTES", options.bytes)):
        if not given:
            raise ArgumentError(f"no {name} given; as in: make cost ENV=prod OBJECTS=1e6 BYTES=10TB")
    objects, held = count("OBJECTS", options.objects), size("BYTES", options.bytes)
    if objects < 1:
        raise ArgumentError(f"OBJECTS is {options.objects!r}; allowed: from 1")
    if held < objects:
        raise ArgumentError(f"BYTES is {options.bytes!r}; allowed with {objects:,.0f} objects: at least as many bytes")
    rate = size("READ_RATE", options.read_rate)
    if rate < f.MILLION:
        raise ArgumentError(f"READ_RATE is {options.read_rate!r}; allowed: from 1MB, in a second")
    deposits = options.objects_per_month
    return Workload(
        objects=objects,
        size=held,
        deposits=objects * _DEPOSITED_SHARE if not deposits else count("OBJECTS_PER_MONTH", deposits),
        buckets=count("BUCKETS", options.buckets),
        read_rate=rate,
    )


def by_part(lines: Sequence[Line]) -> list[tuple[Part, float]]:
    """Return the parts of a bill that cost anything, with their US dollars."""
    parts = [(part, [found for found in lines if found.part is part]) for part in Part]
    return [(part, total(found)) for part, found in parts if found]


def report(environment: Environment, work: Workload, *, lines: bool) -> Iterator[str]:
    """Yield what the command prints.

    Args:
        environment: the environment.
        work: the workload.
        lines: whether every line of the bill is printed and not its parts only.
    """
    settings = environment.settings
    bill = model.month(environment, work)
    yield f"{settings.name}: {settings.region}, replicas in {settings.replica_region}"
    yield (
        f"{work.objects:,.0f} objects of {amount(work.mean_size)} on average, {amount(work.size)} in all,"
        f" {work.deposits:,.0f} deposits a month, {work.buckets:,.0f} buckets;"
        f" every object is checked every {settings.fixity.check_interval_days} days"
    )
    yield "List prices in US dollars, without taxes and free tiers; docs/cost.md derives every line."
    yield ""
    yield "A MONTH"
    for part, dollars in by_part(bill):
        yield f"  {part.value:<40} {dollars:>14,.2f}"
        for found in bill if lines else ():
            if found.part is part:
                yield f"      {found.what}: {found.quantity:,.3f} x {found.price} = ${found.dollars:,.4f} ({found.how})"
    yield f"  {'all':<40} {total(bill):>14,.2f}"
    yield ""
    yield from _goals(environment, work)
    yield ""
    yield from _alternatives(environment, work)
    yield ""
    yield from _engines(environment, work)


def _goals(environment: Environment, work: Workload) -> Iterator[str]:
    checked = model.checks_of(environment, work) * work.mean_size / f.TB
    ours = model.verification(environment, work)
    verified = total(ours) / checked
    stretch = f", {model.VERIFIED_STRETCH:.2f} if possible"
    yield "COST OF"
    yield (
        f"  1 TB verified, as checks come in here    {verified:>14,.2f}  goal {model.VERIFIED_GOAL:.2f}{stretch}:"
        f" {verdict(verified, model.VERIFIED_GOAL)}; most is {model.dominant(ours)}"
    )
    for size_ in (100e6, 1e9):
        dollars = total(model.terabyte_verified(environment, size_, work.read_rate))
        yield (
            f"  1 TB verified, in objects of {amount(size_):<10}  {dollars:>14,.2f}"
            f"  {verdict(dollars, model.VERIFIED_GOAL)}"
        )
    deposits = model.million_deposits(environment, work.read_rate)
    yield (
        f"  1,000,000 deposits of {amount(f.SMALL_OBJECT_BYTES):<17}  {total(deposits):>14,.2f}"
        f"  goal {model.DEPOSITS_GOAL:.2f}: {verdict(total(deposits), model.DEPOSITS_GOAL)};"
        f" most is {model.dominant(deposits)}"
    )
    yield f"  1,000,000 records swept once             {total(model.million_swept(environment)):>14,.2f}"


def _alternatives(environment: Environment, work: Workload) -> Iterator[str]:
    yield "WITH OTHER SETTINGS"
    yield f"  {'':<40} {'1 TB, 100 MB':>14} {'1 TB, 1 GB':>14} {'1,000,000 deposits':>20}"
    for what, changed in model.alternatives(environment):
        hundred, thousand = (total(model.terabyte_verified(changed, size_, work.read_rate)) for size_ in (100e6, 1e9))
        deposits = total(model.million_deposits(changed, work.read_rate))
        yield f"  {what:<40} {hundred:>14,.2f} {thousand:>14,.2f} {deposits:>20,.2f}"


def _engines(environment: Environment, work: Workload) -> Iterator[str]:
    yield "CHECKING ONE TB, WITHOUT WHAT BOTH ENGINES TAKE ALIKE"
    yield f"  {'storage class':<22} {'reading':>10} {'S3 job':>10}  cheaper"
    for found in engines(environment, work.read_rate):
        objects = f.TB / work.mean_size
        at = "" if found.break_even is None else f" {amount(found.break_even)}"
        why = f"; reading adds {found.because}" if found.because else ""
        yield (
            f"  {found.storage_class:<22} {objects * found.reading(work.mean_size):>10,.2f}"
            f" {objects * found.job(work.mean_size):>10,.2f}  {found.verdict}{at}{why}"
        )


def verdict(dollars: float, goal: float) -> str:
    """Return whether a goal is met."""
    return "met" if dollars <= goal else "MISSED"


def amount(value: float) -> str:
    """Return bytes as people say them, as in `10 MB`."""
    for power, letter in reversed(list(enumerate("KMGTPE", 1))):
        if value >= 1000**power:
            return f"{value / 1000**power:.3g} {letter}B"
    return f"{value:.3g} B"


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        raise ArgumentError(message)


def _options(arguments: Sequence[str]) -> argparse.Namespace:
    parser = _Parser(prog="python -m duracloud.cost", description=__doc__, allow_abbrev=False)
    parser.add_argument("--env", default="", metavar="ENV", help=f"one of {', '.join(environments())}")
    parser.add_argument("--objects", default="", metavar="OBJECTS", help="objects held: 1000000, 1e6, 1M, 1 million")
    parser.add_argument("--bytes", default="", metavar="BYTES", help="their bytes: 1e13, 10TB, 9.5TiB, 1PB")
    parser.add_argument(
        "--objects-per-month",
        default="",
        metavar="OBJECTS_PER_MONTH",
        help="deposits of a month, of mean size; a 120th of OBJECTS when left out",
    )
    parser.add_argument("--buckets", default="10", metavar="BUCKETS", help="main buckets; 10 when left out")
    parser.add_argument(
        "--read-rate",
        default="75MB",
        metavar="READ_RATE",
        help="bytes per second that one invocation gets from S3; 75MB when left out",
    )
    parser.add_argument("--lines", action="store_true", help="print every line of the bill")
    return parser.parse_args(arguments)


def main(arguments: Sequence[str]) -> int:
    """Print the bill.

    Args:
        arguments: of the command line.

    Returns:
        The exit status: 0, or 2 where an argument is not what it should be, which is said in one line.
    """
    try:
        options = _options(arguments)
        environment = Environment(
            settings=load_settings(options.env or None), counts=Counts.load(), prices=load_prices()
        )
        print("\n".join(report(environment, workload(options), lines=options.lines)))
    except (ArgumentError, ConfigurationError, UnknownPriceError) as error:
        print(str(error).replace("-c env=", "ENV="), file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
