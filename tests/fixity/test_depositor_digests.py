import base64
import hashlib

import pytest

from runtime.fixity.depositor_digests import names_digest, stated_digests
from runtime.fixity.evidence import Source, Verdict
from runtime.fixity.outcome import Outcome
from tests.support.builders import BODY, REF, uploaded

MD5 = hashlib.md5(BODY, usedforsecurity=False)
SHA1 = hashlib.sha1(BODY, usedforsecurity=False)
SHA256, SHA512 = hashlib.sha256(BODY), hashlib.sha512(BODY)
BASE64_MD5 = base64.b64encode(MD5.digest()).decode()
BASE64_SHA256 = base64.b64encode(SHA256.digest()).decode()
S3CMD = f"atime:1700000000/ctime:1700000000/gid:100/gname:users/md5:{MD5.hexdigest()}/mode:33188/mtime:1/uid:0/uname:me"


@pytest.mark.parametrize(
    ("name", "value", "algorithm"),
    [
        pytest.param("md5chksum", BASE64_MD5, "md5", id="rclone"),
        pytest.param("s3cmd-attrs", S3CMD, "md5", id="s3cmd"),
        pytest.param("sha-256", SHA256.hexdigest(), "sha256", id="name with a dash"),
        pytest.param("SHA256", SHA256.hexdigest(), "sha256", id="name in upper case"),
        pytest.param("sha256sum", f"{SHA256.hexdigest()}  box 1/letter.txt", "sha256", id="line of sha256sum"),
        pytest.param("sha256", f"{SHA256.hexdigest()} *letter.txt", "sha256", id="line of sha256sum --binary"),
        pytest.param("sha256", f"\\{SHA256.hexdigest()}  a\\nb", "sha256", id="line of sha256sum, escaped"),
        pytest.param("sha256", f"SHA256 (a b.txt) = {SHA256.hexdigest()}", "sha256", id="line of sha256sum --tag"),
        pytest.param("checksum", f"SHA256 (a b.txt) = {SHA256.hexdigest()}", "sha256", id="tagged, name without"),
        pytest.param("sha256", SHA256.hexdigest().upper(), "sha256", id="upper case"),
        pytest.param("sha256", f"sha256:{SHA256.hexdigest()}", "sha256", id="with its algorithm before it"),
        pytest.param("checksum", f"SHA-256: {SHA256.hexdigest()}", "sha256", id="only the value names it"),
        pytest.param("digest", f"sha-256={BASE64_SHA256}", "sha256", id="RFC 3230"),
        pytest.param("content-digest", f"sha-256=:{BASE64_SHA256}:", "sha256", id="RFC 9530"),
        pytest.param("content-md5", BASE64_MD5, "md5", id="content-md5"),
        pytest.param("checksum-sha256", BASE64_SHA256.rstrip("="), "sha256", id="without padding"),
        pytest.param("sha256", base64.urlsafe_b64encode(SHA256.digest()).decode(), "sha256", id="URL-safe"),
        pytest.param("sha1", f"  {SHA1.hexdigest()}\t", "sha1", id="blanks around it"),
        pytest.param("x_sha512".removeprefix("x_"), SHA512.hexdigest(), "sha512", id="sha512"),
    ],
)
def test_l45_digests_are_compared_in_the_forms_that_tools_send(name: str, value: str, algorithm: str) -> None:
    """Whatever the form, it is the digest of the bytes, or it contradicts them."""
    assert names_digest(name)
    for body, verdict in ((BODY, Verdict.MATCH), (b"other bytes altogether", Verdict.MISMATCH)):
        w, put = uploaded(body, depositor={name: value})

        finding = w.deposit(put)

        [stated] = [c for c in w.records.items[REF].last_check.comparisons if c.evidence.source is Source.DEPOSITOR]
        assert (algorithm, verdict) == (stated.evidence.algorithm, stated.verdict)
        assert (verdict is Verdict.MATCH) == (finding.outcome is Outcome.MATCH)


@pytest.mark.parametrize(
    ("name", "value", "reason"),
    [
        ("sha256", "", "neither 64 hexadecimal digits nor Base64 of 32 bytes"),
        ("sha256", MD5.hexdigest(), "neither 64 hexadecimal digits nor Base64 of 32 bytes"),
        ("sha256", "see the README: there", "neither 64 hexadecimal digits nor Base64 of 32 bytes"),
        ("md5", f"{MD5.hexdigest()}-2", "neither 32 hexadecimal digits nor Base64 of 16 bytes"),
        ("md5", "zürich", "neither 32 hexadecimal digits nor Base64 of 16 bytes"),
        ("sha256", f"md5:{MD5.hexdigest()}", "it names another algorithm, md5"),
        ("checksum", SHA256.hexdigest(), "it names no algorithm that this software knows"),
        ("hash", f"tiger:{SHA1.hexdigest()}", "it names no algorithm that this software knows"),
        ("sha3-256", "00" * 32, "this software does not know the algorithm"),
        ("digest", f"blake2b:{'00' * 64}", "this software does not know the algorithm"),
        ("s3cmd-attrs", "md5:none", "neither 32 hexadecimal digits nor Base64 of 16 bytes"),
    ],
)
def test_l45_what_cannot_be_compared_is_recorded_with_the_reason(name: str, value: str, reason: str) -> None:
    """A digest in no known form is no failure, and is not passed over in silence."""
    assert names_digest(name)
    w, put = uploaded(depositor={name: value})

    assert Outcome.MATCH is w.deposit(put).outcome
    [stated] = [c for c in w.records.items[REF].last_check.comparisons if c.evidence.source is Source.DEPOSITOR]
    assert Verdict.NOT_COMPARED is stated.verdict
    assert reason in stated.text
    assert stated.evidence.expected in {value, value.removeprefix("md5:")}


@pytest.mark.parametrize("name", ["title", "mtime", "md5-of-the-thumbnail", "hashtag", "x-amz-key", "shape", "s3cmd"])
def test_other_metadata_is_no_digest(name: str) -> None:
    """Only names that say that they hold a digest are looked at."""
    assert not names_digest(name)


def test_s3cmd_attributes_without_a_digest_are_no_evidence() -> None:
    """s3cmd writes its attributes also where it has no digest."""
    assert [] == list(stated_digests({"s3cmd-attrs": "mtime:1/uid:0"}))
