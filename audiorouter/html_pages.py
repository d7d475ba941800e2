"""HTML pages from jinja2 templates that lie beside the modules which fill them."""

from __future__ import annotations

from typing import Any


def render_page(package: str, template: str, **values: Any) -> str:
    """The page that `template`, a file in `package`, makes of `values`.

    Values are escaped, since most of them come from third parties; a name that the template uses
    and nobody gave is an error. Shares 0…1 are written by the filters `percent`, and `points` where
    they are differences.

    Raises:
        jinja2.TemplateError: the template is not there, or does not fit the values.
    """
    from jinja2 import Environment, PackageLoader, StrictUndefined

    pages = Environment(
        loader=PackageLoader(package, "."),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    pages.filters["percent"] = "{:.1%}".format
    pages.filters["points"] = lambda difference: f"{100 * difference:+.1f}"
    return pages.get_template(template).render(values)
