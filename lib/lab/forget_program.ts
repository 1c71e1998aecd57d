import { toMptError } from "../base/errors.ts";
import { netfilterRequest } from "../io/netlink.ts";
import { encodeForgetMarked } from "../netlink/conntrack.ts";
import { decodeMessages } from "../netlink/message.ts";

/**
 * Makes the kernel forget the tracked connections with a mark, which is its argument, as a program of its
 * own: netlink speaks to the namespace that the program is in. A refusal is its standard error.
 */
export const FORGET_PROGRAM: string = import.meta.url;

/** The permissions of Deno that the program needs. */
export const FORGET_PERMISSIONS: readonly string[] = ["--allow-ffi"];

async function main(): Promise<number> {
  try {
    decodeMessages(netfilterRequest(encodeForgetMarked(Number(Deno.args[0]))));
    return 0;
  } catch (error) {
    const { message } = toMptError(error, "Cannot forget connections");
    await Deno.stderr.write(new TextEncoder().encode(`${message}\n`));
    return 1;
  }
}

if (import.meta.main) Deno.exit(await main());
