from collections.abc import Iterator

import pytest
from moto import mock_aws


@pytest.fixture
def aws(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Put moto in the place of AWS, with credentials that could open nothing."""
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "testing")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "testing")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-west-1")
    monkeypatch.setenv("AWS_ACCOUNT_ID_ENDPOINT_MODE", "disabled")
    with mock_aws():
        yield


@pytest.fixture(params=["fake", "AWS"])
def real(request: pytest.FixtureRequest) -> bool:
    """Whether a port is the real adapter, over moto, and not the fake one: a test of the port runs with both."""
    if request.param == "AWS":
        request.getfixturevalue("aws")
    return bool(request.param == "AWS")
