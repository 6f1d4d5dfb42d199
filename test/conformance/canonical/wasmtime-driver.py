"""Plays sessions on Wasmtime: reads a job (JSON) from the file that is the only argument, prints what happened (JSON).

A value travels by its type: whole numbers as decimal text, floats as the hexadecimal text of their bits ("nan" for any
NaN), flags as the decimal text of their bits, cases as {"case": index, "value": ...}, options as null or {"some": ...},
handles as {"handle": n}, the nth that the session's calls gave.
"""

import base64
import importlib.metadata
import json
import math
import struct
import sys

from wasmtime import Config, Engine, Store, Trap, WasmtimeError
from wasmtime import component as c
from wasmtime.component import _types as t

WHOLE = (t.S8, t.U8, t.S16, t.U16, t.S32, t.U32, t.S64, t.U64)


# The binding leaves a tag away where Python's types tell the cases apart, which True and 1 do not.
t.VariantLikeType._tagged = lambda self: True


class Inexpressible(Exception):
    """The Python binding has no such type."""


def bits_of(value, kind):
    if math.isnan(value):
        return "nan"
    return struct.pack(">f" if kind is t.F32 else ">d", value).hex()


def float_of(text, kind):
    if text == "nan":
        return math.nan
    return struct.unpack(">f" if kind is t.F32 else ">d", bytes.fromhex(text))[0]


class Codec:
    """Values of one session, which numbers its handles. Handles of the host's resources are what the session calls them."""

    def __init__(self, host):
        self.handles = []
        self.host = host
        self.store = None
        self.in_import = False

    def host_number(self, ty):
        """An import's types are not bound to the linker's resources: there, the first one is meant."""
        if self.in_import:
            return 1
        return next((number for number, each in self.host.items() if each == ty.ty), None)

    def plain(self, ty, value):
        if isinstance(ty, WHOLE):
            return str(value)
        if isinstance(ty, (t.F32, t.F64)):
            return bits_of(value, type(ty))
        if isinstance(ty, (t.Bool, t.Char, t.String)):
            return value
        if isinstance(ty, t.ListType):
            return [self.plain(ty.element, each) for each in value]
        if isinstance(ty, t.TupleType):
            return [self.plain(each, part) for each, part in zip(ty.elements, value)]
        if isinstance(ty, t.RecordType):
            return [self.plain(field, getattr(value, name)) for name, field in ty.fields]
        if isinstance(ty, t.EnumType):
            return ty.names.index(value)
        if isinstance(ty, t.FlagsType):
            return str(sum(1 << at for at, name in enumerate(ty.names) if name in value))
        if isinstance(ty, (t.OwnType, t.BorrowType)):
            if self.host_number(ty) is not None:
                return {"handle": value.to_host(self.store).rep}
            self.handles.append(value)
            return {"handle": len(self.handles) - 1}
        if isinstance(ty, t.VariantLikeType):
            return self.plain_case(ty, value)
        raise Inexpressible(type(ty).__name__)

    def plain_case(self, ty, value):
        index, payload = self.case_of(ty, value)
        inner = ty._cases()[index][1]
        held = None if inner is None else self.plain(inner, payload)
        if isinstance(ty, t.OptionType):
            return None if index == 0 else {"some": held}
        return {"case": index, "value": held}

    def case_of(self, ty, value):
        return [name for name, _ in ty._cases()].index(value.tag), value.payload

    def value(self, ty, plain):
        if isinstance(ty, WHOLE):
            return int(plain)
        if isinstance(ty, (t.F32, t.F64)):
            return float_of(plain, type(ty))
        if isinstance(ty, (t.Bool, t.Char, t.String)):
            return plain
        if isinstance(ty, t.ListType):
            items = [self.value(ty.element, each) for each in plain]
            return bytes(items) if isinstance(ty.element, t.U8) else items
        if isinstance(ty, t.TupleType):
            return tuple(self.value(each, part) for each, part in zip(ty.elements, plain))
        if isinstance(ty, t.RecordType):
            record = c.Record()
            for (name, field), part in zip(ty.fields, plain):
                setattr(record, name, self.value(field, part))
            return record
        if isinstance(ty, t.EnumType):
            return ty.names[plain]
        if isinstance(ty, t.FlagsType):
            return {name for at, name in enumerate(ty.names) if int(plain) >> at & 1}
        if isinstance(ty, (t.OwnType, t.BorrowType)):
            number = self.host_number(ty)
            if number is None:
                return self.handles[plain["handle"]]
            made = c.ResourceHost.own if isinstance(ty, t.OwnType) else c.ResourceHost.borrow
            return made(plain["handle"], number)
        if isinstance(ty, t.VariantLikeType):
            return self.value_of_case(ty, plain)
        raise Inexpressible(type(ty).__name__)

    def value_of_case(self, ty, plain):
        if isinstance(ty, t.OptionType):
            index, held = (0, None) if plain is None else (1, plain["some"])
        else:
            index, held = plain["case"], plain["value"]
        name, inner = ty._cases()[index]
        payload = None if inner is None else self.value(inner, held)
        return c.Variant(name, payload)


