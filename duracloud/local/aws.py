"""The local AWS as a process: start, find, stop and call it.

The emulator inherits a locked file. The operating system releases the lock however the emulator ends; a file with a
process number alone would outlive a crash.

Addresses of queues hold the port, and parameters and functions' settings store them. So the data folder remembers its
port, and another port is refused.
"""

import contextlib
import fcntl
import os
import shutil
import signal
import socket
import ssl
import subprocess
import time
import urllib.request
from pathlib import Path
from typing import Any, Final

import attrs
import boto3
from botocore.config import Config

from duracloud.errors import CommandError
from duracloud.project import ROOT

ACCOUNT: Final = "000000000000"
REGION: Final = "us-east-1"
# A key of its own: the CDK command line caches the account of a key.
ACCESS_KEY_ID: Final = "duracloud-local"
_PYTHON: Final = ROOT / ".venv-emulator" / "bin" / "python"
# Environment variable of the emulator: `0` if it ends with the program that started it.
OUTLIVES: Final = "DURACLOUD_OUTLIVES"
_START_SECONDS: Final = 30
_STOP_SECONDS: Final = 20
# The emulators of this process: an ended child stays in the process table until it is waited for.
_CHILDREN: Final[dict[int, "subprocess.Popen[bytes]"]] = {}


class LocalError(CommandError):
    """The local AWS did not do what it should."""


