/** C programs that print where a compiler puts the members of our layouts. */
import { INET_DIAG_MSG_LAYOUT, INET_DIAG_REQ_LAYOUT } from "../../ffi/layouts/inet_diag.ts";
import { IFREQ_LAYOUT } from "../../ffi/layouts/ifreq.ts";
import type { Layout } from "../../ffi/layouts/layout.ts";
import {
  MPTCP_FULL_INFO_LAYOUT,
  MPTCP_INFO_LAYOUT,
  MPTCP_SUBFLOW_INFO_LAYOUT,
} from "../../ffi/layouts/mptcp.ts";
import {
  CMSGHDR_LAYOUT,
  IN6_PKTINFO_LAYOUT,
  IN_PKTINFO_LAYOUT,
  MMSGHDR_LAYOUT,
} from "../../ffi/layouts/message.ts";
import { IOVEC_LAYOUT, POLLFD_LAYOUT, TIMESPEC_LAYOUT } from "../../ffi/layouts/poll.ts";
import { SCHED_PARAM_LAYOUT } from "../../ffi/layouts/sched_param.ts";
import { SOCKADDR_IN6_LAYOUT, SOCKADDR_IN_LAYOUT } from "../../ffi/layouts/sockaddr.ts";
import { TCP_INFO_LAYOUT } from "../../ffi/layouts/tcp_info.ts";
import { output, run } from "../support/command.ts";

/** Every layout of ffi/. */
export const LAYOUTS: readonly Layout[] = [
  SOCKADDR_IN_LAYOUT,
  SOCKADDR_IN6_LAYOUT,
  TCP_INFO_LAYOUT,
  MPTCP_INFO_LAYOUT,
  MPTCP_FULL_INFO_LAYOUT,
  MPTCP_SUBFLOW_INFO_LAYOUT,
  INET_DIAG_REQ_LAYOUT,
  INET_DIAG_MSG_LAYOUT,
  POLLFD_LAYOUT,
  TIMESPEC_LAYOUT,
  IOVEC_LAYOUT,
  MMSGHDR_LAYOUT,
  CMSGHDR_LAYOUT,
  IN_PKTINFO_LAYOUT,
  IN6_PKTINFO_LAYOUT,
  IFREQ_LAYOUT,
  SCHED_PARAM_LAYOUT,
];

/**
 * The headers of the system, with what is not POSIX: mmsghdr and in6_pktinfo. Not <netinet/tcp.h>: it has an
 * older tcp_info under the same name.
 */
export const HEADERS: string = "#define _GNU_SOURCE\n" + [
  "sys/socket.h",
  "netinet/in.h",
  "linux/tcp.h",
  "linux/mptcp.h",
  "linux/inet_diag.h",
  "linux/if.h",
  "poll.h",
  "time.h",
  "sys/uio.h",
  "sched.h",
]
  .map((header) => `#include <${header}>\n`).join("");

/** Where the running kernel keeps its types. */
export const KERNEL_TYPES = "/sys/kernel/btf/vmlinux";

/** The types of the running kernel, in C. */
export function kernelTypes(): Promise<string> {
  return output(["bpftool", "btf", "dump", "file", KERNEL_TYPES, "format", "c"]);
}

/** Structs that newer kernels make longer. */
const GROWING: readonly string[] = ["tcp_info", "mptcp_info", "mptcp_full_info"];

/** What came of a comparison. */
export interface Comparison {
  /** The structs that were compared. */
  readonly compared: ReadonlySet<string>;
  /** Structs and members, `struct.member`, that the source does not have. */
  readonly lacking: readonly string[];
}

/** A line of the program: what it prints, and the expression for it. */
interface Question {
  readonly struct: string;
  readonly member: string;
  readonly line: string;
}

/**
 * Compiles a program that asks for each offset and size, and runs it. What does not compile is left out.
 *
 * @param prologue What declares the structs.
 * @throws {Error} If an offset or a size differs.
 */
export async function compareLayouts(prologue: string): Promise<Comparison> {
  const folder = await Deno.makeTempDir();
  try {
    const lacking: string[] = [];
    let questions = LAYOUTS.flatMap(questionsAbout);
    for (;;) {
      const errors = await compile(folder, prologue, questions);
      if (errors.size === 0) break;
      lacking.push(...[...errors].map((line) => named(questions[line]!)));
      questions = questions.filter((_, line) => !errors.has(line));
    }
    const answers = (await output([`${folder}/program`])).trim().split("\n");
    const differences = answers.filter((answer) => !agrees(answer));
    if (differences.length > 0) throw new Error(`Cannot trust the layouts: ${differences.join("; ")}`);
    return { compared: new Set(questions.map(({ struct }) => struct)), lacking };
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

function questionsAbout(layout: Layout): readonly Question[] {
  const { name: struct, size, fields } = layout;
  const type = `struct ${struct}`;
  return [
    {
      struct,
      member: "",
      line: `printf("size ${struct} ${size} %zu\\n", sizeof(${type}));`,
    },
    ...Object.values(fields).map(({ c, offset, size: bytes }) => ({
      struct,
      member: c,
      line: `printf("member ${struct}.${c} ${offset} %zu ${bytes} %zu\\n", ` +
        `__builtin_offsetof(${type}, ${c}), sizeof(((${type} *)0)->${c}));`,
    })),
  ];
}

/** The indexes of the questions that do not compile. */
async function compile(
  folder: string,
  prologue: string,
  questions: readonly Question[],
): Promise<ReadonlySet<number>> {
  const head = `${prologue}\nextern int printf(const char *, ...);\nint main(void) {\n`;
  const first = head.split("\n").length;
  const program = `${head}${questions.map(({ line }) => line).join("\n")}\nreturn 0;\n}\n`;
  await Deno.writeTextFile(`${folder}/program.c`, program);
  const gcc = ["gcc", "-w", "-fmax-errors=0", "-o", `${folder}/program`, `${folder}/program.c`];
  const { code, stderr } = await run(gcc, { env: { LC_ALL: "C" } });
  if (code === 0) return new Set();
  const lines = [...stderr.matchAll(/program\.c:(\d+):\d+: error:/g)].map(([, line]) => Number(line) - first);
  const wrong = new Set(lines.filter((line) => line >= 0 && line < questions.length));
  if (wrong.size === 0) throw new Error(`Cannot compile: ${stderr.slice(0, 2000)}`);
  return wrong;
}

function named({ struct, member }: Question): string {
  return member === "" ? struct : `${struct}.${member}`;
}

function agrees(answer: string): boolean {
  const [kind, name = "", ...numbers] = answer.split(" ");
  const [ours = NaN, theirs = NaN, ourSize = NaN, theirSize = NaN] = numbers.map(Number);
  if (kind === "size") return ours === theirs || GROWING.includes(name);
  const member = name.split(".")[1] ?? "";
  return ours === theirs && (ourSize === theirSize || GROWING.includes(member));
}
