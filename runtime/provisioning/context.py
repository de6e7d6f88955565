"""What the use cases of bucket requests work with."""

from datetime import timedelta

import attrs

from runtime.audit.write import AuditTrail
from runtime.provisioning.ports import BucketAdmin, RequestFiles, RequestRecords
from runtime.settings import ProvisioningSettings
from runtime.shared.ports import Clock, OwnQueue


@attrs.frozen(kw_only=True)
class Provisioning:
    """Ports and settings of bucket requests."""

    buckets: BucketAdmin
    files: RequestFiles
    records: RequestRecords
    queue: OwnQueue
    clock: Clock
    region: str  # of main buckets
    trail: AuditTrail
    settings: ProvisioningSettings

    @property
    def settling(self) -> timedelta:
        """How long a new bucket stays closed after it was configured."""
        return timedelta(minutes=self.settings.settling_minutes)

    @property
    def longest_work(self) -> timedelta:
        """The longest time that one attempt at a request can take."""
        return timedelta(seconds=self.settings.function_timeout_seconds)
