"""The alarms of an environment in CloudWatch: the adapter of the port FiringAlarms."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import attrs
from typing_extensions import override

from runtime.adapters.errors import translated
from runtime.report.ports import FiringAlarms

if TYPE_CHECKING:
    from mypy_boto3_cloudwatch import CloudWatchClient


@attrs.frozen
class CloudWatchAlarms(FiringAlarms):
    """The alarms with a name prefix that notify one topic.

    Another environment's name may begin with ours, as `prod` and `prod-eu` do, so the topic decides.
    """

    _client: CloudWatchClient
    _prefix: str
    _topic_arn: str

    @override
    def firing(self) -> Sequence[str]:
        with translated("looking at the alarms"):
            pages = self._client.get_paginator("describe_alarms").paginate(
                AlarmNamePrefix=self._prefix, StateValue="ALARM", AlarmTypes=["MetricAlarm"]
            )
            return sorted(
                alarm["AlarmName"].removeprefix(self._prefix)
                for page in pages
                for alarm in page["MetricAlarms"]
                # moto ignores the state if there is a prefix.
                if alarm["StateValue"] == "ALARM" and self._topic_arn in alarm["AlarmActions"]
            )
