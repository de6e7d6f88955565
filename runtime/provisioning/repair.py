"""Repair an existing bucket: add and correct what is ours, keep what others set, say what differed (lesson L36)."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import attrs

from runtime.provisioning.bucket_configuration import Step
from runtime.provisioning.bucket_policy import PUBLIC
from runtime.provisioning.differences import difference
from runtime.provisioning.errors import PublicAccessBlockedError


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
        corrected = True
        if found.arguments is not None:
            try:
                apply(attrs.evolve(step, arguments=found.arguments))
            except PublicAccessBlockedError:
                # Somebody closed the bucket by its block alone, and its policy still lets everybody read.
                if not in_use:
                    raise
                corrected = False
        not_done = "" if corrected else f"not done while public access is blocked and the policy has {PUBLIC}: "
        yield from (Finding(f"{not_done}{text}", corrected) for text in found.corrected)
        yield from (Finding(text, corrected=False) for text in found.left)
