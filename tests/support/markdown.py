"""Documents as code hosts show them."""

import re


def without_code(text: str) -> str:
    """Return a page without its blocks of code."""
    return re.sub(r"^```.*?^```", "", text, flags=re.MULTILINE | re.DOTALL)


def anchors_in(text: str) -> list[str]:
    """Return the anchors of a page's headings, in their order."""
    headings = re.findall(r"^#+ +(.+?) *$", without_code(text), flags=re.MULTILINE)
    return [re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings]
