import fnmatch
import json
import re
import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from duracloud.cli import service
from duracloud.cli.main import main
from runtime.contract import DIGEST_ALGORITHMS
from runtime.fixity.digests import ALGORITHMS
from runtime.settings import FUNCTIONS
from stacks import naming
from stacks.config import (
    ConfigurationError,
    Functions,
    environments,
    load_settings,
    loading,
    page,
    parse_settings,
    placeholders,
)
from stacks.config.listing import DEFAULT, effective, settings
from stacks.config.loading import DIRECTORY
from tests.infra.synthesis import ROOT

DEV = (DIRECTORY / "dev.toml").read_text("utf-8")
PROD = (DIRECTORY / "prod.toml").read_text("utf-8")


def _changed(old: str, new: str, text: str = DEV) -> str:
    assert old in text
    return text.replace(old, new)


def _with(table: str, line: str, text: str = DEV) -> str:
    """Set a key of a table in the text of a file."""
    key = line.partition(" =")[0]
    if f"[{table}]" not in text:
        return f"{text}\n[{table}]\n{line}\n"
    before, _, after = text.partition(f"[{table}]\n")
    inside, bracket, rest = after.partition("\n[")
    kept = [one for one in inside.splitlines() if not one.startswith(f"{key} =")]
    return "\n".join([f"{before}[{table}]", line, *kept]) + bracket + rest


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
        ('architecture = "riscv"\n' + DEV, ["'riscv'", "arm64, x86_64"]),
        (_changed("disposable = true", 'disposable = "yes"', DEV), ["'yes'", "true or false"]),
        (_with("fixity", "check_interval_days = 0"), ["0", "from 1 to 3650"]),
        (_with("sweep", "silence_days = 8"), ["8", "from 1 to 7"]),
        (_with("lifecycle", "abort_multipart_days = 2"), ["2", "from 3 to 365"]),
        (_with("fixity", "check_interval_days = 1.5"), ["1.5", "a whole number"]),
        (_with("fixity", 'digests = ["sha3", "md5"]'), ["sha3", "sha256, sha512, sha1, md5, crc64nvme"]),
        (_with("encryption", 'mode = "customer-key"'), ["replica_key_arn is ''", "replica region"]),
        (_changed('replica_region = "us-west-2"', 'replica_region = "us-east-1"', DEV), ["another region"]),
        (_changed('replica_region = "us-west-2"', 'replica_region = "us-gov-west-1"', DEV), ["us-gov-west-1", "China"]),
        (_changed('bucket_prefix = "example-dev"', 'bucket_prefix = "Example"', DEV), ["'Example'", "1 to 46"]),
        (_changed('bucket_prefix = "example-dev"', 'bucket_prefix = "xn--a"', DEV), ["'xn--a'", "reserves"]),
        (_changed('"example-dev"', '"sthree"', DEV), ["'sthree'", "reserves"]),
        (_changed('"example-dev"', '"amzn-s3-demo"', DEV), ["'amzn-s3-demo'", "reserves"]),
        (_with("lifecycle", 'main_storage_class = "DEEP_ARCHIVE"'), ["main_storage_class", "GLACIER_IR"]),
        (_with("lifecycle", 'main_storage_class = "STANDARD_IA"'), ["main_transition_days is 0", "from 30"]),
        (
            _with("lifecycle", 'evidence_storage_class = "DEEP_ARCHIVE"'),
            ["evidence_storage_class", "STANDARD, GLACIER_IR"],
        ),
        (
            _with("lifecycle", "evidence_transition_days = 3650"),
            ["evidence_transition_days is 3650", "less than 3620, 30 days before evidence_retention_days"],
        ),
        # Evidence that is hidden from its first day on would be no evidence.
        (_with("lifecycle", "evidence_retention_days = 30"), ["evidence_retention_days is 30", "from 31 to 36500"]),
        (_with("audit", 'schedule = "cron(30 0 ? * MON *)"'), ["schedule is 'cron(30 0 ? * MON *)'", "every day"]),
        (_with("alarms", "verification_concurrency = 99"), ["verification_concurrency", "could never fire"]),
        (_with("tables", "max_capacity = 1"), ["max_capacity is 1", "min_capacity 5"]),
        (_changed('"preservation@example.org"', '"nobody"', DEV), ["nobody", "e-mail"]),
        (_changed('"preservation@example.org"', '"a@b.org", "a@b.org"', DEV), ["a@b.org", "each once"]),
        (_changed("disposable = true", "disposable = false", _changed('"preservation@example.org"', "")), ["is empty"]),
        (_with("sweep", 'schedule = "rate(1 days)"'), ["rate(1 days)", "rate(...)"]),
        (_changed("log_retention_days = 30", "log_retention_days = 31", DEV), ["31", "1, 3, 5"]),
        ('log_level = "ERROR"\n' + DEV, ["'ERROR'", "DEBUG, INFO"]),
        (_with("functions.file_uploaded", "memory_gib = 1"), ["functions.file_uploaded", "memory_gib", "memory_mib"]),
        ("sweep = 3\n" + DEV, ["dev.toml.sweep", "got 3", "a table"]),
        (DEV + "\n[[sweep]]\ngrace_days = 1\n", ["dev.toml.sweep", "a table"]),
        (_changed('["preservation@example.org"]', '"a@b.org"'), ["dev.toml.alert_emails", "got 'a@b.org'", "a list"]),
        (_changed('["preservation@example.org"]', "{a = 1}"), ["dev.toml.alert_emails", "a list"]),
        (_changed('["preservation@example.org"]', "[7]"), ["dev.toml.alert_emails[0]", "got 7", "a text"]),
        (_with("fixity", 'digests = "sha256"'), ["dev.toml.fixity.digests", "got 'sha256'", "a list"]),
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


