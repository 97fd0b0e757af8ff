"""What may go wrong when modules are joined."""


class LinkError(Exception):
    """A component whose modules are not joined: it has something that is not read here. It runs as it is."""
