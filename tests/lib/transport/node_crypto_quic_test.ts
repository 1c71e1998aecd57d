import { complianceSuite } from "./compliance.ts";
import { NODE_CRYPTO_QUIC } from "./transports.ts";

complianceSuite("quic with node:crypto", NODE_CRYPTO_QUIC, { short: true });
