import { spawn } from "node:child_process";
import { chmodSync, mkdtempSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { tryLockFolder } from "../../../../src/store/folder-lock.ts";

const LOCK_MODULE = resolve(import.meta.dirname, "../../../../src/store/folder-lock.ts");

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "cardsync-lock-"));
});
afterEach(() => {
  rmSync(folder, { recursive: true, force: true });
});

describe("tryLockFolder", () => {
  it("makes the folder for its owner only", () => {
    const path = join(folder, "a", "b");
    tryLockFolder(path)?.release();
    expect(statSync(path).mode & 0o777).toBe(0o700);
    expect(statSync(join(path, "lock")).mode & 0o777).toBe(0o600);
  });

  it("gives the folder to one at a time", () => {
    const first = tryLockFolder(folder);
    expect(first).toBeDefined();
    expect(tryLockFolder(folder)).toBeUndefined();
    first?.release();
    const second = tryLockFolder(folder);
    expect(second).toBeDefined();
    second?.release();
  });

  it("is free again after its owner was killed with -9, and not before", async () => {
    const code = `
      const { tryLockFolder } = await import(${JSON.stringify(LOCK_MODULE)});
      console.log(tryLockFolder(${JSON.stringify(folder)}) ? "mine" : "taken");
      setInterval(() => undefined, 1000);`;
    const owner = spawn(process.execPath, ["--import", "tsx", "--input-type=module", "-e", code]);
    const said = await new Promise<string>((done) => {
      owner.stdout.on("data", (data: Buffer) => {
        done(data.toString().trim());
      });
    });
    expect(said).toBe("mine");
    expect(tryLockFolder(folder)).toBeUndefined();
    const gone = new Promise((done) => owner.once("exit", done));
    owner.kill("SIGKILL");
    await gone;
    const lock = tryLockFolder(folder);
    expect(lock).toBeDefined();
    lock?.release();
  });

  it("says so where the folder cannot be made", () => {
    const file = join(folder, "file");
    writeFileSync(file, "");
    chmodSync(file, 0o600);
    expect(() => tryLockFolder(join(file, "data"))).toThrow(
      expect.objectContaining({ code: "BRIDGE_STORE" }) as Error,
    );
  });
});
