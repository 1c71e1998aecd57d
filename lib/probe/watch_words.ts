import type { ResetReason } from "./watch_event.ts";

/** RFC 8684 3.6: the reasons of MP_TCPRST. */
const RESET_REASONS: readonly string[] = [
  "unspecified error",
  "MPTCP-specific error",
  "lack of resources",
  "administratively prohibited",
  "too much outstanding data",
  "unacceptable performance",
  "middlebox interference",
];

/** RFC 8684 3.6, the T flag: the condition is transient. */
const TRANSIENT = 0x1;

/** The reason of a reset in words. */
export function resetReason(code: number, flags: number | undefined): ResetReason {
  return {
    code,
    text: RESET_REASONS[code] ?? `reason ${code}`,
    transient: flags === undefined ? null : (flags & TRANSIENT) !== 0,
  };
}

const ERRORS: ReadonlyMap<string, string> = new Map([
  ["ECONNRESET", "it was reset"],
  ["ECONNREFUSED", "it was refused"],
  ["ECONNABORTED", "this host gave it up"],
  ["ETIMEDOUT", "nothing was answered for too long"],
  ["EHOSTUNREACH", "the host cannot be reached"],
  ["ENETUNREACH", "there is no route"],
  ["ENETDOWN", "the network is down"],
  ["EPIPE", "the other end takes no more data"],
  ["EADDRNOTAVAIL", "the address is not on this host"],
]);

/** Why a path is over, in words. */
export function closingWords(error: string | null, reset: ResetReason | null): string {
  if (error === null) return "without an error: its address was withdrawn, or an end closed it";
  const words = ERRORS.get(error);
  const said = words === undefined ? error : `${words} (${error})`;
  // A reset by the MPTCP of the other end says why; one by TCP or by something on the way does not.
  const why = reset === null
    ? error === "ECONNRESET" ? ", and the reset gave no reason of MPTCP" : ""
    : `, with the reason ${reset.code}: ${reset.text}${
      reset.transient === true ? ", for the time being" : ""
    }`;
  return `${said}${why}`;
}

/** Why a path counts as stale. */
export function staleWords(retransmits: number | null, probes: number | null): string {
  const [sent, asked] = [retransmits ?? 0, probes ?? 0];
  if (sent === 0 && asked === 0) return "nothing comes back";
  return sent >= asked
    ? `${sent} retransmissions in a row got no answer`
    : `${asked} probes in a row got no answer`;
}

/** A time in words, as exact as looking now and then allows. */
export function afterWords(ms: number): string {
  return `after ${(ms / 1000).toFixed(1)} s`;
}
