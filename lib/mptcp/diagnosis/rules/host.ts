import type { Rule } from "../finding.ts";

/** What keeps this host from using MPTCP at all. */
export const hostRule: Rule = ({ host }) => {
  const subject = host.reason ? { subject: `(${host.reason})` } : {};
  const evidence = [host.reason || `the kernel's answer to an MPTCP socket: ${host.mptcp}`] as const;
  switch (host.mptcp) {
    case "missing":
      return [{ code: "kernel-without-mptcp", certainty: "proved", evidence, ...subject }];
    case "disabled":
      return [{ code: "mptcp-disabled", certainty: "proved", evidence, ...subject }];
    case "forbidden":
      return [{ code: "forbidden", certainty: "proved", evidence, ...subject }];
    case "usable":
    case "unknown":
      return [];
  }
};
