import { MptError } from "../../base/errors.ts";
import type { LinkDirection, LinkSettings } from "../link/settings.ts";
import { badValue, Fields } from "../../base/fields.ts";
import { changeFrom, numberIn, required, settingsFrom, WHOLE } from "./settings_codec.ts";
import { type LinkStatus, linkStatusFrom } from "./status_codec.ts";

/** A link as the emulator's process knows it. */
export interface OpenLink {
  readonly name: string;
  readonly up: LinkSettings;
  readonly down: LinkSettings;
}

/** Asks for links and their devices. It comes first, and once. */
export interface OpenRequest {
  readonly type: "open";
  readonly seed: number;
  readonly links: readonly OpenLink[];
}

/** Asks for other settings of the link with this number. */
export interface ChangeRequest {
  readonly type: "change";
  readonly link: number;
  readonly direction: LinkDirection | "both";
  readonly change: Partial<LinkSettings>;
}

/** Asks what happened so far. */
export interface StatusRequest {
  readonly type: "status";
}

/** What the emulator's process is asked, one JSON object a line; the answers come in the same order. */
export type Request = OpenRequest | ChangeRequest | StatusRequest;

/** The devices of one link under the names that they were made with. */
export interface LinkDevices {
  readonly client: string;
  readonly far: string;
}

/** Which step of making a device failed. */
export type DeviceStep = "open" | "make";

/** The answer to `status`. */
export interface StatusAnswer {
  readonly type: "status";
  /** The clock of the process in microseconds. */
  readonly nowUs: number;
  /** The processor time that it has used. */
  readonly cpuUs: number;
  /** Whether it runs before all programs of normal priority. */
  readonly realTime: boolean;
  readonly links: readonly LinkStatus[];
}

/** What the emulator's process answers, one JSON object a line. */
export type Answer =
  | { readonly type: "opened"; readonly devices: readonly LinkDevices[] }
  | { readonly type: "refused"; readonly step: DeviceStep; readonly errno: string }
  | { readonly type: "done" }
  | { readonly type: "wrong"; readonly message: string }
  | StatusAnswer;

/** More links than anybody's lab has; each takes two devices, and memory. */
export const MAX_LINKS = 64;

/** A line of the dialogue. */
export function encodeLine(message: Request | Answer): string {
  return `${JSON.stringify(message)}\n`;
}

/**
 * Reads what the emulator's process is asked.
 *
 * @throws {MptError} `ERR_PROTOCOL` if it is not JSON, `ERR_INVALID_VALUE` if it is not a request.
 */
export function decodeRequest(line: string): Request {
  const fields = new Fields(parsed(line), "request");
  const request = requestFrom(fields);
  fields.end();
  return request;
}

function requestFrom(fields: Fields): Request {
  const type = required(fields, "type", fields.word("type", ["open", "change", "status"]));
  switch (type) {
    case "open":
      return { type, seed: numberIn(fields, "seed", WHOLE), links: entries(fields, "links", openLinkFrom) };
    case "change":
      return {
        type,
        link: numberIn(fields, "link", WHOLE),
        direction: required(fields, "direction", fields.word("direction", ["up", "down", "both"])),
        change: changeFrom(fields.value("change"), fields.key("change")),
      };
    case "status":
      return { type };
    default:
      return type satisfies never;
  }
}

/**
 * Reads what the emulator's process answers.
 *
 * @throws {MptError} `ERR_PROTOCOL` if it is not JSON, `ERR_INVALID_VALUE` if it is not an answer.
 */
export function decodeAnswer(line: string): Answer {
  const fields = new Fields(parsed(line), "answer");
  const answer = answerFrom(fields);
  fields.end();
  return answer;
}

function answerFrom(fields: Fields): Answer {
  const types = ["opened", "refused", "done", "wrong", "status"] as const;
  const type = required(fields, "type", fields.word("type", types));
  switch (type) {
    case "opened":
      return { type, devices: entries(fields, "devices", devicesFrom) };
    case "refused":
      return {
        type,
        step: required(fields, "step", fields.word("step", ["open", "make"])),
        errno: required(fields, "errno", fields.text("errno")),
      };
    case "done":
      return { type };
    case "wrong":
      return {
        type,
        message: required(fields, "message", fields.text("message")),
      };
    case "status":
      return {
        type,
        nowUs: numberIn(fields, "nowUs"),
        cpuUs: numberIn(fields, "cpuUs"),
        realTime: required(fields, "realTime", fields.boolean("realTime")),
        links: entries(fields, "links", linkStatusFrom),
      };
    default:
      return type satisfies never;
  }
}

function parsed(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch (error) {
    throw new MptError("ERR_PROTOCOL", "Cannot understand a line of the link emulator: it is not JSON", {
      cause: error,
    });
  }
}

function entries<T>(fields: Fields, name: string, read: (value: unknown, key: string) => T): readonly T[] {
  const value = fields.value(name);
  const key = fields.key(name);
  if (!Array.isArray(value)) throw badValue(value, key, "it is not a list");
  if (value.length > MAX_LINKS) throw badValue(value, key, `it has more than ${MAX_LINKS} entries`);
  return value.map((entry, index) => read(entry, `${key}[${index}]`));
}

function openLinkFrom(value: unknown, key: string): OpenLink {
  const fields = new Fields(value, key);
  const link: OpenLink = {
    name: required(fields, "name", fields.text("name")),
    up: settingsFrom(fields.value("up"), fields.key("up")),
    down: settingsFrom(fields.value("down"), fields.key("down")),
  };
  fields.end();
  return link;
}

function devicesFrom(value: unknown, key: string): LinkDevices {
  const fields = new Fields(value, key);
  const devices: LinkDevices = {
    client: required(fields, "client", fields.text("client")),
    far: required(fields, "far", fields.text("far")),
  };
  fields.end();
  return devices;
}
