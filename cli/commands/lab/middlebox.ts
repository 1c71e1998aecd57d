import { Argument, Command } from "@commander-js/extra-typings";
import { withCommonOptions } from "../../common_options.ts";
import { EXIT } from "../../exit_codes.ts";
import type { LabChangeResult } from "../../lab/changes.ts";
import type { LabRequest } from "../../lab/protocol.ts";
import { runJob } from "../../run_job.ts";
import { labName } from "./topology_options.ts";

const ACTIONS = ["add", "remove", "clear", "list"] as const;

const HELP = `
A middlebox is KIND[,key=value...]:
  strip, drop      option=mptcp|mp-capable|mp-join|dss|add-addr|...,
                   packets=syn|synack|syn-and-synack|after-syn|all
  reject           how=reset|icmp-admin-prohibited, option=..., packets=...
  drop-udp         port=443
  corrupt          probability=5%
  blackhole, nat
  proxy            port=443
and path=NAME for one path, direction=up|down (up: from the client).
  mpt lab middlebox add strip,option=mp-join,packets=syn,path=path2
  mpt lab middlebox add drop-udp,port=443`;

/** `mpt lab middlebox`. */
export function labMiddleboxCommand(): Command {
  const command = new Command("middlebox")
    .description("what the router does to packets; clear leaves the NAT that the lab was made with")
    .addArgument(new Argument("<action>", "what to do with it").choices(ACTIONS))
    .argument("[middlebox]", "which, for add and remove")
    .option("-n, --name <lab>", "which lab, when several run", labName)
    .addHelpText("after", HELP);
  return withCommonOptions(command).action(async (action, box, options, self) => {
    const needsBox = action === "add" || action === "remove";
    if (needsBox && box === undefined) {
      self.error(`error: which middlebox is missing: mpt lab middlebox ${action} drop-udp`);
    }
    if (!needsBox && box !== undefined) self.error(`error: ${action} takes no middlebox`);
    await runJob<LabChangeResult>(options, {
      schema: "mpt.lab-change/1",
      run: async ({ signal }) => {
        const { changeLab, formatMiddlebox, parseMiddlebox } = await import("../../lab/actions.ts");
        const text = box === undefined ? "" : formatMiddlebox(parseMiddlebox(box));
        return await changeLab(requestOf(action, text), options.name, signal);
      },
      render: async (result) => {
        const { renderChange } = await import("../../lab/actions.ts");
        return renderChange(result);
      },
      exitCode: () => EXIT.ok,
    });
  }) as unknown as Command;
}

function requestOf(action: typeof ACTIONS[number], box: string): LabRequest | null {
  switch (action) {
    case "add":
      return { op: "middlebox-add", box };
    case "remove":
      return { op: "middlebox-remove", box };
    case "clear":
      return { op: "middlebox-clear" };
    case "list":
      return null;
  }
}
