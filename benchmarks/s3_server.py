"""A local HTTPS server that speaks as much of S3 as reading takes, and as much of DynamoDB as writing takes."""

import base64
import hashlib
import json
import os
import random
import ssl
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Final
from urllib.parse import unquote, urlsplit

import attrs
from awscrt.checksums import crc64nvme

from duracloud.local.certificate import self_signed

BLOCK: Final = random.Random(7).randbytes(1024 * 1024)  # noqa: S311 (any bytes will do, the same every time)
VERSION: Final = "3HL4kqtJlcpXroDTDmJ.rmSpXd3dIbrHY"
HOST: Final = "127.0.0.1"
# Above this size the server says that the object is encrypted with a customer key, so that its ETag is no MD5.
_LARGEST_WITH_MD5: Final = 1024**3


def key_of(size: int, number: int = 0) -> str:
    """Return the key of an object of `size` bytes; the number makes keys differ."""
    return f"{number}/{size}"


def blocks(size: int) -> Iterator[bytes]:
    """Yield the bytes of an object of `size` bytes."""
    for _ in range(size // len(BLOCK)):
        yield BLOCK
    if rest := size % len(BLOCK):
        yield BLOCK[:rest]


@cache
def _digests(size: int) -> tuple[str, str]:
    md5, crc = hashlib.md5(usedforsecurity=False), 0
    for block in blocks(size):
        crc = crc64nvme(block, crc)
        if size <= _LARGEST_WITH_MD5:
            md5.update(block)
    return md5.hexdigest(), base64.b64encode(crc.to_bytes(8, "big")).decode()


class S3Handler(BaseHTTPRequestHandler):
    """Answers GetObject and HeadObject for keys made by `key_of`, and every call of DynamoDB with nothing."""

    protocol_version = "HTTP/1.1"
    # Headers and body are written apart: without this the kernel may hold the second back for 40 ms.
    disable_nagle_algorithm = True
    latency_seconds = 0.0

    def do_GET(self) -> None:
        """Answer GetObject."""
        size = self._answer_head()
        for block in blocks(size):
            self.wfile.write(block)

    def do_HEAD(self) -> None:
        """Answer HeadObject."""
        self._answer_head()

    def do_POST(self) -> None:
        """Answer a call of DynamoDB: it was done, and there is nothing to say."""
        self.rfile.read(int(self.headers["Content-Length"]))
        time.sleep(self.latency_seconds)
        self.send_response(200)
        self.send_header("Content-Type", "application/x-amz-json-1.0")
        self.send_header("Content-Length", "2")
        self.end_headers()
        self.wfile.write(b"{}")

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 (the base class's name)
        """Log nothing."""

    def _answer_head(self) -> int:
        size = int(unquote(urlsplit(self.path).path).rsplit("/", 1)[1])
        etag, crc = _digests(size)
        time.sleep(self.latency_seconds)
        self.send_response(200)
        self.send_header("Content-Length", str(size))
        self.send_header("ETag", f'"{etag}"')
        self.send_header("Last-Modified", "Sun, 01 Mar 2026 12:00:00 GMT")
        self.send_header("Content-Type", "application/octet-stream")
        self.send_header("x-amz-version-id", VERSION)
        encryption = "AES256" if size <= _LARGEST_WITH_MD5 else "aws:kms"
        self.send_header("x-amz-server-side-encryption", encryption)
        if self.headers.get("x-amz-checksum-mode") == "ENABLED":
            self.send_header("x-amz-checksum-crc64nvme", crc)
            self.send_header("x-amz-checksum-type", "FULL_OBJECT")
        self.end_headers()
        return size


@attrs.frozen(kw_only=True)
class Server:
    """A server that runs."""

    endpoint: str  # for example `https://127.0.0.1:40123`
    certificate: Path  # PEM file; clients need it

    @property
    def client_environment(self) -> dict[str, str]:
        """Environment variables that let boto3 talk to this server only."""
        return client_environment() | {
            "AWS_ENDPOINT_URL_S3": self.endpoint,
            "AWS_ENDPOINT_URL_DYNAMODB": self.endpoint,
            "AWS_CA_BUNDLE": str(self.certificate),
        }

    def measure(self, benchmark: str, *arguments: object) -> list[float]:
        """Run a benchmark against this server in a process of its own; return the figures in its last line."""
        command = [sys.executable, "-m", f"benchmarks.{benchmark}", *map(str, arguments)]
        environment = os.environ | self.client_environment
        output = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True, env=environment).stdout  # noqa: S603 (our own module)
        # The lines before are the log of a handler.
        figures: list[float] = json.loads(output.splitlines()[-1])
        return figures


@contextmanager
def serving(*, latency_seconds: float = 0.0) -> Iterator[Server]:
    """Run the server in a process of its own, over TLS as AWS does; it waits for the latency before every answer.

    Raises:
        RuntimeError: the server did not start.
    """
    with tempfile.TemporaryDirectory() as folder:
        certificate, key = self_signed(Path(folder))
        module = [sys.executable, "-m", "benchmarks.s3_server"]
        command = [*module, str(certificate), str(key), str(latency_seconds)]
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:  # noqa: S603 (our own module)
            try:
                port = process.stdout.readline().strip() if process.stdout else ""
                if not port:
                    raise RuntimeError("the local HTTPS server did not start")
                yield Server(endpoint=f"https://{HOST}:{port}", certificate=certificate)
            finally:
                process.terminate()


def client_environment() -> dict[str, str]:
    """Return environment variables with which boto3 asks nobody at its start; the credentials could open nothing."""
    return {
        "AWS_ACCESS_KEY_ID": "local",
        "AWS_SECRET_ACCESS_KEY": "local",
        "AWS_DEFAULT_REGION": "eu-west-1",
        "AWS_EC2_METADATA_DISABLED": "true",
        "AWS_CONFIG_FILE": os.devnull,
        "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
    }


def main() -> None:
    """Serve on a free port, and print it, until the process is ended."""
    certificate, key, latency = sys.argv[1:]
    handler = type("Handler", (S3Handler,), {"latency_seconds": float(latency)})
    server = ThreadingHTTPServer((HOST, 0), handler)
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(certificate, key)
    server.socket = context.wrap_socket(server.socket, server_side=True)
    server.daemon_threads = True
    print(server.server_port, flush=True)  # noqa: T201 (the caller reads it)
    server.serve_forever()


if __name__ == "__main__":
    main()
