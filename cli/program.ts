import { Command, CommanderError } from "@commander-js/extra-typings";
import { TOOL } from "../lib/base/tool.ts";
import { EXIT } from "./exit_codes.ts";
import { print } from "./output.ts";

/** In the order of the help. */
const COMMANDS: ReadonlyMap<string, () => Promise<Command>> = new Map([
  ["probe", async () => (await import("./commands/probe.ts")).probeCommand()],
  ["race", async () => (await import("./commands/race.ts")).raceCommand()],
  ["serve", async () => (await import("./commands/serve.ts")).serveCommand()],
  ["bench", async () => (await import("./commands/bench.ts")).benchCommand()],
  ["doctor", async () => (await import("./commands/doctor.ts")).doctorCommand()],
  ["explain", async () => (await import("./commands/explain.ts")).explainCommand()],
  ["lab", async () => (await import("./commands/lab.ts")).labCommand()],
]);

const EXAMPLES = `
Examples:
  mpt probe example.com             does MPTCP reach this server, over how many paths?
  mpt race example.com              which address wins, and what does the race hide?
  mpt serve                         a test server on this machine, port 4433
  mpt bench mptcp@192.0.2.1:4433    what several paths are worth to that server
  mpt doctor                        is this machine fit for it?
  mpt explain syn-dropped           what a verdict means, and what mends it
  mpt lab run two-path -- COMMAND   a network with two paths on this machine

Exit codes: 0 what was asked holds, 1 it does not, 2 wrong usage, 3 it could not be
tested here, 130 interrupted.`;

/** Parses the arguments and runs the command. */
export async function main(args: readonly string[]): Promise<void> {
  const program = new Command("mpt")
    .description("Multipath network diagnostics: does multipath work here, if not why not, what is it worth?")
    .version(`${TOOL.name} ${TOOL.version}`, "-V, --version", "print the version")
    .helpOption("-h, --help", "show help")
    .showHelpAfterError("(add --help for usage)")
    .addHelpText("after", EXAMPLES);
  const [first = ""] = args;
  const chosen = COMMANDS.get(first);
  // Whoever names a command pays for no other; help, completions and mistakes want them all.
  for (const make of chosen === undefined ? COMMANDS.values() : [chosen]) program.addCommand(await make());
  for (
    const command of [
      program,
      ...program.commands,
      ...program.commands.flatMap((each) => each.commands),
    ]
  ) {
    command.exitOverride();
    // It would look into the environment, which it may not be allowed to; our help has no colours.
    command.configureOutput({ getOutHasColors: () => false, getErrHasColors: () => false, writeOut: print });
    command.showHelpAfterError("(add --help for usage)");
  }
  if (chosen === undefined) {
    const { default: tab } = await import("@bomb.sh/tab/commander");
    // The library was typed against plain commander.
    tab(program as unknown as Parameters<typeof tab>[0]);
  }
  try {
    await program.parseAsync(args, { from: "user" });
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    // Help and version end this way too, with exit code 0; bare `mpt` prints its help as an error.
    if (error.exitCode === 0) Deno.exit(EXIT.ok);
    await answerInJson(args, error.message.replace(/^error: /, ""));
    Deno.exit(EXIT.usage);
  }
}

/** Whoever asked for JSON gets it, even when nothing else about the arguments is right. */
async function answerInJson(args: readonly string[], message: string): Promise<void> {
  const json = args.includes("--json");
  if (!json && !args.includes("--ndjson")) return;
  const { failedResult } = await import("./run_job.ts");
  const { Output } = await import("./output.ts");
  const name = [...COMMANDS.keys()].find((command) => args.includes(command)) ?? "usage";
  const result = failedResult(`mpt.${name}/1`, Date.now(), {
    reason: "error",
    error: { code: "ERR_USAGE", message },
  });
  const output = new Output({ color: "never", ...(json ? { json } : { ndjson: true }) });
  if (json) output.answer(JSON.stringify(result, null, 2));
  else output.event({ event: "end", result });
}
