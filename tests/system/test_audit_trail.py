import json
import shutil
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from duracloud.audit.command import main
from duracloud.local.service import Service, text_of
from duracloud.local.watching import eventually
from tests.support.processes import run

pytestmark = pytest.mark.system


def _fetch(service: Service, folder: Path) -> Path:
    """Copy audit/ of the managed bucket, as an auditor does."""
    for key, body in service.managed_files("audit/").items():
        path = folder / key.removeprefix("audit/")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(body)
    return folder


def _checked(service: Service, bucket: str, key: str, outcome: str) -> None:
    before = service.records(bucket)[key]["LastChecksumDate"]["S"]
    eventually(lambda: service.schedule(bucket), lambda rows: key in rows)
    service.make_due(bucket, key)
    eventually(lambda: service.records(bucket)[key]["LastChecksumDate"]["S"], lambda date: date > before)
    assert outcome == text_of(service.records(bucket)[key], "LastOutcome")


def test_everything_that_happens_is_in_a_trail_that_holds(
    service: Service, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Provisioning, deposit, check, damage, repair, recovery and deletion are recorded, signed and verified offline."""
    [bucket] = service.new_buckets("audited")
    service.put(bucket, "restored.txt", "replaced.txt", body="good")
    eventually(lambda: service.records(bucket), lambda found: len(found) == 2)
    _checked(service, bucket, "restored.txt", "match")
    for key in ("restored.txt", "replaced.txt"):
        service.file_on_disk(bucket, key).write_bytes(b"gxod")
        _checked(service, bucket, key, "mismatch")
    service.file_on_disk(bucket, "restored.txt").write_bytes(b"good")
    _checked(service, bucket, "restored.txt", "match")
    service.put(bucket, "replaced.txt", body="good")
    eventually(lambda: service.records(bucket)["replaced.txt"], lambda row: text_of(row, "LastOutcome") == "match")
    service.s3.delete_object(Bucket=bucket, Key="restored.txt")

    events = eventually(
        lambda: service.audit_events(bucket), lambda found: "deletion" in {event["kind"] for event in found}
    )
    said = [(event["object"]["key"], event["kind"], event["outcome"]) for event in events]
    assert sorted(
        [
            ("", "provisioning", "created"),
            ("restored.txt", "deposit", "match"),
            ("replaced.txt", "deposit", "match"),
            ("restored.txt", "check", "match"),
            ("restored.txt", "check", "mismatch"),
            ("replaced.txt", "check", "mismatch"),
            ("restored.txt", "recovery", "match"),
            ("replaced.txt", "repair", "match"),
            ("restored.txt", "deletion", "removed"),
        ]
    ) == sorted(said)
    assert {"duracloud-local-bucket-requested", "duracloud-local-file-uploaded"} <= {
        event["agent"]["function"] for event in events if event["agent"]
    }

    _sign(service, datetime.now(UTC) + timedelta(days=1))
    assert 0 == main(["verify", str(_fetch(service, tmp_path / "signed"))])
    output = capsys.readouterr().out
    assert "environment  local\n" in output
    assert "complete and unchanged" in output
    _verify_by_hand(tmp_path / "signed")
    tampered = next((tmp_path / "signed" / "events").rglob("*.gz"))
    tampered.write_bytes(tampered.read_bytes()[:-1])
    assert 1 == main(["verify", str(tmp_path / "signed")])


def _sign(service: Service, moment: datetime) -> None:
    answer = service.lambda_.invoke(
        FunctionName=service.functions["audit-manifest"],
        Payload=json.dumps({"time": moment.isoformat()}).encode(),
    )
    assert "FunctionError" not in answer, answer["Payload"].read()


def _verify_by_hand(folder: Path) -> None:
    """Verify every signature with OpenSSL, as the documentation says: the key of KMS signs what is documented."""
    openssl = shutil.which("openssl")
    manifests = sorted((folder / "manifests").glob("*.json"))
    assert manifests
    for manifest in manifests if openssl else []:
        command = [str(openssl), "dgst", "-sha256", "-verify", str(folder / "public-key.pem"), "-signature"]
        done = run([*command, f"{manifest}.sig", str(manifest)])
        assert 0 == done.returncode, done.stderr
