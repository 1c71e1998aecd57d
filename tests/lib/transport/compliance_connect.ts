import assert from "node:assert/strict";
import { Ip } from "../../../lib/base/ip.ts";
import type { Connection } from "../../../lib/io/connection.ts";
import { bytesOf, receiveText } from "./bytes.ts";
import { type Case, fails, FAMILIES, pair, type TransportUnderTest, V4, V6 } from "./compliance_support.ts";
import { silence } from "./silence.ts";

/** TEST-NET-3 of RFC 5737: on no host. */
const ELSEWHERE = Ip.parse("203.0.113.1");

const CROWD = 200;

const CROWD_TIMEOUT_MS = 60_000;

/** Connect, listen and accept. */
export function connectCases(transport: TransportUnderTest): readonly Case[] {
  const { connect, listen } = transport;
  const cases: Case[] = [];
  for (const ip of FAMILIES) {
    cases.push({
      claim: `connects over ${ip} and names both ends alike`,
      run: async () => {
        await using ends = await pair(transport, { ip });
        const { client, server, listener } = ends;
        assert(client.remote.equals(listener.local));
        assert(client.local.equals(server.remote));
        assert(client.remote.equals(server.local));
        assert(client.local.ip!.equals(ip));
        assert.equal(client.transport, listener.transport);
        assert.equal(server.transportInForce(), client.transportInForce());
        for (const end of [client, server]) {
          const paths = end.paths();
          assert.equal(paths.length, 1);
          assert.equal(paths[0]!.id, 0);
          assert.equal(paths[0]!.state, "active");
          assert.equal(paths[0]!.status, "available");
          assert(paths[0]!.local.equals(end.local));
          assert(paths[0]!.remote.equals(end.remote));
        }
      },
    });
  }
  cases.push(
    {
      claim: `serves ${CROWD} connections at once`,
      run: async () => {
        await using listener = listen(V4, 0);
        const serving = Array.from({ length: CROWD }, async () => {
          await using server = (await listener.accept())!;
          const stream = (await server.acceptStream())!;
          await stream.write(bytesOf(`you said ${await receiveText(stream)}`));
        });
        const asking = Array.from({ length: CROWD }, async (_, index) => {
          // A busy machine takes its time for so many handshakes.
          await using client = await connect(V4, listener.local.port!, { timeoutMs: CROWD_TIMEOUT_MS });
          const stream = await client.openStream();
          await stream.write(bytesOf(`${index}`));
          await stream.closeWrite();
          return await receiveText(stream);
        });
        const [answers] = await Promise.all([Promise.all(asking), Promise.all(serving)]);
        assert.deepEqual(answers, Array.from({ length: CROWD }, (_, index) => `you said ${index}`));
      },
    },
    {
      claim: "gives null to those who wait in accept() when the listener closes",
      run: async () => {
        const listener = listen(V4, 0);
        const waiting = [listener.accept(), listener.accept()];
        await listener.close();
        assert.deepEqual(await Promise.all(waiting), [null, null]);
        assert.equal(await listener.accept(), null);
        await listener.close();
      },
    },
    {
      claim: "ends the iteration of a listener that closes, and leaves accepted connections alone",
      run: async () => {
        const listener = listen(V4, 0);
        const accepted: Connection[] = [];
        const serving = (async () => {
          for await (const server of listener) {
            accepted.push(server);
            void listener.close();
          }
        })();
        const client = await connect(V4, listener.local.port!);
        await serving;
        assert.equal(accepted.length, 1);
        await (await accepted[0]!.openStream()).write(bytesOf("still here"));
        await accepted[0]!.close();
        const stream = transport.oneStream ?? true ? await client.openStream() : await client.acceptStream();
        assert.equal(await receiveText(stream!), "still here");
        await client.close();
      },
    },
    {
      claim: "does not listen on a port in use: ERR_ADDRESS_IN_USE",
      run: async () => {
        await using listener = listen(V4, 0);
        const error = await fails(() => listen(V4, listener.local.port!), "ERR_ADDRESS_IN_USE");
        assert.equal(error.message, `Cannot listen on ${listener.local.address}: the port is in use`);
      },
    },
    {
      claim: "listens again at once on a port whose connections have ended",
      run: async () => {
        const ends = await pair(transport);
        const { port } = ends.listener.local;
        await ends.server.close();
        await ends.client.close();
        await ends.listener.close();
        await using again = listen(V4, port!);
        assert.equal(again.local.port, port);
      },
    },
    {
      claim: "does not listen on an address of another host: ERR_ADDRESS_NOT_LOCAL",
      run: async () => {
        const error = await fails(() => listen(ELSEWHERE, 0), "ERR_ADDRESS_NOT_LOCAL");
        assert.match(
          error.message,
          /^Cannot listen on 203\.0\.113\.1:0: the address is not on this host$/,
        );
      },
    },
    {
      claim: "gives up a connect that nobody answers: ERR_TIMED_OUT",
      run: async () => {
        await using nobody = await silence(transport);
        const error = await fails(connect(V4, nobody.local.port!, { timeoutMs: 60 }), "ERR_TIMED_OUT");
        assert.equal(error.message, `Cannot connect to ${nobody.local.address}: no answer in 0.06 s`);
      },
    },
    {
      claim: "is not held up by one connect that nobody answers",
      run: async () => {
        await using nobody = await silence(transport);
        const stop = new AbortController();
        const stuck = fails(connect(V4, nobody.local.port!, { signal: stop.signal }), "ERR_ABORTED");
        for (let round = 0; round < 5; round++) {
          await using ends = await pair(transport);
          assert.equal(ends.client.paths().length, 1);
        }
        stop.abort();
        await stuck;
      },
    },
  );
  if (transport.datagramFacts ?? true) cases.push(...factCases(transport));
  if (transport.socketOptions ?? true) cases.push(...optionCases(transport));
  return cases;
}

