import { toMptError } from "../base/errors.ts";
import type { Ip } from "../base/ip.ts";
import { pathToJson } from "../base/path_json.ts";
import type { Connection } from "../io/connection.ts";
import type { AttemptEvidence, DataOutcome, Tristate } from "../mptcp/diagnosis/mod.ts";
import type { CheckAnswer } from "../protocol/check.ts";
import { connectKernel } from "../transport/connect_kernel.ts";
import { connectOptions } from "./connect_options.ts";
import { Conversation } from "./conversation.ts";
import { connectOutcome } from "./data_outcome.ts";
import { failedCheck, skippedCheck } from "./failure.ts";
import type { ProbePlan } from "./options.ts";
import type { CheckJson } from "./result.ts";
import { sentAgain } from "./sent_again.ts";

/**
 * The control: plain TCP to the same address, kept open beside the MPTCP connection. When MPTCP breaks, it is
 * by this one that the server still tells its side.
 */
export interface Control extends AsyncDisposable {
  readonly check: CheckJson;
  readonly interface: string | null;
  /** What it shows for the diagnosis, the transfer not yet made. */
  readonly evidence: AttemptEvidence;
  /** The first answer of an `mpt serve`; null without one. */
  readonly first: CheckAnswer | null;
  /** Asks again. */
  askAgain(): Promise<CheckAnswer | null>;
  /** The transfer that MPTCP is compared with. */
  transfer(): Promise<DataOutcome>;
  /** Whether either end had to send its SYN or much of its data again so far. */
  resent(): Tristate;
}

/** The control of a probe that wants none. */
export function noControl(reason: string): Control {
  return without(skippedCheck(reason), {
    outcome: "not-tried",
    ms: "unknown",
    data: "not-sent",
    transfer: "not-sent",
  });
}

/** Opens the control, and says the first words. */
export async function openControl(
  ip: Ip,
  plan: ProbePlan,
  signal: AbortSignal | undefined,
): Promise<Control> {
  const started = performance.now();
  let connection: Connection;
  try {
    connection = await connectKernel("tcp", ip, plan.port, connectOptions(plan, signal));
  } catch (error) {
    const failure = toMptError(error, "Cannot connect");
    return without(failedCheck(failure, signal), {
      outcome: connectOutcome(failure.code, signal),
      ms: performance.now() - started,
      data: "not-sent",
      transfer: "not-sent",
    });
  }
  // A reset takes the paths away: what is known now is then all there is.
  connection.paths();
  const conversation = await Conversation.begin(connection, plan, signal);
  const { phase } = conversation;
  const paths = connection.paths();
  const ms = connection.connectMs;
  let told = phase.check;
  return {
    check: {
      status: "yes",
      reason: null,
      ms: ms === null ? null : Math.round(ms * 1000) / 1000,
      detail: { error: null, data: phase.data, server: phase.check },
      paths: paths.map(pathToJson),
    },
    interface: paths[0]?.interface ?? null,
    evidence: { outcome: "connected", ms: ms ?? "unknown", data: phase.outcome, transfer: "not-sent" },
    first: phase.check,
    askAgain: async () => {
      const answer = await conversation.askAgain();
      told = answer ?? told;
      return answer;
    },
    resent: () => sentAgain(connection, told),
    transfer: () => conversation.transfer(() => connection.paths()[0]?.bytesSent ?? 0),
    [Symbol.asyncDispose]: () => conversation.leave(),
  };
}

function without(check: CheckJson, evidence: AttemptEvidence): Control {
  return {
    check,
    interface: null,
    evidence,
    first: null,
    askAgain: () => Promise.resolve(null),
    transfer: () => Promise.resolve("not-sent"),
    resent: () => "unknown",
    [Symbol.asyncDispose]: () => Promise.resolve(),
  };
}