class Player:
    def __init__(self, engine, component):
        self.engine = engine
        self.component = component
        self.host = {}
        self.linker = self.linked()

    def play(self, session):
        self.events = []
        self.codec = Codec(self.host)
        self.answers = {key: list(values) for key, values in session.get("answers", {}).items()}
        store = self.codec.store = Store(self.engine)
        try:
            instance = self.linker.instantiate(store, self.component)
        except (WasmtimeError, Trap) as error:
            return [{"call": "", "trap": str(error)}]
        for call in session["calls"]:
            if not self.called(store, instance, call):
                break
        return self.events

    def called(self, store, instance, call):
        key = call["key"]
        try:
            fn = self.exported(store, instance, key)
            ty = fn.type(store)
            args = [self.codec.value(param, plain) for (_, param), plain in zip(ty.params, call["args"])]
            result = fn(store, *args)
            self.codec.store = store
            value = None if ty.result is None else self.codec.plain(ty.result, result)
            fn.post_return(store)
            self.events.append({"call": key, "value": value})
            return True
        except (WasmtimeError, Trap) as error:
            self.events.append({"call": key, "trap": str(error)})
            return False
        except (Inexpressible, TypeError) as error:
            self.events.append({"call": key, "inexpressible": str(error)})
            return False

    def exported(self, store, instance, key):
        owner, _, name = key.rpartition("#")
        if owner == "":
            return instance.get_func(store, key)
        index = instance.get_export_index(store, owner)
        return instance.get_func(store, instance.get_export_index(store, name, index))

    def linked(self):
        linker = c.Linker(self.engine)
        with linker.root() as root:
            for name, extern in self.component.type.imports(self.engine).items():
                self.define(root, name, extern.ty)
        return linker

    def define(self, root, name, item):
        if isinstance(item, c.FuncType):
            root.add_func(name, self.import_of(name, item))
        elif isinstance(item, c.ComponentInstanceType):
            with root.add_instance(name) as inside:
                for member, extern in item.exports(self.engine).items():
                    ty = extern.ty
                    if isinstance(ty, c.ResourceType):
                        number = len(self.host) + 1
                        self.host[number] = c.ResourceType.host(number)
                        inside.add_resource(member, self.host[number], lambda _store, _rep: None)
                    elif isinstance(ty, c.FuncType):
                        inside.add_func(member, self.import_of(f"{name}#{member}", ty))

    def import_of(self, key, ty):
        def call(store, *args):
            self.codec.store, self.codec.in_import = store, True
            params = [param for _, param in ty.params]
            self.events.append({"import": key, "args": [self.codec.plain(p, a) for p, a in zip(params, args)]})
            given = self.answers.get(key, [])
            answer = given.pop(0) if len(given) > 1 else given[0] if given else None
            value = None if ty.result is None else self.codec.value(ty.result, answer)
            self.codec.in_import = False
            return value

        return call


def engine():
    config = Config()
    for feature in ("wasm_component_model_map", "wasm_exceptions", "wasm_tail_call", "wasm_multi_memory"):
        setattr(config, feature, True)
    return Engine(config)


def main():
    with open(sys.argv[1], encoding="utf-8") as file:
        job = json.load(file)
    made = engine()
    components = []
    for each in job["components"]:
        try:
            player = Player(made, c.Component(made, base64.b64decode(each["wasm"])))
        except WasmtimeError as error:
            components.append({"refused": str(error)})
            continue
        try:
            components.append({"sessions": [player.play(session) for session in each["sessions"]]})
        except TypeError as error:
            components.append({"refused": f"the Python binding: {error}"})
    print(json.dumps({"version": importlib.metadata.version("wasmtime"), "components": components}))


main()
