"""Put one mutant into the live functions of this process: no file is written, no trampoline is added.

Only the outermost function around the mutant is compiled again, at its own line numbers; every live
function object that carries one of its code objects gets the mutated one. A module that is imported later
is compiled from mutated source.
"""

from __future__ import annotations

import functools
import gc
import os
import sys
import types
from collections.abc import Iterator
from typing import Any

from .children import hand_down
from .hook import COMPILE, compile_mutated
from .messages import Frame
from .sources import show_to_torch

Key = tuple[str, str, int]


# What is made by a call and runs later keeps its code in a frame that no switch reaches.
UNDER_WAY = {
    types.GeneratorType: "gi_code",
    types.CoroutineType: "cr_code",
    types.AsyncGeneratorType: "ag_code",
}


class SwitchError(Exception):
    """This mutant cannot be put into the live process; the message says why."""


class Switch:
    """The live functions of the measured files, indexed once before the first fork."""

    def __init__(self, root: str) -> None:
        inside = os.path.join(os.path.realpath(root), "")
        self._functions: dict[Key, list[types.FunctionType]] = {}
        self._under_way: set[types.CodeType] = set()
        for each in gc.get_objects():
            if type(each) in UNDER_WAY:
                self._under_way.add(getattr(each, UNDER_WAY[type(each)]))
            if type(each) is types.FunctionType:
                key = _key(each.__code__)
                if key[0].startswith(inside):
                    self._functions.setdefault(key, []).append(each)
        files = (getattr(module, "__file__", None) for module in list(sys.modules.values()))
        self._imported = {os.path.realpath(file) for file in files if isinstance(file, str)}
        # What a conftest has executed without an import is there too.
        self._imported |= {file for file, _, _ in self._functions}

    def on(self, edit: Frame) -> None:
        """Switch the mutant on for the rest of this process's life.

        Raises SwitchError when the live functions cannot carry it.
        """
        compile_mutated(edit)
        hand_down(edit)
        if edit["file"] not in self._imported:
            show_to_torch(edit, None)
            return
        if edit["moment"] == "default":
            self._new_default(edit)
        else:
            self._new_code(edit)

    def _new_default(self, edit: Frame) -> None:
        found = self._functions.get((edit["file"], edit["qualname"], edit["line"]), [])
        if not found:
            raise SwitchError("no live function carries the default")
        for function in found:
            try:
                value = eval(edit["default"], function.__globals__)
            except Exception as error:  # noqa: BLE001 - any name of a class body, any code of the project
                raise SwitchError(f"the default cannot be made again: {error!r}") from None
            _set_default(function, edit["parameter"], value)

    def _new_code(self, edit: Frame) -> None:
        new = _unit(edit, edit["text"])
        outer = self._functions.get((edit["file"], edit["qualname"], edit["line"]), [])
        old = outer[0].__code__ if outer else _unit(edit, edit["original"])
        pairs = _pairs(old, new)
        if not self._under_way.isdisjoint(pairs):
            raise SwitchError("a generator or coroutine that is already made holds the old code")
        live = [(each, code) for code in pairs for each in self._functions.get(_key(code), [])]
        if not live:
            raise SwitchError("no live function carries this code")
        for function, code in live:
            _swap(function, pairs[code])
        show_to_torch(edit, {each for each in pairs.values() if each is not None})


def _unit(edit: Frame, text: str) -> types.CodeType:
    """Compile the text of one function below its headers, which stands at its own line numbers."""
    try:
        module = COMPILE(text, edit["file"], "exec", edit["flags"], dont_inherit=True)
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        raise SwitchError(f"the function does not compile alone: {error}") from None
    for code in _walk(module):
        if code.co_qualname == edit["qualname"]:
            return code
    raise SwitchError("the function is not where it was")


def _pairs(old: types.CodeType, new: types.CodeType) -> dict[types.CodeType, types.CodeType | None]:
    """Map each code object of a function to the one in its place after the change, if there is one."""
    olds, news = _nested(old), _nested(new)
    pairs: dict[types.CodeType, types.CodeType | None] = {old: new}
    if [code.co_name for code in olds] == [code.co_name for code in news]:
        for each, mutated in zip(olds, news, strict=True):
            pairs |= _pairs(each, mutated)
    else:
        pairs |= dict.fromkeys(olds)
    return pairs


def _walk(code: types.CodeType) -> Iterator[types.CodeType]:
    yield code
    for each in _nested(code):
        yield from _walk(each)


def _nested(code: types.CodeType) -> list[types.CodeType]:
    return [each for each in code.co_consts if isinstance(each, types.CodeType)]


@functools.cache
def _real(file: str) -> str:
    return os.path.realpath(file)


def _key(code: types.CodeType) -> Key:
    return _real(code.co_filename), code.co_qualname, code.co_firstlineno


def _swap(function: types.FunctionType, new: types.CodeType | None) -> None:
    if new is None:
        raise SwitchError("the change adds or removes an inner function, and one is already made")
    if new.co_freevars != function.__code__.co_freevars:
        raise SwitchError("the change needs other free variables")
    function.__code__ = new


def _set_default(function: types.FunctionType, parameter: str, value: Any) -> None:
    code = function.__code__
    if function.__kwdefaults__ and parameter in function.__kwdefaults__:
        function.__kwdefaults__ = {**function.__kwdefaults__, parameter: value}
        return
    defaults = list(function.__defaults__ or ())
    first = code.co_argcount - len(defaults)
    position = code.co_varnames[: code.co_argcount].index(parameter) - first
    defaults[position] = value
    function.__defaults__ = tuple(defaults)
