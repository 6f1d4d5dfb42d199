"""Birch–Murnaghan by linear least squares: the energy is a cubic polynomial in x = V^(-2/3)."""

from math import sqrt

from componentize_py_types import Err
import wit_world
from wit_world import Curve, FitError_NoMinimum, FitError_TooFewPoints


class WitWorld(wit_world.WitWorld):
    def fit(self, volumes: list[float], energies: list[float]) -> Curve:
        if len(volumes) < 4:
            raise Err(FitError_TooFewPoints(len(volumes)))
        # Centred and scaled, so that the normal equations are well conditioned.
        xs = [v ** (-2 / 3) for v in volumes]
        centre = sum(xs) / len(xs)
        width = max(abs(x - centre) for x in xs)
        c = _polynomial([(x - centre) / width for x in xs], energies)
        u = _minimum(c)
        if u is None:
            raise Err(FitError_NoMinimum())
        return _curve(c, u, centre, width)

    def evaluate(self, c: Curve, volumes: list[float]) -> list[float]:
        return [_energy(c, v) for v in volumes]


def _polynomial(us: list[float], ys: list[float]) -> list[float]:
    """The coefficients of the cubic that fits best, from the constant up."""
    powers = [sum(u**k for u in us) for k in range(7)]
    matrix = [[powers[i + j] for j in range(4)] + [sum(y * u**i for u, y in zip(us, ys))] for i in range(4)]
    return _solve(matrix)


def _solve(rows: list[list[float]]) -> list[float]:
    """Gauss with partial pivoting on an augmented matrix."""
    n = len(rows)
    for k in range(n):
        pivot = max(range(k, n), key=lambda r: abs(rows[r][k]))
        rows[k], rows[pivot] = rows[pivot], rows[k]
        for r in range(k + 1, n):
            factor = rows[r][k] / rows[k][k]
            rows[r] = [a - factor * b for a, b in zip(rows[r], rows[k])]
    solution = [0.0] * n
    for k in reversed(range(n)):
        known = sum(rows[k][j] * solution[j] for j in range(k + 1, n))
        solution[k] = (rows[k][n] - known) / rows[k][k]
    return solution


def _minimum(c: list[float]) -> float | None:
    """Where the derivative is zero and the second one positive."""
    a, b, k = 3 * c[3], 2 * c[2], c[1]
    disc = b * b - 4 * a * k
    if disc < 0:
        return None
    # The root with positive curvature, in the form that does not cancel.
    if b + sqrt(disc) == 0:
        return None
    return -2 * k / (b + sqrt(disc))


def _curve(c: list[float], u: float, centre: float, width: float) -> Curve:
    x = centre + width * u
    second = (2 * c[2] + 6 * c[3] * u) / width**2
    third = 6 * c[3] / width**3
    v0 = x**-1.5
    # With x = V^(-2/3): at the minimum V²E'' = (4/9) x² E_xx, and B0' = -V³E'''/(V²E'') - 1 … in terms of x.
    b0 = 4 / 9 * second * x * x / v0
    b0_prime = 4 + 2 / 3 * third * x / second
    e0 = c[0] + u * (c[1] + u * (c[2] + u * c[3]))
    return Curve(e0, v0, b0, b0_prime)


def _energy(c: Curve, volume: float) -> float:
    f = (c.v0 / volume) ** (2 / 3) - 1
    return c.e0 + 9 / 16 * c.b0 * c.v0 * (f**3 * c.b0_prime + f**2 * (6 - 4 * (f + 1)))
