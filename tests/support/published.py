"""The metrics that a handler printed in CloudWatch's embedded metric format."""

import json
from typing import Final

import pytest

_MARK: Final = '"_aws"'


def published(capsys: pytest.CaptureFixture[str]) -> list[tuple[str, dict[str, float]]]:
    """Return the function and the values by name of each line with metrics that was printed since the last look."""
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines() if _MARK in line]
    return [
        (
            line["function"],
            {
                metric["Name"]: line[metric["Name"]][0]
                for group in line["_aws"]["CloudWatchMetrics"]
                for metric in group["Metrics"]
            },
        )
        for line in lines
    ]
