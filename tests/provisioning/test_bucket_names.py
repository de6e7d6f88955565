import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from runtime import contract
from runtime.provisioning.bucket_names import pair_of, problem_with
from stacks import naming

_S3_NAME = re.compile(r"[a-z0-9][a-z0-9-]{1,61}[a-z0-9]")
_PREFIX = "acme-dev"
# `acme-dev-` before and `-repl` behind.
_LONGEST = 63 - len(_PREFIX) - 1 - len("-repl")


def _problem(name: str, *, public_allowed: bool = True) -> str:
    return problem_with(_PREFIX, name, public_allowed=public_allowed)


def test_l14_longest_name_that_fits_both_buckets_is_allowed() -> None:
    """The limit of 63 characters holds for the full name of the replica, which is the longer one."""
    assert 63 == len(pair_of(_PREFIX, "a" * _LONGEST).replica)
    assert "" == _problem("a" * _LONGEST)


def test_l14_one_character_more_is_refused() -> None:
    """A replica name of 64 characters is refused with the number that was got and the allowed ones."""
    problem = _problem("a" * (_LONGEST + 1))

    assert "has 64 characters; allowed: 3 to 63" in problem
    assert "-repl" in problem


@pytest.mark.parametrize("word", contract.RESERVED_SUFFIXES)
@pytest.mark.parametrize("start", ["", "x-", "a-b-"])
def test_l14_reserved_words_are_refused(word: str, start: str) -> None:
    """A name that is a reserved word, or ends in a dash and one, is refused."""
    assert "is reserved" in _problem(start + word)


@pytest.mark.parametrize("name", ["managed-x", "xmanaged", "logs2", "replica", "my-logsx", "quarantined"])
def test_words_that_only_look_reserved_are_allowed(name: str) -> None:
    """A reserved word counts at the end and behind a dash only."""
    assert "" == _problem(name)


@pytest.mark.parametrize(
    "name",
    [
        *("", "-", "-a", "a-", "a_b", "a.b", "a b", "ä", "a/b", "A", "a\n"),
        *("xn--a", "sthree-a", "amzn-s3-demo-a", "a-s3alias", "a--ol-s3", "a--x-s3", "a--table-s3"),
        *("aws-a", "duracloud-a"),
    ],
)
def test_names_that_s3_or_the_service_keep_are_refused(name: str) -> None:
    """Characters, ends, and beginnings that are not allowed are refused with a reason in one line."""
    problem = _problem(name)

    assert problem
    assert "\n" not in problem


@pytest.mark.parametrize("name", ["europe-an", "an", "s3alias"])
def test_l14_what_s3_keeps_at_the_end_counts_in_the_full_name(name: str) -> None:
    """S3 refuses `acme-dev-an` as well: with the prefix before it, the name ends in what S3 keeps for itself."""
    assert f"the full name 'acme-dev-{name}' ends in '-" in _problem(name)


@pytest.mark.parametrize("name", ["european", "an-europe", "man"])
def test_names_that_only_look_like_the_account_regional_namespace_are_allowed(name: str) -> None:
    """`-an` counts at the end, behind its dash."""
    assert "" == _problem(name)


@given(name=st.text("abcdefghijklmnopqrstuvwxyz0123456789-", min_size=1, max_size=70))
def test_l14_allowed_names_give_two_valid_s3_names(name: str) -> None:
    """Whatever name is allowed, S3's own rules hold for the full names of both buckets."""
    if not _problem(name):
        pair = pair_of(_PREFIX, name)
        assert _S3_NAME.fullmatch(pair.main)
        assert _S3_NAME.fullmatch(pair.replica)


@given(name=st.text(max_size=70))
def test_any_text_gets_a_verdict_in_one_line(name: str) -> None:
    """No text raises, and only names of a to z, digits and dashes are allowed."""
    problem = _problem(name)

    assert "\n" not in problem
    assert problem or re.fullmatch(r"[a-z0-9-]+", name)


@pytest.mark.parametrize(("name", "public"), [("maps-public", True), ("public", False), ("public-maps", False)])
def test_public_is_said_at_the_end(name: str, *, public: bool) -> None:
    """Only `-public` at the end makes a public bucket."""
    assert public == pair_of(_PREFIX, name).public


def test_public_buckets_need_the_environments_consent() -> None:
    """Where the environment does not allow public buckets, such a name is refused."""
    assert "does not allow public buckets" in _problem("maps-public", public_allowed=False)
    assert "" == _problem("maps", public_allowed=False)


@given(
    prefix=st.from_regex(r"[a-z0-9](-?[a-z0-9]){0,20}", fullmatch=True),
    name=st.from_regex(r"[a-z0-9]{1,20}", fullmatch=True),
)
def test_l29_infrastructure_and_service_name_buckets_alike(prefix: str, name: str) -> None:
    """One function names buckets: what the infrastructure allows as a pattern is what the service makes."""
    pair = pair_of(prefix, name)

    assert naming.bucket_name(prefix, name) == pair.main
    assert pair.main.startswith(naming.any_bucket(prefix).removesuffix("*"))
    assert pair.replica.endswith(naming.any_replica(prefix).rpartition("*")[2])
