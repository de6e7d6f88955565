from datetime import date

from runtime.export.table_export import ExportStatus, TableExport, client_token, newest_per_folder, prefix_of

ARN = "arn:aws:dynamodb:eu-west-1:111122223333:table/duracloud-test-checksums"
DAY = date(2026, 3, 1)


def test_folder_of_an_export_carries_its_day() -> None:
    """People find an export by its date."""
    assert "exports/checksum-table/2026-03-01" == prefix_of(DAY)


def test_token_depends_on_table_day_and_failed_attempts_only() -> None:
    """A retry repeats its token; another day, table or a new attempt after a failure does not."""
    tokens = {
        client_token(ARN, DAY, 0),
        client_token(ARN, DAY, 1),
        client_token(ARN, date(2026, 4, 1), 0),
        client_token(ARN + "2", DAY, 0),
    }

    assert 4 == len(tokens)
    assert client_token(ARN, DAY, 0) == client_token(ARN, DAY, 0)


def test_last_export_of_a_day_counts() -> None:
    """After a failure and a repetition the repetition is what people are told of."""
    older = TableExport(arn="b", prefix="p", status=ExportStatus.FAILED, started="2026-03-01T02:00:00Z")
    newer = TableExport(arn="a", prefix="p", status=ExportStatus.COMPLETED, started="2026-03-01T09:00:00Z")
    other = TableExport(arn="c", prefix="q", status=ExportStatus.COMPLETED)

    assert {newer, other} == set(newest_per_folder([newer, older, other]))
