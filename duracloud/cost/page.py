"""Counts in the templates; writes tables and figures of docs/cost.md and README: `python -m duracloud.cost.page`."""

import re
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Final

from duracloud.cost import assumptions as f
from duracloud.cost import model
from duracloud.cost.__main__ import amount, by_part, verdict
from duracloud.cost.assumptions import Workload
from duracloud.cost.bill import Environment, Line, total
from duracloud.cost.counts import Counts, counted
from duracloud.cost.engines import engines
from duracloud.cost.formulas import formulas
from duracloud.cost.prices import load_prices
from duracloud.cost.text import figures
from stacks.config import load_settings
from tools import templates

ROOT: Final = Path(__file__).parents[2]
PAGES: Final = ("README.md", "docs/cost.md")
# A figure in the text stands before a comment with its name.
_FIGURE: Final = re.compile(r"[\d.,]*\d(<!-- ([a-z0-9-]+) -->)")
_BLOCK: Final = re.compile(r"(<!-- costs: ([a-z]+) -->\n).*?(<!-- end of costs -->)", re.DOTALL)
SMALLER: Final = Workload(objects=1e6, size=10 * f.TB, deposits=1e6 / 120)
LARGER: Final = Workload(objects=1e8, size=1000 * f.TB, deposits=1e8 / 120)
_SIZES: Final = (1e6, 1e7, 1e8, 1e9, 1e10)
_RATES: Final = (50e6, 75e6, 90e6)
_NETWORK: Final = SMALLER.read_rate
# Numbers from here on are shown without decimals.
_WHOLE: Final = 1000


def described() -> Environment:
    """Return the environment that the pages describe: `prod`."""
    return Environment(settings=load_settings("prod"), counts=Counts.load(), prices=load_prices())


def tables(environment: Environment) -> Mapping[str, str]:
    """Return every table in Markdown, by the name under which a page takes it."""
    deposits = model.million_deposits(environment, _NETWORK)
    verified = model.terabyte_verified(environment, 100e6, _NETWORK)
    swept = model.million_swept(environment)
    return {
        "overview": _table(("part", "1 million objects, 10 TB", "100 million objects, 1 PB"), _overview(environment)),
        "smaller": _bill(model.month(environment, SMALLER)),
        "larger": _bill(model.month(environment, LARGER)),
        "deposits": _bill(deposits),
        "verified": _bill(verified),
        "swept": _bill(swept),
        "goals": _table(("what", "cost", "goal", "verdict", "most is"), _goals(environment)),
        "sizes": _table(
            ("settings", *(f"1 TB in objects of {amount(size)}" for size in _SIZES), "a million deposits of 10 KB"),
            _sizes(environment),
        ),
        "rates": _table(("settings", *(f"{amount(rate)} a second" for rate in _RATES)), _rates(environment)),
        "engines": _table(
            (
                "storage class",
                "reading, per GB",
                "per object",
                "S3's job, per GB",
                "per object",
                "cheaper",
                "reading adds",
            ),
            _engines(environment),
        ),
        "formulas": _table(("line", "formula", "why, inputs"), formulas(environment)),
        "prices": _table(("price", "regions", "figure", "source", "seen", "date"), _prices(environment)),
    }


def filled(text: str, environment: Environment) -> str:
    """Return a page with its tables and the figures of its text put in.

    Args:
        text: the page.
        environment: the environment that it describes.
    """
    blocks, words = tables(environment), figures(environment)
    text = _BLOCK.sub(lambda match: f"{match[1]}\n{blocks[match[2]]}\n\n{match[3]}", text)
    return _FIGURE.sub(lambda match: words[match[2]] + match[1], text)


def main() -> int:
    """Count, and write the pages."""
    counted(templates.synthesised(load_settings("prod")).values()).save()
    for page in PAGES:
        path = ROOT / page
        path.write_text(filled(path.read_text("utf-8"), described()), "utf-8")
    return 0


