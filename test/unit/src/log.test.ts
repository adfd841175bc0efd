import { spawnSync } from "node:child_process";
import { resolve } from "node:path";
import { describe, expect, it } from "vitest";

const LOG_MODULE = resolve(import.meta.dirname, "../../../src/log.ts");

const logged = (level: string, statements: string): { stdout: string; stderr: string } => {
  const code = `
    const { createLogger } = await import(${JSON.stringify(LOG_MODULE)});
    const log = createLogger(${JSON.stringify(level)});
    ${statements}`;
  const args = ["--import", "tsx", "--input-type=module", "-e", code];
  return spawnSync(process.execPath, args, { encoding: "utf8" });
};

describe("createLogger", () => {
  it("writes JSON lines to stderr, and leaves stdout to data", () => {
    const { stdout, stderr } = logged("info", `log.info({ msgId: 3 }, "answered");`);
    expect(stdout).toBe("");
    expect(JSON.parse(stderr)).toMatchObject({ msgId: 3, msg: "answered" });
  });

  it("hides what is secret, also one and two levels down", () => {
    const { stderr } = logged(
      "info",
      `log.info({ password: "CANARY", user: { pin: "CANARY" }, a: { b: { nonce: "CANARY" } } });`,
    );
    expect(stderr).not.toContain("CANARY");
    expect(stderr.match(/\*\*\*/g)).toHaveLength(3);
  });

  it("keeps the line that explains an abrupt end", () => {
    const { stderr } = logged("info", `log.info("last words"); process.kill(process.pid, 9);`);
    expect(stderr).toContain("last words");
  });

  it("is silent below its level", () => {
    expect(logged("silent", `log.fatal("x");`).stderr).toBe("");
  });
});
