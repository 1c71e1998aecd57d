/**
 * What mends that namespaces cannot be made.
 *
 * @param reason What unshare(1) said, in English.
 */
export function namespaceFix(reason: string): string {
  // user_namespaces(7), unshare(2): the limit of namespaces is used up, or is 0.
  if (/No space left on device/.test(reason)) {
    return "run as root, or raise the limit: sudo sysctl -w user.max_user_namespaces=10000";
  }
  if (/not permitted|Permission denied/.test(reason)) {
    return "run as root; or allow user namespaces: sudo sysctl -w kernel.unprivileged_userns_clone=1 (Debian), " +
      "sudo sysctl -w kernel.apparmor_restrict_unprivileged_userns=0 (Ubuntu); " +
      "a container needs CAP_SYS_ADMIN and CAP_NET_ADMIN";
  }
  return "run as root";
}
