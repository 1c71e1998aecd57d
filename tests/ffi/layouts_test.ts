import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { readStruct } from "../../ffi/layouts/layout.ts";
import { SOCKADDR_IN6_LAYOUT, SOCKADDR_IN_LAYOUT } from "../../ffi/layouts/sockaddr.ts";
import { requires } from "../support/requires.ts";
import { compareLayouts, HEADERS, KERNEL_TYPES, kernelTypes, LAYOUTS } from "./layout_programs.ts";

/** Every header and every kernel has these, whole. */
const SETTLED: readonly string[] = [
  "sockaddr_in",
  "sockaddr_in6",
  "inet_diag_req_v2",
  "inet_diag_msg",
  "pollfd",
  "iovec",
  "mmsghdr",
  "cmsghdr",
  "in_pktinfo",
  "in6_pktinfo",
  "ifreq",
  "sched_param",
];

/** Compares, and tells what could not be compared. */
async function compare(name: string, prologue: string): Promise<void> {
  const { compared, lacking } = await compareLayouts(prologue);
  assert.deepEqual(lacking.filter((each) => SETTLED.includes(each.split(".")[0]!)), []);
  assert(compared.has("tcp_info") && compared.size > SETTLED.length);
  if (lacking.length > 0) await tell(`${name} lack ${lacking.join(", ")}`);
}

Deno.test({
  name: "every layout agrees with the system's headers, as far as they have its members",
  ...requires("tool:gcc"),
  fn: () => compare("the system's headers", HEADERS),
});

Deno.test({
  name: "every layout agrees with the kernel that runs, as far as it has its members",
  ignore: requires("tool:gcc", "tool:bpftool").ignore || !existsSync(KERNEL_TYPES),
  fn: async () => compare("the kernel's types", await kernelTypes()),
});

Deno.test("no two members of a layout overlap, and none is outside", () => {
  for (const { name, size, fields } of LAYOUTS) {
    const members = Object.values(fields).toSorted((a, b) => a.offset - b.offset);
    let end = 0;
    for (const { c, offset, size: bytes } of members) {
      assert(offset >= end, `${name}.${c} overlaps`);
      end = offset + bytes;
    }
    assert(end <= size, `${name} is too small`);
  }
});

Deno.test("readStruct() leaves out the members that a shorter struct of an older kernel does not have", () => {
  const bytes = new Uint8Array(SOCKADDR_IN6_LAYOUT.size).fill(1);
  const view = new DataView(bytes.buffer);
  assert.deepEqual(readStruct(SOCKADDR_IN6_LAYOUT, view, 0, 28), {
    family: 0x0101,
    port: 0x0101,
    flowInfo: 0x01010101,
    scopeId: 0x01010101,
  });
  assert.deepEqual(readStruct(SOCKADDR_IN6_LAYOUT, view, 0, 27), {
    family: 0x0101,
    port: 0x0101,
    flowInfo: 0x01010101,
  });
  assert.deepEqual(readStruct(SOCKADDR_IN6_LAYOUT, view, 0, 0), {});
});

Deno.test("readStruct() never reads beyond its buffer", () => {
  for (let length = 0; length < SOCKADDR_IN_LAYOUT.size; length++) {
    const view = new DataView(new ArrayBuffer(length));
    const read = readStruct(SOCKADDR_IN_LAYOUT, view, 0, SOCKADDR_IN_LAYOUT.size);
    assert.equal("port" in read, length >= 4);
  }
});

async function tell(text: string): Promise<void> {
  await Deno.stderr.write(new TextEncoder().encode(`${text}\n`));
}
