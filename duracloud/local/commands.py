"""What `duracloud up`, `down`, `clean`, `mail`, `demo` and `drill` do."""

import errno
import fcntl
import json
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
    "mail": (),
    "demo": ("demo",),
    "drill": ("drill",),
}
_DEFAULT_PORT: Final = "4566"
_LAST_PORT: Final = 65_535
_NO_ROOM: Final = {
    errno.ENOSPC: "free space on its disk",
    errno.EDQUOT: "free space on its disk",
    errno.EROFS: "its file system is read-only",
    errno.EACCES: "make it writable",
    errno.EPERM: "make it writable",
}


def perform(name: str, *, as_json: bool = False) -> None:
    """Run one command.

    Raises:
        CommandError: it could not do its work.
    """
    commands: dict[str, Callable[[], None]] = {
        "up": _up,
        "down": _down,
        "clean": _clean,
        "mail": lambda: _mail(as_json=as_json),
        "demo": _demo,
        "drill": lambda: _drill(as_json=as_json),
    }
    try:
        with _alone(_FOLDERS[name]):
            commands[name]()
    except (BotoCoreError, ClientError) as error:
        raise LocalError(f"a call of the local AWS failed: {error}") from error
    except OSError as error:
        if error.errno not in _NO_ROOM:
            raise
        raise LocalError(
            f"cannot write to {error.filename or _LOCAL}: {error.strerror}; {_NO_ROOM[error.errno]}"
        ) from error


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
    aws_cli = f"aws --endpoint-url {aws.endpoint}"
    print(f"""
DuraCloud runs at {aws.endpoint}

Its region and its credentials, which may be any:
  export AWS_DEFAULT_REGION={found["AWS_REGION"]} AWS_ACCESS_KEY_ID={found["AWS_ACCESS_KEY_ID"]} \\
         AWS_SECRET_ACCESS_KEY=anything

Three things to try with the AWS CLI, version 1 or 2:
  1. Ask for a bucket, and read the answer:
     echo letters > first.txt && {aws_cli} s3 cp first.txt s3://{requests}/
     {aws_cli} s3 ls --recursive s3://{managed}/requests/
  2. Upload a file, and see its record:
     {aws_cli} s3 cp README.md s3://{main_bucket}/
     {aws_cli} dynamodb scan --table-name {published["storage/checksum-table"]}
  3. Have it checked now:
     {aws_cli} sqs send-message --queue-url {published["integrity/queue/verification-url"]} \\
         --message-body '{{"bucket": "{main_bucket}", "key": "README.md"}}'

'make mail' shows the e-mails that were sent.
'make down' stops it and keeps its data, 'make clean' deletes its data.""")


def _mail(*, as_json: bool) -> None:
    aws = _aws()
    if not aws.is_running():
        raise LocalError("the local AWS does not run; start it with 'make up'")
    mails = Service(aws).inbox.look()
    if as_json:
        print(json.dumps([attrs.asdict(mail) for mail in mails], ensure_ascii=False))
        return
    for mail in mails:
        print(f"Subject: {mail.subject}\n\n{mail.body}\n\n{'-' * 72}")
    print(f"{len(mails)} e-mails" if mails else "no e-mail yet")


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
