/**
 * The page of all diagnoses, made from the catalogue.
 *
 * @module
 */
import {
  type CatalogueEntry,
  INDISTINGUISHABLE,
  type Indistinguishable,
  STAGES,
} from "../lib/mptcp/diagnosis/mod.ts";
import type { CatalogueStage } from "../lib/mptcp/diagnosis/catalogue.ts";
import { QUIC_CATALOGUE } from "../lib/probe/quic/catalogue.ts";
import { RACE_CATALOGUE } from "../lib/race/catalogue.ts";

const INTRODUCTION = `# Diagnoses

What \`mpt probe\`, \`mpt bench\` and \`mpt race\` can find, with what you see, why it happens, what shows it, and what mends it.
\`mpt explain CODE\` prints one of them.

Each verdict says how sure it is: \`proved\` was seen directly, \`likely\` is the best explanation, \`possible\` is one of
several that fit. Counters are those of \`nstat\` (\`MPTcpExt\`); they count for the whole network namespace, so where other
MPTCP connections are counted as well nothing that rests on them is called proved. With \`mpt serve\` at the other end
both ends are heard; with any other server only this one.

This page is made from the program: \`deno task docs\`.
`;

const ONE_END =
  "With any server but `mpt serve` these look the same; all of them are then listed as possible, and none is claimed. Run " +
  "`mpt serve` on the server's machine and probe its port to tell.";

const QUIC: CatalogueStage = {
  title: "QUIC and multipath QUIC",
  entries: new Map(Object.entries(QUIC_CATALOGUE)),
};

const RACE: CatalogueStage = {
  title: "Races (mpt race)",
  entries: new Map(Object.entries(RACE_CATALOGUE)),
};

function alike({ seen, codes }: Indistinguishable): string {
  return `- ${seen}: ${codes.map((code) => `\`${code}\``).join(", ")}`;
}

/** The text of docs/diagnoses.md. */
export function diagnosesPage(): string {
  return [
    INTRODUCTION,
    `## What one end alone cannot tell apart\n\n${ONE_END}\n\n${INDISTINGUISHABLE.map(alike).join("\n")}\n`,
    ...[...STAGES, QUIC, RACE].map(({ title, entries }) =>
      `## ${title}\n\n${[...entries].map(section).join("\n")}`
    ),
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
