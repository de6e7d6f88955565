"""The commands behind `make up`, `down`, `clean`, `demo` and `drill`: `python -m local COMMAND`."""

import fcntl
import os
import signal
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from typing import Final

import attrs
from botocore.exceptions import BotoCoreError, ClientError

from duracloud.local.aws import ROOT, LocalAws, LocalError
from duracloud.local.deploy import check_tools, deploy, parameter
from duracloud.local.inbox import Inbox

_LOCAL: Final = ROOT / ".local"
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
_TERMINATED: Final = 128 + signal.SIGTERM


def main(arguments: list[str]) -> int:
    """Run one command.

    Args:
        arguments: the command's name.

    Returns:
        The exit status.
    """
    commands: dict[str, Callable[[], None]] = {
        "up": _up,
        "down": _down,
        "clean": _clean,
        "demo": _demo,
        "drill": _drill,
    }
    if len(arguments) != 1 or arguments[0] not in commands:
        print(f"got {' '.join(arguments)!r}; allowed: {', '.join(commands)}", file=sys.stderr)
        return 2
    # What was started is stopped also when somebody ends this program.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(_TERMINATED))
    # Progress is seen as it happens, also through a pipe.
    sys.stdout.reconfigure(line_buffering=True)  # type: ignore[union-attr] # (a text stream in every program)
    try:
        with _alone(_FOLDERS[arguments[0]]):
            commands[arguments[0]]()
    except LocalError as error:
        print(error, file=sys.stderr)
        return 1
    except (BotoCoreError, ClientError) as error:
        print(f"the local AWS did not do what it was asked for: {error}", file=sys.stderr)
        return 1
    except BrokenPipeError:
        # Nobody reads any more; what was to be done is done.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    except KeyboardInterrupt:
        goes_on = arguments[0] == "up" and _aws().is_running()
        print("stopped; the local AWS goes on: 'make down' stops it" if goes_on else "stopped", file=sys.stderr)
        return 130
    return 0


@contextmanager
def _alone(folders: Sequence[str]) -> Iterator[None]:
    """Keep other commands away from folders for the time of the block."""
    _LOCAL.mkdir(exist_ok=True)
    with ExitStack() as held:
        for name in folders:
            lock = held.enter_context((_LOCAL / f"{name}.lock").open("w"))
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError as error:
                raise LocalError(f"another command is at work in .local/{name}; let it end first") from error
        yield


def _aws() -> LocalAws:
    text = os.environ.get("DURACLOUD_PORT", _DEFAULT_PORT)
    if not text.isdecimal() or not 0 < int(text) <= _LAST_PORT:
        raise LocalError(f"got DURACLOUD_PORT={text!r}; allowed: a number from 1 to {_LAST_PORT}")
    return LocalAws(folder=_LOCAL / "aws", port=int(text))


def _up() -> None:
    aws = _aws()
    check_tools()
    print("starting the local AWS ..." if aws.start() else "the local AWS runs already")
    print("deploying the stacks of the environment 'local' ...")
    print("deployed" if deploy(aws) else "nothing has changed since the last time")
    found = aws.environment()
    inbox = Inbox(aws, parameter(aws, "base/alert-topic-arn"))
    requests, managed = parameter(aws, "storage/request-bucket"), parameter(aws, "storage/managed-bucket")
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
     aws dynamodb scan --table-name {parameter(aws, "storage/checksum-table")}
  3. Have it checked now:
     aws sqs send-message --queue-url {parameter(aws, "integrity/queue/verification-url")} \\
         --message-body '{{"bucket": "{main_bucket}", "key": "README.md"}}'

What would be e-mailed lies in a queue:
  aws sqs receive-message --max-number-of-messages 10 --queue-url {inbox.url}

'make down' stops it and keeps its data, 'make clean' forgets its data.""")


def _down() -> None:
    print("stopped; its data is kept" if _aws().stop() else "the local AWS does not run")


def _clean() -> None:
    aws = _aws()
    for name in _FOLDERS["clean"]:
        attrs.evolve(aws, folder=_LOCAL / name).forget()
    print("the local AWS is stopped, its data is gone")


def _demo() -> None:
    from duracloud.local.demo import tell  # noqa: PLC0415 (the other commands do not need it)

    tell()


def _drill() -> None:
    from duracloud.local.drill import drill  # noqa: PLC0415 (the other commands do not need it)

    drill()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
