// deno-lint-ignore-file no-console
/** Connects to a server on this host that the system's certificates have to vouch for, and prints what came of it. */
import { Endpoint } from "../../../../lib/base/endpoint.ts";
import { MptError } from "../../../../lib/base/errors.ts";
import { connect } from "../../../../lib/quic/mod.ts";

const [port, serverName] = Deno.args;
try {
  await using connection = await connect(Endpoint.of("127.0.0.1", Number(port)), {
    alpn: ["test"],
    serverName: serverName!,
  });
  console.log(JSON.stringify({ trusted: connection.handshake.trusted }));
} catch (error) {
  if (!(error instanceof MptError)) throw error;
  console.log(JSON.stringify({ code: error.code, message: error.message, fix: error.fix ?? null }));
}
