"""The e-mail about a batch of failures and recoveries: subject and text, within SNS's limits."""

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Final

import attrs

from runtime.alerts.changes import Announcement, Kind
from runtime.fixity.errors import REFUSED
from runtime.fixity.failures import DISPUTED, of_replica_only, told_outcome
from runtime.fixity.in_words import shortened, what_differs
from runtime.fixity.outcome import Outcome
from runtime.fixity.records import COULD_NOT_BE_READ, RecordImage
from runtime.fixity.replica import HIDDEN
from runtime.shared.wording import FAILURES, cut, plural, visible

MOST_OBJECTS: Final = 100
# SNS takes 262,144 bytes of UTF-8 (https://docs.aws.amazon.com/sns/latest/api/API_Publish.html); the rest is reserve.
BODY_BYTES: Final = 240_000
# A subject is ASCII without control characters, shorter than 100 characters (same page, lesson L12).
SUBJECT_CHARACTERS: Final = 99
_ENVIRONMENT_CHARACTERS: Final = 30
_MESSAGE_CHARACTERS: Final = 500
_VERSION_CHARACTERS: Final = 1_024
# The runbook's entries about failing objects, and about those where only the depositor's digest differs. Alarms link
# to them too.
_RUNBOOK_ENTRY: Final = "#failed-checks"
_ENTRY_OF_DISPUTED: Final = "#disputed-objects"

_CUT: Final = "..."
_NOT_AS_ANNOUNCED: Final = "not as announced: its content is not what S3 said at the upload"
_HIDDEN_REPLICA: Final = (
    "replica about to be removed: the copy in the other region is hidden there under a deletion or a newer version;"
    " the object itself is good"
)

_REFUSED_BYTES: Final = (
    "not readable: S3 refuses its bytes because of its storage class, its encryption or a permission;"
    " nothing says that it is damaged"
)

_FOLLOW: Final = """\
What to do
  Follow the runbook: {runbook}"""
_OBJECTS_FAIL: Final = """\
  Until then do not delete or overwrite an object that itself fails: it is evidence, part of it may still be good."""
_REPLICAS_FAIL: Final = """\
  Where only the replica fails, the runbook says how to make a new one out of the object."""
_DIGESTS_DIFFER: Final = """\
  Where only the depositor's digest differs, ask the depositor to upload the file again with the right digest.
  This can wait for a working day: nothing was damaged since the upload."""
_DIGESTS: Final = """\
  Digests are cut; the whole ones are in the object's record, in the audit trail, and in the list of the next report."""
_READ_AGAIN: Final = """\
  Every failing object is read again about a day later, until it is good again. You will be told of its recovery;
  you will not be told again of the same failure."""
_REPLACED: Final = """\
  What was replaced by other content was not repaired. If the content that failed is still wanted, act before S3 removes
  its version and the copy of it in the other region, which are kept for some days only."""

_RECOVERED: Final = """\
What to do
  Nothing. Runbook: {runbook}"""


@attrs.frozen
class Message:
    """An e-mail."""

    subject: str  # one line of ASCII, shorter than 100 characters, without keys
    body: str  # at most `BODY_BYTES` bytes


def compose(environment: str, announcements: Sequence[Announcement], runbook_url: str) -> Message:
    """Write the message about at least one object, in the order given.

    At most `MOST_OBJECTS` objects are listed, fewer if long keys would make the text too large for SNS; all are
    counted.
    """
    kinds = Counter(item.kind for item in announcements)
    failed = [item.now for item in announcements if item.kind is Kind.FAILURE]
    replicas = sum(of_replica_only(record.last_check) for record in failed)
    disputed = sum(record.disputed for record in failed)
    objects = len(failed) - replicas - disputed
    summary = ", ".join(_counts(objects, replicas, disputed, kinds))
    replacements = kinds[Kind.REPLACEMENT]
    entry = _ENTRY_OF_DISPUTED if disputed and not objects + replicas + replacements else _RUNBOOK_ENTRY
    advice = _advice(objects, replicas, disputed, replacements).format(runbook=runbook_url + entry)
    head = f"DuraCloud, environment {environment}: {summary}."
    listed = _listed(announcements, BODY_BYTES - _size(head) - _size(advice))
    parts = [head, *listed]
    if rest := len(announcements) - len(listed):
        parts.append(f"... and {plural(rest, 'object')} more; the checksum table holds them all.")
    return Message(subject=_subject(environment, summary), body="\n\n".join([*parts, advice]) + "\n")


