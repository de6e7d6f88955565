import gzip
import hashlib
import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import attrs
import pytest

from runtime.audit.errors import BrokenTrailError
from runtime.audit.events import Kind
from runtime.audit.manifests import Manifest
from runtime.audit.merkle import root
from runtime.audit.sign import sign_days
from runtime.contract import ManagedPrefix
from runtime.shared.errors import MalformedMessageError, TransientError
from tests.support.audit_fakes import KEY_ARN, FakeSigner
from tests.support.audit_trails import Archive, archive, event
from tests.support.builders import NOW


def _manifest(found: Archive, day: str) -> dict[str, Any]:
    document: dict[str, Any] = json.loads(found.files.files[f"audit/manifests/{day}.json"])
    return document


def _signature_holds(found: Archive, day: str) -> bool:
    key = f"audit/manifests/{day}.json"
    digest = hashlib.sha256(found.files.files[key]).digest()
    return found.signer.verify(digest, found.files.files[f"{key}.sig"])


def test_a_manifest_says_what_was_there() -> None:
    """Files with digests, sizes, tips and numbers of events, totals by kind and outcome, root, key: as documented."""
    found = Archive()
    one, other = found.writer(), found.writer()
    keys = [one.write([event(1), event(2, Kind.DEPOSIT)]), other.write([event(3, outcome="mismatch")])]
    keys.append(one.write([event(4)]))
    [day] = found.sign(after=1)

    assert ("audit/manifests/2026-03-01.json", 4, 3, []) == (day.key, day.events, day.segments, day.problems)
    document = _manifest(found, "2026-03-01")
    files = [found.files.files[key] for key in sorted(keys)]
    digests = [hashlib.sha256(body).hexdigest() for body in files]
    assert sorted(keys) == [entry["key"] for entry in document["segments"]]
    assert digests == [entry["sha256"] for entry in document["segments"]]
    assert [len(body) for body in files] == [entry["size"] for entry in document["segments"]]
    assert [2, 1, 1] == [entry["records"] for entry in document["segments"]]
    assert ["0" * 64, document["segments"][0]["tip"], "0" * 64] == [entry["previous"] for entry in document["segments"]]
    assert root(bytes.fromhex(digest) for digest in digests).hex() == document["merkle_root"]
    assert {
        "format": "duracloud-audit-manifest/1",
        "environment": "prod",
        "day": "2026-03-01",
        "number": 1,
        "previous": None,
        "records": 4,
        "counts": {"check": {"match": 2, "mismatch": 1}, "deposit": {"match": 1}},
        "made_at": "2026-03-02T12:00:00.000Z",
        "signing_key": KEY_ARN,
        "public_key_sha256": hashlib.sha256(found.files.files[ManagedPrefix.AUDIT_KEY]).hexdigest(),
    } == {name: value for name, value in document.items() if name not in {"segments", "merkle_root"}}
    assert _signature_holds(found, "2026-03-01")


def test_every_missed_day_is_signed_and_names_the_one_before() -> None:
    """A run after days of silence makes one manifest per day, without a gap in days, numbers and digests."""
    found = Archive()
    found.writer().write([event(1)])
    found.clock.advance(days=2)
    found.writer().write([event(2)])
    found.clock.advance(days=2)

    assert [1, 0, 1, 0] == [day.events for day in found.sign()]
    before = None
    for number, day in enumerate(("2026-03-01", "2026-03-02", "2026-03-03", "2026-03-04"), 1):
        document = _manifest(found, day)
        assert (number, before) == (document["number"], document["previous"])
        assert _signature_holds(found, day)
        digest = hashlib.sha256(found.files.files[f"audit/manifests/{day}.json"]).hexdigest()
        before = {"day": day, "sha256": digest}


def test_a_second_run_changes_nothing() -> None:
    """A day is signed once."""
    found = archive(days=2, segments=2, events=2)
    before = dict(found.files.files)

    assert [] == found.sign()
    assert before == found.files.files


