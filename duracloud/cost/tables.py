"""The tables of the bill: as the command prints them, and as docs/operator/cost-tables.md shows them for `prod`."""

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Final

import attrs

from duracloud import templates
from duracloud.columns import aligned
from duracloud.cost import assumptions as f
from duracloud.cost import model
from duracloud.cost.assumptions import Workload, amount
from duracloud.cost.bill import Environment, Line, by_part, total
from duracloud.cost.counts import Counts, counted
from duracloud.cost.engines import engines
from duracloud.cost.prices import load_prices
from duracloud.cost.work import read_rate
from stacks.config import load_settings

ROOT: Final = Path(__file__).parents[2]
PAGE: Final = ROOT / "docs" / "operator" / "cost-tables.md"
_HEADING: Final = """# Cost tables

`duracloud cost --write-tables` writes this page from the settings of `prod`, the prices in
[`prices.toml`](../../duracloud/cost/prices.toml) and the figures in
[`assumptions.py`](../../duracloud/cost/assumptions.py). [What it costs](cost.md) explains it.
"""
SMALLER: Final = Workload(objects=1e6, size=10 * f.TB, deposits=1e6 / 120)
LARGER: Final = Workload(objects=1e8, size=1000 * f.TB, deposits=1e8 / 120)
_NETWORK: Final = SMALLER.read_rate
_SIZES: Final = (1e6, 1e7, 1e8, 1e9, 1e10)
# Numbers from here on are shown without decimals.
_WHOLE: Final = 1000


@attrs.frozen
class Table:
    """A table of texts."""

    title: str
    headings: Sequence[str]
    rows: Sequence[Sequence[str]]

    def markdown(self) -> str:
        """Return it in Markdown, under its title."""
        rows = (self.headings, ["---"] * len(self.headings), *self.rows)
        return f"## {self.title}\n\n" + "".join(f"| {' | '.join(row)} |\n" for row in rows)

    def text(self) -> str:
        """Return it for a terminal, under its title."""
        lines = aligned([self.headings, *self.rows])
        return f"{self.title.upper()}\n" + "".join(f"  {line}\n" for line in lines)


def described() -> Environment:
    """Return the environment that the page describes: `prod`."""
    return Environment(settings=load_settings("prod"), counts=Counts.load(), prices=load_prices())


def page(env: Environment) -> str:
    """Return the page of an environment."""
    tables = [
        _overview(env),
        goals(env, (SMALLER, LARGER), _NETWORK),
        units(env, _NETWORK),
        alternatives(env, _NETWORK),
        cheaper_deposits(env, _NETWORK),
        engine_choice(env, SMALLER),
        _bill("1 million objects, 10 TB: every line of a month", model.month(env, SMALLER)),
        _bill("100 million objects, 1 PB: every line of a month", model.month(env, LARGER)),
        _bill("1 TB verified, in 10,000 objects of 100 MB", model.terabyte_verified(env, 1e8, _NETWORK)),
        _bill("1 million deposits of 10 KB", model.million_deposits(env, _NETWORK)),
        _bill("1 million records swept once", model.million_swept(env)),
    ]
    return "\n".join([_HEADING, *(table.markdown() for table in tables)])


def write() -> None:
    """Count what the templates of `prod` hold, and write the page."""
    counted(templates.synthesised(load_settings("prod")).values()).save()
    PAGE.write_text(page(described()), "utf-8")


def goals(env: Environment, works: Iterable[Workload], network: float) -> Table:
    """Return which goals are met. Arguments as of `model.goals`."""
    rows = [
        (goal.what, f"${goal.dollars:.2f}", f"<= ${goal.goal:.2f}", goal.verdict, goal.most)
        for goal in model.goals(env, works, network)
    ]
    return Table("Goals", ("what", "cost", "goal", "verdict", "most is"), rows)


