import contextlib
import gzip
import hashlib
import io
import json
import shutil
import sys
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import attrs
import pytest

from duracloud.audit.command import main
from runtime.audit.canonical_json import canonical
from runtime.audit.manifests import Manifest
from runtime.audit.segments import following_digest
from tests.support.audit_fakes import FakeSigner
from tests.support.audit_trails import Archive, archive, event
from tests.support.builders import NOW
from tests.support.hostile import HOSTILE_TEXTS
from tests.support.processes import run

ROOT = Path(__file__).parent.parent.parent


@attrs.frozen
class Laid:
    """A trail and a copy of it that a test may change."""

    archive: Archive
    folder: Path

    def segment(self, day: int, index: int) -> Path:
        return self.folder / self.archive.segments(day)[index].removeprefix("audit/")

    def manifest(self, day: int, ending: str = ".json") -> Path:
        """Return the file of a manifest; days count from the first."""
        return self.folder / "manifests" / f"2026-03-{day + 1:02}{ending}"

    def resign(self, day: int, signer: FakeSigner | None = None) -> None:
        """Sign a manifest as somebody would who has a key."""
        body = self.manifest(day).read_bytes()
        self.manifest(day, ".json.sig").write_bytes((signer or self.archive.signer).sign_file(body))

    def rewrite(self, day: int, **changes: Any) -> None:  # noqa: ANN401 (fields of a manifest)
        """Change a manifest and leave its signature as it is."""
        manifest = Manifest.parse(self.manifest(day).read_bytes())
        self.manifest(day).write_bytes(attrs.evolve(manifest, **changes).body)

    def drop_manifests(self, *days: int) -> None:
        """Remove manifests and their signatures."""
        for day in days:
            self.manifest(day).unlink()
            self.manifest(day, ".json.sig").unlink()


def _trail(folder: Path, events: int) -> Laid:
    """Lay out four signed days of nine segments, and four segments of the day after, with so many events in each."""
    found = archive(days=4, segments=9, events=events, unsigned=4)
    return Laid(found, found.lay(folder))


@pytest.fixture(scope="module")
def trail(tmp_path_factory: pytest.TempPathFactory) -> Laid:
    return _trail(tmp_path_factory.mktemp("audit"), events=25)


@pytest.fixture
def laid(trail: Laid, tmp_path: Path) -> Iterator[Laid]:
    folder = tmp_path / "audit"
    shutil.copytree(trail.folder, folder)
    yield Laid(trail.archive, folder)
    shutil.rmtree(folder)


def _said(status: int, *words: object) -> str:
    """Call the command, expect an exit status, and return what was printed."""
    with contextlib.redirect_stdout(io.StringIO()) as printed:
        assert status == main([str(word) for word in words])
    return printed.getvalue()


def _accepted(folder: Path, *more: object) -> str:
    return _said(0, "verify", folder, *more)


def _rejected(folder: Path, *more: object) -> str:
    return _said(1, "verify", folder, *more)


def test_an_untouched_trail_of_ten_thousand_events_is_accepted(tmp_path: Path) -> None:
    """Everything is counted, what is not signed yet is said, and the exit status is 0."""
    said = _accepted(_trail(tmp_path, events=250).folder)
    assert "environment  prod\n" in said
    assert "signed days  2026-03-01 to 2026-03-04, manifests: 4\n" in said
    assert "segments     40, not yet signed 4\n" in said
    assert "events       10000, not yet signed 1000\n" in said
    assert "  check        match 10000\n" in said
    assert "repeated     0 deliveries" in said
    assert said.endswith(
        "verdict      what is signed is complete and unchanged;"
        " 1000 events are not signed yet, which proves nothing of them\n"
    )


def test_the_key_may_be_given(trail: Laid, tmp_path: Path) -> None:
    """A key that was fetched from KMS takes the place of the one in the folder."""
    key = tmp_path / "key.pem"
    key.write_bytes(trail.archive.signer.key().public_key)

    assert "the folder's own" not in _accepted(trail.folder, "--public-key", key)


Lines = list[bytes]


def _edited(day: int, index: int, change: Callable[[Lines], Lines]) -> Callable[[Laid], None]:
    """Return what changes the lines of a segment."""

    def edit(laid: Laid) -> None:
        path = laid.segment(day, index)
        lines = change(gzip.decompress(path.read_bytes()).splitlines())
        path.write_bytes(gzip.compress(b"".join(line + b"\n" for line in lines), mtime=0))

    return edit


