# SPDX-License-Identifier: Apache-2.0
"""Parts by name: ``"depthwise(3)"`` -> the part that was registered as ``depthwise``, built with those arguments.

Every part says which published system it comes from, and what of that system it leaves out. A spec is a name, or a name
with literal arguments; nothing in it is ever evaluated. Names are refused twice, and an unknown name lists the known
ones, so that a misspelt recipe says at once what it could have meant.
"""

from __future__ import annotations

import ast
import difflib
import inspect
import types
import typing
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar

Part = TypeVar("Part", bound=Callable[..., Any])


@dataclass(frozen=True)
class Source:
    """Where a part comes from; ``id`` is that of the list of published systems, where it stands in it."""

    id: str
    family: str
    title: str
    year: int
    scaled_down: str = ""  # what ours leaves out or makes smaller; empty where the mechanism is whole


@dataclass(frozen=True)
class Entry:
    """A registered part: how to build it, and where it comes from."""

    name: str
    source: Source
    build: Callable[..., Any]


class Registry:
    """One kind of part (mixers, priors ...)."""

    def __init__(self, kind: str) -> None:
        self.kind = kind
        self._parts: dict[str, Entry] = {}

    def register(self, name: str, source: Source) -> Callable[[Part], Part]:
        """Decorator that enters a class or function under ``name``; ValueError when the name is taken."""

        def enter(part: Part) -> Part:
            if name in self._parts:
                raise ValueError(f"{self.kind} '{name}' is registered twice")
            self._parts[name] = Entry(name, source, part)
            return part

        return enter

    def entries(self) -> list[Entry]:
        """All parts, by name."""
        return [self._parts[name] for name in self.names()]

    def names(self) -> list[str]:
        return sorted(self._parts)

    def unknown(self, name: str) -> str:
        """What to say of a name that no part has: the known ones, and the nearest of them."""
        near = difflib.get_close_matches(name, self.names(), 1)
        meant = f"; did you mean '{near[0]}'?" if near else ""
        return f"unknown {self.kind} '{name}'; known: {', '.join(self.names())}{meant}"

    def build(self, spec: str, *leading: Any) -> Any:
        """Build the part that ``spec`` names; ``leading`` arguments (channels, say) come before the spec's own."""
        name, args, kwargs = parse_spec(spec)
        if not self._parts:
            raise ValueError(f"no {self.kind} is registered yet: import mezzotint.lab.models.parts first")
        if name not in self._parts:
            raise ValueError(self.unknown(name))
        build = self._parts[name].build
        try:
            _check_kinds(build, *leading, *args, **kwargs)
            return build(*leading, *args, **kwargs)
        except TypeError as error:
            said = str(error).splitlines()[0]
            raise ValueError(f"{self.kind} '{spec}' cannot be built: {said}") from error


def _check_kinds(build: Callable[..., Any], *args: Any, **kwargs: Any) -> None:
    """TypeError for a float or a truth value where a whole number belongs, and so on: torch would fail at a picture."""
    signature = inspect.signature(build, eval_str=True)
    for name, value in signature.bind(*args, **kwargs).arguments.items():
        wanted = signature.parameters[name].annotation
        if not _is(value, wanted):
            raise TypeError(f"{name}={value!r} is not {getattr(wanted, '__name__', wanted)}")


def _is(value: Any, wanted: Any) -> bool:
    """Whether a literal is of an annotated kind; what is not annotated with a kind of literal may be anything."""
    inner = typing.get_args(wanted)
    if isinstance(wanted, types.UnionType):
        return any(_is(value, kind) for kind in inner)
    if typing.get_origin(wanted) is tuple:
        kinds = inner[:1] * len(value) if isinstance(value, tuple) and inner[1:] == (...,) else inner
        return isinstance(value, tuple) and len(value) == len(kinds) and all(map(_is, value, kinds))
    if wanted is types.NoneType:
        return value is None
    if wanted is float:
        return isinstance(value, (int, float)) and not isinstance(value, bool)
    if wanted is int:
        return isinstance(value, int) and not isinstance(value, bool)
    return isinstance(value, wanted) if wanted in (bool, str) else True


def parse_spec(spec: str) -> tuple[str, list[Any], dict[str, Any]]:
    """``"window(8, heads=4)"`` -> ``("window", [8], {"heads": 4})``; ValueError for anything but literals."""
    try:
        node = ast.parse(spec.strip(), mode="eval").body
        if isinstance(node, ast.Name):
            return node.id, [], {}
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
            args = [ast.literal_eval(a) for a in node.args]
            kwargs = {k.arg: ast.literal_eval(k.value) for k in node.keywords if k.arg is not None}
            if len(kwargs) == len(node.keywords):
                return node.func.id, args, kwargs
    except (SyntaxError, ValueError, TypeError, MemoryError, RecursionError):
        pass  # what Python's own parser says of unhashable and of very deep literals, too
    raise ValueError(
        f"'{spec if len(spec) < 80 else spec[:77] + '...'}' is not a part: write a name or name(literal, key=literal)"
    )
