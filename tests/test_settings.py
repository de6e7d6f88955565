from typing import get_args

import attrs
import pytest

from benchmarks.function_environment import any_settings
from runtime import settings

FIXITY = any_settings(settings.DepositSettings, check_interval_days=180).to_environment()
VARIABLES = sorted(FIXITY)


@pytest.mark.parametrize("function", sorted(settings.FUNCTIONS))
def test_what_is_written_is_what_is_read(function: str) -> None:
    """Settings of every function come back from its environment variables as they were."""
    written = any_settings(settings.FUNCTIONS[function])

    assert written == settings.FUNCTIONS[function].from_environment(written.to_environment())


def test_every_function_has_settings_of_its_own() -> None:
    """No two functions share a class, so a value that one of them needs does not reach another."""
    kinds = [
        kind
        for kind in vars(settings).values()
        if isinstance(kind, type) and issubclass(kind, settings.FunctionSettings)
    ]
    deployed = [kind for kind in kinds if hasattr(kind, "function")]

    assert sorted(settings.FUNCTIONS) == sorted(kind.function for kind in deployed)


def test_a_variable_is_named_after_its_field() -> None:
    """Who reads a template knows which field a variable is."""
    assert "DURACLOUD_SWEEP_QUEUE_URL" == settings.SweepSettings.variables()["sweep_queue_url"]


def test_values_are_texts_in_the_template() -> None:
    """Lists, flags, numbers and what is missing have a form each; a token of CDK, which is a text, is left alone."""
    made = any_settings(
        settings.ProvisioningSettings, settling_minutes=0, public_buckets_allowed=True, logs_bucket="${Token[1]}"
    )
    read = any_settings(settings.VerificationSettings, digest_algorithms=("sha256", "md5")).to_environment()
    written = made.to_environment()

    assert "0" == written["DURACLOUD_SETTLING_MINUTES"]
    assert "true" == written["DURACLOUD_PUBLIC_BUCKETS_ALLOWED"]
    assert "none" == written["DURACLOUD_ENCRYPTION_KEY_ARN"]
    assert "${Token[1]}" == written["DURACLOUD_LOGS_BUCKET"]
    assert "sha256,md5" == read["DURACLOUD_DIGEST_ALGORITHMS"]


def test_values_are_parsed() -> None:
    """Numbers become numbers, lists become tuples without blanks."""
    loaded = settings.FixitySettings.from_environment(FIXITY | {"DURACLOUD_DIGEST_ALGORITHMS": "sha256, md5 ,"})

    assert ("sha256", "md5") == loaded.digest_algorithms
    assert 180 == loaded.check_interval_days


def test_process_environment_is_the_default(monkeypatch: pytest.MonkeyPatch) -> None:
    """In Lambda the settings come from the function's own variables."""
    for name, value in FIXITY.items():
        monkeypatch.setenv(name, value)

    assert settings.FixitySettings.from_environment(FIXITY) == settings.FixitySettings.from_environment()


@pytest.mark.parametrize("name", VARIABLES)
def test_missing_variable_is_one_clear_line(name: str) -> None:
    """The error names the variable."""
    with pytest.raises(settings.SettingsError, match=f"^the environment variable {name} is not set$"):
        settings.FixitySettings.from_environment({key: value for key, value in FIXITY.items() if key != name})


@pytest.mark.parametrize("value", ["0", "-1", "1.5", "ten", ""])
def test_bad_number_is_one_clear_line(value: str) -> None:
    """The error says what was got and what is allowed."""
    with pytest.raises(
        settings.SettingsError, match=f"^DURACLOUD_CHECK_INTERVAL_DAYS is '{value}'; allowed: a whole number"
    ):
        settings.FixitySettings.from_environment(FIXITY | {"DURACLOUD_CHECK_INTERVAL_DAYS": value})


def test_a_field_that_cannot_be_read_is_refused_here() -> None:
    """Every type of a field has a form as text, so no function fails at its first cold start."""
    known = {str, int, bool, tuple[str, ...], str | None}

    assert {field.type for kind in settings.FUNCTIONS.values() for field in attrs.fields(kind)} <= known
    assert type(None) in get_args(str | None)
