import { complianceSuite } from "./compliance.ts";
import { DENO_QUIC } from "./transports.ts";

complianceSuite("quic over Deno.listenDatagram", DENO_QUIC);
