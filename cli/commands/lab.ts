import { Command } from "@commander-js/extra-typings";
import { labDownCommand } from "./lab/down.ts";
import { labExecCommand } from "./lab/exec.ts";
import { labMiddleboxCommand } from "./lab/middlebox.ts";
import { labOwnerCommand } from "./lab/owner.ts";
import { labPresetsCommand } from "./lab/presets.ts";
import { labRunCommand } from "./lab/run.ts";
import { labScriptCommand } from "./lab/script.ts";
import { labSetCommand } from "./lab/set.ts";
import { labStatusCommand } from "./lab/status.ts";
import { labUpCommand } from "./lab/up.ts";

const EXAMPLES = `
Examples:
  mpt lab run two-path --serve -- mpt bench server:4433
  mpt lab run -p rate=20mbit,delay=10ms -p rate=5mbit,loss=1% -- ip address
  mpt lab up wifi-lte --serve        then, from any terminal:
  mpt lab exec client -- mpt probe server:4433
  mpt lab set wifi --blackhole
  mpt lab status
  mpt lab down

Inside, the server is called server; server.PATH is its address on a path.`;

/** `mpt lab`. */
export function labCommand(): Command {
  const command = new Command("lab")
    .description("a network with several paths on this one machine, with faults and middleboxes")
    .addHelpText("after", EXAMPLES);
  for (
    const each of [
      labRunCommand(),
      labUpCommand(),
      labExecCommand(),
      labSetCommand(),
      labMiddleboxCommand(),
      labScriptCommand(),
      labStatusCommand(),
      labDownCommand(),
      labPresetsCommand(),
    ]
  ) command.addCommand(each);
  command.addCommand(labOwnerCommand(), { hidden: true });
  return command as unknown as Command;
}