@pytest.mark.parametrize(
    ("name", "prefix", "word"),
    [
        ("prod", "acme", "prod"),
        ("prod-eu", "acme", "prod"),
        ("dev", "acme-prod", "prod"),
        ("dev", "production-acme", "production"),
        ("acme-live", "acme", "live"),
        ("dev", "live", "live"),
    ],
)
def test_f03_a_disposable_production_is_refused(name: str, prefix: str, word: str) -> None:
    """No setting makes data destroyable where a word of the environment's name or prefix says that it is in use."""
    with pytest.raises(ConfigurationError) as caught:
        parse_settings(name, _changed('"example-dev"', f'"{prefix}"'))

    assert str(caught.value) == (
        f"{name}.toml: disposable is True; allowed where {word!r} is a word of the environment's name or bucket_prefix"
        f" (here {name!r} and {prefix!r}): False"
    )


@pytest.mark.parametrize(("name", "prefix"), [("products", "acme"), ("dev", "acme-alive"), ("preprod", "acme")])
def test_f03_a_word_that_only_looks_like_production_may_be_disposable(name: str, prefix: str) -> None:
    """The word counts as a whole, between dashes."""
    assert parse_settings(name, _changed('"example-dev"', f'"{prefix}"')).disposable


@pytest.mark.parametrize("name", ["Prod", "prod_eu", "my env", "-dev", "dev-", "a--b", "", "d" * 33])
def test_f03_a_file_name_that_makes_no_resource_names_is_refused(name: str) -> None:
    """The name of a file becomes that of stacks and functions; words in it are separated by dashes."""
    with pytest.raises(ConfigurationError, match="allowed: file names of 1 to 32 of a-z and 0-9"):
        parse_settings(name, DEV)


@pytest.fixture
def files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of environments' files that the test writes."""
    monkeypatch.setattr(loading, "DIRECTORY", tmp_path)
    return tmp_path


@pytest.mark.parametrize(
    ("one", "other", "apart"),
    [
        ("acme", "acme", False),
        ("acme", "acme-dev", False),
        ("acme-dev", "acme-dev-eu", False),
        ("acme-test", "acme-dev", True),
        ("acme", "acmedev", True),
        ("acme", "dev-acme", True),
    ],
)
def test_l40_prefixes_of_all_environments_are_compared(files: Path, one: str, other: str, *, apart: bool) -> None:
    """What policies of one environment reach by its prefix and a dash is no other's, in whatever account that lies."""
    for name, account, prefix in (("first", "1", one), ("second", "2", other)):
        text = _changed('"111111111111"', f'"{account * 12}"', _changed('"example-dev"', f'"{prefix}"'))
        (files / f"{name}.toml").write_text(text, encoding="utf-8")
    buckets = [f"{other}-letters", f"{other}-letters-repl", f"{other}-managed"]

    assert apart == (not fnmatch.filter(buckets, naming.any_bucket(one)))
    for name, ours, theirs in (("first", one, other), ("second", other, one)):
        if apart:
            assert ours == load_settings(name).bucket_prefix
        else:
            with pytest.raises(ConfigurationError) as caught:
                load_settings(name)
            line = str(caught.value)
            assert line.startswith(f"{name}.toml: bucket_prefix is {ours!r}, and that of ")
            assert f".toml is {theirs!r}; allowed: " in line
            assert "\n" not in line


