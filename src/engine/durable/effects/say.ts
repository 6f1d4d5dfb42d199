/** What a durable run shows: entries of its log, shown by those who follow that. */
import type { EffectRequest } from "../../../lang/effect.ts";
import type { Value } from "../../../wit/value.ts";
import type { RunLog } from "../log/run-log.ts";

/** False for an effect that shows nothing. `data` makes an Any one that knows nothing of the program. */
export function say(log: RunLog, effect: EffectRequest, data: (any: Value) => Value): boolean {
  const { request } = effect;
  switch (request.kind) {
    case "print":
      log.say(effect, "print", request.text);
      return true;
    case "log":
      log.say(effect, "log", [request.level, "program", request.text]);
      return true;
    case "progress":
      log.say(effect, "progress", [request.done, request.total, request.text]);
      return true;
    case "emit":
      log.say(effect, "emit", [request.name, data(request.value)]);
      return true;
    default:
      return false;
  }
}
