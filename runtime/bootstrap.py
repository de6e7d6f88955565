"""Composition root: builds the settings and adapters of each function, once per cold start.

Adapters are imported where they are used, so that a function loads no client that it does not need.
"""

import functools
from datetime import timedelta

from runtime.settings import FixitySettings
from runtime.usecases.care import Care


@functools.cache
def fixity() -> tuple[FixitySettings, Care]:
    """Build what the functions need that read objects and keep the two tables."""
    from runtime.adapters.clients import client
    from runtime.adapters.clock import SystemClock
    from runtime.adapters.dynamodb_records import DynamoDbRecords
    from runtime.adapters.dynamodb_schedule import DynamoDbSchedule
    from runtime.adapters.s3_objects import S3Objects

    settings = FixitySettings.load()
    dynamodb = client("dynamodb", connections=settings.batch_concurrency)
    return settings, Care(
        store=S3Objects(lambda: client("s3", connections=settings.batch_concurrency)),
        records=DynamoDbRecords(dynamodb, settings.checksum_table),
        schedule=DynamoDbSchedule(dynamodb, settings.scheduler_table),
        clock=SystemClock(),
        algorithms=settings.digest_algorithms,
        interval=timedelta(days=settings.check_interval_days),
        read_rate=settings.assumed_read_rate,
    )
