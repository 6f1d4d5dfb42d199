"""Classifies SPDX licence expressions."""

import re

import wit_world
from wit_world import Classified, Dependency, LicenseKind

# From free to strict: of alternatives the first counts, of conjunctions the last.
ORDER = [
    LicenseKind.PUBLIC_DOMAIN,
    LicenseKind.PERMISSIVE,
    LicenseKind.WEAK_COPYLEFT,
    LicenseKind.COPYLEFT,
    LicenseKind.UNKNOWN,
]

KINDS = {
    "MIT": LicenseKind.PERMISSIVE,
    "MIT-0": LicenseKind.PERMISSIVE,
    "ISC": LicenseKind.PERMISSIVE,
    "Apache-2.0": LicenseKind.PERMISSIVE,
    "BSD-2-Clause": LicenseKind.PERMISSIVE,
    "BSD-3-Clause": LicenseKind.PERMISSIVE,
    "Zlib": LicenseKind.PERMISSIVE,
    "Python-2.0": LicenseKind.PERMISSIVE,
    "BlueOak-1.0.0": LicenseKind.PERMISSIVE,
    "CC0-1.0": LicenseKind.PUBLIC_DOMAIN,
    "0BSD": LicenseKind.PUBLIC_DOMAIN,
    "Unlicense": LicenseKind.PUBLIC_DOMAIN,
    "MPL-2.0": LicenseKind.WEAK_COPYLEFT,
    "LGPL-2.1": LicenseKind.WEAK_COPYLEFT,
    "LGPL-3.0": LicenseKind.WEAK_COPYLEFT,
    "EPL-2.0": LicenseKind.WEAK_COPYLEFT,
    "GPL-2.0": LicenseKind.COPYLEFT,
    "GPL-3.0": LicenseKind.COPYLEFT,
    "AGPL-3.0": LicenseKind.COPYLEFT,
}

TOKEN = re.compile(r"\s*(\(|\)|[A-Za-z0-9.+-]+)")


class WitWorld(wit_world.WitWorld):
    def classify(self, dependencies: list[Dependency]) -> list[Classified]:
        return [Classified(d.name, d.license, kind_of(d.license)) for d in dependencies]


def kind_of(expression: str) -> LicenseKind:
    tokens = TOKEN.findall(expression)
    if not tokens:
        return LicenseKind.UNKNOWN
    kind, rest = either(tokens)
    return LicenseKind.UNKNOWN if rest else kind


def either(tokens: list[str]) -> tuple[LicenseKind, list[str]]:
    kind, rest = both(tokens)
    while rest[:1] == ["OR"]:
        other, rest = both(rest[1:])
        kind = min(kind, other, key=ORDER.index)
    return kind, rest


def both(tokens: list[str]) -> tuple[LicenseKind, list[str]]:
    kind, rest = single(tokens)
    while rest[:1] in (["AND"], ["WITH"]):
        # An exception only permits more: what follows WITH is passed over.
        passed_over = rest[0] == "WITH"
        other, rest = single(rest[1:])
        kind = kind if passed_over else max(kind, other, key=ORDER.index)
    return kind, rest


def single(tokens: list[str]) -> tuple[LicenseKind, list[str]]:
    if tokens[:1] == ["("]:
        kind, rest = either(tokens[1:])
        return kind, rest[1:] if rest[:1] == [")"] else ["?"]
    name = re.sub(r"(-only|-or-later|\+)$", "", tokens[0]) if tokens else ""
    return KINDS.get(name, LicenseKind.UNKNOWN), tokens[1:]
