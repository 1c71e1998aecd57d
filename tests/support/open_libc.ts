/**
 * Opens the C library and libcrypto before the first test of a file: they stay open as long as the program
 * runs, which the sanitizers would take for a leak of the test that needed them first.
 *
 * @module
 */
import { libcryptoReason } from "../../lib/crypto/libcrypto.ts";
import { ffiUnavailableReason } from "../../lib/io/ffi_access.ts";

ffiUnavailableReason();
libcryptoReason();
