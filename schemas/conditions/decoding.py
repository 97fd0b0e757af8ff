"""Trees from the library's own syntax trees (`cel.expr.ParsedExpr`, cel-spec: proto/cel/expr/syntax.proto).

Conditions are parsed once, by the parser of the library that evaluates them, so that a check and a run never read a text
differently. The library writes its tree as protobuf; here are the messages as far as they are read.
"""

from functools import cache
from typing import Any

from schemas.conditions.trees import Call, Field, ListOf, Literal, Loop, MapOf, Name, Node

_PACKAGE = "cel.expr"
_MESSAGES: dict[str, dict[str, tuple[int, str]]] = {
    "Any": {"value": (2, "bytes")},  # google.protobuf.Any: what the library wraps its tree in
    "ParsedExpr": {"expr": (2, "Expr"), "source_info": (3, "SourceInfo")},
    "SourceInfo": {"positions": (4, "*Position")},
    "Position": {"key": (1, "int64"), "value": (2, "int32")},
    "Expr": {
        "id": (2, "int64"),
        "const_expr": (3, "|Constant"),
        "ident_expr": (4, "|Ident"),
        "select_expr": (5, "|Select"),
        "call_expr": (6, "|Call"),
        "list_expr": (7, "|CreateList"),
        "struct_expr": (8, "|CreateStruct"),
        "comprehension_expr": (9, "|Comprehension"),
    },
    "Constant": {
        "null": (1, "|int64"),
        "bool": (2, "|bool"),
        "int": (3, "|int64"),
        "uint": (4, "|uint64"),
        "double": (5, "|double"),
        "string": (6, "|string"),
        "bytes": (7, "|bytes"),
    },
    "Ident": {"name": (1, "string")},
    "Select": {"operand": (1, "Expr"), "field": (2, "string"), "test_only": (3, "bool")},
    "Call": {"target": (1, "Expr"), "function": (2, "string"), "args": (3, "*Expr")},
    "CreateList": {"elements": (1, "*Expr")},
    "CreateStruct": {"message_name": (1, "string"), "entries": (2, "*Entry")},
    "Entry": {"map_key": (3, "Expr"), "value": (4, "Expr")},
    "Comprehension": {
        "iter_var": (1, "string"),
        "iter_range": (2, "Expr"),
        "accu_init": (4, "Expr"),
        "loop_step": (6, "Expr"),
    },
}
"""Message: field: number and type; `*` marks repeated fields, `|` those of which one is set."""

_BY_STEP = {"_&&_": "all", "_||_": "exists"}
_CONDITIONAL = "_?_:_"


class Beyond(Exception):  # noqa: N818 - named for where the text goes: beyond what conditions are made of
    """The tree holds something that is CEL and no part of conditions; `says` names it."""

    def __init__(self, says: str, at: int) -> None:
        """Keep what it is and its offset in the text."""
        super().__init__(says)
        self.says, self.at = says, at


def decoded(serialized: bytes) -> Node:
    """Read the library's tree. Raises `Beyond` for message literals, which conditions do not have."""
    holder, parsed = _message("Any").FromString(serialized), _message("ParsedExpr")()
    parsed.ParseFromString(holder.value)
    positions = {position.key: position.value for position in parsed.source_info.positions}
    return _Decoder(positions).node(parsed.expr)


class _Decoder:
    def __init__(self, positions: dict[int, int]) -> None:
        self.positions = positions

    def node(self, expr: Any) -> Node:
        at = self.positions.get(expr.id, 0)
        kind = expr.WhichOneof("one")
        made: Node = getattr(self, f"_{kind}")(getattr(expr, kind), at)
        return made

    def _const_expr(self, constant: Any, at: int) -> Node:
        kind = constant.WhichOneof("one")
        if kind == "null":
            return Literal(at=at, kind="null", value=None)
        return Literal(at=at, kind=kind, value=getattr(constant, kind))

    def _ident_expr(self, ident: Any, at: int) -> Node:
        return Name(at=at, name=ident.name)

    def _select_expr(self, select: Any, at: int) -> Node:
        return Field(at=at, operand=self.node(select.operand), name=select.field, tested=select.test_only)

    def _call_expr(self, call: Any, at: int) -> Node:
        target = self.node(call.target) if call.HasField("target") else None
        return Call(at=at, function=call.function, target=target, arguments=tuple(map(self.node, call.args)))

    def _list_expr(self, made: Any, at: int) -> Node:
        return ListOf(at=at, items=tuple(map(self.node, made.elements)))

    def _struct_expr(self, made: Any, at: int) -> Node:
        if made.message_name:
            says = f"{made.message_name}{{...}} makes a message"
            raise Beyond(says, at)
        return MapOf(at=at, entries=tuple((self.node(entry.map_key), self.node(entry.value)) for entry in made.entries))

    def _comprehension_expr(self, loop: Any, at: int) -> Node:
        """Read the macro back out of what it was expanded to (cel-spec, Language Definition: Macros)."""
        step = loop.loop_step
        only = None
        macro = _BY_STEP.get(step.call_expr.function)
        if macro is None and step.call_expr.function == _CONDITIONAL and loop.accu_init.HasField("const_expr"):
            macro, body = "exists_one", step.call_expr.args[0]
        elif macro is not None:
            body = step.call_expr.args[1]
        else:
            macro, body, only = _of_list(loop)
        part = None if only is None else self.node(only)
        items = self.node(loop.iter_range)
        return Loop(at=at, macro=macro, items=items, name=loop.iter_var, body=self.node(body), only=part)


def _of_list(loop: Any) -> tuple[str, Any, Any]:
    """Tell `filter` from `map`: both gather; `filter` gathers its own variable where a condition holds."""
    step = loop.loop_step.call_expr
    if step.function != _CONDITIONAL:
        return "map", step.args[1].list_expr.elements[0], None
    gathered = step.args[1].call_expr.args[1].list_expr.elements[0]
    if gathered.HasField("ident_expr") and gathered.ident_expr.name == loop.iter_var:
        return "filter", step.args[0], None
    return "map", gathered, step.args[0]


@cache
def _message(name: str) -> Any:
    from google.protobuf import message_factory  # noqa: PLC0415 - takes 30 ms to load: only where there is a condition

    return message_factory.GetMessageClass(_pool().FindMessageTypeByName(f"{_PACKAGE}.{name}"))


@cache
def _pool() -> Any:
    from google.protobuf import descriptor_pb2, descriptor_pool  # noqa: PLC0415 - as above

    file = descriptor_pb2.FileDescriptorProto(name="goalwright/cel.proto", package=_PACKAGE, syntax="proto3")
    for name, fields in _MESSAGES.items():
        message = file.message_type.add(name=name)
        if any(kind.startswith("|") for _, kind in fields.values()):
            message.oneof_decl.add(name="one")
        for field, (number, kind) in fields.items():
            _describe(message.field.add(name=field, number=number), kind)
    pool = descriptor_pool.DescriptorPool()
    pool.Add(file)
    return pool


def _describe(field: Any, kind: str) -> None:
    field.label = field.LABEL_REPEATED if kind.startswith("*") else field.LABEL_OPTIONAL
    if kind.startswith("|"):
        field.oneof_index = 0
    plain = kind.lstrip("*|")
    if plain in _MESSAGES:
        field.type, field.type_name = field.TYPE_MESSAGE, f".{_PACKAGE}.{plain}"
    else:
        field.type = field.Type.Value(f"TYPE_{plain.upper()}")