def _change_value(lines: Lines) -> Lines:
    assert b'"outcome":"match"' in lines[10]
    lines[10] = lines[10].replace(b'"outcome":"match"', b'"outcome":"mismatch"')
    return lines


def _redigest(lines: Lines, first: int, last: int) -> Lines:
    for number in range(first, last):
        before = json.loads(lines[number - 1])["digest"] if number > 1 else hashlib.sha256(lines[0]).hexdigest()
        text = canonical(json.loads(lines[number])["event"])
        lines[number] = b'{"digest":"%s","event":%s}' % (following_digest(before, text).encode(), text)
    return lines


def _copied(path: Path, name: str) -> None:
    shutil.copy(path, path.with_name(name))


def _replaced(laid: Laid) -> None:
    """Drop a segment from its manifest, which the forger signs with a key of his own."""
    laid.segment(1, 8).unlink()
    manifest = Manifest.parse(laid.manifest(1).read_bytes())
    laid.rewrite(1, segments=manifest.segments[:-1], counts={"check": {"match": 200}})
    laid.resign(1, FakeSigner())


def _rewritten_by_the_key(laid: Laid) -> None:
    """As above, by somebody who may use the true key: the next manifest gives him away."""
    _replaced(laid)
    laid.resign(1)


def _forged_from_the_start(laid: Laid) -> None:
    """Sign everything anew with another key, and put that one into the folder, too."""
    signer = FakeSigner()
    (laid.folder / "public-key.pem").write_bytes(signer.key().public_key)
    for day in range(4):
        laid.resign(day, signer)


def _added(laid: Laid) -> None:
    """Add a well-formed segment to a day that was signed."""
    stranger = Archive(new_chain=lambda: "e" * 32)
    key = stranger.writer().write([event(1)])
    path = laid.folder / key.removeprefix("audit/")
    path.parent.mkdir(parents=True)
    path.write_bytes(stranger.files.files[key])


def _made_too_early(laid: Laid) -> None:
    """Make up the moment of a manifest, with the use of the true key."""
    laid.rewrite(3, made_at="2026-03-03T12:00:00.000Z")
    laid.resign(3)


