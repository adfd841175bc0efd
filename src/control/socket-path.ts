import { closeSync, existsSync, openSync } from "node:fs";
import { join } from "node:path";
import { BridgeError } from "../errors.ts";

const SOCKET_FILE = "control.sock";

/** sun_path of Linux has 108 bytes with the final zero, that of the BSDs 104. */
const MAX_PATH_BYTES = 103;

/**
 * A name for the folder's socket that is short enough for the operating system.
 * @returns `path`, and `free`, to be called when the socket has been bound or connected and once more is harmless
 * @throws BridgeError BRIDGE_STORE if the folder's path is too long and there is no way around it
 */
export function socketPath(dataDir: string): { readonly path: string; readonly free: () => void } {
  const path = join(dataDir, SOCKET_FILE);
  if (Buffer.byteLength(path) <= MAX_PATH_BYTES) return { path, free: () => undefined };
  if (!existsSync("/proc/self/fd")) {
    throw new BridgeError("BRIDGE_STORE", `The path ${dataDir} is too long for a socket.`);
  }
  // Linux names an open folder by its descriptor: a short way to a deep place.
  const folder = openSync(dataDir, "r");
  let isOpen = true;
  const free = (): void => {
    if (isOpen) closeSync(folder);
    isOpen = false;
  };
  return { path: `/proc/self/fd/${String(folder)}/${SOCKET_FILE}`, free };
}
