"""The words of a report that the demonstration prints."""

from duracloud.local.proof import words_of


def test_f30_the_words_of_a_page_are_its_sentences_up_to_the_first_table() -> None:
    """Headings and sentences are lines, without marks and line breaks; figures in tables are not words."""
    page = "<title>no</title><h1>Report</h1><p>All  is\nwell, <b>Käthe &amp; Co</b>.</p><table><p>9</p></table>"
    assert ["Report", "All is well, Käthe & Co."] == words_of(page)
