import pytest

from runtime.fixity.due_check import DueCheck
from runtime.fixity.queue_due_checks import queue_due
from runtime.shared.errors import TransientError
from runtime.shared.object_ref import ObjectRef
from tests.support.fakes import FakeQueue

ONE, TWO = DueCheck(ObjectRef("b", "1"), "v1"), DueCheck(ObjectRef("b", "2"))


def test_every_object_is_queued_once() -> None:
    """An object that comes twice in a batch is asked for once."""
    queue = FakeQueue[DueCheck]()

    assert 2 == queue_due(queue, [ONE, TWO, ONE])
    assert [ONE, TWO] == queue.sent


def test_l04_error_of_the_queue_is_raised() -> None:
    """A due object that was not queued is never dropped quietly."""
    with pytest.raises(TransientError):
        queue_due(FakeQueue(TransientError("throttled")), [ONE])


def test_message_has_the_documented_form() -> None:
    """Outsiders rely on the format; the version is left out where it is not known."""
    assert {"bucket": "b", "key": "1", "version_id": "v1"} == ONE.message
    assert {"bucket": "b", "key": "2"} == TWO.message
