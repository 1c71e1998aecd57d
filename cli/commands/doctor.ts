import { Command } from "@commander-js/extra-typings";
export function doctorCommand(): Command {
  return new Command("doctor");
}
