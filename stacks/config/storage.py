"""Settings of what holds data: encryption, the life of objects, the tables."""

import re
from typing import Final

import attrs

from stacks.config.fields import ALLOWED, MEANING, UNIT, number, one_of

_ON_DEMAND: Final = "on-demand"
_PROVISIONED: Final = "provisioned"
_S3_MANAGED: Final = "s3-managed"
_CUSTOMER_KEY: Final = "customer-key"
_STANDARD: Final = "STANDARD"

# Classes whose objects can be read at once; a main copy must be, because it is verified by reading.
_READABLE_CLASSES: Final = ("INTELLIGENT_TIERING", "STANDARD_IA", "ONEZONE_IA", "GLACIER_IR")
_ARCHIVE_CLASSES: Final = ("GLACIER", "DEEP_ARCHIVE")
_INFREQUENT_CLASSES: Final = ("STANDARD_IA", "ONEZONE_IA")
# Evidence must be readable at once.
_EVIDENCE_CLASSES: Final = (_STANDARD, "GLACIER_IR")
# Glacier Instant Retrieval charges smaller objects as 128 KiB, which costs as much as 22 KiB in S3 Standard. The move
# itself costs too: https://aws.amazon.com/s3/pricing/
LEAST_MOVED_EVIDENCE_BYTES: Final = 32 * 1024
# https://docs.aws.amazon.com/AmazonS3/latest/userguide/lifecycle-transition-general-considerations.html
_INFREQUENT_MINIMUM_DAYS: Final = 30
# In a bucket with versions S3 hides what expires under a delete marker, and removes it when it has been noncurrent for
# these days: https://docs.aws.amazon.com/AmazonS3/latest/userguide/lifecycle-expire-general-considerations.html
TRANSIENT_NONCURRENT_DAYS: Final = 1
# As long can evidence be fetched back that was replaced or deleted.
EVIDENCE_NONCURRENT_DAYS: Final = 30


@attrs.frozen(kw_only=True)
class Encryption:
    """How deposits, results and alerts are encrypted."""

    mode: str = one_of(
        (_S3_MANAGED, _CUSTOMER_KEY), "keys of S3, or a KMS key of yours that the service creates", default=_S3_MANAGED
    )
    replica_key_arn: str = attrs.field(
        default="",
        metadata={
            MEANING: "KMS key of yours in the replica region, which `customer-key` needs",
            UNIT: "",
            ALLOWED: "the ARN of a KMS key in the replica region; empty with s3-managed",
        },
    )

    @replica_key_arn.validator
    def _check_replica_key(self, _: object, value: str) -> None:
        if self.customer_key and re.fullmatch(r"arn:aws[\w-]*:kms:[\w-]+:\d{12}:key/[\w-]+", value) is None:
            raise ValueError(
                f"replica_key_arn is {value!r}; allowed with a customer key: the ARN of a KMS key in the replica region"
            )
        if not self.customer_key and value:
            raise ValueError(f"replica_key_arn is {value!r}; allowed with mode {self.mode!r}: an empty text")

    @property
    def customer_key(self) -> bool:
        """Whether there is a customer key."""
        return self.mode == _CUSTOMER_KEY


@attrs.frozen(kw_only=True)
class Lifecycle:
    """Days and storage classes of the buckets."""

    # The list of 10^9 objects in one bucket takes about two days.
    abort_multipart_days: int = number(
        3,
        365,
        "unfinished uploads are removed after this; the lists of a report are such uploads while they are written",
        default=3,
        unit="days",
    )
    noncurrent_expiry_days: int = number(
        1, 3650, "replaced and deleted versions are removed after this", default=30, unit="days"
    )
    main_transition_days: int = number(
        0,
        3650,
        "main copies move to their class after this; public buckets stay in S3 Standard",
        default=0,
        unit="days",
    )
    main_storage_class: str = one_of(
        _READABLE_CLASSES, "class of main copies from then on", default="INTELLIGENT_TIERING"
    )
    replica_transition_days: int = number(0, 3650, "replicas move to their class after this", default=7, unit="days")
    replica_storage_class: str = one_of(
        _READABLE_CLASSES + _ARCHIVE_CLASSES, "class of replicas from then on", default="DEEP_ARCHIVE"
    )
    replication_storage_class: str = one_of(
        (_STANDARD, *_READABLE_CLASSES, *_ARCHIVE_CLASSES), "class in which S3 writes a replica", default=_STANDARD
    )
    transient_expiry_days: int = number(1, 3650, "inventories and scratch files are kept", default=30, unit="days")
    evidence_retention_days: int = number(
        EVIDENCE_NONCURRENT_DAYS + 1,
        36500,
        "request results, exports, reports and the audit trail are kept, the last"
        f" {EVIDENCE_NONCURRENT_DAYS} days under a delete marker",
        default=3650,
        unit="days",
    )
    evidence_transition_days: int = number(
        0, 3650, "evidence of 32 KiB and more moves to its class after this", default=90, unit="days"
    )
    evidence_storage_class: str = one_of(
        _EVIDENCE_CLASSES, "class of that evidence from then on; in STANDARD all of it stays", default="GLACIER_IR"
    )
    access_log_expiry_days: int = number(1, 36500, "S3 access logs are kept", default=365, unit="days")

    def __attrs_post_init__(self) -> None:
        """Hold S3's rules: infrequent access begins after 30 days at the earliest, and what expires is moved before."""
        for copy, days, storage_class in (
            ("main", self.main_transition_days, self.main_storage_class),
            ("replica", self.replica_transition_days, self.replica_storage_class),
        ):
            if storage_class in _INFREQUENT_CLASSES and days < _INFREQUENT_MINIMUM_DAYS:
                raise ValueError(
                    f"{copy}_transition_days is {days}; allowed with {storage_class}: from {_INFREQUENT_MINIMUM_DAYS}"
                )
        if self.moves_evidence and self.evidence_transition_days >= self.evidence_expiry_days:
            raise ValueError(
                f"evidence_transition_days is {self.evidence_transition_days}; allowed: less than"
                f" {self.evidence_expiry_days}, {EVIDENCE_NONCURRENT_DAYS} days before evidence_retention_days"
            )

    @property
    def evidence_expiry_days(self) -> int:
        """Days until evidence is hidden, so that nothing of it is left after its retention (lesson L50)."""
        return self.evidence_retention_days - EVIDENCE_NONCURRENT_DAYS

    @property
    def moves_evidence(self) -> bool:
        """Whether evidence changes its class."""
        return self.evidence_storage_class != _STANDARD


@attrs.frozen(kw_only=True)
class Tables:
    """How the two tables are paid for."""

    billing: str = one_of(
        (_ON_DEMAND, _PROVISIONED), "per request, or by capacity between the two limits below", default=_ON_DEMAND
    )
    min_capacity: int = number(
        1, 40_000, "lowest capacity of `provisioned`", default=5, unit="read and write units a second"
    )
    max_capacity: int = number(
        1, 40_000, "highest capacity of `provisioned`", default=1000, unit="read and write units a second"
    )

    def __attrs_post_init__(self) -> None:
        """Refuse a range that holds nothing."""
        if self.max_capacity < self.min_capacity:
            raise ValueError(f"max_capacity is {self.max_capacity}; allowed: from min_capacity {self.min_capacity}")

    @property
    def provisioned(self) -> bool:
        """Whether capacity is provisioned."""
        return self.billing == _PROVISIONED
