import { datagramSuite } from "./datagrams/compliance.ts";

datagramSuite("a datagram socket of Deno", { backend: "deno", peer: "deno", needs: [] });
