import re
from pathlib import Path

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from runtime.contract import DIGEST_ALGORITHMS
from runtime.fixity.digests import KNOWN_ALGORITHMS
from stacks.config import ConfigurationError, environments, load_settings, parse_settings

FILES = Path(__file__).parent.parent.parent / "stacks" / "environments"
DEV = (FILES / "dev.toml").read_text("utf-8")


def _changed(old: str, new: str, text: str = DEV) -> str:
    assert old in text
    return text.replace(old, new)


def test_four_environments_are_there() -> None:
    """An adopter finds local, dev, staging and prod."""
    assert ("dev", "local", "prod", "staging") == environments()


@pytest.mark.parametrize("name", ["dev", "local", "prod", "staging"])
def test_every_environment_loads(name: str) -> None:
    """Every file that ships is valid and named after its environment."""
    assert name == load_settings(name).name


@pytest.mark.parametrize(
    ("name", "line"),
    [
        ("production", "the environment is 'production'; allowed: -c env=dev|local|prod|staging"),
        ("../dev", "the environment is '../dev'; allowed: -c env=dev|local|prod|staging"),
        (None, "no environment was named; allowed: -c env=dev|local|prod|staging"),
    ],
)
def test_an_unknown_environment_is_one_clear_line(name: str | None, line: str) -> None:
    """The line says what was got and what is allowed."""
    with pytest.raises(ConfigurationError) as caught:
        load_settings(name)

    assert line == str(caught.value)


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        (_changed("region =", "regoin =", DEV), ["regoin", "replica_region"]),
        (_changed("account =", "# account =", DEV), ["'account' is missing"]),
        (_changed('account = "111111111111"', 'account = "1111"', DEV), ["account is '1111'", "12 digits"]),
        (_changed('architecture = "arm64"', 'architecture = "riscv"', DEV), ["'riscv'", "arm64, x86_64"]),
        (_changed("disposable = true", 'disposable = "yes"', DEV), ["'yes'", "true or false"]),
        (_changed("check_interval_days = 180", "check_interval_days = 0", DEV), ["0", "from 1 to 3650"]),
        (_changed("silence_days = 2", "silence_days = 8", DEV), ["8", "from 1 to 7"]),
        (_changed("abort_multipart_days = 3", "abort_multipart_days = 2", DEV), ["2", "from 3 to 365"]),
        (_changed("check_interval_days = 180", "check_interval_days = 1.5", DEV), ["1.5", "a whole number"]),
        (_changed('"sha256", "md5"', '"sha3", "md5"', DEV), ["sha3", "sha256, sha512, sha1, md5, crc64nvme"]),
        (_changed('mode = "s3-managed"', 'mode = "customer-key"', DEV), ["replica_key_arn is ''", "replica region"]),
        (_changed('replica_region = "us-west-2"', 'replica_region = "us-east-1"', DEV), ["another region"]),
        (_changed('replica_region = "us-west-2"', 'replica_region = "us-gov-west-1"', DEV), ["us-gov-west-1", "China"]),
        (_changed('bucket_prefix = "example-dev"', 'bucket_prefix = "Example"', DEV), ["'Example'", "1 to 46"]),
        (_changed('bucket_prefix = "example-dev"', 'bucket_prefix = "xn--a"', DEV), ["'xn--a'", "reserves"]),
        (_changed('"INTELLIGENT_TIERING"', '"DEEP_ARCHIVE"', DEV), ["main_storage_class", "GLACIER_IR"]),
        (_changed('"INTELLIGENT_TIERING"', '"STANDARD_IA"', DEV), ["main_transition_days is 0", "from 30"]),
        (_changed('"GLACIER_IR"', '"DEEP_ARCHIVE"', DEV), ["evidence_storage_class", "STANDARD, GLACIER_IR"]),
        (
            _changed("evidence_transition_days = 90", "evidence_transition_days = 3650", DEV),
            ["evidence_transition_days is 3650", "less than evidence_retention_days, which is 3650"],
        ),
        (
            _changed('schedule = "cron(30 0 * * ? *)"', 'schedule = "cron(30 0 ? * MON *)"', DEV),
            ["schedule is 'cron(30 0 ? * MON *)'", "every day"],
        ),
        (
            _changed("verification_concurrency = ", "verification_concurrency = 9", DEV),
            ["verification_concurrency", "could never speak"],
        ),
        (_changed("max_capacity = 100", "max_capacity = 1", DEV), ["max_capacity is 1", "min_capacity 5"]),
        (_changed('"preservation@example.org"', '"nobody"', DEV), ["nobody", "e-mail"]),
        (_changed('"preservation@example.org"', '"a@b.org", "a@b.org"', DEV), ["a@b.org", "each once"]),
        (_changed("disposable = true", "disposable = false", _changed('"preservation@example.org"', "")), ["is empty"]),
        (_changed('schedule = "cron(0 3 * * ? *)"', 'schedule = "rate(1 days)"', DEV), ["rate(1 days)", "rate(...)"]),
        (_changed("log_retention_days = 30", "log_retention_days = 31", DEV), ["31", "1, 3, 5"]),
        (_changed('log_level = "INFO"', 'log_level = "ERROR"'), ["'ERROR'", "DEBUG, INFO"]),
        (DEV + "\nname = 7\n", ["name"]),
        ("name = 'dev'\n" + DEV, ["'name'"]),
        ("account = ", ["not TOML"]),
    ],
)
def test_an_unknown_key_or_value_is_one_clear_line(text: str, parts: list[str]) -> None:
    """The line names the file, what was got and what is allowed."""
    with pytest.raises(ConfigurationError) as caught:
        parse_settings("dev", text)

    line = str(caught.value)
    assert "\n" not in line
    assert line.startswith("dev.toml")
    assert [] == [part for part in parts if part not in line]


