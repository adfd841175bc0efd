import { existsSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { LIMITS } from "../config/limits.ts";
import { BridgeError } from "../errors.ts";
import type { ConfiguredPin } from "./pin-book.ts";

/** Name of the credential that systemd's LoadCredential hands over. */
const PIN_CREDENTIAL = "cardsync-pin";
const PIN_LINE = /^(\S+)(?:\s+(.+))?$/;

/** Where PINs of cards in readers are set down. */
export interface PinSettings {
  /** CARDSYNC_PIN: one PIN for all readers. */
  readonly pin?: string;
  /** CARDSYNC_PIN_FILE, or `card.pinFile` of the configuration. */
  readonly pinFile?: string;
  /** CREDENTIALS_DIRECTORY, set by systemd. */
  readonly credentialsDirectory?: string;
}

/**
 * Reads PINs that are set down: a PIN in the environment, else a file, else systemd's credential. Each line of a file is a
 * PIN, and optionally part of the name of the reader that it is for; `#` begins a comment line.
 * @returns none where nothing is set
 * @throws BridgeError BRIDGE_CONFIG if the file cannot be read or others may read it
 */
export function configuredPins(settings: PinSettings): readonly ConfiguredPin[] {
  if (settings.pin !== undefined) return [{ pin: settings.pin }];
  if (settings.pinFile !== undefined) return readPins(settings.pinFile, true);
  if (settings.credentialsDirectory === undefined) return [];
  const credential = join(settings.credentialsDirectory, PIN_CREDENTIAL);
  return existsSync(credential) ? readPins(credential, false) : [];
}

function readPins(path: string, mustBePrivate: boolean): readonly ConfiguredPin[] {
  let text: string;
  try {
    const { mode, size } = statSync(path);
    if (size > LIMITS.pinFileBytes) throw new Error("it is too large");
    if (mustBePrivate && (mode & 0o077) !== 0) throw new Error("others can read it: chmod 600");
    text = readFileSync(path, "utf8");
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new BridgeError("BRIDGE_CONFIG", `The PIN file ${path} cannot be used: ${why}.`, {
      cause,
    });
  }
  return text.split(/\r?\n/).flatMap(parseLine);
}

function parseLine(line: string): readonly ConfiguredPin[] {
  const [, pin, reader] = PIN_LINE.exec(line.trim()) ?? [];
  if (pin === undefined || pin.startsWith("#")) return [];
  return [{ pin, ...(reader === undefined ? {} : { reader }) }];
}
