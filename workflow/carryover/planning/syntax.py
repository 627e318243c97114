"""Python source as text, without the parts that do not change what it does. Every supported Python gives the same."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator, Sequence
from typing import Any

# Fields that repeat the rest of the tree, or that only some versions of Python have.
_LEFT_OUT = {"ctx", "kind", "type_comment", "type_ignores"}


def meaning(source: str) -> str:
    """The tree of `source` as text, without comments, docstrings, and the descriptions of settings.

    `ast.unparse` and `ast.dump` write the same tree differently on different versions of Python; this does not.
    """
    texts: list[str] = []
    _write(ast.parse(source), texts.append)
    return "".join(texts)


def _write(node: Any, write: Callable[[str], None]) -> None:
    """Write a node and all below it. To yield the texts through generators in generators takes a third more time."""
    if isinstance(node, list):
        write("[")
        for item in node:
            _write(item, write)
            write(",")
        write("]")
    elif isinstance(node, ast.AST):
        write(f"{type(node).__name__}(")
        for name, value in _fields(node):
            write(f"{name}=")
            _write(value, write)
            write(",")
        write(")")
    else:
        # What `repr` prints of a character depends on the Unicode version.
        write(ascii(node))


def _fields(node: ast.AST) -> Iterator[tuple[str, Any]]:
    """The fields of a node that tell it from others. Versions differ in which empty ones there are."""
    for name, value in ast.iter_fields(node):
        if isinstance(node, ast.JoinedStr):
            value = _joined(value)
        elif isinstance(node, ast.Call) and name == "keywords" and _is_field(node.func):
            value = [keyword for keyword in value if keyword.arg != "description"]
        elif isinstance(value, list):
            value = [item for item in value if not _is_text_alone(item)]
        if name not in _LEFT_OUT and value is not None and value != []:
            yield name, value


def _is_text_alone(node: Any) -> bool:
    """Whether a statement is a string and nothing else, as a docstring is."""
    return (
        isinstance(node, ast.Expr)
        and isinstance(node.value, ast.Constant)
        and isinstance(node.value.value, str)
    )


def _is_field(function: ast.expr) -> bool:
    return isinstance(function, ast.Name) and function.id == "Field"


def _joined(parts: Sequence[ast.expr]) -> list[ast.expr]:
    """The parts of an f-string, with neighbouring texts joined, because versions of Python cut them differently."""
    joined: list[ast.expr] = []
    for part in parts:
        last = joined[-1] if joined else None
        if (
            isinstance(part, ast.Constant)
            and isinstance(last, ast.Constant)
            and isinstance(part.value, str)
            and isinstance(last.value, str)
        ):
            joined[-1] = ast.Constant(last.value + part.value)
        else:
            joined.append(part)
    return [part for part in joined if not (isinstance(part, ast.Constant) and part.value == "")]
