import { changedSettings, type LinkSettings, linkSettings, type LossModel } from "../link/settings.ts";
import { badValue, Fields, type Range } from "../../base/fields.ts";

/** Any number; what is possible for a link is checked with the whole settings. */
export const ANY: Range = { min: 0, max: Number.MAX_SAFE_INTEGER };
/** Any whole number. */
export const WHOLE: Range = { ...ANY, whole: true };

/** A value that has to be there. */
export function required<T>(fields: Fields, name: string, value: T | undefined): T {
  if (value === undefined) throw badValue(null, fields.key(name), "it is missing");
  return value;
}

/** A number that has to be there. */
export function numberIn(fields: Fields, name: string, range: Range = ANY): number {
  return required(fields, name, fields.number(name, range));
}

/** Settings of which none is missing. */
export function settingsFrom(value: unknown, key: string): LinkSettings {
  const change = changeFrom(value, key);
  const missing = SETTINGS.find((name) => change[name] === undefined);
  if (missing !== undefined) throw badValue(null, `${key}.${missing}`, "it is missing");
  return changedSettings(linkSettings(), change);
}

/** Some settings; whether they go together is seen where they are applied. */
export function changeFrom(value: unknown, key: string): Partial<LinkSettings> {
  const fields = new Fields(value, key);
  const loss = fields.value("loss");
  const change = {
    rateBps: fields.numberOrNull("rateBps", ANY),
    delayUs: fields.number("delayUs", ANY),
    jitterUs: fields.number("jitterUs", ANY),
    loss: loss === undefined ? undefined : lossFrom(loss, fields.key("loss")),
    queueBytes: fields.number("queueBytes", WHOLE),
    mtu: fields.number("mtu", WHOLE),
    blackhole: fields.boolean("blackhole"),
  };
  fields.end();
  const present: Partial<Record<keyof LinkSettings, unknown>> = {};
  for (const name of SETTINGS) if (change[name] !== undefined) present[name] = change[name];
  return present as Partial<LinkSettings>;
}

const SETTINGS: readonly (keyof LinkSettings)[] = [
  "rateBps",
  "delayUs",
  "jitterUs",
  "loss",
  "queueBytes",
  "mtu",
  "blackhole",
];

function lossFrom(value: unknown, key: string): LossModel {
  const fields = new Fields(value, key);
  const kind = required(fields, "kind", fields.word("kind", ["none", "random", "burst"]));
  const loss = lossOf(kind, fields);
  fields.end();
  return loss;
}

function lossOf(kind: LossModel["kind"], fields: Fields): LossModel {
  switch (kind) {
    case "none":
      return { kind };
    case "random":
      return { kind, probability: numberIn(fields, "probability") };
    case "burst":
      return {
        kind,
        probability: numberIn(fields, "probability"),
        meanBurst: numberIn(fields, "meanBurst"),
      };
    default:
      return kind satisfies never;
  }
}