def test_a_disposable_production_is_refused() -> None:
    """No setting makes the data of prod destroyable."""
    text = (FILES / "prod.toml").read_text("utf-8").replace("disposable = false", "disposable = true")

    with pytest.raises(ConfigurationError, match="allowed for prod: False"):
        parse_settings("prod", text)


@pytest.mark.parametrize("length", [46, 47])
def test_the_prefix_leaves_room_for_the_longest_fixed_bucket(length: int) -> None:
    """With 46 characters `<prefix>-bucket-requested` has S3's 63, with 47 it would have 64."""
    text = _changed('bucket_prefix = "example-dev"', f'bucket_prefix = "{"a" * length}"')

    if length == 46:
        assert 63 == len(f"{parse_settings('dev', text).bucket_prefix}-bucket-requested")
    else:
        with pytest.raises(ConfigurationError):
            parse_settings("dev", text)


@given(st.text(alphabet="ab0-.A_", min_size=1, max_size=50))
def test_l29_every_allowed_prefix_makes_valid_bucket_names(prefix: str) -> None:
    """A prefix is refused, or all fixed names made of it, whatever dashes it has, follow S3's rules."""
    try:
        settings = parse_settings("dev", _changed('"example-dev"', f'"{prefix}"'))
    except ConfigurationError:
        return

    for suffix in ("managed", "logs", "bucket-requested"):
        name = f"{settings.bucket_prefix}-{suffix}"
        assert re.fullmatch(r"[a-z0-9][a-z0-9-]{1,61}[a-z0-9]", name)


def test_settings_cannot_be_changed_after_loading() -> None:
    """What was validated is what is built."""
    with pytest.raises(attrs.exceptions.FrozenInstanceError):
        load_settings("dev").account = "222222222222"  # type: ignore[misc]


def test_l33_the_digests_to_choose_from_are_digests_that_the_runtime_knows() -> None:
    """A setting that is allowed is one that the functions can compute."""
    assert set() == set(DIGEST_ALGORITHMS) - KNOWN_ALGORITHMS
