"""The commands behind `make up`, `down`, `clean`, `demo` and `drill`: `python -m local COMMAND`."""

import os
import signal
import sys
from collections.abc import Callable
from typing import Final

from botocore.exceptions import BotoCoreError, ClientError

from local.aws import ROOT, LocalAws, LocalError
from local.deploy import check_tools, deploy, parameter
from local.inbox import Inbox

_FOLDER: Final = ROOT / ".local" / "aws"
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
        print("stopped", file=sys.stderr)
        return 130
    return 0


def _aws() -> LocalAws:
    text = os.environ.get("DURACLOUD_PORT", _DEFAULT_PORT)
    if not text.isdecimal() or not 0 < int(text) <= _LAST_PORT:
        raise LocalError(f"got DURACLOUD_PORT={text!r}; allowed: a number from 1 to {_LAST_PORT}")
    return LocalAws(folder=_FOLDER, port=int(text))


def _up() -> None:
    aws = _aws()
    check_tools()
    print("starting the local AWS ..." if aws.start() else "the local AWS runs already")
    print("deploying the stacks of the environment 'local' ...")
    print("deployed" if deploy(aws) else "nothing has changed since the last time")
    inbox = Inbox(aws, parameter(aws, "base/alert-topic-arn"))
    requests, managed = parameter(aws, "storage/request-bucket"), parameter(aws, "storage/managed-bucket")
    main_bucket = requests.removesuffix("-bucket-requested") + "-letters"
    print(f"""
DuraCloud runs at {aws.endpoint}

Point any AWS tool at it:
  export AWS_ENDPOINT_URL={aws.endpoint} AWS_REGION={aws.environment()["AWS_REGION"]} \\
         AWS_ACCESS_KEY_ID={aws.environment()["AWS_ACCESS_KEY_ID"]} AWS_SECRET_ACCESS_KEY=anything

Three things to try with the AWS CLI:
  1. Ask for a bucket, and read the answer:
     echo letters > first.txt && aws s3 cp first.txt s3://{requests}/
     aws s3 ls --recursive s3://{managed}/requests/
  2. Upload a file, and see its record:
     aws s3 cp README.md s3://{main_bucket}/
     aws dynamodb scan --table-name {parameter(aws, "storage/checksum-table")}
  3. Have it checked now:
     aws sqs send-message --queue-url {parameter(aws, "integrity/queue/verification-url")} \\
         --message-body '{{"bucket": "{main_bucket}", "key": "README.md"}}'

What would be e-mailed lies in the queue {inbox.url}.
'make down' stops it and keeps its data, 'make clean' forgets its data.""")


def _down() -> None:
    print("stopped; its data is kept" if _aws().stop() else "the local AWS does not run")


def _clean() -> None:
    _aws().forget()
    print("the local AWS is stopped, its data is gone")


def _demo() -> None:
    from local.demo import tell  # noqa: PLC0415 (the other commands do not need it)

    tell()


def _drill() -> None:
    from local.drill import drill  # noqa: PLC0415 (the other commands do not need it)

    drill()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
