/**
 * Typed system calls. Every function is total: it returns a value, or minus an errno, and never throws for
 * something the kernel said. Pointers and struct addresses stay in this folder.
 *
 * @module
 */
export { ERRNO, type ErrnoName, errnoName, errnoNamed } from "./errno.ts";
export { canOpenLibrary, errnoText, type FfiProblem, ffiProblem } from "./library.ts";
export * from "./constants.ts";
export {
  accept,
  bind,
  close,
  connect,
  interfaceIndex,
  interfaceName,
  listen,
  localName,
  peerName,
  readFile,
  receive,
  send,
  shutdownWrite,
  socket,
} from "./socket.ts";
export { getBytes, getInt, setBytes, setInt } from "./sockopt.ts";
export { clearWake, eventDescriptor, type PollEntry, PollSet, wake } from "./poll.ts";
export {
  makeTun,
  MAX_INTERFACE_NAME,
  openTun,
  PacketMemory,
  readDescriptor,
  TUN_PATH,
  type TunDevice,
} from "./tun.ts";
export { packetSocket, packetTime } from "./packet_socket.ts";
export { setRealTime, setTimerSlack } from "./scheduling.ts";
export { type FullInfo, fullInfo } from "./mptcp.ts";
export { DatagramReceiver } from "./datagram_receiver.ts";
export { DatagramSender, MAX_SEGMENTS } from "./datagram_sender.ts";
export { netlinkRequest, netlinkSubscription } from "./netlink.ts";
export { AeadContext, MaskContext } from "./cipher.ts";
export { type DigestName, hmac } from "./digest.ts";
export { LibCryptoKey } from "./libcrypto_key.ts";
export { type LibCryptoProblem, libcryptoProblem } from "./libcrypto.ts";
export { type Field, type Layout, readNumber, readStruct } from "./layouts/layout.ts";
export { TCP_INFO_LAYOUT, type TcpInfoKey } from "./layouts/tcp_info.ts";
export {
  MPTCP_FULL_INFO_LAYOUT,
  MPTCP_INFO_FLAG_FALLBACK,
  MPTCP_INFO_LAYOUT,
  MPTCP_SUBFLOW_INFO_LAYOUT,
  type MptcpInfoKey,
} from "./layouts/mptcp.ts";
export { SOCKADDR_IN6_LAYOUT, SOCKADDR_IN_LAYOUT } from "./layouts/sockaddr.ts";
export { INET_DIAG_MSG_LAYOUT, INET_DIAG_REQ_LAYOUT } from "./layouts/inet_diag.ts";
