"""Which bucket names a depositor may ask for: S3's rules and our own, applied to the full names (lesson L14)."""

import re
from typing import Final

import attrs

from runtime.contract import RESERVED_SUFFIXES, bucket_name, replica_name

# https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucketnamingrules.html
_SHORTEST: Final = 3
_LONGEST: Final = 63
_CHARACTERS: Final = re.compile(r"[a-z0-9-]*")
_ENDS: Final = re.compile(r"[a-z0-9].*[a-z0-9]|[a-z0-9]", re.DOTALL)
_S3_PREFIXES: Final = ("xn--", "sthree-", "amzn-s3-demo-")
_S3_SUFFIXES: Final = ("-s3alias", "--ol-s3", "--x-s3", "--table-s3")
_OUR_PREFIXES: Final = ("aws-", "duracloud-")
_PUBLIC: Final = "-public"


@attrs.frozen
class BucketPair:
    """The buckets behind one requested name.

    Attributes:
        main: full name of the bucket that depositors use.
        replica: full name of its copy in another region.
        public: whether everyone may read it.
    """

    main: str
    replica: str
    public: bool


def pair_of(prefix: str, name: str) -> BucketPair:
    """Return the buckets that a requested name stands for.

    Args:
        prefix: the environment's bucket prefix.
        name: the name as requested, in lower case.
    """
    main = bucket_name(prefix, name)
    return BucketPair(main, replica_name(main), name.endswith(_PUBLIC))


def problem_with(prefix: str, name: str, *, public_allowed: bool) -> str:
    """Say why a name cannot be had.

    Args:
        prefix: the environment's bucket prefix.
        name: the name as requested, in lower case.
        public_allowed: whether the environment allows public buckets.

    Returns:
        One line with what was got and what is allowed; empty where the name is allowed.
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
        for start in _S3_PREFIXES:
            if text.startswith(start):
                return f"{text!r} begins with {start!r}, which S3 keeps for itself"
    for end in _S3_SUFFIXES:
        if name.endswith(end):
            return f"{name!r} ends in {end!r}, which S3 keeps for itself"
    for start in _OUR_PREFIXES:
        if name.startswith(start):
            return f"{name!r} begins with {start!r}, which is reserved"
    for word in RESERVED_SUFFIXES:
        if name == word or name.endswith(f"-{word}"):
            return f"{name!r} is or ends in {word!r}, which is reserved for the service's own buckets"
    return ""
