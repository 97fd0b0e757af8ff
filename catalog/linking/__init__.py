"""Joins the core modules of a component into one, so that an instance of it is made at once instead of part by part."""

from catalog.linking.errors import LinkError
from catalog.linking.linker import linked

__all__ = ["LinkError", "linked"]
