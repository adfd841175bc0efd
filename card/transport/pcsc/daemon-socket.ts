import { statSync } from "node:fs";

/** Where pcscd listens unless the environment says otherwise. Source: PCSC-Lite, SCardEstablishContext(3). */
const DEFAULT_PATH = "/run/pcscd/pcscd.comm";

export const socketPathOf = (env: NodeJS.ProcessEnv): string =>
  env["PCSCLITE_CSOCK_NAME"] ?? DEFAULT_PATH;

/**
 * Tells one socket from the next at the same path: a daemon that was restarted has made a new one, unless systemd
 * holds it. Systems with a PC/SC of their own have no such file and always the same answer.
 * @returns undefined where there is no socket
 */
export const identifySocket = (path: string): string | undefined => {
  if (process.platform === "darwin" || process.platform === "win32") return process.platform;
  const found = statSync(path, { bigint: true, throwIfNoEntry: false });
  return found && [found.dev, found.ino, found.ctimeNs].join(":");
};
