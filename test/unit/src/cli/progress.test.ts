import { PassThrough } from "node:stream";
import { describe, expect, it } from "vitest";
import { progressOn } from "../../../../src/cli/progress.ts";

describe("progress", () => {
  it("stays on one line of a terminal, and leaves it empty", () => {
    const terminal = Object.assign(new PassThrough(), { isTTY: true });
    const progress = progressOn(terminal);
    progress.show("1 of 2");
    progress.show("x".repeat(200));
    progress.clear();
    const written = String(terminal.read());
    expect(written).toBe(`\r\u001b[2K1 of 2\r\u001b[2K${"x".repeat(79)}\r\u001b[2K`);
  });

  it("is not shown elsewhere", () => {
    const file = new PassThrough();
    const progress = progressOn(file);
    progress.show("1 of 2");
    progress.clear();
    expect(file.read()).toBeNull();
  });
});
