import { MptError } from "../../lib/base/errors.ts";
import type { JsonValue } from "../../lib/base/result.ts";
import { checkChange, type Lab, parseMiddlebox } from "../../lib/lab/mod.ts";
import type { Answer } from "./control_server.ts";
import { encodeHello, type LabHello } from "./hello.ts";
import type { ServerProcess } from "./server_process.ts";
import { encodeLab, labToJson } from "./status_json.ts";

/** What the owner of a lab answers from. */
export interface Owned {
  readonly lab: Lab;
  readonly hello: LabHello;
  readonly createdAt: string;
  readonly servers: readonly ServerProcess[];
  /** Ends the lab. */
  readonly stop: AbortController;
}

/** The answers on the control socket of a lab. */
export function answers({ lab, hello, createdAt, servers, stop }: Owned): Answer {
  const done = async (work: Promise<void>): Promise<JsonValue> => {
    await work;
    return null;
  };
  return async (request, emit, signal) => {
    if (stop.signal.aborted) throw new MptError("ERR_PROGRAM", "Cannot ask the lab: it is ending");
    switch (request.op) {
      case "hello":
        return encodeHello(hello);
      case "watch":
        return await new Promise((resolve) => {
          signal.addEventListener("abort", () => resolve(null), { once: true });
          stop.signal.addEventListener("abort", () => resolve(reasonOf(stop.signal)), { once: true });
        });
      case "status":
        return encodeLab(labToJson(await lab.status(), {
          name: hello.name,
          createdAt,
          ownerPid: Deno.pid,
          servers: servers.map(({ command, ended }) => ({ command, ended })),
        }));
      case "set":
        return await done(lab.set(request.path, checkChange(request.change)));
      case "middleboxes":
        return (await lab.middleboxes()).map(({ text, packets, bytes }) => ({ text, packets, bytes }));
      case "middlebox-add":
        return await done(lab.addMiddlebox(parseMiddlebox(request.box)));
      case "middlebox-remove":
        return await done(lab.removeMiddlebox(parseMiddlebox(request.box)));
      case "middlebox-clear":
        return await done(lab.clearMiddleboxes());
      case "script": {
        const { playScript } = await import("./script.ts");
        const paths = lab.plan.paths.map(({ name }) => name);
        return await playScript(lab, paths, request.text, emit, AbortSignal.any([signal, stop.signal]));
      }
      case "down":
        stop.abort(new MptError("ERR_ABORTED", "Cannot go on: the lab was taken down"));
        return null;
      default:
        return request satisfies never;
    }
  };
}

/** Why a lab ends that nobody has told to: a part of it has died. */
function reasonOf({ reason }: AbortSignal): JsonValue {
  return reason instanceof MptError && reason.code !== "ERR_ABORTED" ? reason.message : null;
}
