#!/usr/bin/env node
import { runCommand } from "./cli/program.ts";
import { stopRequested } from "./cli/stop-requested.ts";
import { createLogger } from "./log.ts";
import { openFolder } from "./open-folder.ts";

// Whoever reads our output may stop early, as `head` does; that is no failure.
process.stdout.on("error", () => process.exit(0));

process.exitCode = await runCommand(process.argv.slice(2), {
  environment: process.env,
  stdin: process.stdin,
  stdout: process.stdout,
  stderr: process.stderr,
  createLogger,
  openFolder,
  stopRequested,
});
