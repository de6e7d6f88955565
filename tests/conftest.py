import functools
import gc
import os
from pathlib import Path

import botocore.session
import pytest
from hypothesis import HealthCheck, settings
from xdist.remote import Producer
from xdist.scheduler import LoadFileScheduling

# Before anything starts CDK: cfn-lint checks every template in a test of its own, and `cdk synth` has CDK's checks.
os.environ["CDK_VALIDATION"] = "false"

# Every session of boto3's reads the descriptions of services anew, which took most of a contract test's time.
botocore.session.create_loader = functools.cache(botocore.session.create_loader)

# Templates and descriptions stay in memory to the end: a collector that walks them all the time finds nothing.
gc.set_threshold(100_000, 20, 50)

# A property says what holds, not how fast: a busy machine is no counterexample.
settings.register_profile("untimed", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("untimed")

# What takes longest begins first, so that no process is left alone with it at the end.
_FIRST = (
    "tests/infra/test_synth.py",
    "tests/system/",
    "tests/local/",
    "tests/infra/test_cfn_lint.py",
    "tests/benchmarks/",
    "tests/infra/",
    "tests/fixity/test_memory.py",
    "tests/report/test_memory.py",
    "tests/cli/",
)


class _Scheduling(LoadFileScheduling):  # type: ignore[misc]  # xdist has no types
    """Tests of one file run in one process, and all those of the system that leave the deployed service whole."""

    def _split_scope(self, nodeid: str) -> str:
        file = super()._split_scope(nodeid)
        return "tests/system" if file.startswith("tests/system/") and file != "tests/system/test_alarms.py" else file


def pytest_xdist_make_scheduler(config: pytest.Config, log: Producer) -> LoadFileScheduling:
    """Let tests that share a deployment share a process too: one is deployed for them, and its functions stay warm."""
    return _Scheduling(config, log)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Order the files; tests of one file stay in their order."""
    items.sort(
        key=lambda item: next((at for at, path in enumerate(_FIRST) if item.nodeid.startswith(path)), len(_FIRST))
    )


def pytest_collection_finish() -> None:
    """Leave to the garbage collector what tests make: at its end Python would walk all of CDK, for seconds."""
    gc.freeze()


@pytest.fixture(scope="session")
def shared_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder for what is made once for all processes that run tests."""
    folder = tmp_path_factory.getbasetemp()
    return folder.parent if "PYTEST_XDIST_WORKER" in os.environ else folder
