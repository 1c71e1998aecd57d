/**
 * The page of all diagnoses, made from the catalogue.
 *
 * @module
 */
import { CHAPTERS } from "../cli/catalogue.ts";
import {
  type CatalogueEntry,
  INDISTINGUISHABLE,
  type Indistinguishable,
} from "../lib/mptcp/diagnosis/mod.ts";

const INTRODUCTION = `# Diagnoses

What \`mpt\` can find, with what you see, why it happens, what shows it, and what mends it; the findings of \`mpt probe\` first.
\`mpt explain CODE\` prints one of them.

Each verdict says how sure it is: \`proved\` was seen directly, \`likely\` is the best explanation, \`possible\` is one of
several that fit; in words these begin with \`Likely:\` and \`Possible:\`. Silence proves nothing where plain TCP
beside it had to send packets again too (\`path-lossy\`). Counters are those of \`nstat\` (\`MPTcpExt\`); they count for the whole network namespace, so where other
MPTCP connections are counted as well nothing that rests on them is called proved. With \`mpt serve\` at the other end
both ends are heard; with any other server only this one, and for one request and its answer: what goes wrong in
mid-connection is not seen there.

This page is made from the program: \`deno task docs\`.
`;

const ONE_END =
  "With any server but `mpt serve` these look the same; all of them are then listed as possible, and none is claimed. Run " +
  "`mpt serve` on the server's machine and probe its port to tell.";

function alike({ seen, codes }: Indistinguishable): string {
  return `- ${seen}: ${codes.map((code) => `\`${code}\``).join(", ")}`;
}

/** The text of docs/diagnoses.md. */
export function diagnosesPage(): string {
  return [
    INTRODUCTION,
    `## What one end alone cannot tell apart\n\n${ONE_END}\n\n${INDISTINGUISHABLE.map(alike).join("\n")}\n`,
    ...CHAPTERS.map(({ title, entries }) => `## ${title}\n\n${[...entries].map(section).join("\n")}`),
  ]
    .join("\n");
}

function section([code, entry]: readonly [string, CatalogueEntry]): string {
  const sentence = entry.sentence.replaceAll(/ ?\{subject\}/g, "").replaceAll("{target}", "the target");
  const lines = [
    ["You see", entry.seen],
    ["Why", entry.why],
    ["Evidence", entry.evidence],
    ...(entry.fix === null ? [] : [["Fix", entry.fix.replaceAll("{host}", "HOST")]]),
  ];
  return `### \`${code}\`\n\n${sentence.charAt(0).toUpperCase()}${sentence.slice(1)}\n\n${
    lines.map(([name, text]) => `- **${name}:** ${text}`).join("\n")
  }\n`;
}
