"""The types that every generated `wit_world` uses, under the names that componentize-py gives them."""

from dataclasses import dataclass


@dataclass
class Some[S]:
    """A present value of an option whose content may be `None` itself."""

    value: S


@dataclass
class Ok[T]:
    """The good case of a WIT result that stands anywhere but as a function's result."""

    value: T


@dataclass(frozen=True)
class Err[E](Exception):
    """The bad case of a WIT result. A function with a result type raises it."""

    value: E


type Result[T, E] = Ok[T] | Err[E]
