"""Workflows of other dialects, read as templates of the language: Tasker's task templates and `workflow.io/v1`."""

from fragments.dialects.bindings import Binding, Bindings, read_bindings
from fragments.dialects.conversion import Conversion, convert
from fragments.dialects.vocabulary import Dialect
from fragments.dialects.writing import yaml_of

__all__ = ["Binding", "Bindings", "Conversion", "Dialect", "convert", "read_bindings", "yaml_of"]
