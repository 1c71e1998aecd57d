import { MptError } from "../../base/errors.ts";
import type { DeviceStep } from "./protocol.ts";

/** The device that makes TUN devices. */
const TUN = "/dev/net/tun";

interface Refusal {
  readonly reason: string;
  readonly fix?: string;
}

/**
 * The error for a TUN device that the system refused.
 *
 * @param step Whether `/dev/net/tun` could not be opened, or the device not be made.
 * @param errno The name of the error, such as `EACCES`.
 */
export function refusalError(step: DeviceStep, errno: string): MptError {
  const { reason, fix } = step === "open" ? openRefusal(errno) : makeRefusal(errno);
  return new MptError("ERR_NOT_SUPPORTED", `Cannot emulate a link: ${reason}`, {
    data: { feature: "emulated link", path: TUN, errno },
    ...(fix === undefined ? {} : { fix }),
  });
}

function openRefusal(errno: string): Refusal {
  switch (errno) {
    case "EACCES":
    case "EPERM":
      return {
        reason: `this user may not open ${TUN}`,
        fix: `run as root, or let every user make TUN devices: sudo chmod 0666 ${TUN}`,
      };
    case "ENOENT":
      return {
        reason: `there is no ${TUN}`,
        fix:
          `sudo modprobe tun; if it is still missing: sudo mkdir -p /dev/net && sudo mknod -m 0666 ${TUN} c 10 200`,
      };
    case "ENODEV":
    case "ENXIO":
      return { reason: `the kernel has no TUN driver behind ${TUN}`, fix: "sudo modprobe tun" };
    default:
      return { reason: `${TUN} could not be opened (${errno})` };
  }
}

function makeRefusal(errno: string): Refusal {
  switch (errno) {
    case "EPERM":
      return {
        reason: `this user may open ${TUN} but not make a TUN device with it (CAP_NET_ADMIN is missing)`,
        fix: "run as root, or allow unprivileged user namespaces",
      };
    default:
      return { reason: `the kernel made no TUN device (${errno})` };
  }
}