def units(env: Environment, network: float) -> Table:
    """Return what one of each costs, and from which sizes on the goals are met."""
    check, byte = model.per_check_and_byte(env, network)
    memory = env.settings.functions.checksum_verification.memory_mib
    metrics = env.price("cloudwatch-metric").of(f.REPLICATION_METRICS_PER_BUCKET)
    processor = env.price(env.processor_time).of(f.CPU_SECONDS_PER_GIB * f.MEMORY_MIB_PER_PROCESSOR / 1024)
    swept = total(model.million_swept(env))
    reached = []
    for goal in (model.VERIFIED_GOAL, model.VERIFIED_STRETCH):
        size = model.smallest_verified_for(env, goal, network)
        sizes = "of no size" if size is None else f"from {amount(size)}"
        reached.append((f"size of objects for which 1 TB verified costs at most ${goal:.2f}", sizes))
    rows = [
        ("a million checks, whatever the size of the objects", f"${check * f.MILLION:.2f}"),
        ("1 TB of bytes checked, whatever the number of objects", f"${byte * f.TB:.2f}"),
        ("1 TB decrypted and hashed, if a whole processor were kept busy", f"${processor * f.TB / f.GIB:.2f}"),
        ("size at which the bytes of an object cost as much as the rest of its check", amount(check / byte)),
        *reached,
        (f"an invocation of {memory} MiB decrypts and hashes in a second", amount(read_rate(memory, f.TB))),
        ("an invocation gets from S3 in a second, as assumed", amount(network)),
        ("a million records swept once", f"${swept:.2f}"),
        ("a million records swept daily, a month", f"${swept * f.DAYS_PER_MONTH:.2f}"),
        ("an environment without buckets, at rest, a month", f"${total(model.at_rest(env)):.2f}"),
        ("replication metrics of a bucket, a month", f"${metrics:.2f}"),
    ]
    return Table("One of each", ("what", "figure"), rows)


def alternatives(env: Environment, network: float) -> Table:
    """Return what other settings would cost; the readers are `file_uploaded` and `checksum_verification`."""
    rows = []
    for what, changed in model.alternatives(env):
        costs = [*(model.terabyte_verified(changed, size, network) for size in _SIZES)]
        costs.append(model.million_deposits(changed, network))
        rows.append((what, *(f"${total(lines):.2f}" for lines in costs)))
    headings = ("settings", *(f"1 TB of {amount(size)}" for size in _SIZES), "1,000,000 deposits")
    return Table("With other settings, in full batches", headings, rows)


def cheaper_deposits(env: Environment, network: float) -> Table:
    """Return what a million small deposits cost with one measure after the other."""
    rows = [(what, f"${dollars:.2f}") for what, dollars in model.cheaper_deposits(env, network)]
    return Table("1 million deposits of 10 KB, cheaper step by step", ("step", "cost"), rows)


def engine_choice(env: Environment, work: Workload) -> Table:
    """Return which engine checks a terabyte for less; what both need alike is left out."""
    rows = []
    for found in engines(env, work.read_rate):
        at = "" if found.break_even is None else f" {amount(found.break_even)}"
        dollars = [engine(work.mean_size) * f.TB / work.mean_size for engine in (found.reading, found.job)]
        per_unit = f"${found.reading_per_gigabyte:.5f}", f"${found.reading_per_object:.7f}"
        whole = (f"${cost:,.2f}" for cost in dollars)
        rows.append((found.storage_class, *per_unit, *whole, found.verdict + at, found.because))
    headings = ("storage class", "reading a GB", "an object", "1 TB read", "by S3's job", "cheaper", "reading adds")
    return Table(f"Engines, for 1 TB in objects of {amount(work.mean_size)}", headings, rows)


def _overview(env: Environment) -> Table:
    bills = [model.month(env, work) for work in (SMALLER, LARGER)]
    parts = [by_part(bill) for bill in bills]
    rows = [(part.value, *(f"${found[part]:,.2f}" for found in parts)) for part in parts[0]]
    whole = ("**all**", *(f"**${total(bill):,.2f}**" for bill in bills))
    return Table("A month", ("part", "1 million objects, 10 TB", "100 million objects, 1 PB"), [*rows, whole])


def _bill(title: str, lines: Sequence[Line]) -> Table:
    rows = [
        (line.part.value, line.what, line.how, _number(line.quantity), str(line.price), _dollars(line.dollars))
        for line in lines
    ]
    whole = ("**all**", "", "", "", "", f"**{_dollars(total(lines))}**")
    return Table(title, ("part", "what", "how much", "quantity", "price", "dollars"), [*rows, whole])


def _number(value: float) -> str:
    return f"{value:,.0f}" if value >= _WHOLE else f"{value:.4g}"


def _dollars(value: float) -> str:
    return f"{value:,.2f}" if value >= 1 else f"{value:.4f}"