def test_l40_a_file_that_cannot_be_compared_is_named(files: Path) -> None:
    """Nothing is deployed beside a file that nobody can read: its prefix is not known."""
    (files / "one.toml").write_text(DEV, encoding="utf-8")
    (files / "two.toml").write_text("bucket_prefix =", encoding="utf-8")

    with pytest.raises(ConfigurationError, match=r"two\.toml is not TOML"):
        load_settings("one")


_REAL: Final = attrs.evolve(
    parse_settings("prod", PROD),
    account="481920375561",
    bucket_prefix="acme-prod",
    alert_emails=("preservation@library.acme.edu",),
    runbook_url="https://wiki.acme.edu/example/runbook",
)


@pytest.mark.parametrize(
    ("changes", "found"),
    [
        ({}, ()),
        ({"account": "333333333333"}, ('account = "333333333333"',)),
        ({"account": "000000000000"}, ('account = "000000000000"',)),
        ({"account": "111122223333"}, ('account = "111122223333"',)),
        ({"account": "123456789012"}, ('account = "123456789012"',)),
        ({"bucket_prefix": "example-prod"}, ('bucket_prefix = "example-prod"',)),
        ({"bucket_prefix": "my-example"}, ('bucket_prefix = "my-example"',)),
        ({"bucket_prefix": "examples"}, ()),
        (
            {"alert_emails": ("real@acme.edu", "made-up@mail.Example.com", "a@b.test")},
            ('alert_emails = ["made-up@mail.Example.com", "a@b.test"]',),
        ),
        ({"runbook_url": "https://example.org/runbook"}, ('runbook_url = "https://example.org/runbook"',)),
        ({"runbook_url": "https://www.example.edu:8443/x"}, ('runbook_url = "https://www.example.edu:8443/x"',)),
        ({"runbook_url": "https://example-library.org/x"}, ()),
    ],
)
def test_l56_placeholders_are_found(changes: dict[str, Any], found: tuple[str, ...]) -> None:
    """Accounts, prefixes, addresses and links that are nobody's are named as they stand in the file."""
    assert found == placeholders(attrs.evolve(_REAL, **changes))


def test_l56_the_account_of_a_replica_key_is_looked_at() -> None:
    """The key that encrypts replicas must lie in an account that exists."""
    key = "arn:aws:kms:us-west-2:333333333333:key/11111111-2222-3333-4444-555555555555"
    encryption = attrs.evolve(_REAL.encryption, mode="customer-key", replica_key_arn=key)

    assert (f'encryption.replica_key_arn = "{key}"',) == placeholders(attrs.evolve(_REAL, encryption=encryption))


def test_l56_no_command_that_deploys_allows_placeholders() -> None:
    """Who follows README and guides meets the refusal; the word stands in no command of theirs."""
    pages = [ROOT / "README.md", *(ROOT / "docs").rglob("*.md")]
    commands = [line for page in pages for line in page.read_text("utf-8").splitlines() if "cdk " in line]

    assert len(commands) > 5
    assert [] == [line for line in commands if "allowPlaceholders" in line]


def test_l56_every_file_is_full_of_placeholders_but_the_local_one() -> None:
    """An adopter is told of all that is to be set, and `make up` needs nothing set."""
    theirs = ("account", "bucket_prefix", "alert_emails", "runbook_url")
    for name in ("dev", "staging", "prod"):
        assert theirs == tuple(one.partition(" = ")[0] for one in placeholders(load_settings(name)))
    local = load_settings("local")
    assert () == placeholders(local)
    assert placeholders(attrs.evolve(local, account="481920375561"))
    assert placeholders(attrs.evolve(local, name="mine"))


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
    assert set() == set(DIGEST_ALGORITHMS) - set(ALGORITHMS)


