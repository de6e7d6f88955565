import hashlib
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import attrs
import pytest
from mypy_boto3_s3 import S3Client

from runtime.adapters.clients import client
from runtime.adapters.s3_objects import S3Objects
from runtime.fixity.context import Care
from runtime.fixity.deposit import deposit
from runtime.fixity.errors import UnreadableError
from runtime.fixity.outcome import Outcome
from runtime.settings import DepositSettings
from tests.support.builders import REF, attempt, fixity_settings, world

BODY = bytes(range(256)) * 8192


class _Server(ThreadingHTTPServer):
    """Speaks as much S3 as one object needs; the first answers break off in the middle."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Answer)
        self.connections: list[int] = []
        self.broken_answers = 0


class _Answer(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: _Server

    def do_GET(self) -> None:
        self.server.connections.append(self.client_address[1])
        self.send_response(200)
        self.send_header("Content-Length", str(len(BODY)))
        self.send_header("ETag", f'"{hashlib.md5(BODY, usedforsecurity=False).hexdigest()}"')
        self.send_header("Last-Modified", "Sun, 01 Mar 2026 12:00:00 GMT")
        self.send_header("x-amz-version-id", "v1")
        self.end_headers()
        if len(self.server.connections) <= self.server.broken_answers:
            self.wfile.write(BODY[: len(BODY) // 2])
            self.close_connection = True
        else:
            self.wfile.write(BODY)

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture
def s3_server(monkeypatch: pytest.MonkeyPatch) -> Iterator[_Server]:
    with _Server() as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        monkeypatch.setenv("AWS_ENDPOINT_URL_S3", f"http://127.0.0.1:{server.server_port}")
        monkeypatch.setenv("AWS_ACCESS_KEY_ID", "testing")
        monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "testing")
        yield server
        server.shutdown()
        thread.join()


@pytest.fixture
def care() -> Iterator[Care]:
    made: list[S3Client] = []

    def factory() -> S3Client:
        made.append(client("s3", region="eu-west-1"))
        return made[-1]

    settings = fixity_settings(DepositSettings, digest_algorithms=("sha256",), assumed_read_rate=1_000_000)
    yield attrs.evolve(world().care, store=S3Objects(factory), settings=settings)
    for each in made:
        each.close()


def test_l03_stream_broken_half_way_is_read_again_over_a_new_connection(s3_server: _Server, care: Care) -> None:
    """A connection that dies in mid-stream costs a second read over another connection and no failure."""
    s3_server.broken_answers = 1

    finding = deposit(care, REF, "1", attempt(world().clock))

    assert Outcome.MATCH is finding.outcome
    assert 2 == len(set(s3_server.connections))


def test_l11_stream_that_always_breaks_is_unreadable(s3_server: _Server, care: Care) -> None:
    """An object that cannot be read to its end is handed back after two tries and leaves no record."""
    s3_server.broken_answers = 100

    with pytest.raises(UnreadableError, match="stream broke off"):
        deposit(care, REF, "1", attempt(world().clock))
    assert care.records.get(REF) is None
