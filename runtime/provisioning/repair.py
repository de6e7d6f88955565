"""Repair an existing bucket: add and correct what is ours, keep what others set, say what differed (lesson L36)."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import attrs

from runtime.provisioning.bucket_configuration import Step
from runtime.provisioning.differences import difference


@attrs.frozen
class Finding:
    """One difference between a bucket and its configuration."""

    text: str  # what was done, or what is left
    corrected: bool  # False: left for people to decide


def repair(
    steps: Sequence[Step],
    read: Callable[[str], Mapping[str, Any]],
    apply: Callable[[Step], None],
    *,
    in_use: bool,
) -> Iterator[Finding]:
    """Yield each difference of a bucket once it was corrected, or is left as it is.

    `read` returns what stands where a call would write, `apply` makes a call. Access to a bucket `in_use` is never
    widened.

    Raises:
        TransientError: a service did not answer; what was yielded before stays done.
        RefusedError: S3 refused a call.
    """
    for step in steps:
        found = difference(step, read(step.call), in_use=in_use)
        if found.arguments is not None:
            apply(attrs.evolve(step, arguments=found.arguments))
        yield from (Finding(text, corrected=True) for text in found.corrected)
        yield from (Finding(text, corrected=False) for text in found.left)