def test_the_first_day_of_a_silent_trail_is_yesterday() -> None:
    """A trail without events begins to be signed all the same."""
    found = Archive()

    assert ["audit/manifests/2026-02-28.json"] == [day.key for day in found.sign()]


def test_a_late_segment_is_listed_by_the_next_manifest() -> None:
    """What is written into a day after its manifest was made is not lost: the next day's manifest lists it, once."""
    found = Archive()
    writer = found.writer()
    writer.write([event(1)])
    list(sign_days(found.signing, NOW + timedelta(days=1)))
    late = writer.write([event(2)])
    found.clock.advance(days=1)
    on_time = found.writer().write([event(3)])
    [day] = found.sign(after=1)
    [after] = found.sign(after=1)

    assert (2, []) == (day.events, day.problems)
    assert [late, on_time] == [entry["key"] for entry in _manifest(found, "2026-03-02")["segments"]]
    assert (0, []) == (after.events, after.problems)


def test_a_day_that_has_not_begun_is_not_signed() -> None:
    """A wrong date from a person cannot close days before anything was written into them."""
    found = Archive()
    with pytest.raises(MalformedMessageError, match="2026-03-02 cannot be signed: today is 2026-03-01"):
        list(sign_days(found.signing, NOW + timedelta(days=2)))

    assert {} == found.files.files


def _change_a_value(body: bytes) -> bytes:
    text = gzip.decompress(body)
    assert b'"size":2' in text
    return gzip.compress(text.replace(b'"size":2', b'"size":3'))


@pytest.mark.parametrize(
    ("break_it", "what"),
    [
        (
            lambda files, keys: files.update({keys[1]: _change_a_value(files[keys[1]])}),
            "000002.jsonl.gz, line 2: the dig",
        ),
        (lambda files, keys: files.update({keys[1]: b"junk"}), "000002.jsonl.gz: the file cannot be unpacked"),
        (lambda files, keys: files.pop(keys[1]), "000002.jsonl.gz: the segment is missing"),
        (lambda files, keys: files.update({f"{keys[0]}.copy": files[keys[0]]}), "the name is not that of a segment"),
    ],
)
def test_a_broken_trail_is_signed_as_it_is_and_said(
    break_it: Callable[[dict[str, bytes], list[str]], object], what: str
) -> None:
    """The day and all later ones are signed, the manifest says what is wrong, and so does the caller."""
    found = Archive()
    writer = found.writer()
    keys = [writer.write([event(number)]) for number in (1, 2, 3)]
    break_it(found.files.files, keys)
    first, second = found.sign(after=2)

    assert what in first.problems[0].text
    assert [] == second.problems
    assert [first.problems[0].text] == [
        entry["problem"] for entry in _manifest(found, "2026-03-01")["segments"] if "problem" in entry
    ]
    assert _signature_holds(found, "2026-03-01")
    assert _signature_holds(found, "2026-03-02")


@pytest.mark.parametrize("lost", [".json", ".json.sig"])
def test_a_run_that_broke_off_is_finished_by_the_next(lost: str) -> None:
    """Whichever file was written last, the next run ends with one manifest and a signature that fits."""
    found = Archive()
    found.writer().write([event(1)])
    found.clock.advance(days=1)

    def break_off(key: str) -> None:
        if key.endswith(lost):
            found.files.after = lambda _: None
            raise TransientError("the connection broke off")

    found.files.after = break_off
    with pytest.raises(TransientError):
        found.sign()
    found.clock.advance(minutes=1)
    found.sign()

    assert "2026-03-02T12:00:00.000Z" == _manifest(found, "2026-03-01")["made_at"]
    assert _signature_holds(found, "2026-03-01")


