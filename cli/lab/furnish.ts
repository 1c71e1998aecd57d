import { output } from "../../lib/io/process.ts";
import type { LabPlan } from "../../lib/lab/mod.ts";
import { hostsFile, PROGRAMS } from "./environment.ts";
import { TOKEN_FILE } from "./inhabitants.ts";
import { selfArgv, shellQuote } from "./self.ts";

/**
 * Takes the text of three files as arguments, and puts them into the private /run of the lab. The hosts file
 * covers that of the machine, inside the lab only; and there names are not asked of DNS, which cannot be
 * reached: a name with an IPv4 address alone would wait for its IPv6 address in vain.
 */
const SCRIPT = `set -e
umask 022
mkdir -p ${PROGRAMS}
printf '%s\\n' "$1" > ${TOKEN_FILE}
printf '%s\\n' "$2" > ${PROGRAMS}/mpt
chmod 755 ${PROGRAMS}/mpt
printf '%s' "$3" > /run/mpt-lab/hosts
cover() { if [ -e "$2" ]; then mount --no-mtab --bind "$1" "$2"; fi; }
cover /run/mpt-lab/hosts /etc/hosts
if [ -e /etc/nsswitch.conf ]; then sed 's/^hosts:.*/hosts: files/' /etc/nsswitch.conf > /run/mpt-lab/nsswitch.conf; fi
cover /run/mpt-lab/nsswitch.conf /etc/nsswitch.conf`;

/**
 * Puts into a lab what commands find there: a token that marks its processes, the names of its hosts, and a
 * program `mpt` which is this one.
 *
 * @param prefix The arguments that run a command inside.
 * @param token The token.
 * @param plan The network.
 */
export async function furnish(prefix: readonly string[], token: string, plan: LabPlan): Promise<void> {
  const outside = await Deno.readTextFile("/etc/hosts").catch(() => "");
  const program = `#!/bin/sh\nexec ${selfArgv([]).map(shellQuote).join(" ")} "$@"`;
  await output([...prefix, "sh", "-c", SCRIPT, "sh", token, program, hostsFile(plan, outside)]);
}
