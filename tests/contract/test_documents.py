import json
from typing import Any

import pytest

from runtime.adapters.clients import client
from runtime.adapters.s3_documents import S3Documents
from runtime.shared.errors import RefusedError
from runtime.shared.ports import Documents
from tests.contract.buckets import in_small_pages, with_buckets
from tests.support.sweep_fakes import FakeDocuments

BUCKET = "acme-test-managed"
DOCUMENT: dict[str, Any] = {"objects": 3, "buckets": {"ä": [1.5, None]}}


@pytest.fixture
def files(*, real: bool) -> Documents:
    return S3Documents(in_small_pages(with_buckets(BUCKET)), BUCKET) if real else FakeDocuments()


def test_a_document_is_read_as_written(files: Documents) -> None:
    """Numbers, texts and empty values come back; what is not there is None."""
    files.write("a/b.json", DOCUMENT)

    assert DOCUMENT == files.read("a/b.json")
    assert files.read("a/c.json") is None


def test_writing_again_replaces_and_writing_once_does_not(files: Documents) -> None:
    """The first of those who write once is the one that stands."""
    assert files.write_once("a", {"by": 1})
    assert not files.write_once("a", {"by": 2})
    assert not files.write_once("a", {"by": 1})
    assert {"by": 1} == files.read("a")

    files.write("a", {"by": 3})
    assert {"by": 3} == files.read("a")


def test_l55_names_are_those_of_the_folder(files: Documents) -> None:
    """Files of other folders are not among them, and none is missing, however many pages there are."""
    ours = {f"a/{number}" for number in range(5)}
    for key in (*ours, "ab/1", "b"):
        files.write(key, DOCUMENT)

    assert ours == files.names("a/")
    assert set() == files.names("c/")


@pytest.mark.usefixtures("aws")
def test_a_document_whose_answer_was_lost_is_known_as_ones_own(monkeypatch: pytest.MonkeyPatch) -> None:
    """Botocore repeats such a request: it finds its own document, which is not somebody else's."""
    s3 = with_buckets(BUCKET)
    put = s3.put_object

    def repeated(**request: Any) -> Any:  # noqa: ANN401 (boto3 builds classes at run time)
        put(**request)
        return put(**request)

    monkeypatch.setattr(s3, "put_object", repeated)

    assert S3Documents(s3, BUCKET).write_once("a", {"by": 1})
    assert not S3Documents(s3, BUCKET).write_once("a", {"by": 1})


@pytest.mark.usefixtures("aws")
def test_documents_are_json_for_people_too() -> None:
    """A report can be opened in a browser and read."""
    s3 = with_buckets(BUCKET)
    S3Documents(s3, BUCKET).write("report.json", DOCUMENT)

    stored = s3.get_object(Bucket=BUCKET, Key="report.json")
    assert "application/json" == stored["ContentType"]
    assert json.dumps(DOCUMENT, indent=2) + "\n" == stored["Body"].read().decode()


@pytest.mark.usefixtures("aws")
def test_a_refusal_is_raised() -> None:
    """Without its bucket no sweep ends quietly."""
    files = S3Documents(client("s3", region="us-east-1"), "acme-test-none")

    for call in (lambda: files.names("a/"), lambda: files.write("a", {}), lambda: files.write_once("a", {})):
        with pytest.raises(RefusedError):
            call()
