from collections.abc import Callable, Iterator

import pytest
from moto import mock_aws
from moto.s3.exceptions import RangeNotSatisfiable
from moto.s3.models import FakeKey, S3Backend


@pytest.fixture
def aws(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Put moto in the place of AWS, with credentials that could open nothing."""
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "testing")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "testing")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-west-1")
    monkeypatch.setenv("AWS_ACCOUNT_ID_ENDPOINT_MODE", "disabled")
    monkeypatch.setattr(S3Backend, "get_object", _refusing_missing_parts(S3Backend.get_object))
    with mock_aws():
        yield


def _refusing_missing_parts(get: Callable[..., FakeKey | None]) -> Callable[..., FakeKey | None]:
    """S3 answers 416 for a part that an object does not have; moto breaks."""

    def refusing(*arguments: object, **named: object) -> FakeKey | None:
        try:
            return get(*arguments, **named)
        except KeyError:
            raise RangeNotSatisfiable from None

    return refusing


@pytest.fixture(params=["fake", "AWS"])
def real(request: pytest.FixtureRequest) -> bool:
    """Whether a port is the real adapter, over moto, and not the fake one: a test of the port runs with both."""
    if request.param == "AWS":
        request.getfixturevalue("aws")
    return bool(request.param == "AWS")
