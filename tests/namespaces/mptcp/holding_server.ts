// deno-lint-ignore-file no-console
/** An MPTCP server that keeps its side open when the client has ended its own: `holding_server.ts ADDRESS`. */
import { Ip } from "../../../lib/base/ip.ts";
import { listen } from "../../../lib/transport/connect.ts";

async function main(): Promise<void> {
  await using listener = listen("mptcp", Ip.parse(Deno.args[0] ?? ""), 0);
  console.log(`listening ${listener.local.port}`);
  const connection = (await listener.accept())!;
  const stream = (await connection.acceptStream())!;
  for (let chunk = await stream.read(); chunk !== null; chunk = await stream.read()) {
    // The answer to an upload
    await stream.write(new Uint8Array(1));
  }
  console.log("the client has ended");
  await new Promise(() => setInterval(() => {}, 1000));
}

await main();
