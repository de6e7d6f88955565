import base64
import hashlib

import attrs
import pytest

from runtime.fixity.digests import Wanted
from runtime.fixity.evidence import (
    Evidence,
    Source,
    Verdict,
    compare,
    contradictions,
    equal_parts,
    from_baseline,
    from_s3,
    wanted,
)
from runtime.fixity.objects import Encryption, ObjectFacts
from tests.support.builders import NOW, REF

MD5 = hashlib.md5(b"letter", usedforsecurity=False).hexdigest()
FACTS = ObjectFacts(ref=REF, version_id="v1", size=6, etag=MD5, modified=NOW)


def _only(evidence: list[Evidence]) -> Evidence:
    assert 1 == len(evidence)
    return evidence[0]


def test_plain_etag_is_an_md5() -> None:
    """The ETag of a single-part object under S3-managed encryption is compared as MD5."""
    assert Evidence(source=Source.ETAG, algorithm="md5", expected=MD5) == _only(from_s3(FACTS))


@pytest.mark.parametrize("encryption", [Encryption.KMS, Encryption.CUSTOMER_PROVIDED])
@pytest.mark.parametrize("etag", [MD5, f"{MD5}-2"])
def test_l08_etag_under_kms_or_customer_key_is_not_compared(encryption: Encryption, etag: str) -> None:
    """An ETag that is no MD5 of the content is recorded as not comparable, with the reason, and is no failure."""
    evidence = from_s3(attrs.evolve(FACTS, encryption=encryption, etag=etag))
    comparisons = compare(evidence, {Wanted("md5"): "0" * 32}, None)

    assert Verdict.NOT_COMPARED is comparisons[0].verdict
    assert f"no MD5 under {encryption} encryption" in comparisons[0].text
    assert [] == contradictions(comparisons)


def test_l09_multipart_etag_and_composite_checksum_are_recomputed() -> None:
    """A multipart ETag and a composite checksum ask for the digests of the parts."""
    composite = base64.b64encode(b"\1\2\3\4").decode() + "-2"
    facts = attrs.evolve(FACTS, etag=f"{MD5}-2", checksums={"crc32": composite})

    etag, checksum = from_s3(facts)

    assert Wanted("md5", (4, 2)) == wanted(etag, (4, 2))
    assert Wanted("crc32", (4, 2)) == wanted(checksum, (4, 2))
    assert "01020304" == checksum.expected


def test_multipart_without_known_parts_is_not_compared() -> None:
    """A multipart digest whose parts are not known is recorded as such, not as a failure."""
    comparisons = compare(from_s3(attrs.evolve(FACTS, etag=f"{MD5}-2")), {}, None)

    assert Verdict.NOT_COMPARED is comparisons[0].verdict
    assert "sizes of the parts are not known" in comparisons[0].text


@pytest.mark.parametrize(
    ("checksums", "reason"),
    [
        ({"crc99": "AAAA"}, "does not know the algorithm"),
        ({"crc32": "not base64!"}, "is not base64"),
        ({"crc32": base64.b64encode(b"12345").decode()}, "length is not that of the algorithm"),
    ],
)
def test_strange_checksums_are_recorded_with_the_reason(checksums: dict[str, str], reason: str) -> None:
    """A stored checksum that cannot be compared says why."""
    assert reason in from_s3(attrs.evolve(FACTS, checksums=checksums))[1].reason


def test_strange_etag_is_recorded_with_the_reason() -> None:
    """An ETag that has not the form of an MD5 is not compared."""
    assert "form of an MD5" in _only(from_s3(attrs.evolve(FACTS, etag="opaque"))).reason


@pytest.mark.parametrize(
    ("given", "comparable"), [(MD5.upper(), True), (f" {MD5} ", True), ("abc", False), ("g" * 32, False)]
)
def test_depositors_digests_are_evidence(given: str, *, comparable: bool) -> None:
    """A depositor's own digest is compared where it is hexadecimal of the right length."""
    evidence = from_s3(attrs.evolve(FACTS, depositor_digests={"md5": given}))[1]

    assert Source.DEPOSITOR is evidence.source
    assert comparable == (evidence.reason == "")


def test_contradiction_names_evidence_algorithm_expected_and_computed() -> None:
    """The text of a contradiction names the evidence, the algorithm, what was expected and what was computed."""
    comparisons = compare(from_s3(FACTS), {Wanted("md5"): "0" * 32}, None)

    assert [f"S3 ETag, md5: expected {MD5}, computed {'0' * 32}"] == [c.text for c in contradictions(comparisons)]


def test_baseline_of_an_unknown_algorithm_is_not_compared() -> None:
    """A baseline written by newer software does not make older software call an object damaged."""
    comparisons = compare(from_baseline({"sha3": "00"}), {}, None)

    assert [Verdict.NOT_COMPARED] == [c.verdict for c in comparisons]


@pytest.mark.parametrize(
    ("first", "size", "count", "expected"),
    [(5, 10, 2, (5, 5)), (5, 11, 3, (5, 5, 1)), (5, 5, 1, (5,)), (5, 11, 2, None), (5, 4, 2, None), (5, 5, 2, None)],
)
def test_equal_parts(first: int, size: int, count: int, expected: tuple[int, ...] | None) -> None:
    """Parts are taken to be equal only where they add up to the object."""
    assert expected == equal_parts(first, size, count)