NOT_OF_THIS_KEY = "the signature beside it is not one of this key over this file"
NOT_THE_SIGNED_FILE = "the file is not the one that was signed: expected"
TAMPERED: dict[str, tuple[Callable[[Laid], object], str]] = {
    "a value": (_edited(1, 4, _change_value), "{1,4}, line 11: the digest is not that"),
    "a value with the digest of its line": (
        _edited(1, 4, lambda lines: _redigest(_change_value(lines), 10, 11)),
        "{1,4}, line 12: the digest is not that",
    ),
    "a value with the whole chain": (
        _edited(1, 4, lambda lines: _redigest(_change_value(lines), 10, len(lines))),
        "{1,4}: " + NOT_THE_SIGNED_FILE,
    ),
    "the last value with its digest": (
        _edited(3, 8, lambda lines: _redigest([*lines[:10], *lines[11:]], 10, 25)),
        "{3,8}: " + NOT_THE_SIGNED_FILE,
    ),
    "a dropped event": (
        _edited(0, 0, lambda lines: [*lines[:20], *lines[21:]]),
        "{0,0}, line 21: the digest is not that",
    ),
    "a dropped last event": (_edited(0, 0, lambda lines: lines[:-1]), "{0,0}: " + NOT_THE_SIGNED_FILE),
    "lines in another order": (
        _edited(2, 1, lambda lines: [*lines[:9], lines[10], lines[9], *lines[11:]]),
        "{2,1}, line 10: the digest is not that",
    ),
    "a line twice": (
        _edited(2, 1, lambda lines: [*lines[:10], lines[9], *lines[10:]]),
        "{2,1}, line 11: the digest is not that",
    ),
    "a dropped segment": (
        lambda laid: laid.segment(1, 2).unlink(),
        "{1,2}: the segment is missing, which the manifest",
    ),
    "a dropped segment that is not signed": (
        lambda laid: laid.segment(4, 0).unlink(),
        "{4,0}: the segment is missing; the chain goes on behind it",
    ),
    "a segment twice in its chain": (
        lambda laid: _copied(laid.segment(1, 4), "000009.jsonl.gz"),
        "/000009.jsonl.gz: the segment is in no manifest, although its day is signed",
    ),
    "a segment twice on a day that is not signed": (
        lambda laid: _copied(laid.segment(4, 1), "000003.jsonl.gz"),
        "/000003.jsonl.gz, line 1: the header says another number: expected 3, found 2",
    ),
    "a copy beside a segment": (
        lambda laid: _copied(laid.segment(1, 4), "000004 (copy).jsonl.gz"),
        "(copy).jsonl.gz: the file does not belong",
    ),
    "an added segment": (_added, "/000001.jsonl.gz: the segment is in no manifest, although its day is signed"),
    "two segments in each other's place": (
        lambda laid: [
            laid.segment(0, 0).rename(laid.folder / "x"),
            laid.segment(0, 1).rename(laid.segment(0, 0)),
            (laid.folder / "x").rename(laid.segment(0, 1)),
        ],
        "{0,0}, line 1: the header says another number: expected 1, found 2",
    ),
    "a truncated segment": (
        lambda laid: laid.segment(3, 3).write_bytes(laid.segment(3, 3).read_bytes()[:-20]),
        "{3,3}: the file ends too early",
    ),
    "an empty segment": (lambda laid: laid.segment(3, 3).write_bytes(b""), "{3,3}: the file ends too early"),
    "a truncated segment that is not signed": (
        lambda laid: laid.segment(4, 3).write_bytes(laid.segment(4, 3).read_bytes()[:-20]),
        "{4,3}: the file ends too early",
    ),
    "a dropped first manifest": (
        lambda laid: laid.drop_manifests(0),
        "manifests/2026-03-01.json: the manifest is missing, and all before it: 1 in all",
    ),
    "a dropped manifest": (lambda laid: laid.drop_manifests(1), "manifests/2026-03-02.json: the manifest is missing"),
    "manifests dropped whose days must have been signed by now": (
        lambda laid: laid.drop_manifests(1, 2, 3),
        "2026-03-02.json: the manifest is missing, although its day should be",
    ),
    "a manifest made before that of the day before it": (
        _made_too_early,
        "2026-03-04.json: the manifest was made before that of the day before it",
    ),
    "all manifests dropped": (
        lambda laid: shutil.rmtree(laid.folder / "manifests"),
        "manifests/: there is no manifest: nothing is signed",
    ),
    "a manifest without its signature": (
        lambda laid: laid.manifest(2, ".json.sig").unlink(),
        "manifests/2026-03-03.json.sig: the signature is missing",
    ),
    "a signature without its manifest": (
        lambda laid: laid.manifest(3).unlink(),
        "manifests/2026-03-04.json: the manifest is missing, its signature is there",
    ),
    "a changed manifest": (
        lambda laid: laid.manifest(2).write_bytes(laid.manifest(2).read_bytes().replace(b"225", b"224", 1)),
        f"manifests/2026-03-03.json: {NOT_OF_THIS_KEY}",
    ),
    "a manifest signed with another key": (_replaced, f"manifests/2026-03-02.json: {NOT_OF_THIS_KEY}"),
    "a manifest replaced with the true key": (
        _rewritten_by_the_key,
        "manifests/2026-03-03.json: the manifest does not follow the one before it",
    ),
    "an old manifest for another day": (
        lambda laid: [
            shutil.copy(laid.manifest(0, ending), laid.manifest(2, ending)) for ending in (".json", ".json.sig")
        ],
        "manifests/2026-03-03.json: the manifest is of another day: expected 2026-03-03, found 2026-03-01",
    ),
    "a changed signature": (
        lambda laid: laid.manifest(1, ".json.sig").write_bytes(laid.manifest(0, ".json.sig").read_bytes()),
        f"manifests/2026-03-02.json: {NOT_OF_THIS_KEY}",
    ),
    "an empty signature": (
        lambda laid: laid.manifest(1, ".json.sig").write_bytes(b""),
        f"manifests/2026-03-02.json: {NOT_OF_THIS_KEY}",
    ),
    "another key in the folder": (
        lambda laid: (laid.folder / "public-key.pem").write_bytes(FakeSigner().key().public_key),
        f"manifests/2026-03-01.json: {NOT_OF_THIS_KEY}",
    ),
    "everything signed anew": (_forged_from_the_start, "2026-03-01.json: the manifest names another key: expected"),
}


