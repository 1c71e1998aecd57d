import { MptError } from "../../lib/base/errors.ts";
import { TOOL } from "../../lib/base/result.ts";
import { programPath } from "../../lib/io/process.ts";
import { createLab, type Lab } from "../../lib/lab/mod.ts";
import { answers } from "./answers.ts";
import { ControlServer } from "./control_server.ts";
import { addressesOf, labEnvironment } from "./environment.ts";
import { furnish } from "./furnish.ts";
import { LAB_HOSTS, type LabHello } from "./hello.ts";
import { killInhabitants, newToken } from "./inhabitants.ts";
import { freeName } from "./lab_name.ts";
import { findLabs } from "./leftovers.ts";
import type { OwnerSpec } from "./owner_spec.ts";
import { identify } from "./process_identity.ts";
import { ServerProcess } from "./server_process.ts";
import {
  checkSocketFile,
  claim,
  type LabState,
  readStates,
  removeFiles,
  socketFile,
  updateState,
} from "./state_file.ts";

/**
 * Owns a lab: makes it, answers on its control socket, and takes it away when told to stop.
 *
 * @param spec What to make.
 * @param folder Where the state of labs is kept.
 * @param ready Told once, when the lab can be used.
 * @param stop Ends the lab; its own `down` request does too.
 */
export async function ownLab(
  spec: OwnerSpec,
  folder: string,
  ready: (hello: LabHello) => Promise<void>,
  stop: AbortController,
): Promise<void> {
  await using stack = new AsyncDisposableStack();
  const state = await takeName(spec, folder);
  const { name, token } = state;
  stack.defer(() => removeFiles(folder, name, token));
  const keep = folder.startsWith("/run/") ? [folder] : [];
  // After the lab: what went to the background inside keeps the namespaces alive without their holder.
  stack.defer(async () => void await killInhabitants(token));
  const lab = stack.use(await createLab(spec.options, { signal: stop.signal, keep }));
  // Without a part of it nothing moves in the lab, and whoever waits for that would wait for ever.
  void lab.ended.then((why) => {
    if (why !== null) stop.abort(new MptError("ERR_PROGRAM", `Cannot go on with the lab: ${why}`));
  });
  await furnish(lab.prefix("client"), token, lab.plan);
  const holder = await identify(lab.namespaces.pid);
  if (holder === null) throw new MptError("ERR_PROGRAM", "Cannot make the lab: its holder ended");
  await updateState(folder, { ...state, holder });
  const env = labEnvironment({ name, folder, plan: lab.plan, path: programPath() });
  const servers: ServerProcess[] = [];
  for (const command of spec.servers) {
    servers.push(stack.use(await ServerProcess.start(command, lab.prefix("server"), env, stop.signal)));
  }
  const hello = helloOf(name, lab, env, spec.servers);
  const answer = answers({ lab, hello, createdAt: state.createdAt, servers, stop });
  // Last in, first out: whoever waits on the socket is answered before anything else goes away, and those
  // that wait for the end are let go when everything is gone.
  const server = new ControlServer(socketFile(folder, name), answer);
  await ready(hello);
  await aborted(stop.signal);
  await stack.disposeAsync();
  await server[Symbol.asyncDispose]();
}

async function takeName(spec: OwnerSpec, folder: string): Promise<LabState> {
  const { labs } = await findLabs(folder);
  const owner = await identify(Deno.pid);
  if (owner === null) throw new MptError("ERR_SYSTEM", "Cannot own a lab: /proc does not show this process");
  const taken = labs.map((lab) => lab.name);
  for (;;) {
    const name = spec.anyName ? freeName(spec.name, taken) : spec.name;
    checkSocketFile(folder, name);
    const state = { name, token: newToken(), owner, holder: null, createdAt: new Date().toISOString() };
    if (await claim(folder, state)) return state;
    if (!spec.anyName) throw await nameTaken(folder, name);
    taken.push(name);
  }
}

async function nameTaken(folder: string, name: string): Promise<MptError> {
  const owner = (await readStates(folder)).get(name)?.owner.pid;
  const by = owner === undefined ? "" : ` (process ${owner})`;
  return new MptError("ERR_USAGE", `Cannot make the lab ${name}: a lab of this name is running${by}`, {
    fix: `mpt lab down ${name}, or take another name: --name OTHER`,
  });
}

function helloOf(
  name: string,
  lab: Lab,
  env: Readonly<Record<string, string>>,
  servers: readonly string[],
): LabHello {
  const hosts = LAB_HOSTS.filter((host) => host !== "router" || lab.plan.router);
  return {
    name,
    version: TOOL.version,
    seed: lab.seed,
    paths: lab.plan.paths.map((path) => ({
      name: path.name,
      client: addressesOf(path, "client"),
      server: addressesOf(path, "server"),
    })),
    prefix: Object.fromEntries(hosts.map((host) => [host, lab.prefix(host, null)])),
    env,
    servers,
  };
}

function aborted(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return Promise.resolve();
  return new Promise((resolve) => signal.addEventListener("abort", () => resolve(), { once: true }));
}
