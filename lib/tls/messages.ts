import type { ByteReader } from "../base/byte_reader.ts";
import { encodeProtocols, readProtocols } from "./client_hello.ts";
import { EXTENSION, MESSAGE } from "./code_points.ts";
import { encodeExtensions, type Extensions, readExtensions } from "./extensions.ts";
import { handshakeMessage } from "./handshake_reader.ts";
import { concat, decode, readItems, readVector, u16, vector } from "./vectors.ts";

/** EncryptedExtensions (RFC 9846 4.4.1). */
export interface EncryptedExtensions {
  readonly alpn: string | null;
  readonly transportParameters: Uint8Array | null;
  readonly serverCertificateType: number | null;
  readonly clientCertificateType: number | null;
  readonly extensions: Extensions;
}

/** Reads EncryptedExtensions. */
export function decodeEncryptedExtensions(body: Uint8Array): EncryptedExtensions {
  const extensions = decode("EncryptedExtensions", body, readExtensions);
  const get = <T>(type: number, name: string, read: (reader: ByteReader) => T): T | null => {
    const data = extensions.get(type);
    return data === undefined ? null : decode(`${name} extension`, data, read);
  };
  const protocols = get(EXTENSION.alpn, "application_layer_protocol_negotiation", readProtocols);
  return {
    alpn: protocols?.length === 1 ? protocols[0]! : null,
    transportParameters: extensions.get(EXTENSION.quicTransportParameters) ?? null,
    serverCertificateType: get(
      EXTENSION.serverCertificateType,
      "server_certificate_type",
      (each) => each.u8(),
    ),
    clientCertificateType: get(
      EXTENSION.clientCertificateType,
      "client_certificate_type",
      (each) => each.u8(),
    ),
    extensions,
  };
}

/** EncryptedExtensions with their header. */
export function encodeEncryptedExtensions(
  input: Omit<EncryptedExtensions, "extensions">,
): Uint8Array<ArrayBuffer> {
  const extensions: (readonly [number, Uint8Array])[] = [];
  if (input.alpn !== null) extensions.push([EXTENSION.alpn, encodeProtocols([input.alpn])]);
  if (input.transportParameters !== null) {
    extensions.push([EXTENSION.quicTransportParameters, input.transportParameters]);
  }
  if (input.serverCertificateType !== null) {
    extensions.push([EXTENSION.serverCertificateType, Uint8Array.of(input.serverCertificateType)]);
  }
  if (input.clientCertificateType !== null) {
    extensions.push([EXTENSION.clientCertificateType, Uint8Array.of(input.clientCertificateType)]);
  }
  return handshakeMessage(MESSAGE.encryptedExtensions, encodeExtensions(extensions));
}

/** CertificateRequest (RFC 9846 4.4.2). */
export interface CertificateRequest {
  readonly context: Uint8Array;
  /** Null if the required extension is missing. */
  readonly schemes: readonly number[] | null;
}

/** Reads a CertificateRequest. */
export function decodeCertificateRequest(body: Uint8Array): CertificateRequest {
  return decode("CertificateRequest", body, (reader) => {
    const context = readVector(reader, 1);
    const schemes = readExtensions(reader).get(EXTENSION.signatureAlgorithms);
    return {
      context,
      schemes: schemes === undefined
        ? null
        : decode("signature_algorithms extension", schemes, (each) =>
          readItems(readVector(each, 2), (item) =>
            item.u16())),
    };
  });
}

/** A CertificateRequest with its header, with an empty context. */
export function encodeCertificateRequest(schemes: readonly number[]): Uint8Array<ArrayBuffer> {
  const extensions = encodeExtensions([[EXTENSION.signatureAlgorithms, vector(2, ...schemes.map(u16))]]);
  return handshakeMessage(MESSAGE.certificateRequest, concat(vector(1), extensions));
}

/** Reads a NewSessionTicket (RFC 9846 4.7.1): how much early data it allows; null without the extension. */
export function decodeTicketLimit(body: Uint8Array): number | null {
  return decode("NewSessionTicket", body, (reader) => {
    // Lifetime and age
    reader.skip(8);
    readVector(reader, 1);
    readVector(reader, 2);
    const limit = readExtensions(reader).get(EXTENSION.earlyData);
    return limit === undefined ? null : decode("early_data extension", limit, (each) => each.u32());
  });
}

/** Certificate (RFC 9846 4.5.1): certificates in DER, or one SubjectPublicKeyInfo (RFC 7250). */
export interface CertificateMessage {
  readonly context: Uint8Array;
  readonly entries: readonly Uint8Array[];
}

/** Reads a Certificate message; extensions of its entries (OCSP, SCT) are passed over. */
export function decodeCertificate(body: Uint8Array): CertificateMessage {
  return decode("Certificate message", body, (reader) => {
    const context = readVector(reader, 1);
    const entries = readItems(readVector(reader, 3), (each) => {
      const data = readVector(each, 3);
      readExtensions(each);
      return data;
    });
    return { context, entries };
  });
}

/** A Certificate message with its header. */
export function encodeCertificate(message: CertificateMessage): Uint8Array<ArrayBuffer> {
  const entries = message.entries.map((entry) => concat(vector(3, entry), vector(2)));
  return handshakeMessage(MESSAGE.certificate, concat(vector(1, message.context), vector(3, ...entries)));
}

/** CertificateVerify (RFC 9846 4.5.2). */
export interface CertificateVerify {
  readonly scheme: number;
  readonly signature: Uint8Array;
}

/** Reads a CertificateVerify. */
export function decodeCertificateVerify(body: Uint8Array): CertificateVerify {
  return decode("CertificateVerify", body, (reader) => ({
    scheme: reader.u16(),
    signature: readVector(reader, 2),
  }));
}

/** A CertificateVerify with its header. */
export function encodeCertificateVerify({ scheme, signature }: CertificateVerify): Uint8Array<ArrayBuffer> {
  return handshakeMessage(MESSAGE.certificateVerify, concat(u16(scheme), vector(2, signature)));
}