def _table(headings: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    return "\n".join(f"| {' | '.join(row)} |" for row in (headings, ["---"] * len(headings), *rows))


def _bill(lines: Sequence[Line]) -> str:
    rows = [
        (found.part.value, found.what, found.how, _number(found.quantity), str(found.price), _dollars(found.dollars))
        for found in lines
    ]
    whole = ("**all**", "", "", "", "", f"**{_dollars(total(lines))}**")
    return _table(("part", "what", "how much", "quantity", "price", "dollars"), [*rows, whole])


def _overview(environment: Environment) -> Iterator[Sequence[str]]:
    smaller, larger = (model.month(environment, work) for work in (SMALLER, LARGER))
    shares = dict(by_part(larger))
    for part, dollars in by_part(smaller):
        yield part.value, f"${dollars:,.2f}", f"${shares[part]:,.2f}"
    yield "**all**", f"**${total(smaller):,.2f}**", f"**${total(larger):,.2f}**"


def _goals(environment: Environment) -> Iterator[Sequence[str]]:
    for size in (1e8, 1e9):
        lines = model.terabyte_verified(environment, size, _NETWORK)
        yield _goal(f"1 TB verified, in objects of {amount(size)}", lines, total(lines), model.VERIFIED_GOAL)
    for work, what in ((SMALLER, "1 million objects, 10 TB"), (LARGER, "100 million objects, 1 PB")):
        lines = model.verification(environment, work)
        terabytes = model.checks_of(environment, work) * work.mean_size / f.TB
        yield _goal(f"1 TB verified, {what}, as checks come in", lines, total(lines) / terabytes, model.VERIFIED_GOAL)
    lines = model.million_deposits(environment, _NETWORK)
    yield _goal(f"1 million deposits of {amount(f.SMALL_OBJECT_BYTES)}", lines, total(lines), model.DEPOSITS_GOAL)


def _goal(what: str, lines: Sequence[Line], dollars: float, goal: float) -> Sequence[str]:
    return what, f"${dollars:.2f}", f"<= ${goal:.2f}", verdict(dollars, goal), model.dominant(lines)


def _sizes(environment: Environment) -> Iterator[Sequence[str]]:
    for what, changed in model.alternatives(environment):
        costs = (total(model.terabyte_verified(changed, size, _NETWORK)) for size in _SIZES)
        yield what, *map("${:.2f}".format, costs), f"${total(model.million_deposits(changed, _NETWORK)):.2f}"


def _rates(environment: Environment) -> Iterator[Sequence[str]]:
    for what, changed in list(model.alternatives(environment))[:2]:
        yield what, *(f"${total(model.terabyte_verified(changed, 1e9, rate)):.2f}" for rate in _RATES)


def _engines(environment: Environment) -> Iterator[Sequence[str]]:
    for found in engines(environment, _NETWORK):
        at = "" if found.break_even is None else f" {amount(found.break_even)}"
        yield (
            f"`{found.storage_class}`",
            f"${found.reading_per_gigabyte:.5f}",
            f"${found.reading_per_object:.7f}",
            f"${found.job_per_gigabyte:.5f}",
            f"${found.job_per_object:.7f}",
            found.verdict + at,
            found.because,
        )


def _prices(environment: Environment) -> Iterator[Sequence[str]]:
    regions: dict[str, list[str]] = {}
    for region, price in environment.prices.all():
        regions.setdefault(price.name, []).append(region)
    shown = set()
    for _, price in environment.prices.all():
        if price.name not in shown:
            shown.add(price.name)
            seen = f"[here]({price.seen})" if price.seen else "no"
            source = price.source.removeprefix("https://aws.amazon.com/").strip("/")
            yield (
                f"`{price.name}`",
                ", ".join(regions[price.name]),
                str(price),
                f"[{source}]({price.source})",
                seen,
                price.date.isoformat(),
            )


def _number(value: float) -> str:
    return f"{value:,.0f}" if value >= _WHOLE else f"{value:.4g}"


def _dollars(value: float) -> str:
    return f"{value:,.2f}" if value >= 1 else f"{value:.4f}"


if __name__ == "__main__":
    sys.exit(main())
