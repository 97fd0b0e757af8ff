"""What this engine runs of the language beyond what every engine must."""

from fragments.constructs import Construct

RUNS: frozenset[Construct] = frozenset({Construct.SECRETS})
"""Grows with the engine. A document that uses another construct is refused whole before it runs."""
