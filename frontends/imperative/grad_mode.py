"""Whether gradients flow: `no_grad`, `enable_grad`, `set_grad_enabled`, `inference_mode`."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable, Iterator
from typing import Any, TypeVar

from ...compiler.dispatch.current import Interpreter, current, switch

F = TypeVar("F", bound=Callable[..., Any])


def is_grad_enabled() -> bool:
    """Whether operations on tensors that require grad are remembered for backward."""
    return getattr(current(), "grad", False)


def capturing() -> bool:
    """Whether every operation is being remembered, for a trace."""
    return getattr(current(), "everything", False)


class _Mode:
    """A block, or a decorator, inside which gradients flow or do not."""

    def __init__(self, grad: bool) -> None:
        self.grad = grad
        self._before: list[Interpreter] = []

    def __enter__(self) -> None:
        self._before.append(switch(current().with_grad(self.grad)))

    def __exit__(self, *_: object) -> None:
        switch(self._before.pop())

    def __call__(self, function: F) -> F:
        """The function, run inside the block at each call; a generator, at each step."""
        if inspect.isgeneratorfunction(function):

            @functools.wraps(function)
            def steps(*args: Any, **kwargs: Any) -> Iterator[Any]:
                generator = function(*args, **kwargs)
                try:
                    with self:
                        item = next(generator)
                    while True:
                        answer = yield item
                        with self:
                            item = generator.send(answer)
                except StopIteration as end:
                    return end.value  # type: ignore[no-any-return]

            return steps  # type: ignore[return-value]

        @functools.wraps(function)
        def inside(*args: Any, **kwargs: Any) -> Any:
            with self:
                return function(*args, **kwargs)

        return inside  # type: ignore[return-value]


class no_grad(_Mode):  # noqa: N801
    """Inside, nothing is remembered for backward. Also a decorator, with or without parentheses."""

    def __new__(cls, function: Callable[..., Any] | None = None) -> Any:
        made = super().__new__(cls)
        if function is None:
            return made
        made.__init__()  # type: ignore[misc]
        return made(function)

    def __init__(self) -> None:
        super().__init__(False)


class enable_grad(_Mode):  # noqa: N801
    """Inside, gradients flow, also within `no_grad`. Also a decorator, with or without parentheses."""

    def __new__(cls, function: Callable[..., Any] | None = None) -> Any:
        made = super().__new__(cls)
        if function is None:
            return made
        made.__init__()  # type: ignore[misc]
        return made(function)

    def __init__(self) -> None:
        super().__init__(True)


class inference_mode(_Mode):  # noqa: N801
    """The same as `no_grad` (or `enable_grad` for ``mode=False``); there is nothing more to save here."""

    def __new__(cls, mode: bool | Callable[..., Any] = True) -> Any:
        made = super().__new__(cls)
        if isinstance(mode, bool):
            return made
        made.__init__()  # type: ignore[misc]
        return made(mode)

    def __init__(self, mode: bool = True) -> None:
        super().__init__(not mode)


class set_grad_enabled(_Mode):  # noqa: N801
    """Switches at once; as a context manager or decorator, switches back at the end."""

    def __init__(self, mode: bool) -> None:
        super().__init__(bool(mode))
        self._first: Interpreter | None = switch(current().with_grad(self.grad))

    def __enter__(self) -> None:
        if self._first is not None:
            self._before.append(self._first)
            self._first = None
        else:
            super().__enter__()

    def __call__(self, function: F) -> F:
        if self._first is not None:
            switch(self._first)
            self._first = None
        return super().__call__(function)
