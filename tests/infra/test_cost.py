import attrs

from duracloud.cost import assumptions as f
from duracloud.cost.counts import Counts, counted
from tests.infra.synthesis import Assembly


def test_what_the_bill_counts_is_what_the_templates_hold(assembly: Assembly) -> None:
    """Whoever adds a queue, an alarm or a metric counts anew: `duracloud cost --write-tables`."""
    assert Counts.load() == counted(assembly.templates.values())


def test_every_kind_that_the_bill_counts_is_found(assembly: Assembly) -> None:
    """No count is nothing because the templates call something by another name than the one looked for."""
    assert min(attrs.astuple(counted(assembly.templates.values()))) > 0


def test_batches_are_as_large_as_the_model_takes_them(assembly: Assembly) -> None:
    """Functions that work on objects take as many messages at once as full batches of the bill hold."""
    mappings = [found.properties for found in assembly.resources("AWS::Lambda::EventSourceMapping")]

    assert f.QUEUE_BATCH in {found["BatchSize"] for found in mappings if "ScalingConfig" in found}
    assert f.STREAM_BATCH in {found["BatchSize"] for found in mappings if "ScalingConfig" not in found}
