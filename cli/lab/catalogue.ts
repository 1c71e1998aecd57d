import type { CatalogueEntry } from "../../lib/mptcp/diagnosis/catalogue/entry.ts";
import type { LabCode } from "./codes.ts";

/** Every finding about a lab, with what is to be said about it. */
export const LAB_CATALOGUE: Readonly<Record<LabCode, CatalogueEntry>> = Object.freeze({
  "lab-up": {
    level: "ok",
    sentence: "A lab is running, and no fault is in force.",
    seen: "Its hosts reach each other over every path.",
    why: "`mpt lab up` started it.",
    evidence: "What its owner says of its paths and middleboxes.",
    fix: null,
  },
  "lab-none": {
    level: "info",
    sentence: "No lab is running.",
    seen: "`mpt lab exec` and `mpt lab set` have nothing to work on.",
    why: "None was started, or it was ended: a lab lives as long as the program that owns it.",
    evidence: "The folder of the labs has none that answers.",
    fix: "mpt lab up two-path",
  },
  "lab-silent": {
    level: "warn",
    sentence: "A lab does not answer.",
    seen: "Its paths are not shown, and commands for it wait or fail.",
    why: "It is still being made, or the process that owns it was stopped.",
    evidence: "Nobody listens on its control socket, or no greeting comes back.",
    fix: "mpt lab down NAME",
  },
  "lab-faults": {
    level: "warn",
    sentence: "A lab is running with faults in force.",
    seen: "A path of it is dead, loses packets or is slower than its topology says.",
    why: "`mpt lab set`, or the script that it plays, asked for it.",
    evidence: "What its owner says of its paths.",
    fix: "mpt lab set PATH --up --no-blackhole --loss 0%, whichever it is",
  },
  "lab-on-time": {
    level: "ok",
    sentence: "The links of a lab keep their times.",
    seen: "What is measured there is the network that was asked for.",
    why: "Nothing is wrong.",
    evidence: "99% of packets leave the emulator at most 1 ms later than they should.",
    fix: null,
  },
  "lab-late": {
    level: "warn",
    sentence: "The links of a lab lag behind their times.",
    seen: "Delays are longer, and rates lower, than was asked for.",
    why: "The machine has too little time for the emulator: other work, or rates that are too high for it.",
    evidence: "1% of packets leave the emulator more than 1 ms later than they should.",
    fix: "lower the rates, or leave the machine alone while you measure",
  },
  "lab-overload": {
    level: "warn",
    sentence: "The links of a lab have lost packets that nobody asked them to lose.",
    seen: "More losses than the topology says, at the highest rates.",
    why:
      "More was under way than the emulator has memory for: a link without a rate, or a long one with a high one.",
    evidence: "What the emulator counts as dropped for want of room.",
    fix: "give the links a rate, or a lower one",
  },
  "lab-server-ended": {
    level: "warn",
    sentence: "A program on the server of a lab has ended.",
    seen: "Its port refuses connections.",
    why: "It failed or was stopped; how it ended is said beside it.",
    evidence: "The exit status.",
    fix: "mpt lab exec server -- COMMAND",
  },
});