def test_one_line_of_a_file_leaves_all_else_as_it_is() -> None:
    """A file that sets the memory of a function keeps its time-out and its concurrency."""
    usual = parse_settings("prod", PROD)
    changed = parse_settings("prod", PROD + "\n[functions.file_uploaded]\nmemory_mib = 768\n")

    assert 768 == changed.functions.file_uploaded.memory_mib
    kept = attrs.evolve(changed.functions.file_uploaded, memory_mib=usual.functions.file_uploaded.memory_mib)
    assert usual == attrs.evolve(changed, functions=attrs.evolve(changed.functions, file_uploaded=kept))


def test_what_belongs_to_the_adopter_has_no_default() -> None:
    """Account, regions, prefix, addresses and runbook are said by every file."""
    theirs = ["account", "region", "replica_region", "bucket_prefix", "alert_emails", "runbook_url"]

    assert theirs == [setting.key for setting in settings() if setting.default is None]


def _keys(values: Mapping[str, Any], table: str = "") -> Iterator[tuple[str, Any]]:
    for key, value in values.items():
        if isinstance(value, dict):
            yield from _keys(value, f"{table}{key}.")
        else:
            yield f"{table}{key}", value


@pytest.mark.parametrize("name", ["dev", "local", "prod", "staging"])
def test_a_file_holds_deviations_only(name: str) -> None:
    """Whoever reads a file sees what is special in its environment."""
    defaults = {setting.key: setting.default for setting in settings()}
    said = _keys(tomllib.loads((DIRECTORY / f"{name}.toml").read_text("utf-8")))

    assert [] == [key for key, value in said if value == defaults[key]]


def test_every_setting_is_explained() -> None:
    """Each has a meaning and says what is allowed, and a number its unit."""
    found = list(settings())

    assert [] == [one.key for one in found if not one.meaning or not one.allowed]
    assert [] == [one.key for one in found if type(one.default) is int and not one.unit]


def test_the_effective_settings_say_where_they_come_from() -> None:
    """A person sees of each value whether it is the default or stands in the file."""
    found = {one.setting.key: one for one in effective(load_settings("dev"))}

    assert (30, "dev.toml") == (found["log_retention_days"].value, found["log_retention_days"].source)
    assert ("INFO", DEFAULT) == (found["log_level"].value, found["log_level"].source)
    assert (10, "dev.toml") == (
        found["functions.file_uploaded.max_concurrency"].value,
        found["functions.file_uploaded.max_concurrency"].source,
    )
    assert DEFAULT == found["functions.file_uploaded.memory_mib"].source
    assert [one.key for one in settings()] == list(found)


def test_the_command_prints_what_is_effective(capsys: pytest.CaptureFixture[str]) -> None:
    """`duracloud settings dev` is a table for people and, with --json, a list for programs."""
    service.settings("dev")
    rows = [line.split() for line in capsys.readouterr().out.splitlines()]
    service.settings(env="dev", as_json=True)
    values = json.loads(capsys.readouterr().out)

    assert ["SETTING", "VALUE", "UNIT", "SOURCE"] == rows[0]
    assert ["log_retention_days", "30", "days", "dev.toml"] in rows
    assert ["sweep.slice_records", "100_000", "objects", "default"] in rows
    assert [one.key for one in settings()] == [one["key"] for one in values]


def test_the_command_names_the_environments(capsys: pytest.CaptureFixture[str]) -> None:
    """Whoever mistypes the environment reads one line."""
    assert 2 == main(["settings", "production"])

    assert "the environment is 'production'; allowed: dev|local|prod|staging\n" == capsys.readouterr().err


def test_the_page_of_settings_is_current() -> None:
    """docs/settings.md is what `python -m stacks.config.page` writes."""
    assert page.PAGE.read_text("utf-8") == page.page()


def test_every_function_has_its_size() -> None:
    """Settings name the functions as they are called, with underscores."""
    assert {name.replace("-", "_") for name in FUNCTIONS} == {field.name for field in attrs.fields(Functions)}
