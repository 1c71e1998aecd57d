/**
 * Opens the C library before the first test of a file: it stays open as long as the program runs, which the
 * sanitizers would take for a leak of the test that needed it first.
 *
 * @module
 */
import { ffiUnavailableReason } from "../../lib/io/ffi_access.ts";

ffiUnavailableReason();
