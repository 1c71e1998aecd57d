import assert from "node:assert/strict";
import { TWO_PATH_ADDRESSES } from "../../support/two_paths.ts";
import { dial, eventually, serve, serverShell } from "./scenario_support.ts";

const [address] = TWO_PATH_ADDRESSES.server.ipv4;

/** Towards a server without MPTCP the kernel falls back during the handshake. */
export async function plainServer(): Promise<void> {
  await using served = await serve("line_server.ts", "tcp", address);
  await using dialled = await dial("mptcp", address, served.port);
  const { connection, client } = dialled;
  assert.equal(connection.isMultipath(), false);
  assert.equal(connection.transport, "mptcp");
  assert.equal(connection.transportInForce(), "tcp");
  await client.upload(1000);
  await client.download(2000);
  const [path, ...others] = connection.paths();
  assert.deepEqual(others, []);
  assert(path!.local.equals(connection.local) && path!.remote.equals(connection.remote));
  assert.equal(path!.state, "active");
  assert.equal(path!.interface, "path1");
  // Requests and answers are 20 and 1 bytes long.
  assert.equal(path!.bytesSent, 1040);
  assert.equal(path!.bytesReceived, 2001);
  assert(path!.rttMs! > 0 && path!.cwndBytes! > 0 && path!.mtu === 1500);
}

/** The same over IPv6, where the kernel refuses with another errno. */
export async function plainIpv6Server(): Promise<void> {
  const [ipv6] = TWO_PATH_ADDRESSES.server.ipv6;
  await using served = await serve("line_server.ts", "tcp", ipv6);
  await using dialled = await dial("mptcp", ipv6, served.port);
  assert.equal(dialled.connection.isMultipath(), false);
  await dialled.client.upload(1000);
  const [path] = dialled.connection.paths();
  assert.equal(path!.bytesSent, 1020);
  assert(path!.rttMs! > 0 && path!.local.equals(dialled.connection.local));
}

/** An MPTCP listener takes plain TCP clients and says what they are. */
export async function plainClient(): Promise<void> {
  await using served = await serve("line_server.ts", "mptcp", "::");
  await using dialled = await dial("tcp", address, served.port);
  const view = await dialled.client.look();
  assert.equal(view.multipath, false);
  assert.equal(view.in_force, "tcp");
  const [path, ...others] = view.paths;
  assert.deepEqual(others, []);
  assert.equal(path!.remote, dialled.connection.local.address);
  assert.equal(path!.local, dialled.connection.remote.address);
  assert.equal(path!.state, "active");
  assert.equal(path!.bytes_received, 20);
  assert(path!.rtt_ms! > 0);
}

/** A middlebox that strips the options after the handshake is found out by the first data. */
export async function strippedLater(): Promise<void> {
  await serverShell(`
    nft add table inet box
    for hook in prerouting postrouting; do
      nft add chain inet box $hook "{ type filter hook $hook priority -300; }"
      nft add rule inet box $hook "tcp flags & syn == 0 reset tcp option mptcp"
    done
  `);
  await using served = await serve("line_server.ts", "mptcp", address);
  await using dialled = await dial("mptcp", address, served.port);
  const { connection, client } = dialled;
  assert.equal(connection.isMultipath(), true);
  assert.equal(connection.transportInForce(), "mptcp");
  const view = await client.look();
  assert.equal(view.multipath, false);
  await eventually("fallback", () => connection.isMultipath() ? undefined : true);
  assert.equal(connection.transportInForce(), "tcp");
  await client.upload(100_000);
  const [path, ...others] = connection.paths();
  assert.deepEqual(others, []);
  assert.equal(path!.state, "active");
  assert(path!.bytesSent >= 100_000 && path!.rttMs! > 0);

  // The last look at a connection that ends at once is right as well.
  await using brief = await dial("mptcp", address, served.port);
  await brief.client.look();
  await brief.connection.close();
  assert.equal(brief.connection.isMultipath(), false);
}