@pytest.mark.parametrize(("tamper", "expected"), TAMPERED.values(), ids=TAMPERED)
def test_tampering_is_rejected_at_its_first_record(laid: Laid, tamper: Callable[[Laid], object], expected: str) -> None:
    """Whatever is done to the files, the exit status is 1 and the first problem names file, line and finding."""
    tamper(laid)

    said = _rejected(laid.folder)
    first = next(line for line in said.splitlines() if line.startswith("PROBLEM"))
    for day in range(5):
        for index, key in enumerate(laid.archive.segments(day)):
            expected = expected.replace(f"{{{day},{index}}}", key)
    assert expected in first
    assert "verdict      NOT as it was written" in said


def _signed_anew(laid: Laid, days: int) -> None:
    """Remove the manifests of a past that is then changed, and wait until the service has signed it again."""
    files = laid.archive.files.files
    changed = Archive(signer=laid.archive.signer)
    changed.files.files = {key: body for key, body in files.items() if "manifests/2026-03-0" not in key}
    key = changed.segments(1)[8]
    changed.files.files[key] = gzip.compress(
        b"".join(line + b"\n" for line in gzip.decompress(files[key]).splitlines()[:-1]), mtime=0
    )
    changed.clock.moment = NOW + timedelta(days=days)
    changed.sign()
    shutil.rmtree(laid.folder)
    changed.lay(laid.folder)


def test_a_past_that_the_service_signed_anew_is_rejected(laid: Laid) -> None:
    """Whoever removes manifests has true signatures made over another past; they come too late, and that is told."""
    _signed_anew(laid, days=4)

    said = _rejected(laid.folder)
    late = "the day was signed late: what happened to its files before is not proved"
    assert f"2026-03-01.json: {late}: expected by 2026-03-02, found 2026-03-05" in said
    assert "2026-03-03.json: the day was signed late" in said
    assert "2026-03-04.json: the day was signed late" not in said


def test_days_that_were_signed_late_are_accepted_where_that_is_known(laid: Laid) -> None:
    """After an outage that the operators can explain, the auditor says up to which day; the count is shown."""
    _signed_anew(laid, days=4)

    assert "signed late  3, from 2026-03-01 to 2026-03-03, as you accept\n" in _accepted(
        laid.folder, "--accept-late", "2026-03-03"
    )
    _rejected(laid.folder, "--accept-late", "2026-03-02")


