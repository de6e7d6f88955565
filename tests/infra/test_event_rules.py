from collections.abc import Mapping
from typing import Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from runtime.provisioning.bucket_names import pair_of, problem_with
from tests.infra.synthesis import Assembly


def _event(bucket: str, kind: str) -> dict[str, Any]:
    return {
        "source": "aws.s3",
        "detail-type": kind,
        "resources": [f"arn:aws:s3:::{bucket}"],
        "detail": {"bucket": {"name": bucket}},
    }


def _matches(pattern: Any, value: Any) -> bool:  # noqa: ANN401 (any part of a pattern and of an event)
    """Match as EventBridge does: fields together, the alternatives of one field in turn, any element of an array.

    https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-create-pattern-operators.html
    """
    if isinstance(pattern, dict):
        return all(field in value and _matches(inner, value[field]) for field, inner in pattern.items())
    values = value if isinstance(value, list) else [value]
    return any(_one(alternative, one) for alternative in pattern for one in values)


def _one(alternative: Any, value: str) -> bool:  # noqa: ANN401 (a text or an operator)
    match alternative:
        case str():
            return alternative == value
        case {"prefix": str(prefix)}:
            return value.startswith(prefix)
        case {"anything-but": {"suffix": list(suffixes)}}:
            return not value.endswith(tuple(suffixes))
    raise AssertionError(f"the operator {alternative} is new: teach the test what AWS says of it")


def _queues(assembly: Assembly, event: dict[str, Any]) -> set[str]:
    return {
        assembly.resolve(rule.layer, rule.properties["Targets"][0]["Arn"]).removeprefix(
            f"SQS::Queue:duracloud-{assembly.settings.name}-"
        )
        for rule in assembly.resources("AWS::Events::Rule")
        if "EventPattern" in rule.properties and _matches(rule.properties["EventPattern"], event)
    }


@pytest.mark.parametrize(
    ("name", "created", "deleted"),
    [
        ("{prefix}-books", {"object-created"}, {"object-deleted"}),
        ("{prefix}-books-public", {"object-created"}, {"object-deleted"}),
        ("{prefix}-managed-books", {"object-created"}, {"object-deleted"}),
        ("{prefix}-repl-of-books", {"object-created"}, {"object-deleted"}),
        ("{prefix}-bucket-requested", {"bucket-requests"}, set()),
        ("{prefix}-managed", set(), set()),
        ("{prefix}-logs", set(), set()),
        ("{prefix}-books-repl", set(), set()),
        ("{prefix}-books-public-repl", set(), set()),
        ("{prefix}2-books", set(), set()),
        ("{prefix}", set(), set()),
        ("other-books", set(), set()),
    ],
)
def test_events_reach_the_queue_that_they_are_for(
    variant: Assembly, name: str, created: set[str], deleted: set[str]
) -> None:
    """Events in main buckets and new requests are queued; those of other buckets cost nothing."""
    bucket = name.format(prefix=variant.settings.bucket_prefix)

    assert created == _queues(variant, _event(bucket, "Object Created"))
    assert deleted == _queues(variant, _event(bucket, "Object Deleted"))
    assert set() == _queues(variant, _event(bucket, "Object Restore Completed"))


@given(name=st.from_regex(r"[a-z0-9-]{1,44}", fullmatch=True))
def test_l29_every_name_that_can_be_had_is_watched(assemblies: Mapping[str, Assembly], name: str) -> None:
    """Whatever dashes prefix and name have: events of a bucket that can be made are queued, of its replica not."""
    assembly = assemblies["customer-key"]
    prefix = assembly.settings.bucket_prefix
    assume(not problem_with(prefix, name, public_allowed=True))
    pair = pair_of(prefix, name)

    assert {"object-created"} == _queues(assembly, _event(pair.main, "Object Created"))
    assert {"object-deleted"} == _queues(assembly, _event(pair.main, "Object Deleted"))
    assert set() == _queues(assembly, _event(pair.replica, "Object Created"))
