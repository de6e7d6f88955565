"""The stage of every drill: the deployed service, a bucket of its own, faults on order, and a check of both tables."""

from collections.abc import Callable
from datetime import timedelta

import attrs

from duracloud.local.drills.truth import CurrentObject, differences
from duracloud.local.faults import Fault, Faults
from duracloud.local.service import Row, Service, text_of
from duracloud.local.watching import eventually, expect
from stacks.config import load_settings


@attrs.frozen
class Stage:
    """One drill's part of the service."""

    service: Service
    faults: Faults
    bucket: str  # used by no other drill

    def put(self, *keys: str, body: str = "the content of {}") -> dict[str, str]:
        """Upload objects and return their versions by key."""
        return self.service.put(self.bucket, *keys, body=body)

    def deposit(self, *keys: str) -> None:
        """Upload objects and wait until they are managed."""
        self.put(*keys)
        self.settle()

    def record(self, key: str) -> Row:
        """Return the record of an object, empty where there is none."""
        return self.service.records(self.bucket).get(key, {})

    def text(self, key: str, attribute: str) -> str:
        """Return a text of the record of an object, empty where there is none."""
        return text_of(self.record(key), attribute)

    def expect_records(self, *keys: str) -> None:
        """Compare the keys of all records of the bucket."""
        expect("managed objects", sorted(self.service.records(self.bucket)), list(keys))

    def held(self, key: str) -> Fault:
        """Return a fault that holds back S3's answer to one read of an object."""
        return Fault(action="s3:GetObject.*", within=(f"^/{self.bucket}/{key}",), hold=True, times=1)

    def kill_deposit(self) -> None:
        """Kill the function that deposits, as with `kill -9`."""
        expect("killed processes", self.faults.kill(self.service.functions["file-uploaded"]), 1)

    def await_outcome(self, key: str, outcome: str) -> Row:
        """Wait until the newest check of an object had an outcome, and return its record."""
        eventually(lambda: self.text(key, "LastOutcome"), lambda seen: seen == outcome)
        return self.record(key)

    def settle(self) -> None:
        """Wait until all queues are empty and both tables agree with S3 about the bucket.

        Raises:
            LocalError: they do not, or a message is in a dead-letter queue.
        """
        eventually(self._differences, lambda found: not found)
        names = self.service.queues
        for name in names:
            self.service.drained(name)
        # Messages that were still in flight have changed nothing.
        expect("differences between tables and S3 at the end", self._differences(), [])
        aside = {name: self.service.waiting(self.service.queue(f"{name}-dlq")) for name in names}
        expect("messages in dead-letter queues", {name: count for name, count in aside.items() if count}, {})

    def _differences(self) -> list[str]:
        interval = timedelta(days=load_settings("local").fixity.check_interval_days)
        return differences(
            self._current(), self.service.records(self.bucket), self.service.schedule(self.bucket), interval
        )

    def _current(self) -> dict[str, CurrentObject]:
        s3 = self.service.s3
        pages = s3.get_paginator("list_object_versions").paginate(Bucket=self.bucket)
        versions = {
            entry["Key"]: str(entry["VersionId"])
            for page in pages
            for entry in page.get("Versions", [])
            if entry["IsLatest"]
        }
        return {
            key: CurrentObject(
                version_id=version, body=s3.get_object(Bucket=self.bucket, Key=key, VersionId=version)["Body"].read()
            )
            for key, version in versions.items()
        }


@attrs.frozen(kw_only=True)
class Drill:
    """One row of the table."""

    fault: str  # what goes wrong
    done: str  # what the drill does, for the table
    run: Callable[[Stage], str]  # returns what was observed; raises LocalError if that is wrong
