"""Adapter of ReportPage: the HTML pages by Jinja2 templates."""

import functools
from base64 import b64encode
from collections.abc import Callable, Collection
from datetime import date, datetime
from hashlib import sha256

from typing_extensions import override

from runtime.report.model import WholeReport
from runtime.report.ports import ReportPage
from runtime.report.view import FILTERS, View
from runtime.shared.wording import visible


class JinjaPage(ReportPage):
    """The templates of `runtime.report`. All values are escaped, and hidden characters are shown."""

    @override
    def html(self, whole: WholeReport) -> str:
        return _template("report.html.j2")(view=View(whole))

    @override
    def index(self, environment: str, newest: datetime, days: Collection[date]) -> str:
        return _template("index.html.j2")(environment=environment, newest=newest, days=days)


@functools.cache
def _template(name: str) -> Callable[..., str]:
    # Imported here: it takes 157 ms, and only the last slice of a report writes pages.
    from jinja2 import Environment, PackageLoader, StrictUndefined  # noqa: PLC0415
    from markupsafe import Markup  # noqa: PLC0415

    def shown(value: object) -> object:
        return value if isinstance(value, Markup) else visible(str(value))

    loader = PackageLoader("runtime.report")
    environment = Environment(
        loader=loader, autoescape=True, undefined=StrictUndefined, finalize=shown, trim_blocks=True, lstrip_blocks=True
    )
    environment.filters.update({function.__name__: function for function in FILTERS})
    style, _, _ = loader.get_source(environment, "report.css")
    # The page's own policy allows only the style with this digest.
    fixed = {"style": Markup(style), "style_hash": b64encode(sha256(style.encode()).digest()).decode()}  # noqa: S704 (our own file)
    return functools.partial(environment.get_template(name).render, **fixed)
