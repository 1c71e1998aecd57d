import { run } from "../../lib/io/process.ts";

/** The file inside a lab, in its private /run, that says which lab it is. */
export const TOKEN_FILE = "/run/mpt-lab/token";

/** What a token looks like: 128 bits that nobody else draws. */
const TOKEN = /^[0-9a-f]{32}$/;

/** Processes that fork while they are killed are found in the next round. */
const ROUNDS = 5;

/**
 * Kills every process that sees the token's file where the lab has it, and so lives inside the lab; prints
 * their ids. The check and the kill stand next to each other: no process outside can match.
 */
const SCRIPT = `for folder in /proc/[0-9]*; do
  read -r found 2>/dev/null < "$folder/root${TOKEN_FILE}" || continue
  [ "$found" = "$1" ] && kill -KILL "\${folder#/proc/}" 2>/dev/null && echo "\${folder#/proc/}"
done`;

/** A token for a new lab. */
export function newToken(): string {
  return crypto.randomUUID().replaceAll("-", "");
}

/** Whether a text can be a token. */
export function isToken(text: string): boolean {
  return TOKEN.test(text);
}

/**
 * Kills what still lives in a lab: programs that went to the background keep its namespaces alive.
 *
 * @param token The lab's token.
 * @returns How many processes were killed.
 */
export async function killInhabitants(token: string): Promise<number> {
  if (!isToken(token)) return 0;
  const killed = new Set<string>();
  for (let round = 0; round < ROUNDS; round++) {
    const { stdout } = await run(["sh", "-c", SCRIPT, "sh", token]);
    const found = stdout.split("\n").filter((line) => line !== "");
    if (found.length === 0) break;
    for (const pid of found) killed.add(pid);
  }
  return killed.size;
}
