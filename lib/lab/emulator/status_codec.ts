import type { Quantiles } from "../link/histogram.ts";
import type { DirectionStatus } from "../link/meter.ts";
import { Fields } from "../../base/fields.ts";
import { numberIn, required, settingsFrom, WHOLE } from "./settings_codec.ts";

/** What one link has done. */
export interface LinkStatus {
  /** Its name. */
  readonly name: string;
  /** From the client. */
  readonly up: DirectionStatus;
  /** To the client. */
  readonly down: DirectionStatus;
}

/** What one link has done, from JSON. */
export function linkStatusFrom(value: unknown, key: string): LinkStatus {
  const fields = new Fields(value, key);
  const status: LinkStatus = {
    name: required(fields, "name", fields.text("name")),
    up: directionFrom(fields.value("up"), fields.key("up")),
    down: directionFrom(fields.value("down"), fields.key("down")),
  };
  fields.end();
  return status;
}

function directionFrom(value: unknown, key: string): DirectionStatus {
  const fields = new Fields(value, key);
  const status: DirectionStatus = {
    settings: settingsFrom(fields.value("settings"), fields.key("settings")),
    packets: numberIn(fields, "packets", WHOLE),
    bytes: numberIn(fields, "bytes", WHOLE),
    inFlight: numberIn(fields, "inFlight", WHOLE),
    droppedByQueue: numberIn(fields, "droppedByQueue", WHOLE),
    droppedByLoss: numberIn(fields, "droppedByLoss", WHOLE),
    droppedByBlackhole: numberIn(fields, "droppedByBlackhole", WHOLE),
    droppedByOverload: numberIn(fields, "droppedByOverload", WHOLE),
    droppedByDevice: numberIn(fields, "droppedByDevice", WHOLE),
    rateBps: numberIn(fields, "rateBps"),
    delayUs: quantilesFrom(fields.value("delayUs"), fields.key("delayUs")),
    latenessUs: quantilesFrom(fields.value("latenessUs"), fields.key("latenessUs")),
  };
  fields.end();
  return status;
}

function quantilesFrom(value: unknown, key: string): Quantiles | null {
  if (value === null) return null;
  const fields = new Fields(value, key);
  const quantiles: Quantiles = {
    p50: numberIn(fields, "p50"),
    p99: numberIn(fields, "p99"),
    max: numberIn(fields, "max"),
  };
  fields.end();
  return quantiles;
}
