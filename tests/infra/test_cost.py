from tests.infra.synthesis import Assembly
from tools import cost_figures as f


def test_model_counts_the_metrics_that_alarms_watch(assembly: Assembly) -> None:
    """The bill has at least as many metrics under alarms as the templates: an alarm on a sum pays for each of them."""
    watched = 0
    for resource in assembly.resources("AWS::CloudWatch::Alarm"):
        metrics = resource.properties.get("Metrics")
        watched += sum("MetricStat" in metric for metric in metrics) if metrics else 1

    assert 0 < watched <= f.ALARM_METRICS


def test_model_counts_the_queues_that_are_polled(assembly: Assembly) -> None:
    """The bill has at least as many queues as functions work on, with batches of their size."""
    sources = [resource.properties for resource in assembly.resources("AWS::Lambda::EventSourceMapping")]
    queues = [found for found in sources if "ScalingConfig" in found]

    assert 0 < len(queues) <= f.QUEUES
    assert f.QUEUE_BATCH in {found["BatchSize"] for found in queues}


def test_model_counts_the_dashboards(assembly: Assembly) -> None:
    """The bill has as many dashboards as the templates."""
    assert f.DASHBOARDS == len(list(assembly.resources("AWS::CloudWatch::Dashboard")))
