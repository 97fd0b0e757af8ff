"""The one error that celpy catches."""


class InvalidTimezone(ValueError):  # noqa: N818 - the library's name
    """A time zone of no known name."""
