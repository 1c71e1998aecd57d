import { Command } from "@commander-js/extra-typings";

/** `mpt lab owner`: the process behind a lab; `up` and `run` start it, people do not. */
export function labOwnerCommand(): Command {
  return new Command("owner")
    .description("the process behind a lab; mpt lab up and mpt lab run start it")
    .action(async () => {
      const { ownerMain } = await import("../../lab/actions.ts");
      Deno.exit(await ownerMain());
    }) as unknown as Command;
}