/** What sockets of the runtime do not tell about datagrams. */
function factCases(transport: TransportUnderTest): readonly Case[] {
  const { connect, listen } = transport;
  return [
    {
      claim: "shows an IPv4 client of a dual-stack listener as IPv4",
      run: async () => {
        await using listener = listen(Ip.parse("::"), 0);
        const [client, server] = await Promise.all([connect(V4, listener.local.port!), listener.accept()]);
        assert.equal(server!.remote.address, client.local.address);
        assert.equal(server!.local.address, client.remote.address);
        assert.equal(server!.paths()[0]!.remote.address, client.local.address);
        await Promise.all([client.close(), server!.close()]);
      },
    },
    {
      claim: "is refused where nobody listens: ERR_REFUSED",
      run: async () => {
        for (const ip of FAMILIES) {
          const listener = listen(ip, 0);
          const { port, address } = listener.local;
          await listener.close();
          const error = await fails(connect(ip, port!), "ERR_REFUSED");
          assert.equal(error.message, `Cannot connect to ${address}: connection refused`);
        }
      },
    },
  ];
}

/** What needs the kernel's socket options. */
function optionCases(transport: TransportUnderTest): readonly Case[] {
  const { connect, listen } = transport;
  return [
    {
      claim: "leaves IPv4 to others when dualStack is false",
      run: async () => {
        await using listener = listen(Ip.parse("::"), 0, { dualStack: false });
        await fails(connect(V4, listener.local.port!), "ERR_REFUSED");
        await using client = await connect(V6, listener.local.port!);
        await (await listener.accept())!.close();
        assert(client.remote.ip!.equals(V6));
      },
    },
    {
      claim: "connects from a chosen local address",
      run: async () => {
        const localAddress = Ip.parse("127.0.0.77");
        await using ends = await pair(transport, { connect: { localAddress } });
        assert(ends.client.local.ip!.equals(localAddress));
        assert(ends.server.remote.ip!.equals(localAddress));
      },
    },
    {
      claim: "does not connect from an address of another host: ERR_ADDRESS_NOT_LOCAL",
      run: async () => {
        await using listener = listen(V4, 0);
        const error = await fails(
          connect(V4, listener.local.port!, { localAddress: ELSEWHERE }),
          "ERR_ADDRESS_NOT_LOCAL",
        );
        assert.equal(error.message, "Cannot bind to 203.0.113.1: the address is not on this host");
      },
    },
    {
      claim: "does not connect from an address of the other family",
      run: async () => {
        await using listener = listen(V4, 0);
        const error = await fails(
          connect(V4, listener.local.port!, { localAddress: V6 }),
          "ERR_INVALID_VALUE",
        );
        assert.match(error.message, /: the local address ::1 is of another address family$/);
      },
    },
    {
      claim: "takes the options that the kernel knows",
      run: async () => {
        const options = { congestion: "reno", maxSegmentBytes: 1000, interface: "lo", noDelay: false };
        await using ends = await pair(transport, { connect: options, listen: options });
        await ends.near.write(bytesOf("hello"));
        await ends.near.closeWrite();
        assert.equal(await receiveText(ends.far), "hello");
      },
    },
    {
      claim: "names the option that the kernel refuses: ERR_OPTION_REFUSED",
      run: async () => {
        await using listener = listen(V4, 0);
        const port = listener.local.port!;
        const refused = [
          [
            { congestion: "nonsense" },
            "congestion control",
            /^Cannot set congestion control to "nonsense": this kernel has none of that name$/,
          ],
          [
            { interface: "nosuch0" },
            "interface",
            /^Cannot set interface to "nosuch0": no such interface on this host$/,
          ],
          [{ maxSegmentBytes: 1 }, "TCP_MAXSEG", /^Cannot set TCP_MAXSEG to "1": /],
        ] as const;
        for (const [options, option, sentence] of refused) {
          for (
            const error of [
              await fails(connect(V4, port, options), "ERR_OPTION_REFUSED"),
              await fails(() => listen(V4, 0, options), "ERR_OPTION_REFUSED"),
            ]
          ) {
            assert.match(error.message, sentence);
            assert.equal(error.data.option, option);
          }
        }
      },
    },
  ];
}
