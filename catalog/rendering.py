"""Texts made of templates: strict, so that an unknown or missing name is an error, and plain, so that nothing is escaped."""

from collections.abc import Mapping

from jinja2 import Environment, PackageLoader, StrictUndefined

from catalog.values import Json

_ENVIRONMENT = Environment(
    loader=PackageLoader("catalog", "texts"),
    undefined=StrictUndefined,
    autoescape=False,  # noqa: S701 - YAML, Python and Markdown are written, never HTML
    trim_blocks=True,
    lstrip_blocks=True,
    keep_trailing_newline=True,
    variable_start_string="<<",
    variable_end_string=">>",
    block_start_string="<%",
    block_end_string="%>",
    comment_start_string="<#",
    comment_end_string="#>",
)


def rendered(name: str, variables: Mapping[str, Json]) -> str:
    """Fill the text `catalog/texts/NAME`. Raises `jinja2.UndefinedError` for a name that it uses and is not given."""
    return _ENVIRONMENT.get_template(name).render(variables)
