import type { HostFacts } from "../base/result.ts";

/** Facts of this machine for the result envelope; what may not be read is null. */
export function hostFacts(): HostFacts {
  return {
    os: Deno.build.os,
    kernel: kernelRelease(),
    deno: Deno.version.deno,
    cpus: navigator.hardwareConcurrency,
  };
}

function kernelRelease(): string | null {
  try {
    return Deno.osRelease();
  } catch {
    // Without --allow-sys=osRelease a result is still a result.
    return null;
  }
}
