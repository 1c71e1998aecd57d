import { formatCount } from "../../lib/base/units.ts";
import type { LabUpResult } from "../lab/up.ts";
import { table } from "./table.ts";

/** What was made, and what to type now. */
export function renderLabUp({ lab }: LabUpResult): string {
  const rows = lab.paths.map(({ name, client, server }) => [name, client.join(" "), server.join(" ")]);
  const paths = table([{ title: "PATH" }, { title: "CLIENT" }, { title: "SERVER" }], rows, "  ");
  const last = lab.paths.at(-1)?.name ?? "path1";
  const serving = lab.servers.some((server) => /^mpt serve\b/.test(server));
  const first = [...(serving ? [] : ["exec server -- mpt serve"]), "exec client -- mpt probe server:4433"];
  return [
    `The lab ${lab.name} is up: ${formatCount(lab.paths.length, "path")}, seed ${lab.seed}.`,
    paths,
    "",
    ...[...first, `set ${last} --down`, "status", "down"].map((command) => `  mpt lab ${command}`),
  ].join("\n");
}
