from collections.abc import Iterator

import pytest

from duracloud.local.aws import LocalAws, free_port


@pytest.fixture(scope="package")
def aws(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalAws]:
    """An emulator of its own, in a folder whose name has a blank."""
    local = LocalAws(folder=tmp_path_factory.mktemp("local") / "a b", port=free_port())
    local.start()
    yield local
    local.stop()
