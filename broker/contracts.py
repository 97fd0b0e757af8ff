"""Holds calls to what their capability promises: config and input before, the shape of the output after."""

from broker.shapes import fault
from catalog.calls import Call, Failed
from catalog.capability import Capability
from schemas.values import Schema, canonical


class Contract:
    """One capability's schemas, compiled once."""

    def __init__(self, capability: Capability) -> None:
        """Write the schemas as text, which validators are kept under."""
        self._capability = capability
        self._config = canonical(capability.config_schema)
        self._input = canonical(capability.input_schema)
        self._by_config = bool(capability.output_cases or capability.output_from)
        self._output = _written(capability.output_schema)

    def refusal(self, call: Call) -> Failed | None:
        """Say why the call cannot be made: `config_invalid` or `input_invalid`."""
        for kind, schema, value in (("config", self._config, call.config), ("input", self._input, call.input)):
            says = fault(value, schema)
            if says:
                return Failed(type=f"{kind}_invalid", message=f"the {kind} of {call.handler} does not fit: {says}")
        return None

    def output_schema(self, call: Call) -> str | None:
        """Write the schema that this call's output must fit, as plans were checked against it; None where all fits."""
        return _written(self._capability.output_of(call.config)) if self._by_config else self._output


def _written(schema: Schema) -> str | None:
    return None if _anything(schema) else canonical(schema)


def _anything(schema: Schema) -> bool:
    """Say whether the schema lets everything pass: true, or nothing but words."""
    return schema is True or (isinstance(schema, dict) and not set(schema) - {"title", "description", "$comment", "examples"})
