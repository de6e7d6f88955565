"""Counts the resources of the templates that cost money even when idle; kept, so that a bill needs no synthesis."""

import json
import tomllib
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, Final, Self

import attrs

from runtime import settings
from runtime.contract import METRIC_DIMENSION_FUNCTION, METRIC_NAMESPACE, Metric

_FILE: Final = Path(__file__).parent / "counts.toml"
_HEADING: Final = "# Counted in the templates by `duracloud cost --write-tables`; counts.py says what each is.\n"
# Published by every batch, and by every check of exports. Rare outcomes are not counted.
_ALL_THE_TIME: Final = frozenset(
    [
        (function, metric)
        for function in (settings.DepositSettings.function, settings.VerificationSettings.function)
        for metric in (Metric.FAILED_CHECKS, Metric.OUTCOME_MATCH, Metric.BYTES_VERIFIED)
    ]
    + [(settings.ExportSettings.function, metric) for metric in (Metric.EXPORTS_COMPLETED, Metric.EXPORTS_FAILED)]
)
# They publish when a person asks, or a schedule of a day or more.
_ONCE_A_DAY: Final = {
    kind.function
    for kind in (
        settings.SweepSettings,
        settings.ManifestSettings,
        settings.ProvisioningSettings,
        settings.ReportSettings,
    )
}


@attrs.frozen(kw_only=True)
class Counts:
    """What the templates of an environment hold."""

    queues: int  # on which functions work; Lambda asks each of them for messages all the time
    alarm_metrics: int  # that alarms watch: an alarm on a sum pays for each metric in it
    dashboards: int
    hourly_metrics: int  # own ones that are published all the time
    daily_metrics: int  # own ones of once a day or less; a metric is paid for by the hours in which it is published

    @classmethod
    def load(cls) -> Self:
        """Return what was counted last; a test compares it with the templates."""
        return cls(**tomllib.loads(_FILE.read_text("utf-8")))

    def save(self) -> None:
        """Keep it for the bills that follow."""
        lines = (f"{name} = {count}\n" for name, count in attrs.asdict(self).items())
        _FILE.write_text(_HEADING + "".join(lines), "utf-8")


def counted(templates: Iterable[Mapping[str, Any]]) -> Counts:
    """Count what all templates of an environment hold."""
    resources = [resource for template in templates for resource in template["Resources"].values()]

    def of(kind: str) -> list[Mapping[str, Any]]:
        return [resource["Properties"] for resource in resources if resource["Type"] == kind]

    alarms, dashboards = of("AWS::CloudWatch::Alarm"), of("AWS::CloudWatch::Dashboard")
    watched = [metric for alarm in alarms for metric in _watched(alarm)]
    own = {*_own(watched), *(metric for dashboard in dashboards for metric in _shown(dashboard))}
    return Counts(
        queues=sum("ScalingConfig" in mapping for mapping in of("AWS::Lambda::EventSourceMapping")),
        alarm_metrics=len(watched),
        dashboards=len(dashboards),
        hourly_metrics=len(own & _ALL_THE_TIME),
        daily_metrics=sum(function in _ONCE_A_DAY for function, _ in own - _ALL_THE_TIME),
    )


def _watched(alarm: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    if "Metrics" not in alarm:
        return [alarm]
    return [query["MetricStat"]["Metric"] for query in alarm["Metrics"] if "MetricStat" in query]


def _own(metrics: Iterable[Mapping[str, Any]]) -> Iterator[tuple[str, str]]:
    for metric in metrics:
        if metric["Namespace"] == METRIC_NAMESPACE:
            dimensions = {one["Name"]: one["Value"] for one in metric["Dimensions"]}
            yield dimensions[METRIC_DIMENSION_FUNCTION], metric["MetricName"]


def _shown(dashboard: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    body = dashboard["DashboardBody"]
    # References stand between the pieces of text; own metrics have none.
    pieces = [body] if isinstance(body, str) else body["Fn::Join"][1]
    text = "".join(piece for piece in pieces if isinstance(piece, str))
    for widget in json.loads(text)["widgets"]:
        for metric in widget["properties"].get("metrics", []):
            if metric[0] == METRIC_NAMESPACE:
                pairs = [part for part in metric[2:] if isinstance(part, str)]
                dimensions = dict(zip(pairs[::2], pairs[1::2], strict=True))
                yield dimensions[METRIC_DIMENSION_FUNCTION], metric[1]
