"""Shows the life of an environment on this machine: `duracloud demo`. It prints only what it has observed."""

import io
import json
import math
import struct
import time
import wave
import zlib
from collections.abc import Callable
from datetime import datetime
from typing import Final

from boto3.s3.transfer import TransferConfig

from duracloud.local.aws import LocalAws, LocalError, free_port
from duracloud.local.console import say, show, table
from duracloud.local.deploy import deploy
from duracloud.local.inbox import Email
from duracloud.local.proof import show_report, verify_trail
from duracloud.local.service import Row, Service, text_of
from duracloud.local.watching import eventually, expect
from duracloud.progress import working
from duracloud.project import LOCAL, ROOT

_FOLDER: Final = LOCAL / "demo"
_PART_BYTES: Final = 5 * 1024 * 1024
_REQUEST: Final = """\
# Buckets for the spring deposits
family-papers
Photographs

managed
no_underscores
"""
_LETTER: Final = "letters/Brief an Käthe, 2 March 1897.txt"
_LETTER_TEXT: Final = """\
Hamburg, 2 March 1897

Dear Käthe,
the ship leaves on Thursday. Keep this letter; one day somebody will want to know.
"""
_DELETED: Final = "catalogue/duplicate + old 100%.csv"


def tell() -> None:
    """Run the demo in a local AWS of its own, which is stopped and deleted at the end.

    Raises:
        LocalError: an effect was not observed; the text says which one, and where the logs are.
    """
    aws = LocalAws(folder=_FOLDER, port=free_port())
    aws.forget()
    started = time.monotonic()
    try:
        _Story(aws).tell()
    except LocalError as error:
        raise LocalError(f"the demo failed: {error}\nThe logs are in {aws.folder}") from error
    finally:
        aws.stop()
    aws.forget()
    print(f"\nDone in {time.monotonic() - started:.0f} seconds. Every step was checked. Nothing is left running.")


