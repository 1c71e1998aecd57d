// deno-lint-ignore-file no-console
/**
 * Tries to connect or to listen and prints the outcome as JSON, for tests that need another network or
 * other permissions: `attempt.ts connect|listen TRANSPORT ADDRESS PORT [OPTIONS]`.
 */
import { MptError } from "../../../lib/base/errors.ts";
import { Ip } from "../../../lib/base/ip.ts";
import { connect, listen } from "../../../lib/transport/connect.ts";

/** What came of it. */
export interface Outcome {
  /** The transport of the connection or listener, null when there is none. */
  readonly transport: string | null;
  readonly code: string | null;
  readonly message: string | null;
  readonly fix: string | null;
}

async function attempt(): Promise<Outcome> {
  const [verb = "", wanted = "", address = "", port = "", options = "{}"] = Deno.args;
  const transport = wanted === "mptcp" ? "mptcp" : "tcp";
  const ip = Ip.parse(address);
  try {
    const opened = verb === "listen"
      ? listen(transport, ip, Number(port), JSON.parse(options))
      : await connect(transport, ip, Number(port), JSON.parse(options));
    await opened.close();
    return { transport: opened.transport, code: null, message: null, fix: null };
  } catch (error) {
    if (!(error instanceof MptError)) throw error;
    return { transport: null, code: error.code, message: error.message, fix: error.fix ?? null };
  }
}

if (import.meta.main) console.log(JSON.stringify(await attempt()));
