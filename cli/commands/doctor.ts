import { Command } from "@commander-js/extra-typings";
import type { DoctorResult } from "../../lib/doctor/mod.ts";
import { withCommonOptions } from "../common_options.ts";
import { runJob } from "../run_job.ts";

/** `mpt doctor`. */
export function doctorCommand(): Command {
  const command = new Command("doctor")
    .description(
      "is this machine fit for multipath: kernel, settings, routes, permissions, with the fix for each finding",
    )
    .option("--sockopts", "also try which socket options MPTCP sockets refuse, over loopback");
  return withCommonOptions(command).action(async (options) => {
    await runJob<DoctorResult>(options, {
      schema: "mpt.doctor/1",
      run: async ({ signal, output }) => {
        const { doctor } = await import("../../lib/doctor/mod.ts");
        const result = await doctor({ sockopts: options.sockopts ?? false, signal });
        for (const check of result.checks) output.event({ event: "check", check });
        return result;
      },
      render: async (result, output) => {
        const { renderDoctor } = await import("../render/doctor.ts");
        return renderDoctor(result, output.paint, options.verbose ?? false);
      },
      exitCode: async (result) => {
        const { doctorExitCode } = await import("../doctor_exit.ts");
        return doctorExitCode(result);
      },
    });
  }) as unknown as Command;
}
