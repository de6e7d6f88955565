"""Lists the alarms of an environment, as its template has them: `duracloud alarms --env ENV`."""

import json
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final

import attrs

from duracloud import templates
from duracloud.columns import aligned
from duracloud.progress import working
from stacks import naming
from stacks.config import Settings

_HEADINGS: Final = ("ALARM", "SEVERITY", "METRIC", "STATISTIC", "PERIOD", "FIRES", "NO DATA", "RUNBOOK")
# In the order of the table.
_SEVERITIES: Final = ("critical", "warning", "notice")
_COMPARISONS: Final = {"GreaterThanOrEqualToThreshold": "from", "LessThanThreshold": "below"}
_MISSING: Final = {"notBreaching": "no alarm", "breaching": "alarm", "ignore": "as before", "missing": "unknown"}


@attrs.frozen(kw_only=True)
class Line:
    """One alarm, in words."""

    name: str
    severity: str  # how soon a person has to act
    metric: str  # namespace and name
    statistic: str  # of the values of a period
    period: str  # length, and how many of them must reach the threshold
    fires: str  # at which values it fires
    missing: str  # what a period without data means
    runbook: str  # address of what to do


def lines_of(template: Mapping[str, Any], environment: str) -> list[Line]:
    """Return the alarms of a template, the most severe first."""
    found = [
        _line(resource["Properties"], environment)
        for resource in template["Resources"].values()
        if resource["Type"] == "AWS::CloudWatch::Alarm"
    ]
    return sorted(found, key=lambda line: (_SEVERITIES.index(line.severity), line.name))


def table(lines: Iterable[Line]) -> Iterator[str]:
    """Yield the lines of a table of alarms."""
    return aligned([_HEADINGS, *map(attrs.astuple, lines)])


def show(settings: Settings, *, as_json: bool) -> None:
    """Print the alarms of an environment."""
    with working(f"synthesising the templates of {settings.name}"):
        template = templates.synthesised(settings)[naming.MONITORING]
    lines = lines_of(template, settings.name)
    if as_json:
        found = {"environment": settings.name, "alarms": [attrs.asdict(line) for line in lines]}
        print(json.dumps(found, indent=2))
        return
    print(f"environment {settings.name}\n")
    print("\n".join(table(lines)))
    print(f"\n{len(lines)} alarms")


def _line(properties: Mapping[str, Any], environment: str) -> Line:
    tags = {tag["Key"]: tag["Value"] for tag in properties["Tags"]}
    metric, statistic, period = _watched(properties)
    count = properties["EvaluationPeriods"]
    comparison = _COMPARISONS[properties["ComparisonOperator"]]
    return Line(
        name=properties["AlarmName"].removeprefix(naming.resource_name(environment, "")),
        severity=tags["Severity"],
        metric=metric,
        statistic=statistic,
        period=f"{count} x {period} s" if count > 1 else f"{period} s",
        fires=f"{comparison} {properties['Threshold']}",
        missing=_MISSING[properties["TreatMissingData"]],
        runbook=properties["AlarmDescription"].rpartition(" ")[2],
    )


def _watched(properties: Mapping[str, Any]) -> tuple[str, str, int]:
    if "MetricName" in properties:
        statistic = properties.get("Statistic") or properties["ExtendedStatistic"]
        return f"{properties['Namespace']} {properties['MetricName']}", statistic, properties["Period"]
    stats = [query["MetricStat"] for query in properties["Metrics"] if "MetricStat" in query]
    (expression,) = (query["Expression"] for query in properties["Metrics"] if "Expression" in query)
    first = stats[0]
    metric = f"{first['Metric']['Namespace']} {first['Metric']['MetricName']}"
    return metric, f"{first['Stat']}, {expression.partition('(')[0]} of {len(stats)}", first["Period"]
