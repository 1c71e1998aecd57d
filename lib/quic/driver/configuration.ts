import { MptError } from "../../base/errors.ts";
import { quote } from "../../base/quote.ts";
import type { CryptoBackend } from "../../crypto/aead.ts";
import { chooseBackend } from "../../crypto/choose.ts";
import { LIBCRYPTO, libcryptoReason } from "../../crypto/libcrypto.ts";
import { NODE_CRYPTO } from "../../crypto/node_crypto.ts";
import { type ConnectionConfig, connectionConfig } from "../connection/config.ts";
import { Cubic } from "../recovery/cubic.ts";
import { Lia } from "../recovery/lia.ts";
import { NewReno } from "../recovery/new_reno.ts";
import { Olia } from "../recovery/olia.ts";
import { DEFAULT_SCHEDULER, isSchedulerName, schedulers } from "../scheduler/schedulers.ts";
import { CODE_POINTS } from "../wire/multipath_drafts.ts";
import { random } from "./clock.ts";
import { qlogFiles } from "./qlog_files.ts";
import { type MultipathOptions, QUIC_PATHS, type QuicOptions } from "./options.ts";

const CONGESTION: Readonly<Record<string, ConnectionConfig["congestion"]>> = {
  cubic: (mtu) => new Cubic(mtu),
  reno: (mtu) => new NewReno(mtu),
  lia: (mtu, coupling) => new Lia(mtu, coupling),
  olia: (mtu, coupling) => new Olia(mtu, coupling),
};

/** More paths than any host has, and few enough to keep connection ids for. */
const MAX_PATHS = 256;

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
      `Cannot set congestion control to ${quote(congestion)}: QUIC has ${
        Object.keys(CONGESTION).join(", ")
      } here`,
      { data: { option: "congestion control" } },
    );
  }
  const config = connectionConfig({
    backend: backendOf(options.cryptoBackend),
    random,
    congestion: controller,
    ...severalPaths(options.multipath ?? false),
    ...(idleTimeoutMs === undefined ? {} : { maxIdleTimeoutMs: idleTimeoutMs }),
    ...(keepAliveMs === undefined ? {} : { keepAliveMs }),
    ...(options.qlog === undefined ? {} : { qlog: qlogFiles(options.qlog) }),
    ...(maxDatagramBytes === undefined ? {} : { maxDatagramFrameSize: maxDatagramBytes }),
  });
  return { ...config, streams: { ...config.streams, ...options.streams } };
}

/** What a connection with several paths is told. */
function severalPaths(choice: boolean | MultipathOptions): Partial<ConnectionConfig> {
  if (choice === false) return {};
  const options: MultipathOptions = choice === true ? {} : choice;
  const { paths = QUIC_PATHS, scheduler = DEFAULT_SCHEDULER } = options;
  const { logScheduler = false, keepAliveMs, idleTimeoutMs, failureTimeoutMs, codePoints = "final" } =
    options;
  if (!Number.isInteger(paths) || paths < 2 || paths > MAX_PATHS) {
    throw new MptError("ERR_INVALID_VALUE", `Cannot use ${paths} paths: it has to be 2 to ${MAX_PATHS}`);
  }
  if (typeof scheduler === "string" && !isSchedulerName(scheduler)) {
    throw new MptError(
      "ERR_INVALID_VALUE",
      `Cannot use the scheduler ${quote(scheduler)}: there are ${Object.keys(schedulers).join(", ")}`,
    );
  }
  if (!Object.hasOwn(CODE_POINTS, codePoints)) {
    throw new MptError(
      "ERR_INVALID_VALUE",
      `Cannot use the code points ${quote(codePoints)}: there are ${Object.keys(CODE_POINTS).join(", ")}`,
    );
  }
  return {
    initialMaxPathId: paths - 1,
    codePoints: CODE_POINTS[codePoints],
    logScheduler,
    ...(keepAliveMs === undefined ? {} : { pathKeepAliveMs: keepAliveMs }),
    ...(idleTimeoutMs === undefined ? {} : { pathIdleMs: idleTimeoutMs }),
    ...(failureTimeoutMs === undefined ? {} : { pathFailureMs: failureTimeoutMs }),
    scheduler: typeof scheduler === "string" ? schedulers[scheduler] : scheduler,
  };
}

function backendOf(wanted: QuicOptions["cryptoBackend"]): CryptoBackend {
  if (wanted === undefined) return chooseBackend().backend;
  if (wanted === "node:crypto") return NODE_CRYPTO;
  const reason = libcryptoReason();
  if (reason === null) return LIBCRYPTO;
  throw new MptError("ERR_NOT_SUPPORTED", `Cannot protect packets with libcrypto: ${reason}`);
}
