import { type Envelope, envelope, type JsonValue } from "../../lib/base/result.ts";
import { hostFacts } from "../../lib/io/host.ts";
import { requireLabRights } from "./permissions.ts";
import type { LabRequest } from "./protocol.ts";
import { openLab } from "./select.ts";
import { decodeMiddleboxes, type MiddleboxJson } from "./status_json.ts";

/** The result of `mpt lab set` and `mpt lab middlebox`. */
export interface LabChangeResult extends Envelope<"mpt.lab-change/1"> {
  readonly lab: string;
  /** What the lab was asked, as its control socket takes it; null when it was only looked at. */
  readonly change: JsonValue;
  /** The middleboxes in force; null when they are not the subject. */
  readonly middleboxes: readonly MiddleboxJson[] | null;
}

/** Changes a lab that runs. */
export async function changeLab(
  request: LabRequest | null,
  name: string | undefined,
  signal: AbortSignal,
): Promise<LabChangeResult> {
  const startedAtMs = Date.now();
  requireLabRights();
  using lab = await openLab(name, signal);
  if (request !== null) await lab.client.request(request, { signal });
  const boxes = request?.op === "set" ? null : await lab.client.request({ op: "middleboxes" }, { signal });
  const durationMs = Date.now() - startedAtMs;
  return {
    ...envelope({ schema: "mpt.lab-change/1", host: hostFacts(), startedAtMs, durationMs }),
    lab: lab.hello.name,
    change: request === null ? null : { ...request },
    middleboxes: boxes === null ? null : decodeMiddleboxes(boxes),
  };
}