def _advice(objects: int, replicas: int, disputed: int, replacements: int) -> str:
    failures = objects + replicas + disputed
    if not failures + replacements:
        return _RECOVERED
    parts = {
        _OBJECTS_FAIL: objects,
        _REPLICAS_FAIL: replicas,
        _DIGESTS_DIFFER: disputed,
        _READ_AGAIN: failures,
        _DIGESTS: failures,
        _REPLACED: replacements,
    }
    return "\n".join([_FOLLOW, *(text for text, count in parts.items() if count)])


def _counts(objects: int, replicas: int, disputed: int, kinds: Mapping[Kind, int]) -> list[str]:
    counted = (
        (objects, "object failed the check", "objects failed the check"),
        (replicas, "replica failed the check", "replicas failed the check"),
        (disputed, "depositor's digest differs", "depositors' digests differ"),
        (kinds[Kind.RECOVERY], "object recovered", "objects recovered"),
        (kinds[Kind.REPLACEMENT], "object replaced", "objects replaced"),
    )
    return [plural(number, one, many) for number, one, many in counted if number]


def _subject(environment: str, summary: str) -> str:
    name = "".join(c if c.isascii() and c.isprintable() else "?" for c in environment[:_ENVIRONMENT_CHARACTERS])
    return f"[DuraCloud {name}] {summary}"[:SUBJECT_CHARACTERS]


def _listed(announcements: Sequence[Announcement], room: int) -> list[str]:
    listed: list[str] = []
    # For the line that counts the rest, and blank lines.
    room -= 200
    for number, item in enumerate(announcements[:MOST_OBJECTS], start=1):
        entry = _entry(number, item)
        room -= _size(entry)
        if room < 0:
            break
        listed.append(entry)
    return listed


def _size(text: str) -> int:
    # With the blank line behind it.
    return len(text.encode()) + 2


def _entry(number: int, item: Announcement) -> str:
    title = f"{number}. {_title(item)}"
    check = item.now.last_check
    said = {"Message": cut(visible(shortened(check.message)), _MESSAGE_CHARACTERS, _CUT)}
    facts = {
        "Bucket": item.ref.bucket,
        "Key": f'"{item.ref.key}"',
        "Version": cut(visible(item.now.version_id), _VERSION_CHARACTERS, _CUT),
        "Outcome": check.outcome,
        # The title says what differs.
        **({} if item.kind is Kind.FAILURE and what_differs(check) else said),
        "Last good": item.now.last_good_date or "never",
        "Next check": item.now.next_check or "not known",
    }
    return "\n".join(map(visible, [title, *(f"   {name + ':':<12}{value}" for name, value in facts.items())]))


def _title(item: Announcement) -> str:
    if item.kind is Kind.REPLACEMENT:
        return "REPLACED - by a newer version with other content; the version that failed was not repaired"
    if item.kind is Kind.RECOVERY:
        same_version = item.before is None or item.before.identity == item.now.identity
        instead = "" if same_version else ", in a newer version than the one that failed"
        return f"RECOVERED - its content is as it should be{instead}"
    if item.now.disputed:
        return f"TO BE UPLOADED AGAIN - {FAILURES[DISPUTED].meaning}"
    return f"FAILED - {_what_is_wrong(item.now)}"


def _what_is_wrong(record: RecordImage) -> str:
    check = record.last_check
    differs = what_differs(check)
    if check.message.startswith(HIDDEN):
        return _HIDDEN_REPLICA
    if check.message.startswith(f"{COULD_NOT_BE_READ}{REFUSED}"):
        return _REFUSED_BYTES
    outcome = told_outcome(check)
    if outcome == Outcome.MISMATCH and not record.last_good_date:
        return f"not as announced: {differs}" if differs else _NOT_AS_ANNOUNCED
    if outcome not in FAILURES:
        return check.outcome
    words = FAILURES[outcome]
    return (
        words.named(f"{differs}; the object itself is good" if of_replica_only(check) else differs)
        if differs
        else words.told
    )