def test_an_unsigned_manifest_of_somebody_else_is_not_signed() -> None:
    """Whoever can write a file cannot have it signed by leaving it where the manifest belongs."""
    honest = archive(days=1, segments=2, events=2)
    key = "audit/manifests/2026-03-01.json"
    forged = attrs.evolve(Manifest.parse(honest.files.files[key]), segments=[])
    found = Archive()
    found.writer().write([event(0), event(1)])
    found.files.files[key] = forged.body
    found.clock.advance(days=1)

    with pytest.raises(BrokenTrailError, match="does not say what the segments say"):
        found.sign()
    assert f"{key}.sig" not in found.files.files


@pytest.mark.parametrize("made_at", ["2026-02-27T11:59:59.000Z", "2026-03-02T12:00:00.001Z"])
def test_an_unsigned_manifest_with_a_made_up_moment_is_not_signed(made_at: str) -> None:
    """Whoever has a past signed anew cannot have it signed as if that had been in time."""
    honest = archive(days=1, segments=2, events=2)
    key = "audit/manifests/2026-03-01.json"
    del honest.files.files[f"{key}.sig"]
    manifest = Manifest.parse(honest.files.files[key])
    honest.files.files[key] = attrs.evolve(manifest, made_at=made_at).body

    with pytest.raises(BrokenTrailError, match=r"allowed: within 2 days before 2026-03-02T12:00:00\.000Z"):
        honest.sign()
    assert f"{key}.sig" not in honest.files.files


def test_a_key_that_cannot_be_used_leaves_no_manifest() -> None:
    """A night without KMS is made up for by the next, with manifests that say when they were made."""
    found = archive(days=1, segments=2, events=2)
    found.clock.advance(days=1)
    found.signer.error = TransientError("KMS did not answer")
    with pytest.raises(TransientError):
        found.sign()
    assert "audit/manifests/2026-03-02.json" not in found.files.files

    found.signer.error = None
    assert [[]] == [day.problems for day in found.sign()]


def test_a_day_that_is_signed_late_is_told() -> None:
    """After an outage, or after somebody has removed manifests, the signing itself says so."""
    found = archive(days=3, segments=2, events=2)
    for day in ("02", "03"):
        for ending in ("json", "json.sig"):
            del found.files.files[f"audit/manifests/2026-03-{day}.{ending}"]

    again, in_time = found.sign()

    late = "audit/manifests/2026-03-02.json: the day was signed late: what happened to its files before is not proved"
    assert [late] == [problem.text.partition(": expected")[0] for problem in again.problems]
    assert [] == in_time.problems


@pytest.mark.parametrize(
    ("break_it", "what"),
    [
        (lambda files: files.update({"audit/manifests/2026-03-02.json": b"{}"}), "does not have the signature"),
        (lambda files: files.update({"audit/manifests/2026-03-02.json.sig": b"x"}), "does not have the signature"),
        (lambda files: files.pop("audit/manifests/2026-03-02.json"), "is gone, its signature is not"),
        (lambda files: files.update({"audit/public-key.pem": FakeSigner().key().public_key}), "is not the public key"),
    ],
)
def test_nothing_is_signed_on_top_of_what_is_not_ours(
    break_it: Callable[[dict[str, bytes]], object], what: str
) -> None:
    """A newest manifest or a key that was replaced stops the signing until it is put right, and then it goes on."""
    found = archive(days=2, segments=2, events=2)
    good = dict(found.files.files)
    break_it(found.files.files)
    with pytest.raises(BrokenTrailError, match=what):
        found.sign(after=1)
    assert "audit/manifests/2026-03-03.json" not in found.files.files

    found.files.files.update(good)
    assert [[]] == [day.problems for day in found.sign()]


def test_memory_does_not_grow_with_events() -> None:
    """Of a segment that was read only its entry is kept."""
    found = archive(days=1, segments=4, events=50)
    [name] = [key for key in found.files.files if key.endswith(".json")]
    manifest = Manifest.parse(found.files.files[name])

    assert 200 == manifest.records
    assert 4 == len(manifest.segments)
    assert len(found.files.files[name]) < 4 * 500 + 1000
