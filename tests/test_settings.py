import pytest

from runtime import settings
from runtime.contract import FUNCTION_ENVIRONMENT, Env
from runtime.settings import FixitySettings, FunctionSettings, SettingsError

KINDS = [kind for kind in vars(settings).values() if isinstance(kind, type) and issubclass(kind, FunctionSettings)]
FIXITY = {
    Env.ENVIRONMENT: "test",
    Env.COMMIT: "0123abc",
    Env.CHECKSUM_TABLE: "checksums",
    Env.SCHEDULER_TABLE: "schedule",
    Env.DIGEST_ALGORITHMS: "sha256, md5 ,",
    Env.CHECK_INTERVAL_DAYS: "180",
    Env.BATCH_CONCURRENCY: "10",
    Env.ASSUMED_READ_RATE: "1000",
    Env.MAX_RECEIVE_COUNT: "3",
}


def test_l33_every_function_reads_exactly_the_variables_of_the_contract() -> None:
    """What the contract lists for a function is what its settings read, no more and no less."""
    read = {function: kind.variables() for kind in KINDS for function in kind.functions}

    assert dict(FUNCTION_ENVIRONMENT) == read


def test_values_are_parsed() -> None:
    """Numbers become numbers, lists become tuples without blanks."""
    loaded = FixitySettings.load(FIXITY)

    assert ("sha256", "md5") == loaded.digest_algorithms
    assert 180 == loaded.check_interval_days


def test_process_environment_is_the_default(monkeypatch: pytest.MonkeyPatch) -> None:
    """In Lambda the settings come from the function's own variables."""
    for name, value in FIXITY.items():
        monkeypatch.setenv(name, value)

    assert FixitySettings.load(FIXITY) == FixitySettings.load()


@pytest.mark.parametrize("name", sorted(FixitySettings.variables()))
def test_missing_variable_is_one_clear_line(name: str) -> None:
    """The error names the variable."""
    with pytest.raises(SettingsError, match=f"^the environment variable {name} is not set$"):
        FixitySettings.load({key: value for key, value in FIXITY.items() if key != name})


@pytest.mark.parametrize("value", ["0", "-1", "1.5", "ten", ""])
def test_bad_number_is_one_clear_line(value: str) -> None:
    """The error says what was got and what is allowed."""
    with pytest.raises(SettingsError, match=f"^DURACLOUD_CHECK_INTERVAL_DAYS is '{value}'; allowed: a whole number"):
        FixitySettings.load(FIXITY | {Env.CHECK_INTERVAL_DAYS: value})
