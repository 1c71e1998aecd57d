import { MptError } from "../../base/errors.ts";
import { quote } from "../../base/quote.ts";
import { chooseBackend } from "../../crypto/choose.ts";
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
    backend: options.cryptoBackend ?? chooseBackend().backend,
    random,
    congestion: controller,
    ...(idleTimeoutMs === undefined ? {} : { maxIdleTimeoutMs: idleTimeoutMs }),
    ...(keepAliveMs === undefined ? {} : { keepAliveMs }),
    ...(maxDatagramBytes === undefined ? {} : { maxDatagramFrameSize: maxDatagramBytes }),
  });
  return { ...config, streams: { ...config.streams, ...options.streams } };
}
