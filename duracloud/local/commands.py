"""What `duracloud up`, `down`, `clean`, `demo` and `drill` do."""

import fcntl
import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from typing import Final

import attrs
from botocore.exceptions import BotoCoreError, ClientError

from duracloud import project
from duracloud.errors import BrokenOffError, UsageError
from duracloud.local.aws import LocalAws, LocalError
from duracloud.local.deploy import check_tools, deploy
from duracloud.local.service import Service
from duracloud.progress import working

_LOCAL: Final = project.LOCAL
# Below `.local`: the folders that each command works in, alone.
_FOLDERS: Final = {
    "up": ("aws",),
    "down": ("aws",),
    "clean": ("aws", "demo", "drill"),
    "demo": ("demo",),
    "drill": ("drill",),
}
_DEFAULT_PORT: Final = "4566"
_LAST_PORT: Final = 65_535


def perform(name: str, *, as_json: bool = False) -> None:
    """Run one command.

    Raises:
        CommandError: it could not do its work.
    """
    commands: dict[str, Callable[[], None]] = {
        "up": _up,
        "down": _down,
        "clean": _clean,
        "demo": _demo,
        "drill": lambda: _drill(as_json=as_json),
    }
    try:
        with _alone(_FOLDERS[name]):
            commands[name]()
    except (BotoCoreError, ClientError) as error:
        raise LocalError(f"a call of the local AWS failed: {error}") from error


@contextmanager
def _alone(folders: Sequence[str]) -> Iterator[None]:
    """Lock folders against other commands during the block."""
    _LOCAL.mkdir(exist_ok=True)
    with ExitStack() as held:
        for name in folders:
            lock = held.enter_context((_LOCAL / f"{name}.lock").open("w"))
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError as error:
                raise LocalError(f"another command works in .local/{name}; wait until it ends") from error
        yield


def _aws() -> LocalAws:
    text = os.environ.get("DURACLOUD_PORT", _DEFAULT_PORT)
    if not text.isdecimal() or not 0 < int(text) <= _LAST_PORT:
        raise UsageError(f"got DURACLOUD_PORT={text!r}; allowed: a number from 1 to {_LAST_PORT}")
    return LocalAws(folder=_LOCAL / "aws", port=int(text), outlives=True)


def _up() -> None:
    aws = _aws()
    check_tools()
    before = aws.is_running()
    try:
        print("starting the local AWS ..." if aws.start() else "the local AWS runs already")
        print("deploying the stacks of the environment 'local' ...")
        with working("deploying"):
            changed = deploy(aws)
    except KeyboardInterrupt as error:
        if before:
            raise BrokenOffError(
                "interrupted; the local AWS ran before and keeps running: 'duracloud down' stops it"
            ) from error
        aws.stop()
        raise
    print("deployed" if changed else "nothing has changed since the last time")
    found = aws.environment()
    service = Service(aws)
    published = service.parameters
    requests, managed = published["storage/request-bucket"], published["storage/managed-bucket"]
    main_bucket = requests.removesuffix("-bucket-requested") + "-letters"
    print(f"""
DuraCloud runs at {aws.endpoint}

Point any AWS tool at it:
  export AWS_ENDPOINT_URL={aws.endpoint} AWS_REGION={found["AWS_REGION"]} AWS_DEFAULT_REGION={found["AWS_REGION"]} \\
         AWS_ACCESS_KEY_ID={found["AWS_ACCESS_KEY_ID"]} AWS_SECRET_ACCESS_KEY=anything

Three things to try with the AWS CLI, version 2:
  1. Ask for a bucket, and read the answer:
     echo letters > first.txt && aws s3 cp first.txt s3://{requests}/
     aws s3 ls --recursive s3://{managed}/requests/
  2. Upload a file, and see its record:
     aws s3 cp README.md s3://{main_bucket}/
     aws dynamodb scan --table-name {published["storage/checksum-table"]}
  3. Have it checked now:
     aws sqs send-message --queue-url {published["integrity/queue/verification-url"]} \\
         --message-body '{{"bucket": "{main_bucket}", "key": "README.md"}}'

A queue holds the e-mails:
  aws sqs receive-message --max-number-of-messages 10 --queue-url {service.inbox.url}

'make down' stops it and keeps its data, 'make clean' deletes its data.""")


def _down() -> None:
    with working("stopping the local AWS, which writes its data first"):
        stopped = _aws().stop()
    print("stopped; its data is kept" if stopped else "the local AWS does not run")


def _clean() -> None:
    aws = _aws()
    for name in _FOLDERS["clean"]:
        attrs.evolve(aws, folder=_LOCAL / name).forget()
    print("the local AWS is stopped, its data is deleted")


def _demo() -> None:
    from duracloud.local.demo import tell  # noqa: PLC0415 (the other commands do not need it)

    tell()


def _drill(*, as_json: bool) -> None:
    from duracloud.local.drill import drill  # noqa: PLC0415 (the other commands do not need it)

    drill(as_json=as_json)
