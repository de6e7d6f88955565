import pytest

from runtime.provisioning.request_file import LARGEST_FILE, RequestedName, RequestRejectedError, read_names


def _names(text: str) -> list[tuple[int, str]]:
    return [(entry.line, entry.name) for entry in read_names(text.encode(), 5)]


def test_names_come_with_their_lines() -> None:
    """Blanks around names, blank lines and comments are left out; the line numbers are those of the file."""
    assert [(2, "letters"), (5, "photos")] == _names("# our first\n  letters\t\n\n   # more\nphotos")


@pytest.mark.parametrize("text", ["\ufeffa\nb", "a\r\nb\r\n", "a\rb", "A\nB\nb\n a "])
def test_marks_line_ends_case_and_doubles_do_not_matter(text: str) -> None:
    """A byte order mark, any line ends, upper case and doubles lead to the same names."""
    assert ["a", "b"] == [name for _, name in _names(text)]


def test_separators_that_are_no_line_ends_stay_in_the_name() -> None:
    """Only line ends separate names; other separators make a name that is refused later, not two names."""
    assert [(1, "a\u2028b")] == _names("a\u2028b")


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "has no names"),
        (b"\n# only a comment\n \n", "has no names"),
        (b"caf\xe9\n", "not UTF-8 text: byte 4"),
        (b"\xff\xfea\x00", "UTF-16 text, which Windows calls Unicode; save it with the encoding UTF-8"),
        ("letters".encode("utf-16-be"), "UTF-16"),
        ("letters".encode("utf-16"), "UTF-16"),
        (b"\xffa", "not UTF-8 text: byte 1 cannot be read; save it with the encoding UTF-8"),
        (b"a\nb\nc\nd\ne\nf\n", "has 6 names; allowed in one request: 5"),
        (b"a" * (LARGEST_FILE + 1), "larger than 64 KiB"),
    ],
)
def test_file_that_cannot_be_worked_on_is_rejected_with_the_reason(content: bytes, reason: str) -> None:
    """An empty, undecodable, oversized or too long file is rejected as a whole, in one line."""
    with pytest.raises(RequestRejectedError, match=reason):
        read_names(content, 5)


def test_largest_file_is_read() -> None:
    """A file of exactly 64 KiB is worked on."""
    content = b"letters\n" + b"#" * (LARGEST_FILE - len(b"letters\n"))

    assert (RequestedName(1, "letters"),) == read_names(content, 5)


def test_most_names_are_read() -> None:
    """As many names as allowed are worked on, doubles not counted."""
    assert 5 == len(read_names(b"a\nb\nc\nd\ne\na\nb\n", 5))


@pytest.mark.parametrize("prefix", ["acme-dev", "acme"])
def test_f12_the_environments_prefix_before_a_name_is_understood(prefix: str) -> None:
    """The full name of the bucket asks for the same as its short one, once; a prefix without its dash is a name."""
    text = f"letters\n{prefix}-Letters\n {prefix.upper()}-maps\n{prefix}\n"

    assert [(1, "letters"), (3, "maps"), (4, prefix)] == [
        (one.line, one.name) for one in read_names(text.encode(), 5, prefix)
    ]
