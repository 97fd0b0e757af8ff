"""Texts made of templates: strict, so that an unknown or missing name is an error, and plain, so that nothing is escaped."""

from collections.abc import Mapping

from jinja2 import BaseLoader, Environment, PackageLoader, StrictUndefined

from schemas.values import Json


def environment(loader: BaseLoader | None = None, *, keep_trailing_newline: bool = False) -> Environment:
    """Make an environment for plain texts. Its marks are `<< >>`, since the language writes references as `{{ }}`."""
    return Environment(
        loader=loader,
        undefined=StrictUndefined,
        autoescape=False,  # noqa: S701 - prompts, YAML, Python and Markdown are written, never HTML: escaped, data is falsified
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=keep_trailing_newline,
        variable_start_string="<<",
        variable_end_string=">>",
        block_start_string="<%",
        block_end_string="%>",
        comment_start_string="<#",
        comment_end_string="#>",
    )


_TEXTS = environment(PackageLoader("catalog", "texts"), keep_trailing_newline=True)


def rendered(name: str, variables: Mapping[str, Json]) -> str:
    """Fill the text `catalog/texts/NAME`. Raises `jinja2.UndefinedError` for a name that it uses and is not given."""
    return _TEXTS.get_template(name).render(variables)