def test_a_manifest_that_was_kept_binds_the_past(
    laid: Laid, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """With one small file from an earlier audit, not even the holder of the key can have written another past since."""
    kept = tmp_path / "kept.json"
    shutil.copy(laid.manifest(2), kept)
    _accepted(laid.folder, "--kept", kept)

    _signed_anew(laid, days=4)
    assert "2026-03-03.json: the manifest is not the one that was kept elsewhere" in _rejected(
        laid.folder, "--accept-late", "2026-03-04", "--kept", kept
    )

    laid.manifest(2).unlink()
    assert "2026-03-03.json: the manifest that was kept elsewhere is not there" in _rejected(
        laid.folder, "--kept", kept
    )
    assert 2 == main(["verify", str(laid.folder), "--kept", str(laid.folder / "public-key.pem")])
    assert "is no manifest" in capsys.readouterr().err


def test_a_trail_signed_by_somebody_else_is_rejected_by_the_key_of_kms(laid: Laid, tmp_path: Path) -> None:
    """A folder that is forged as a whole, key and all, does not hold against a key from elsewhere."""
    key = tmp_path / "key.pem"
    key.write_bytes(laid.archive.signer.key().public_key)
    _forged_from_the_start(laid)

    assert "public-key.pem: the folder holds another key" in _rejected(laid.folder, "--public-key", key)


@pytest.mark.parametrize("text", HOSTILE_TEXTS.values(), ids=HOSTILE_TEXTS)
def test_l43_nobody_forges_a_line_of_the_verdict(laid: Laid, text: str) -> None:
    """Names of files and values of manifests, which a stranger may have written, add no line and hide none."""
    if "\0" not in text:
        (laid.folder / text.replace("/", "_")).write_bytes(b"")
    laid.rewrite(3, environment=text)

    said = _rejected(laid.folder)
    assert "PROBLEM      audit/manifests/2026-03-04.json: the manifest is of another environment: " in said
    assert all(line.isprintable() for line in said.split("\n"))
    assert not any(line.startswith("Status:") for line in said.splitlines())


def test_a_newest_manifest_that_was_dropped_is_missed_where_its_day_is_asked_for(laid: Laid) -> None:
    """What follows the newest manifest may be unsigned; whoever knows better says through which day it must not."""
    laid.drop_manifests(3)
    assert "events       1000, not yet signed 325\n" in _accepted(laid.folder)

    assert "2026-03-04.json: the manifest is missing, although its day should be signed" in _rejected(
        laid.folder, "--through", "2026-03-04"
    )
    _accepted(laid.folder, "--through", "2026-03-03")


def test_a_copy_may_begin_later_where_that_is_said(laid: Laid) -> None:
    """Whoever keeps or fetches the newer part only says since when; the rest is verified as before."""
    laid.drop_manifests(0)
    shutil.rmtree(laid.folder / "events" / "2026-03-01")

    assert "signed days  2026-03-02 to 2026-03-04, manifests: 3" in _accepted(laid.folder, "--since", "2026-03-02")
    _rejected(laid.folder, "--since", "2026-03-01")


def test_repeated_deliveries_are_counted_and_do_no_harm(tmp_path: Path) -> None:
    """The same event in two segments, also on two days, is a repetition where its content is equal."""
    found = Archive()
    found.writer().write([event(1), event(2)])
    found.writer().write([event(2)])
    found.clock.advance(days=1)
    found.writer().write([event(1)])
    found.sign()

    said = _accepted(found.lay(tmp_path))
    assert "events       4, not yet signed 1\n" in said
    assert "repeated     2 deliveries" in said


def test_an_id_with_two_contents_is_rejected(tmp_path: Path) -> None:
    """No two events share an id: one of them was made up before it was signed."""
    found = Archive()
    found.writer().write([event(1)])
    second = found.writer().write([event(3), event(1, outcome="mismatch")])
    found.sign(after=1)

    what = "an event of this id stands elsewhere with other content"
    assert f"PROBLEM      {second}, line 3: {what}" in _rejected(found.lay(tmp_path))


def test_what_was_broken_when_it_was_signed_stays_a_problem(tmp_path: Path) -> None:
    """A segment that was missing then is told for ever, whether it comes back or not."""
    found = Archive()
    writer = found.writer()
    keys = [writer.write([event(number)]) for number in range(3)]
    lost = found.files.files.pop(keys[1])
    found.sign(after=1)
    assert f"PROBLEM      {keys[1]}: the segment is missing" in _rejected(found.lay(tmp_path))

    found.files.files[keys[1]] = lost
    assert f"PROBLEM      {keys[1]}: the segment is missing" in _rejected(found.lay(tmp_path))


def test_what_was_wrong_when_it_was_signed_is_told_where_the_copy_cannot_show_it(tmp_path: Path) -> None:
    """A manifest's own word for a problem counts also where the files that would show it were not fetched."""
    found = Archive()
    writer = found.writer()
    writer.write([event(1)])
    found.sign(after=1)
    found.clock.advance(days=-1)
    lost, late = writer.write([event(2)]), writer.write([event(3)])
    found.files.files.pop(lost)
    found.sign(after=2)
    Laid(found, found.lay(tmp_path)).drop_manifests(0)

    what = f"PROBLEM      {late}: when it was signed this was wrong: {lost}: the segment is missing"
    assert what in _rejected(tmp_path, "--since", "2026-03-02")


def test_a_late_segment_is_accepted_where_the_next_manifest_lists_it(tmp_path: Path) -> None:
    """A segment of the day before may be listed a day later, but not by the copy of a manifest."""
    found = Archive()
    writer = found.writer()
    writer.write([event(1)])
    found.sign(after=1)
    found.clock.advance(days=-1)
    writer.write([event(2)])
    found.clock.advance(days=1)
    assert "events       2, not yet signed 1\n" in _accepted(found.lay(tmp_path))

    found.sign(after=1)
    assert "events       2, not yet signed 0\n" in _accepted(found.lay(tmp_path))
    Laid(found, tmp_path).drop_manifests(0)
    _accepted(tmp_path, "--since", "2026-03-02")


def test_a_young_trail_is_not_signed_and_says_only_that(tmp_path: Path) -> None:
    """Before its first night a trail proves nothing yet."""
    found = Archive()
    found.writer().write([event(1)])
    found.lay(tmp_path)
    (tmp_path / "public-key.pem").write_bytes(found.signer.key().public_key)

    said = _rejected(tmp_path)
    assert 1 == said.count("PROBLEM")
    assert "signed days  none, manifests: 0\n" in said
    assert "there is no manifest: nothing is signed" in said


def test_hidden_files_of_a_machine_are_passed_over(laid: Laid) -> None:
    """What a desktop leaves in folders is not of the trail, and proves nothing against it."""
    (laid.folder / ".DS_Store").write_bytes(b"x")
    (laid.folder / "manifests" / ".DS_Store").write_bytes(b"x")

    _accepted(laid.folder)


def test_an_event_is_proved_by_its_way_to_the_signed_root(trail: Laid) -> None:
    """The event, its line and every digest on the way to the root of a signed manifest are shown."""
    said = _said(0, "prove", trail.folder, event(60).id)
    digests = [line.split()[2 if line.startswith("joined") else 1] for line in said.splitlines() if "  on the " in line]
    manifest = json.loads(trail.manifest(0).read_bytes())
    index = next(place for place, entry in enumerate(manifest["segments"]) if entry["key"] in said)
    digest = hashlib.sha256(b"\x00" + bytes.fromhex(manifest["segments"][index]["sha256"])).digest()
    for line, sibling in zip([line for line in said.splitlines() if "joined" in line], digests, strict=True):
        pair = (bytes.fromhex(sibling), digest) if line.endswith("left") else (digest, bytes.fromhex(sibling))
        digest = hashlib.sha256(b"\x01" + b"".join(pair)).digest()
    assert manifest["merkle_root"] == digest.hex()
    assert event(60).id in said

    unknown = event(999).id
    assert f"no signed event has the id {unknown}" in _said(1, "prove", trail.folder, unknown)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["verify", "{folder}/nothing"], "is not a copy of audit/"),
        (["verify", "{folder}", "--public-key", "{folder}/nothing"], "cannot be read: No such file"),
        (
            ["verify", "{folder}", "--public-key", "{folder}/manifests/2026-03-01.json"],
            "cannot be read; allowed: a PEM",
        ),
        (["verify", "{folder}", "--public-key", "{rsa}"], "is not the public part of a P-256 key"),
    ],
)
def test_l27_what_cannot_be_done_has_its_own_status(
    trail: Laid, tmp_path: Path, arguments: list[str], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """Neither a wrong folder nor a wrong key is taken for tampering, or for a proof."""
    from cryptography.hazmat.primitives import serialization  # noqa: PLC0415 (needed by this test alone)
    from cryptography.hazmat.primitives.asymmetric import rsa  # noqa: PLC0415 (needed by this test alone)

    rsa_key = rsa.generate_private_key(65537, 2048).public_key()
    (tmp_path / "rsa.pem").write_bytes(
        rsa_key.public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
    )

    assert 2 == main([word.format(folder=trail.folder, rsa=tmp_path / "rsa.pem") for word in arguments])
    assert said in capsys.readouterr().err


def test_l27_a_file_that_cannot_be_read_proves_nothing(
    laid: Laid, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """A disk that fails is told, with the status of work that was not done."""
    read, bad = Path.read_bytes, laid.segment(1, 1)

    def failing(path: Path) -> bytes:
        if path == bad:
            raise PermissionError(f"[Errno 13] Permission denied: '{path}'")
        return read(path)

    monkeypatch.setattr(Path, "read_bytes", failing)

    assert 2 == main(["verify", str(laid.folder)])
    assert "so nothing is proved" in capsys.readouterr().err


@pytest.mark.parametrize("arguments", [[], ["verify"], ["verify", ".", "--since", "yesterday"], ["forget", "."]])
def test_l27_wrong_words_have_the_status_of_wrong_usage(arguments: list[str]) -> None:
    """Whatever is not a command ends with 2."""
    with pytest.raises(SystemExit) as caught:
        main(arguments)

    assert 2 == caught.value.code


def test_the_command_needs_no_network_and_no_aws(trail: Laid) -> None:
    """As its reader calls it, with nothing in the environment, it verifies and says so by its status."""
    command = [sys.executable, "-m", "duracloud", "audit", "verify", str(trail.folder)]
    done = run(command, cwd=ROOT, env={})

    assert (0, "") == (done.returncode, done.stderr)
    assert "verdict      what is signed is complete and unchanged; 100 events are not" in done.stdout


@pytest.mark.skipif(shutil.which("openssl") is None, reason="OpenSSL is not installed")
def test_a_signature_can_be_verified_by_hand(trail: Laid) -> None:
    """OpenSSL accepts a manifest's signature as the documentation says, without any software of ours."""
    for day, status in ((0, 0), (1, 1)):
        words = ["dgst", "-sha256", "-verify", "public-key.pem", "-signature", "manifests/2026-03-01.json.sig"]
        command = [str(shutil.which("openssl")), *words, str(trail.manifest(day))]
        assert status == run(command, cwd=trail.folder).returncode
