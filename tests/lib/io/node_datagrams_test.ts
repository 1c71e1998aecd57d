import { datagramSuite } from "./datagrams/compliance.ts";

datagramSuite("a datagram socket of node:dgram", { backend: "node", peer: "node", needs: [] });
