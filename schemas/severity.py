"""How grave a finding is."""

from enum import StrEnum


class Severity(StrEnum):
    """What a finding means for the document that it is about."""

    ERROR = "error"  # the document is refused
    WARNING = "warning"  # it may run; something could not be proved
