"""Work on a bucket request: make or repair a main bucket and its replica for every name, or say why not."""

from collections.abc import Sequence
from datetime import datetime

from runtime.fixity.records import Agent
from runtime.provisioning.audit_events import events_of_result
from runtime.provisioning.bucket_names import pair_of
from runtime.provisioning.context import Provisioning
from runtime.provisioning.errors import SettlingError
from runtime.provisioning.one_name import Work
from runtime.provisioning.request_file import LARGEST_FILE, RequestRejectedError, read_names
from runtime.provisioning.request_result import BucketRequest, NameResult, RequestResult, as_json, as_text
from runtime.shared.errors import ObjectAbsentError, RefusedError, TransientError


def provision(
    care: Provisioning, request: BucketRequest, agent: Agent, *, until: datetime, last_receive: bool
) -> RequestResult:
    """Work on a request `until` then, write its result, then its events into the audit trail. Return the result.

    A repetition of the same event ends as the first attempt would have.

    On the last attempt (`last_receive`) the message goes to the dead-letter queue if the work fails. So failures that
    would be retried are then rolled back and written into the result.

    Raises:
        SettlingError: new buckets are settling; the same message continues the work later.
        TransientError: a service did not answer, or the time is up; the next attempt continues the work.
        RefusedError: the result or its events could not be written, or the request file could not be read.
    """
    try:
        names = read_names(
            care.files.read(request.bucket, request.key, request.version_id, LARGEST_FILE + 1),
            care.settings.max_buckets_per_request,
            care.settings.bucket_prefix,
        )
    except RequestRejectedError as error:
        return _written(care, request, str(error), [])
    except ObjectAbsentError:
        return _written(care, request, "the file was deleted before it could be read", [])
    except (TransientError, RefusedError) as error:
        if not last_receive:
            raise
        return _written(care, request, f"the file could not be read: {error}", [])
    works = [
        Work(care, request, name, pair_of(care.settings.bucket_prefix, name.name), until, last_receive)
        for name in names
    ]
    results, settling = _worked_on(works)
    if settling is not None:
        raise settling
    result = _written(care, request, "", results)
    care.trail.write(events_of_result(result, agent))
    for work in works:
        work.release()
    return result


def _worked_on(works: Sequence[Work]) -> tuple[list[NameResult], SettlingError | None]:
    """Return the results of the names, and the reason for another attempt, if one is needed."""
    results: list[NameResult] = []
    settling: SettlingError | None = None
    public_blocked = ""
    for work in works:
        work.public_blocked = public_blocked
        try:
            results.append(work.run())
        except SettlingError as error:
            # All names settle at the same time.
            settling = error
        public_blocked = work.public_blocked
    return results, settling


def _written(care: Provisioning, request: BucketRequest, reason: str, names: Sequence[NameResult]) -> RequestResult:
    result = RequestResult(request=request, reason=reason, names=names, finished_at=care.clock.now())
    care.records.write(f"{result.key}.json", as_json(result))
    care.records.write(f"{result.key}.txt", as_text(result))
    return result
