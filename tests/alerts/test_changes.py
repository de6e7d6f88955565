import itertools

import attrs
import pytest

from runtime.alerts.changes import Kind, to_announce
from runtime.fixity.outcome import Outcome
from runtime.fixity.records import RecordChange, RecordImage
from runtime.shared.object_ref import ObjectRef
from tests.support.builders import NOW
from tests.support.record_images import image

REF = ObjectRef("acme-test-letters", "letter.txt")
GOOD = image(version_id="v1", success=True, outcome=Outcome.MATCH)
DAMAGED = image(version_id="v1", success=False, outcome=Outcome.MISMATCH)
UNREADABLE = image(version_id="v1", success=False, outcome=Outcome.UNREADABLE)
REPLICA_GONE = image(version_id="v1", success=False, outcome=Outcome.ABSENT, message="the replica is gone: x")
GONE = image(version_id="v1", success=False, outcome=Outcome.ABSENT, message="the object is gone")
CONTRADICTED = "depositor's metadata, md5: expected aa, computed bb"
DISPUTED = image(version_id="v1", success=False, outcome=Outcome.MISMATCH, message=CONTRADICTED)
DEFERRED = image(version_id="v1", success=None, outcome=Outcome.DEFERRED)
NEW_GOOD = image(version_id="v2", success=True, outcome=Outcome.MATCH)
OLD = {"md5": "aa"}
NEW_DAMAGED = image(version_id="v2", success=False, outcome=Outcome.MISMATCH)
NULL_DAMAGED = image(version_id="null", etag="aa", digests=OLD, success=False, outcome=Outcome.MISMATCH)
NULL_GOOD = attrs.evolve(GOOD, version_id="null", etag="bb", digests={"md5": "bb"})


def _kinds(*states: RecordImage | None) -> list[Kind]:
    pairs = itertools.pairwise(states)
    changes = [RecordChange(event_id="e", at=NOW, ref=REF, before=before, after=after) for before, after in pairs]
    return [item.kind for item in to_announce(changes)]


@pytest.mark.parametrize(
    ("before", "after", "kinds"),
    [
        (None, DAMAGED, [Kind.FAILURE]),
        (GOOD, DAMAGED, [Kind.FAILURE]),
        (GOOD, UNREADABLE, [Kind.FAILURE]),
        (DEFERRED, DAMAGED, [Kind.FAILURE]),
        (DAMAGED, DAMAGED, []),
        (UNREADABLE, DAMAGED, [Kind.FAILURE]),
        (DAMAGED, UNREADABLE, [Kind.FAILURE]),
        (DAMAGED, NEW_DAMAGED, [Kind.FAILURE]),
        (REPLICA_GONE, REPLICA_GONE, []),
        (REPLICA_GONE, GONE, [Kind.FAILURE]),
        (GONE, REPLICA_GONE, [Kind.FAILURE]),
        (DAMAGED, GOOD, [Kind.RECOVERY]),
        (UNREADABLE, GOOD, [Kind.RECOVERY]),
        (DAMAGED, NEW_GOOD, [Kind.REPLACEMENT]),
        (attrs.evolve(DAMAGED, digests=OLD), attrs.evolve(NEW_GOOD, digests=OLD), [Kind.RECOVERY]),
        (attrs.evolve(DAMAGED, digests=OLD), attrs.evolve(NEW_GOOD, digests={"md5": "bb"}), [Kind.REPLACEMENT]),
        (attrs.evolve(DAMAGED, digests=OLD), attrs.evolve(NEW_GOOD, digests={"sha256": "aa"}), [Kind.REPLACEMENT]),
        (NULL_DAMAGED, NULL_GOOD, [Kind.REPLACEMENT]),
        (NULL_DAMAGED, attrs.evolve(NULL_GOOD, digests=OLD), [Kind.RECOVERY]),
        (NULL_DAMAGED, attrs.evolve(NULL_DAMAGED, etag="bb"), [Kind.FAILURE]),
        (NULL_DAMAGED, NULL_DAMAGED, []),
        (None, GOOD, []),
        (GOOD, GOOD, []),
        (DEFERRED, GOOD, []),
        (None, DEFERRED, []),
        (GOOD, DEFERRED, []),
        (DAMAGED, DEFERRED, []),
        (DAMAGED, None, []),
        (GOOD, None, []),
    ],
)
def test_l13_people_are_told_of_changes_only(
    before: RecordImage | None, after: RecordImage | None, kinds: list[Kind]
) -> None:
    """A new failure and a recovery are news; the same failure, a removal and what was not judged are not."""
    assert kinds == _kinds(before, after)


@pytest.mark.parametrize(
    ("before", "after", "kinds"),
    [
        (None, DISPUTED, [Kind.FAILURE]),
        (DISPUTED, DISPUTED, []),
        (DISPUTED, DAMAGED, [Kind.FAILURE]),
        (DISPUTED, NEW_DAMAGED, [Kind.FAILURE]),
        (DISPUTED, attrs.evolve(NEW_GOOD, digests=OLD), [Kind.RECOVERY]),
        (DISPUTED, GOOD, [Kind.RECOVERY]),
    ],
)
def test_l57_damage_after_a_wrong_digest_is_news_and_another_upload_ends_it(
    before: RecordImage | None, after: RecordImage, kinds: list[Kind]
) -> None:
    """A known wrong digest hides no damage, and the upload that was asked for is a recovery, whatever it holds."""
    assert kinds == _kinds(before, after)


@pytest.mark.parametrize(
    ("states", "kinds"),
    [
        ((GOOD, DAMAGED, GOOD), []),
        ((DAMAGED, GOOD, DAMAGED), []),
        ((GOOD, UNREADABLE, DAMAGED), [Kind.FAILURE]),
        ((DAMAGED, GOOD, GOOD), [Kind.RECOVERY]),
        ((GOOD, DAMAGED, None), []),
        ((DAMAGED, None, GOOD), []),
        ((DAMAGED, None, DAMAGED), [Kind.FAILURE]),
    ],
)
def test_several_changes_of_one_object_count_as_their_net_effect(
    states: tuple[RecordImage | None, ...], kinds: list[Kind]
) -> None:
    """An object appears at most once in a message, and a removal starts its story anew."""
    assert kinds == _kinds(*states)


def test_failures_come_before_recoveries_in_the_order_of_names() -> None:
    """The list is ordered so that the worst is read first and a name is found."""
    refs = [ObjectRef("b", "2"), ObjectRef("a", "9"), ObjectRef("b", "1"), ObjectRef("a", "1")]
    changes = [
        RecordChange(event_id="e", at=NOW, ref=refs[0], before=GOOD, after=DAMAGED),
        RecordChange(event_id="e", at=NOW, ref=refs[1], before=DAMAGED, after=GOOD),
        RecordChange(event_id="e", at=NOW, ref=refs[2], before=GOOD, after=DAMAGED),
        RecordChange(event_id="e", at=NOW, ref=refs[3], before=DAMAGED, after=GOOD),
    ]

    assert [refs[2], refs[0], refs[3], refs[1]] == [item.ref for item in to_announce(changes)]
