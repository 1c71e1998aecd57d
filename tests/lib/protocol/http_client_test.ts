import assert from "node:assert/strict";
import fc from "fast-check";
import { HttpClient } from "../../../lib/protocol/http_client.ts";
import { chunksOf, FakeStream, latin1 } from "./fake_stream.ts";

function clientOf(answers: string, ...cuts: readonly number[]): { client: HttpClient; stream: FakeStream } {
  const stream = new FakeStream(chunksOf(latin1(answers), cuts.length === 0 ? [answers.length] : cuts));
  return { client: new HttpClient(stream, "host:4433"), stream };
}

Deno.test("HttpClient asks with a Host field and reads one answer after the other", async () => {
  await fc.assert(fc.asyncProperty(fc.array(fc.nat(9), { minLength: 1, maxLength: 8 }), async (cuts) => {
    const { client, stream } = clientOf(
      "HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nabcHTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n",
      ...cuts,
    );
    const first = await client.get("/", 100, { Accept: "*/*" });
    assert.equal(new TextDecoder().decode(first.body), "abc");
    assert.equal(first.complete, true);
    const second = await client.get("/x", 100);
    assert.equal(second.head.status, 404);
    assert.deepEqual([second.body.length, second.complete], [0, true]);
    assert.equal(
      stream.written,
      "GET / HTTP/1.1\r\nHost: host:4433\r\nAccept: */*\r\n\r\nGET /x HTTP/1.1\r\nHost: host:4433\r\n\r\n",
    );
  }));
});

Deno.test("HttpClient sends a head and leaves the body to the caller, whatever comes back meanwhile", async () => {
  const { client, stream } = clientOf("HTTP/1.1 503 Busy\r\nContent-Length: 2\r\n\r\nno");
  await client.send("POST", "/perf", { "Content-Length": "3" });
  const answer = client.answer();
  await stream.write(latin1("abc"));
  const head = await answer;
  const { body, complete } = await client.body(head, 10);
  assert.deepEqual([head.status, new TextDecoder().decode(body), complete], [503, "no", true]);
  assert.equal(stream.written, "POST /perf HTTP/1.1\r\nHost: host:4433\r\nContent-Length: 3\r\n\r\nabc");
});

Deno.test("HttpClient keeps the zone of an address to itself", async () => {
  const stream = new FakeStream([latin1("HTTP/1.1 204 No Content\r\n\r\n")]);
  await new HttpClient(stream, "[fe80::1%eth0]:4433").get("/", 0);
  assert.equal(stream.written, "GET / HTTP/1.1\r\nHost: [fe80::1]:4433\r\n\r\n");
});

Deno.test("HttpClient reads no more of a body than the limit, and says so", async () => {
  const { client } = clientOf("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n0123456789");
  const answer = await client.get("/", 4);
  assert.equal(new TextDecoder().decode(answer.body), "0123");
  assert.equal(answer.complete, false);
});

Deno.test("HttpClient reads no body without a length", async () => {
  for (const field of ["Transfer-Encoding: chunked", "Connection: close"]) {
    const { client } = clientOf(`HTTP/1.1 200 OK\r\n${field}\r\n\r\n5\r\nabcde\r\n0\r\n\r\n`);
    const { body, complete } = await client.get("/", 100);
    assert.deepEqual([body.length, complete], [0, false]);
  }
  const { client } = clientOf("HTTP/1.1 204 No Content\r\n\r\n");
  assert.equal((await client.get("/", 100)).complete, true);
});

Deno.test("HttpClient passes over interim answers, and takes 101 as the last (RFC 9110 15.2)", async () => {
  const interim = "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n";
  const { client } = clientOf(`${interim}HTTP/1.1 101 Switching Protocols\r\n\r\nnew protocol`);
  assert.equal((await client.request("GET", "/")).status, 101);
  assert.equal(new TextDecoder().decode(await client.reader.readExactly(12)), "new protocol");
});

Deno.test("HttpClient does not follow interim answers for ever: ERR_PROTOCOL", async () => {
  const { client } = clientOf("HTTP/1.1 100 Continue\r\n\r\n".repeat(100));
  await assert.rejects(client.request("GET", "/"), {
    code: "ERR_PROTOCOL",
    message: /too many interim answers/,
  });
});

Deno.test("HttpClient tells what the other end did instead of answering", async () => {
  const failures: readonly (readonly [string, string, RegExp])[] = [
    ["", "ERR_CLOSED", /the other end closed the connection instead$/],
    ["HTTP/1.1 200 OK\r\n", "ERR_CLOSED", /the connection ended inside it$/],
    ["HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nab", "ERR_CLOSED", /the stream ended after 2$/],
    ["SSH-2.0-OpenSSH_9.9\r\n\r\n", "ERR_PROTOCOL", /does not begin with an HTTP\/1 status line$/],
    ["HTTP/1.1 200 OK\r\nContent-Length: -5\r\n\r\n", "ERR_PROTOCOL", /Content-Length is not a number$/],
    [`HTTP/1.1 200 OK\r\nA: ${"a".repeat(20_000)}\r\n\r\n`, "ERR_LIMIT", /longer than 16384 bytes$/],
    ["\x00".repeat(100_000), "ERR_LIMIT", /longer than 16384 bytes$/],
  ];
  for (const [answer, code, message] of failures) {
    await assert.rejects(clientOf(answer).client.get("/", 100), { code, message }, answer.slice(0, 40));
  }
});
