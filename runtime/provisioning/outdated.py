"""Request files that are written in two steps: empty first, under a temporary name first, or twice."""

from datetime import timedelta
from typing import Final

from runtime.provisioning.bucket_names import pair_of
from runtime.provisioning.context import Provisioning
from runtime.provisioning.errors import SettlingError
from runtime.provisioning.request_file import LARGEST_FILE, RequestRejectedError, read_names
from runtime.provisioning.request_result import BucketRequest
from runtime.shared.errors import ObjectAbsentError

_CONTENT_FOLLOWS: Final = timedelta(seconds=30)


def is_outdated(care: Provisioning, request: BucketRequest) -> bool:
    """Tell whether a request needs no answer, because another event has it, or because its file was withdrawn.

    That is so if the file of the event was deleted or renamed, or if a newer version of it asks for the same names or
    the old one for none that can be read; but not if this request has begun to make buckets.

    Raises:
        SettlingError: the file is empty, and its content may follow: s3fs and other mounted drives write it later.
        TransientError: S3 did not answer.
        RefusedError: S3 refused.
    """
    current = care.files.current(request.bucket, request.key, LARGEST_FILE + 1)
    if current is not None and current.version_id == request.version_id:
        until = request.received_at + _CONTENT_FOLLOWS
        if not current.content and care.clock.now() < until:
            raise SettlingError(f"the request file {request.key!r} is empty, and its content may follow", until)
        return False
    names = _names(care, request)
    if any(_has_begun(care, request, name) for name in names):
        return False
    return current is None or names <= _names_in(care, current.content)


def _names(care: Provisioning, request: BucketRequest) -> set[str]:
    try:
        content = care.files.read(request.bucket, request.key, request.version_id, LARGEST_FILE + 1)
    except ObjectAbsentError:
        return set()
    return _names_in(care, content)


def _names_in(care: Provisioning, content: bytes) -> set[str]:
    settings = care.settings
    try:
        found = read_names(content, settings.max_buckets_per_request, settings.bucket_prefix)
    except RequestRejectedError:
        return set()
    return {one.name for one in found}


def _has_begun(care: Provisioning, request: BucketRequest, name: str) -> bool:
    claim = care.records.standing_claim(pair_of(care.settings.bucket_prefix, name).main)
    return claim is not None and claim.event_id == request.event_id
