import pytest

from stacks.config import load_settings
from tools import cost_figures as f
from tools import cost_model as model
from tools import cost_work as work_of
from tools.cost_bill import Environment, Part, total
from tools.cost_page import PAGES, ROOT, filled, tables
from tools.cost_storage import tier_shares
from tools.prices import load_prices

NETWORK = 75e6


@pytest.mark.parametrize("page", PAGES)
def test_tables_of_the_pages_are_those_of_the_model(page: str) -> None:
    """Whoever changes a price, a figure or a setting writes the pages anew: `python -m tools.cost_page`."""
    text = (ROOT / page).read_text("utf-8")

    assert filled(text, tables()) == text


def test_every_table_is_on_the_page() -> None:
    """No table is made that nobody sees."""
    text = (ROOT / "docs/cost.md").read_text("utf-8")

    assert {name for name in tables() if f"<!-- costs: {name} -->" in text} == set(tables())


def test_figures_in_the_text_are_those_of_the_model() -> None:
    """What the page says in words is what the model says."""
    environment = Environment(settings=load_settings("prod"), prices=load_prices())
    changed = dict(model.alternatives(environment))
    tables_of = {
        name: sum(line.dollars for line in model.million_deposits(found, NETWORK) if line.part is Part.TABLES)
        for name, found in changed.items()
    }
    terabyte = model.terabyte_verified(environment, 1e9, NETWORK)
    large = total(line for line in terabyte if line.what == "checksum-verification, time")
    objects = total(model.terabyte_verified(environment, 1e6, NETWORK)) - large
    deposits = total(model.million_deposits(environment, NETWORK))
    reached = deposits - tables_of["as it is"] + tables_of["tables provisioned"] * 2 / 3 - 1
    hashing = environment.processor_time.of(f.TB / f.GIB * f.CPU_SECONDS_PER_GIB * f.MEMORY_MIB_PER_PROCESSOR / 1024)
    prices = (0.023, 0.0125, 0.004)
    means = [sum(a * b for a, b in zip(tier_shares(days), prices, strict=True)) for days in (180, 360)]
    sweep = total(model.million_swept(environment)) * f.DAYS_PER_MONTH
    figures = [
        f"Hashing alone would cost ${hashing:.2f} per TB",
        f"(it hashes {work_of.read_rate(512, 1e12) / 1e6:.0f} MB per second)",
        f"${objects:.2f} per million checks",
        f"| this service, `prod`, bytes | ${large:.2f} |",
        f"| this service, `prod`, whatever the size | | ${objects:.2f} |",
        f"{f.CHECK_RECORD_BYTES:,} bytes, {2 * f.WRITE_UNIT_BYTES - f.CHECK_RECORD_BYTES} less",
        f"the writes cost ${tables_of['tables provisioned']:.2f} where",
        f"DynamoDB's writes (${tables_of['as it is']:.2f})",
        f"All three together would come to ${reached:.2f}",
        f"the mean is ${means[0]:.4f} instead of $0.0040",
        f"with 360 days the mean is ${means[1]:.4f}",
        f"compute checksum | ${0.004 * f.TB / f.GIB:.2f}",
        f"costs ${sweep:.2f} per million records and month",
    ]
    text = (ROOT / "docs/cost.md").read_text("utf-8")

    assert [] == [figure for figure in figures if figure not in text]
