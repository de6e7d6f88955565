from hypothesis import given
from hypothesis import strategies as st

from runtime.bucket_runs.side_by_side import side_by_side
from tests.support.sweep_fakes import listed, record, row, state

KEYS = st.sets(st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=3), max_size=12)


@given(KEYS, KEYS, KEYS)
def test_all_that_there_is_of_an_object_comes_together(
    with_record: set[str], with_row: set[str], in_s3: set[str]
) -> None:
    """Whatever keys there are, each object comes once, in order, with its record, its row and what S3 lists."""
    found = side_by_side(
        (state(record(key)) for key in sorted(with_record)),
        (row(key) for key in sorted(with_row)),
        (listed(key) for key in sorted(in_s3)),
    )

    assert [
        (key, *(key if key in keys else None for keys in (with_record, with_row, in_s3)))
        for key in sorted(with_record | with_row | in_s3)
    ] == [(key, *(one and one.ref.key for one in things)) for key, *things in found]
