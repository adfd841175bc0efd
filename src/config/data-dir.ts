import { homedir } from "node:os";
import { isAbsolute, join } from "node:path";

/**
 * The folder that holds everything where none is named.
 * @see XDG Base Directory Specification: relative paths in XDG_DATA_HOME are to be ignored
 */
export function defaultDataDir(environment: Readonly<Record<string, string | undefined>>): string {
  const base = environment["XDG_DATA_HOME"];
  const isUsable = base !== undefined && isAbsolute(base);
  return join(isUsable ? base : join(homedir(), ".local", "share"), "cardsync");
}
