import { execFileSync } from "node:child_process";
import { resolve } from "node:path";
import { missingPrograms } from "./sync-evolution.ts";

/** What is tested is what is shipped, so it is built first. Without the real client there is nothing to be shown. */
export function setup(): void {
  const missing = missingPrograms();
  if (missing.length > 0) throw new Error(`these tests need: ${missing.join(", ")}`);
  const cwd = resolve(import.meta.dirname, "../../..");
  execFileSync("npm", ["run", "build", "--silent"], { cwd, stdio: "inherit" });
}