class _Story:
    def __init__(self, aws: LocalAws) -> None:
        self._aws = aws
        self._step = 0
        self._emails: list[Email] = []

    def tell(self) -> None:
        self._deploy()
        self._request()
        self._upload()
        self._show_records("Every object has its digests, compared with what S3 and the uploader state")
        self._first_checks()
        self._damage()
        self._find_damage()
        self._repair()
        self._delete()
        self._prove()
        self._finish()

    def _deploy(self) -> None:
        self._title("Start a local AWS and deploy the real templates with the CDK command line")
        self._aws.start()
        say(f"The local AWS answers at {self._aws.endpoint}. Deploying takes a quarter of a minute ...")
        with working("deploying"):
            deploy(self._aws)
        pages = self._aws.client("cloudformation").get_paginator("list_stack_resources")
        stacks = [f"duracloud-local-{layer}" for layer in ("base", "storage", "integrity", "monitoring")]
        table(
            ("stack", "resources"),
            [
                (name, sum(len(page["StackResourceSummaries"]) for page in pages.paginate(StackName=name)))
                for name in stacks
            ],
        )
        self._service = Service(self._aws)
        self._s3 = self._service.s3
        self._managed = self._service.parameters["storage/managed-bucket"]

    def _request(self) -> None:
        self._title("A depositor requests buckets: two allowed names, two that are not")
        show(_REQUEST)
        requests = self._service.parameters["storage/request-bucket"]
        self._s3.put_object(Bucket=requests, Key="spring deposits.txt", Body=_REQUEST.encode())
        with working("waiting for the result of the request"):
            # One file for people, one for programs.
            keys = eventually(
                lambda: self._service.keys_in(self._managed, "requests/"),
                lambda seen: len(seen) == 2,
                what="the result",
            )
        print()
        say(f"The result is in {self._managed}:")
        for key in keys:
            text = self._read(self._managed, key).decode()
            if key.endswith(".txt"):
                show(text)
            else:
                result = json.loads(text)
        verdicts = [entry["verdict"] for entry in result["buckets"]]
        expect("the verdicts", verdicts, ["created", "created", "rejected", "rejected"])
        expect("the status", result["status"], "partial")
        self._say_alarm("duracloud-local-partial-requests")
        self._bucket, self._replica = result["buckets"][0]["bucket"], result["buckets"][0]["replica"]

    def _upload(self) -> None:
        self._title(f"The depositor uploads a folder into {self._bucket}")
        deposit = self._aws.folder / "deposit"
        for key, content in _deposit().items():
            path = deposit / key
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)
        self._keys_uploaded = sorted(path.relative_to(deposit).as_posix() for path in deposit.rglob("*.*"))
        config = TransferConfig(multipart_threshold=_PART_BYTES, multipart_chunksize=_PART_BYTES, use_threads=False)
        for key in self._keys_uploaded:
            self._s3.upload_file(str(deposit / key), self._bucket, key, Config=config)
        heads = {key: self._s3.head_object(Bucket=self._bucket, Key=key) for key in self._keys_uploaded}
        table(
            ("key", "bytes", "ETag"), [(key, f"{head['ContentLength']:,}", head["ETag"]) for key, head in heads.items()]
        )
        with working("waiting for the replicas"):
            eventually(
                lambda: self._service.keys_in(self._replica, ""),
                lambda seen: sorted(seen) == self._keys_uploaded,
                what="the replicas",
            )
        say(f"S3 has copied all of them to {self._replica} in the other region.")

    def _show_records(self, title: str) -> None:
        self._title(title)
        records = self._records_when("records", lambda found: sorted(found) == self._keys_uploaded)
        self._print_records(records)
        for key in (_LETTER, next(key for key in records if key.endswith(".wav"))):
            say(f"{key}:")
            for name, digest in records[key]["Digests"]["M"].items():
                print(f"      {name:<12}{digest['S']}")
            for entry in records[key]["LastCheck"]["M"]["Evidence"]["L"]:
                evidence = {name: next(iter(value.values())) for name, value in entry["M"].items()}
                print(f"      compared with {evidence['Source']} ({evidence['Algorithm']}): {evidence['Verdict']}")
        expect("the outcomes", {text_of(record, "LastOutcome") for record in records.values()}, {"match"})
        self._await_schedule(self._keys_uploaded)

    def _first_checks(self) -> None:
        self._title("All checks come due, half a year early")
        before = self._service.records(self._bucket)
        self._come_due(*before)
        records = self._records_when("checks", lambda found: _all_checked(before, found))
        self._print_records(records)
        expect("the outcomes", {text_of(record, "LastOutcome") for record in records.values()}, {"match"})
        self._await_schedule(self._keys_uploaded)
        say("All match. Each object has its next date. No e-mail was sent about it.")
        expect("the e-mails about objects", [mail.subject for mail in self._mails_with("[DuraCloud")], [])

    def _damage(self) -> None:
        self._title("One bit flips on the disk")
        path = self._service.file_on_disk(self._bucket, _LETTER)
        before, content = self._s3.head_object(Bucket=self._bucket, Key=_LETTER), bytearray(path.read_bytes())
        position = content.index(b"1897") + 3
        old = content[position]
        content[position] ^= 1
        path.write_bytes(content)
        after = self._s3.head_object(Bucket=self._bucket, Key=_LETTER)
        say(f"{path.relative_to(ROOT)}")
        say(f"byte {position}: {old:08b} ('{chr(old)}') -> {old ^ 1:08b} ('{chr(old ^ 1)}'); the file now begins:")
        show(self._read(self._bucket, _LETTER).decode().splitlines()[0])
        expect("version and ETag", (after["VersionId"], after["ETag"]), (before["VersionId"], before["ETag"]))
        print()
        say(f"S3 notices nothing: version {after['VersionId']} and ETag {after['ETag']} are as before.")

    def _find_damage(self) -> None:
        self._title("The letter comes due again: the damage is found, read twice, and reported")
        self._come_due(_LETTER)
        records = self._records_when(
            "mismatch", lambda found: text_of(found.get(_LETTER, {}), "LastOutcome") == "mismatch"
        )
        record = records[_LETTER]
        self._print_records(records)
        check = record["LastCheck"]["M"]
        expected, computed = record["Digests"]["M"]["sha256"]["S"], check["Computed"]["M"]["sha256"]["S"]
        print(f"      expected  sha256 {expected}\n      computed  sha256 {computed}\n")
        expect("the number of reads", check["Reads"]["N"], "2")
        say("The e-mail:")
        self._show_email("failed the check")
        self._say_alarm("duracloud-local-failed-checks-checksum-verification")

    def _repair(self) -> None:
        self._title("The operator follows the runbook and restores the good copy from the replica")
        good = self._read(self._replica, _LETTER)
        expect("the replica's content", good.decode(), _LETTER_TEXT)
        self._s3.put_object(Bucket=self._bucket, Key=_LETTER, Body=good)
        self._records_when("recovery", lambda found: text_of(found.get(_LETTER, {}), "LastOutcome") == "match")
        say("The e-mail:")
        self._show_email("recovered")

    def _delete(self) -> None:
        self._title(f"The depositor deletes {_DELETED}")
        self._s3.delete_object(Bucket=self._bucket, Key=_DELETED)
        rest = [key for key in self._keys_uploaded if key != _DELETED]
        self._records_when("deletion", lambda found: sorted(found) == rest)
        self._await_schedule(rest)
        say("Its record and its schedule row are removed. S3 keeps the version for 30 days.")

    def _prove(self) -> None:
        self._title("The curator reads the report")
        show_report(self._service)
        self._title("The auditor verifies the audit trail")
        verify_trail(self._service, self._aws.folder / "audit")

    def _finish(self) -> None:
        self._title("At the end")
        records = self._service.records(self._bucket)
        self._print_records(records)
        expect("the outcomes", {text_of(record, "LastOutcome") for record in records.values()}, {"match"})
        # SQS pages only what is asked for with a size.
        pages = self._service.sqs.get_paginator("list_queues").paginate(
            QueueNamePrefix="duracloud-local-", PaginationConfig={"PageSize": 1000}
        )
        urls = [url for page in pages for url in page["QueueUrls"]]
        waiting = {url.rsplit("/", 1)[-1]: self._service.waiting(url) for url in urls}
        expect("messages in queues", {name: depth for name, depth in waiting.items() if depth}, {})
        say(f"All {len(urls)} queues are empty; the dead-letter queues too.")

    def _title(self, text: str) -> None:
        self._step += 1
        print(f"\n{self._step}. {text}\n", flush=True)

    def _read(self, bucket: str, key: str) -> bytes:
        content: bytes = self._s3.get_object(Bucket=bucket, Key=key)["Body"].read()
        return content

    def _records_when(self, what: str, wanted: Callable[[dict[str, Row]], bool]) -> dict[str, Row]:
        with working(f"waiting for the {what}"):
            return eventually(lambda: self._service.records(self._bucket), wanted, what=f"the {what}")

    def _await_schedule(self, keys: list[str]) -> None:
        eventually(lambda: sorted(self._service.schedule(self._bucket)), lambda seen: seen == keys, what="the schedule")

    def _come_due(self, *keys: str) -> None:
        self._service.make_due(self._bucket, *keys)
        say("Waiting for the rows to expire and for the checks ...")

    def _print_records(self, records: dict[str, Row]) -> None:
        table(
            ("key", "bytes", "outcome", "sha256", "last check", "next check"),
            [
                (
                    key,
                    f"{int(record['Size']['N']):,}",
                    text_of(record, "LastOutcome"),
                    f"{text_of(record, 'Checksum')[:12]}...",
                    _short(text_of(record, "LastChecksumDate")),
                    _short(text_of(record, "NextChecksumDate"))[:10],
                )
                for key, record in sorted(records.items())
            ],
        )

    def _mails_with(self, subject: str) -> list[Email]:
        self._emails += self._service.inbox.read()
        return [mail for mail in self._emails if subject in mail.subject]

    def _say_alarm(self, name: str) -> None:
        print()
        with working(f"waiting for the alarm {name}"):
            mail = eventually(lambda: self._mails_with(f'ALARM: "{name}"'), bool, what=f"the alarm {name}")[0]
        say(f"The alarm fires too. Subject of its e-mail: {mail.subject}")

    def _show_email(self, about: str) -> None:
        with working("waiting for the e-mail"):
            mail = eventually(lambda: self._mails_with(about), bool, what="the e-mail")[0]
        show(f"Subject: {mail.subject}\n\n{mail.body}")


