/** Compiles a WIT type into its codec. Equal types of one world are one object, so each is compiled once. */
import { Defect } from "../../fault.ts";
import type { WitType } from "../../wit/types.ts";
import { isAnyType } from "../any-type.ts";
import { anyCodec } from "./any.ts";
import type { Codec, CodecContext, CodecOf, Position } from "./codec.ts";
import { listCodec, mapCodec, tupleCodec } from "./sequences.ts";
import { boolCodec, charCodec, enumCodec, floatCodec, integerCodec, stringCodec } from "./scalars.ts";
import { boxedOptionCodec, flagsCodec, plainOptionCodec, recordCodec, resultCodec, variantCodec } from "./shapes.ts";

/** The codecs of one instance. */
export function codecsOf(context: CodecContext): CodecOf {
  const plain = new Map<WitType, Codec>();
  const boxed = new Map<WitType, Codec>();
  const of = (type: WitType, position: Position): Codec => {
    const known = position === "plain" ? plain : boxed;
    const found = known.get(type) ?? compile(context, type, position, of);
    known.set(type, found);
    return found;
  };
  return of;
}

/** Kinds that a Lua plugin cannot have in its world; the plugin refuses them when it is loaded. */
export function isUnsupported(type: WitType): boolean {
  return type.kind === "stream" || type.kind === "future" || type.kind === "error-context";
}

function compile(context: CodecContext, type: WitType, position: Position, of: CodecOf): Codec {
  if (isAnyType(type)) return anyCodec(context, position);
  switch (type.kind) {
    case "bool":
      return boolCodec(context);
    case "s8":
    case "u8":
    case "s16":
    case "u16":
    case "s32":
    case "u32":
    case "s64":
    case "u64":
      return integerCodec(context, type.kind);
    case "f32":
    case "f64":
      return floatCodec(context, type.kind);
    case "char":
      return charCodec(context);
    case "string":
      return stringCodec(context);
    case "list":
      return listCodec(context, type, of);
    case "map":
      return mapCodec(context, type, of);
    case "tuple":
      return tupleCodec(context, type.items, of);
    case "record":
      return recordCodec(context, type.fields, of);
    case "variant":
      return variantCodec(context, type.cases, of);
    case "result":
      return resultCodec(context, type, of);
    case "option":
      return position === "plain" ? plainOptionCodec(context, type.some, of) : boxedOptionCodec(context, type.some, of);
    case "enum":
      return enumCodec(context, type.cases);
    case "flags":
      return flagsCodec(context, type.labels);
    case "own":
    case "borrow":
      return context.handles.of(type);
    case "stream":
    case "future":
    case "error-context":
      throw new Defect(`a ${type.kind} got past the check of a Lua plugin's world`);
  }
}
