import assert from "node:assert/strict";
import { topology, withOptions } from "../../../cli/lab/topology.ts";
import { type PathOptions, PRESETS } from "../../../lib/lab/mod.ts";

const TWO = { paths: [{ rateMbit: 20, queueMs: 50 }, { name: "lte", up: { rateMbit: 2 } }] };

async function file(name: string, text: string, work: (path: string) => Promise<void>): Promise<void> {
  const folder = await Deno.makeTempDir();
  try {
    await Deno.writeTextFile(`${folder}/${name}`, text);
    await work(`${folder}/${name}`);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

Deno.test("a preset is taken as it is, with a seed", async () => {
  const lab = await topology({ lab: "wifi-lte" });
  assert.deepEqual(lab, { ...PRESETS["wifi-lte"].options, seed: lab.seed });
  assert(Number.isSafeInteger(lab.seed) && lab.seed! >= 0 && lab.seed! < 2 ** 32);
  assert.equal((await topology({ lab: "wifi-lte", seed: 7 })).seed, 7);
});

Deno.test("a path of a known name changes that path, any other is added", () => {
  const { paths } = withOptions(TWO, {
    path: [{ name: "path1", queuePackets: 9 }, { name: "lte", up: { loss: 0.1 } }, { delayMs: 3 }],
  });
  assert.deepEqual(paths, [
    { name: "path1", rateMbit: 20, queuePackets: 9 },
    { name: "lte", up: { rateMbit: 2, loss: 0.1 } },
    { delayMs: 3 },
  ]);
});

Deno.test("what is said of both directions of a path takes the place of what one of them had", () => {
  const lte = {
    name: "lte",
    delayMs: 30,
    queueMs: 200,
    up: { rateMbit: 10 },
    down: { rateMbit: 30, queueMs: 90 },
  };
  const of = (path: PathOptions) => withOptions({ paths: [lte] }, { path: [{ name: "lte", ...path }] }).paths;
  assert.deepEqual(of({ rateMbit: 5 }), [
    { name: "lte", delayMs: 30, queueMs: 200, rateMbit: 5, down: { queueMs: 90 } },
  ]);
  assert.deepEqual(of({ queuePackets: 9, up: { rateMbit: 1 } }), [
    { name: "lte", delayMs: 30, queuePackets: 9, up: { rateMbit: 1 }, down: { rateMbit: 30 } },
  ]);
  assert.deepEqual(of({ down: { queuePackets: 9 } }), [
    { ...lte, down: { rateMbit: 30, queuePackets: 9 } },
  ]);
});

Deno.test("one family named means that one alone, both or none mean both", () => {
  const families = (options: Parameters<typeof withOptions>[1]): readonly unknown[] =>
    withOptions({ paths: [{}] }, options).paths.map(({ ipv4, ipv6 }) => [ipv4, ipv6])[0]!;
  assert.deepEqual(families({ ipv4: true }), [true, false]);
  assert.deepEqual(families({ ipv6: true }), [false, true]);
  assert.deepEqual(families({ ipv4: true, ipv6: true }), [undefined, undefined]);
  assert.deepEqual(families({}), [undefined, undefined]);
});

Deno.test("a file in TOML and the same in JSON describe the same lab", async () => {
  const lab = { mptcp: "signal", seed: 1, paths: [{ name: "wifi", rateMbit: 50 }, { up: { rateMbit: 2 } }] };
  const toml =
    'mptcp = "signal"\nseed = 1\n[[paths]]\nname = "wifi"\nrateMbit = 50\n[[paths]]\nup.rateMbit = 2\n';
  await file("lab.toml", toml, async (path) => assert.deepEqual(await topology({ lab: path }), lab));
  await file(
    "lab.json",
    JSON.stringify(lab),
    async (path) => assert.deepEqual(await topology({ lab: path }), lab),
  );
});

Deno.test("a file that is wrong is named with what is wrong in it", async () => {
  const wrong: readonly (readonly [name: string, text: string, reason: RegExp])[] = [
    ["a.toml", "paths = 3", /Cannot read the lab .*a\.toml: Cannot use 3 as paths/],
    ["a.toml", "[[paths]]\nrate = 5", /Cannot use paths\[0\]\.rate: no such setting; there are .*rateMbit/],
    ["a.toml", "[[paths]]\nrateMbit = = 5", /Cannot read the lab .*a\.toml: Invalid TOML document[^]*\S$/],
    ["a.toml", "", /Cannot read the lab .*a\.toml: Cannot do without paths: a lab has 1 to 8 of them$/],
    ["a.json", "{", /Cannot read the lab .*a\.json: /],
    ["a.toml", "[[paths]]\nloss = 5", /Cannot use 5 as paths\[0\]\.loss/],
  ];
  for (const [name, text, reason] of wrong) {
    await file(name, text, (path) => assert.rejects(topology({ lab: path }), reason));
  }
});

Deno.test("nothing to make a lab of is a usage error that lists the presets", async () => {
  await assert.rejects(topology({}), /name a preset \(two-path, wifi-lte, .*\), or give --path/);
  await assert.rejects(topology({ lab: "tow-path" }), (error: Error & { fix?: string; code?: string }) => {
    assert.match(error.message, /Cannot make the lab "tow-path": there is no such preset or file/);
    assert.match(error.fix ?? "", /two-path, wifi-lte, dual-stack, satellite, asymmetric/);
    return error.code === "ERR_USAGE";
  });
  await assert.rejects(topology({ lab: "/" }), /it is not a file/);
});

Deno.test("what does not go together is said before anything is made", async () => {
  await assert.rejects(
    topology({ path: [{ name: "a" }, { jitterMs: 5 }] }),
    /paths\[1\].*jitter/,
  );
  await assert.rejects(topology({ lab: "wifi-lte", router: false }), /NAT needs the router/);
});