def _deposit() -> dict[str, bytes]:
    """Return the files of the deposit by key: text, an image, a sound file large enough for two parts, tables."""
    return {
        _LETTER: _LETTER_TEXT.encode(),
        "photographs/harbour at dawn.png": _picture(160, 120),
        "recordings/Gespräch № 1.wav": _sound(seconds=64),
        "catalogue/参考文献.csv": "年,題名\n1897,手紙\n".encode(),
        _DELETED: b"year,title\n1897,letter\n",
    }


def _picture(width: int, height: int) -> bytes:
    rows = b"".join(
        b"\0" + b"".join(bytes((255 * x // width, 255 * y // height, 160)) for x in range(width)) for y in range(height)
    )

    def chunk(kind: bytes, content: bytes) -> bytes:
        return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))

    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")


def _sound(seconds: int) -> bytes:
    rate = 44_100
    second = struct.pack(f"<{rate}h", *(int(9_000 * math.sin(2 * math.pi * 440 * n / rate)) for n in range(rate)))
    packed = io.BytesIO()
    with wave.open(packed, "wb") as file:
        file.setparams((1, 2, rate, 0, "NONE", "not compressed"))
        file.writeframes(second * seconds)
    return packed.getvalue()


def _all_checked(before: dict[str, Row], now: dict[str, Row]) -> bool:
    date = "LastChecksumDate"
    return now.keys() == before.keys() and all(text_of(now[key], date) > text_of(before[key], date) for key in before)


def _short(date: str) -> str:
    return datetime.fromisoformat(date).strftime("%Y-%m-%d %H:%M:%S")
