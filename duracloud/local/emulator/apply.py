"""Closes the gaps of ministack 1.5.33 that matter here, inside the emulator's process.

This package is everything the project knows of the emulator's internals. Each function that closes a gap says what AWS
does. Each gap has a test in `tests/local` that fails when a new version of the emulator moves things.
"""

import asyncio.constants
import os
import signal
import sys
import threading
import time
from collections.abc import Callable
from typing import Final

from ministack import app
from ministack.core import persistence

from duracloud.local.aws import OUTLIVES
from duracloud.local.emulator import (
    cloudformation,
    cloudwatch,
    dynamodb,
    faults,
    functions,
    iam,
    s3,
    sqs,
    state,
    streams,
)
from duracloud.local.emulator.common import LOG

_EXPIRY_TICK_SECONDS: Final = 1.0
_METRICS_TICK_SECONDS: Final = 2.0
_SAVE_TICK_SECONDS: Final = 0.4


def apply() -> None:
    """Close all gaps. Call it once, before the emulator serves."""
    for close in (
        cloudformation.create_tables_completely,
        cloudformation.create_buckets_completely,
        cloudformation.create_groups,
        cloudformation.take_alarms_on_expressions,
        iam.authorize_batches_of_messages,
        iam.give_policies_the_condition_of_writes,
        sqs.move_messages_back,
        dynamodb.expire_rows_as_a_service,
        s3.name_versions_in_events,
        s3.read_versions_from_disk,
        s3.give_replicas_the_version_of_their_source,
        s3.keep_inventory_configurations,
        s3.encode_keys_in_lists_of_versions,
        s3.keep_replication_status,
        functions.unpack_once,
        streams.note_readers_of_streams,
        streams.deliver_streams_as_described,
        streams.publish_the_age_of_streams,
        streams.keep_streams_over_a_restart,
        state.journal_what_changed,
        cloudwatch.read_metrics_from_logs,
        cloudwatch.evaluate_alarms_as_described,
        faults.show_faults_on_order,
        _serve_one_port,
    ):
        close()


def start_ticks() -> None:
    """Start expiry, queue metrics with alarms, and saving; end with the starter."""
    if os.environ.get(OUTLIVES) == "0":
        threading.Thread(target=_end_with_starter, daemon=True, name="end with starter").start()
    _every(_EXPIRY_TICK_SECONDS, dynamodb.expire_rows)
    _every(_METRICS_TICK_SECONDS, cloudwatch.measure_and_evaluate)
    if persistence.PERSIST_STATE:
        _every(_SAVE_TICK_SECONDS, state.save)


def _every(seconds: float, act: Callable[[], None]) -> None:
    def run() -> None:
        while True:
            time.sleep(seconds)
            try:
                act()
            except Exception:  # noqa: BLE001 (an error of one tick does not stop the next one)
                LOG.exception("a tick failed: %s", act.__name__)

    threading.Thread(target=run, daemon=True, name=act.__name__).start()


def _end_with_starter() -> None:
    # Nothing is ever written to this pipe: reading ends when the other side has ended.
    sys.stdin.buffer.read()
    # With the functions' processes; the data is not needed any more.
    os.killpg(os.getpgrp(), signal.SIGKILL)


def _serve_one_port() -> None:
    """With TLS on, the emulator would also take port 443 of this machine, and would wait half a minute at its end."""
    app._port_is_bindable = lambda *_: False
    # Do not wait for connections that clients keep open.
    asyncio.constants.SSL_SHUTDOWN_TIMEOUT = 0.5
