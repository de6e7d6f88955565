"""Bucket names that a depositor may request: S3's rules and ours, applied to the full names (lesson L14)."""

import re
from typing import Final

import attrs

from runtime.contract import RESERVED_SUFFIXES, S3_RESERVED_PREFIXES, bucket_name, replica_name

# https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucketnamingrules.html
_SHORTEST: Final = 3
_LONGEST: Final = 63
_CHARACTERS: Final = re.compile(r"[a-z0-9-]*")
_ENDS: Final = re.compile(r"[a-z0-9].*[a-z0-9]|[a-z0-9]", re.DOTALL)
# `-an` ends names of the account regional namespace only: docs/adr/0105-global-bucket-names.md.
_S3_SUFFIXES: Final = ("-s3alias", "--ol-s3", "--x-s3", "--table-s3", "-an")
_OUR_PREFIXES: Final = ("aws-", "duracloud-")
_PUBLIC: Final = "-public"


@attrs.frozen
class BucketPair:
    """The main bucket and replica of one requested name."""

    main: str
    replica: str
    public: bool  # everyone may read it


def pair_of(prefix: str, name: str) -> BucketPair:
    """Return the buckets of a requested name, which is in lower case."""
    main = bucket_name(prefix, name)
    return BucketPair(main, replica_name(main), name.endswith(_PUBLIC))


def problem_with(prefix: str, name: str, *, public_allowed: bool) -> str:
    """Return why a name is not allowed, in one line with what was got and what is allowed; empty if it is allowed.

    The name is as requested, in lower case.
    """
    pair = pair_of(prefix, name)
    for full in (pair.main, pair.replica):
        if not _SHORTEST <= len(full) <= _LONGEST:
            return f"the full name {full!r} has {len(full)} characters; allowed: {_SHORTEST} to {_LONGEST}"
    if not _CHARACTERS.fullmatch(name):
        return f"got {name!r}; allowed: the letters a to z, digits and dashes"
    if not _ENDS.fullmatch(name):
        return f"got {name!r}; a name begins and ends with a letter or a digit"
    return _reserved(name, pair) or (
        ""
        if public_allowed or not pair.public
        else f"a name that ends in {_PUBLIC!r} makes a public bucket; this environment does not allow public buckets"
    )


def _reserved(name: str, pair: BucketPair) -> str:
    for text in (name, pair.main):
        for start in S3_RESERVED_PREFIXES:
            if text.startswith(start):
                return f"{text!r} begins with {start!r}, which S3 keeps for itself"
    for end in _S3_SUFFIXES:
        if pair.main.endswith(end):
            return f"the full name {pair.main!r} ends in {end!r}, which S3 keeps for itself"
    for start in _OUR_PREFIXES:
        if name.startswith(start):
            return f"{name!r} begins with {start!r}, which is reserved"
    for word in RESERVED_SUFFIXES:
        if name == word or name.endswith(f"-{word}"):
            return f"{name!r} is or ends in {word!r}, which is reserved for the service's own buckets"
    return ""