@attrs.frozen(kw_only=True)
class LocalAws:
    """One emulator with its data."""

    folder: Path
    port: int  # at 127.0.0.1
    certificate: tuple[Path, Path] | None = None  # PEM files of certificate and key; with them TLS and IAM are enforced
    outlives: bool = False  # runs on after the program that started it

    @property
    def endpoint(self) -> str:
        """Address of all services."""
        return f"{'https' if self.certificate else 'http'}://127.0.0.1:{self.port}"

    @property
    def objects(self) -> Path:
        """Folder with the bytes of objects as plain files, by account, bucket and key."""
        return self.folder / "objects"

    @property
    def log(self) -> Path:
        """The emulator's log."""
        return self.folder / "emulator.log"

    def environment(self) -> dict[str, str]:
        """Return the environment variables with which AWS tools find the emulator."""
        found = {
            "AWS_ENDPOINT_URL": self.endpoint,
            "AWS_ENDPOINT_URL_S3": self.endpoint,
            "AWS_ACCESS_KEY_ID": ACCESS_KEY_ID,
            "AWS_SECRET_ACCESS_KEY": ACCESS_KEY_ID,
            "AWS_REGION": REGION,
            "AWS_DEFAULT_REGION": REGION,
            "AWS_EC2_METADATA_DISABLED": "true",
        }
        if self.certificate:
            found["AWS_CA_BUNDLE"] = found["NODE_EXTRA_CA_CERTS"] = str(self.certificate[0])
        return found

    def client(self, service: str) -> Any:  # noqa: ANN401 (boto3 builds classes at run time)
        """Build a client with the rights of the account's owner."""
        owner = "test" if self.certificate else ACCESS_KEY_ID
        session: Any = boto3.session.Session(owner, owner, region_name=REGION)
        return session.client(
            service,
            endpoint_url=self.endpoint,
            verify=str(self.certificate[0]) if self.certificate else None,
            config=Config(
                s3={"addressing_style": "path"},
                response_checksum_validation="when_required",
                retries={"mode": "standard", "total_max_attempts": 3},
            ),
        )

    def start(self) -> bool:
        """Start the emulator and wait until it answers. Return False if it already runs.

        Raises:
            LocalError: the port is taken, or the emulator did not come up.
        """
        if self._process_id() is not None:
            if self._answers():
                return False
            raise LocalError(f"the local AWS runs, but does not answer at port {self.port}; stop it with 'make down'")
        if _is_taken(self.port):
            raise LocalError(
                f"port {self.port} is taken by another program; choose another with DURACLOUD_PORT, for example"
                f" 'make up DURACLOUD_PORT={self.port + 1}'"
            )
        if self._port_file.exists() and self._port_file.read_text() != str(self.port):
            made_for = self._port_file.read_text()
            raise LocalError(
                f"the data of the local AWS was made for port {made_for}; use DURACLOUD_PORT={made_for}, or delete"
                " it with 'make clean'"
            )
        if not _PYTHON.exists():
            raise LocalError("the emulator is not installed; run 'make setup'")
        for folder in (self.folder, self.objects, self.folder / "state", self.folder / "tmp"):
            folder.mkdir(parents=True, exist_ok=True)
        self._port_file.write_text(str(self.port))
        with self.log.open("ab") as log, self._pid_file.open("a") as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError as error:
                raise LocalError(f"another program is starting the local AWS in {self.folder}") from error
            lock.truncate(0)
            process = subprocess.Popen(  # noqa: S603 (our own program)
                [str(_PYTHON), "-m", "duracloud.local.emulator"],
                cwd=ROOT,
                env=self._emulator_environment(),
                # Closed when this program ends, even by a signal that it cannot handle.
                stdin=subprocess.DEVNULL if self.outlives else subprocess.PIPE,
                stdout=log,
                stderr=log,
                start_new_session=True,
                pass_fds=[lock.fileno()],
            )
            lock.write(str(process.pid))
        _CHILDREN[process.pid] = process
        deadline = time.monotonic() + _START_SECONDS
        while not self._answers():
            if process.poll() is not None or time.monotonic() > deadline:
                self.stop()
                raise LocalError(f"the local AWS did not come up; the last lines of {self.log} say why")
            time.sleep(0.05)
        return True

    def stop(self) -> bool:
        """Stop the emulator, which writes its data first, and wait for its end. Return False if it does not run."""
        process_id = self._process_id()
        if process_id is None:
            return False
        os.kill(process_id, signal.SIGTERM)
        deadline = time.monotonic() + _STOP_SECONDS
        while self._process_id() is not None and time.monotonic() < deadline:
            time.sleep(0.05)
        # Functions run in processes of the emulator's group; none of them may outlive it.
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process_id, signal.SIGKILL)
        if child := _CHILDREN.pop(process_id, None):
            child.wait()
            if child.stdin:
                child.stdin.close()
        self._pid_file.unlink(missing_ok=True)
        return True

    def is_running(self) -> bool:
        """Return whether the emulator of this folder runs and answers."""
        return self._process_id() is not None and self._answers()

    def forget(self) -> None:
        """Stop the emulator and delete all its data."""
        self.stop()
        shutil.rmtree(self.folder, ignore_errors=True)

    @property
    def _pid_file(self) -> Path:
        return self.folder / "emulator.pid"

    @property
    def _port_file(self) -> Path:
        return self.folder / "port"

    def _process_id(self) -> int | None:
        try:
            with self._pid_file.open() as lock:
                fcntl.flock(lock, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except FileNotFoundError:
            return None
        except BlockingIOError:
            return int(self._pid_file.read_text())
        return None

    def _answers(self) -> bool:
        context = ssl.create_default_context(cafile=str(self.certificate[0])) if self.certificate else None
        try:
            with urllib.request.urlopen(f"{self.endpoint}/_ministack/health", timeout=2, context=context) as answer:  # noqa: S310 (our own address)
                return bool(answer.status == 200)
        except OSError:
            return False

    def _emulator_environment(self) -> dict[str, str]:
        variables = {
            "PATH": os.environ.get("PATH", ""),
            "LANG": "C.UTF-8",
            # Nothing is written outside the folder.
            "HOME": str(self.folder),
            "TMPDIR": str(self.folder / "tmp"),
            "GATEWAY_PORT": str(self.port),
            # By default it listens on every interface, and it executes code.
            "BIND_HOST": "127.0.0.1",
            "MINISTACK_HOST": "127.0.0.1",
            "MINISTACK_REGION": REGION,
            "MINISTACK_ACCOUNT_ID": ACCOUNT,
            "IOT_MTLS_ENABLED": "0",
            "SFTP_ENABLED": "0",
            "PERSIST_STATE": "1",
            "S3_PERSIST": "1",
            "STATE_DIR": str(self.folder / "state"),
            "S3_DATA_DIR": str(self.objects),
            OUTLIVES: str(int(self.outlives)),
        }
        if self.certificate:
            certificate, key = map(str, self.certificate)
            variables |= {
                "AUTH": "true",
                "USE_SSL": "1",
                "MINISTACK_SSL_CERT": certificate,
                "MINISTACK_SSL_KEY": key,
                "AWS_CA_BUNDLE": certificate,
                "NODE_EXTRA_CA_CERTS": certificate,
            }
        return variables


def free_port() -> int:
    """Return an unused port."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _is_taken(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0
