import { resolve } from "node:path";
import type { LoadedConfig } from "../config/load.ts";

/** The user's own rules, as the configuration names them: seen from the data folder. */
export const quirksFileOf = ({ config, dataDir }: LoadedConfig): string | undefined =>
  config.quirks.file === undefined ? undefined : resolve(dataDir, config.quirks.file);
