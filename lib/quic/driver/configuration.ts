import { MptError } from "../../base/errors.ts";
import { quote } from "../../base/quote.ts";
import type { CryptoBackend } from "../../crypto/aead.ts";
import { chooseBackend } from "../../crypto/choose.ts";
import { LIBCRYPTO, libcryptoReason } from "../../crypto/libcrypto.ts";
import { NODE_CRYPTO } from "../../crypto/node_crypto.ts";
import { type ConnectionConfig, connectionConfig } from "../connection/config.ts";
import type { CongestionController } from "../recovery/congestion.ts";
import { Cubic } from "../recovery/cubic.ts";
import { NewReno } from "../recovery/new_reno.ts";
import { random } from "./clock.ts";
import type { QuicOptions } from "./options.ts";

const CONGESTION: Readonly<Record<string, (mtu: number) => CongestionController>> = {
  cubic: (mtu) => new Cubic(mtu),
  reno: (mtu) => new NewReno(mtu),
};

/** The configuration of the core that follows from the options of a connect or a listener. */
export function configurationOf(options: QuicOptions): ConnectionConfig {
  const { idleTimeoutMs, keepAliveMs, maxDatagramBytes, congestion = "cubic" } = options;
  if (options.alpn.length === 0) {
    throw new MptError("ERR_INVALID_VALUE", "Cannot use QUIC: it needs an application protocol (alpn)");
  }
  const controller = Object.hasOwn(CONGESTION, congestion) ? CONGESTION[congestion] : undefined;
  if (controller === undefined) {
    throw new MptError(
      "ERR_OPTION_REFUSED",
      `Cannot set congestion control to ${quote(congestion)}: QUIC has cubic and reno here`,
      { data: { option: "congestion control" } },
    );
  }
  const config = connectionConfig({
    backend: backendOf(options.cryptoBackend),
    random,
    congestion: controller,
    ...(idleTimeoutMs === undefined ? {} : { maxIdleTimeoutMs: idleTimeoutMs }),
    ...(keepAliveMs === undefined ? {} : { keepAliveMs }),
    ...(maxDatagramBytes === undefined ? {} : { maxDatagramFrameSize: maxDatagramBytes }),
  });
  return { ...config, streams: { ...config.streams, ...options.streams } };
}

function backendOf(wanted: QuicOptions["cryptoBackend"]): CryptoBackend {
  if (wanted === undefined) return chooseBackend().backend;
  if (wanted === "node:crypto") return NODE_CRYPTO;
  const reason = libcryptoReason();
  if (reason === null) return LIBCRYPTO;
  throw new MptError("ERR_NOT_SUPPORTED", `Cannot protect packets with libcrypto: ${reason}`);
}
