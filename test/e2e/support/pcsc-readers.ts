import { readdirSync, readFileSync } from "node:fs";
import { resolve } from "node:path";
import { openPcsc } from "../../../card/index.ts";
import type { PcscOptions, Readers } from "../../../card/index.ts";
import type { Pcscd } from "../../support/card/pcscd.ts";
import { ReaderLog } from "../../support/card/reader-log.ts";

const BUILT_CHILD = {
  path: resolve(import.meta.dirname, "../../../dist/card/transport/pcsc/child.js"),
  execArgv: [],
};

export interface OpenedReaders {
  readonly readers: Readers;
  readonly log: ReaderLog;
}

/** Our side of PC/SC in this process, its child as it is shipped. */
export const openReaders = (
  pcscd: Pcscd,
  options: Partial<Omit<PcscOptions, "listener">> = {},
): OpenedReaders => {
  const log = new ReaderLog();
  const env = { ...process.env, ...pcscd.env };
  const readers = openPcsc({ program: BUILT_CHILD, env, listener: log.listener, ...options });
  return { readers, log };
};

/** @returns the pids of the processes that own PC/SC, started by the process with this pid */
export const pcscChildrenOf = (parent: number): readonly number[] =>
  readdirSync("/proc")
    .map(Number)
    .filter((pid) => pid > 0 && read(pid, "cmdline").includes("pcsc/child."))
    .filter((pid) => read(pid, "stat").split(") ")[1]?.split(" ")[1] === String(parent));

export const isAlive = (pid: number): boolean => read(pid, "cmdline") !== "";

/** Empty where there is no such process any more. */
const read = (pid: number, file: string): string => {
  try {
    return readFileSync(`/proc/${String(pid)}/${file}`, "utf8");
  } catch {
    return "";
  }
};
