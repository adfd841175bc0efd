import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { CardInfo } from "../../src/control/operations.ts";
import { cardsync, type Finished, temporaryFolder } from "../support/cli.ts";

const VCARD = (name: string): string =>
  `BEGIN:VCARD\r\nVERSION:3.0\r\nN:${name};;;;\r\nFN:${name}\r\nEND:VCARD\r\n`;

let folder: ReturnType<typeof temporaryFolder>;
let data: string;
beforeEach(() => {
  folder = temporaryFolder();
  data = join(folder.path, "data");
});
afterEach(() => {
  folder.remove();
});

const run = (...args: string[]): Promise<Finished> => cardsync([...args, "--data", data]);

const json = async <T>(...args: string[]): Promise<T> => {
  const { code, stdout, stderr } = await run(...args, "--json");
  expect([code, stderr]).toEqual([0, ""]);
  return JSON.parse(stdout) as T;
};

describe("commands", () => {
  it("import, list, delete, export; a card is made where there is none", async () => {
    const vcf = join(folder.path, "people.vcf");
    writeFileSync(vcf, VCARD("Ada") + VCARD("Grace"));
    expect(await run("items", "import", "contacts", vcf)).toEqual({
      code: 0,
      stdout: "",
      stderr: "2 items imported\n",
    });
    const items = await json<{ id: number; title: string; size: number }[]>(
      "items",
      "list",
      "contacts",
    );
    expect(items.map(({ title }) => title)).toEqual(["Ada", "Grace"]);
    expect(items[0]?.size).toBeGreaterThan(20);
    const removed = await run("items", "delete", "contacts", String(items[0]?.id), "--yes");
    expect(removed.code).toBe(0);
    const out = join(folder.path, "out");
    expect((await run("items", "export", "contacts", out)).code).toBe(0);
    const [file, ...more] = readdirSync(out);
    expect(more).toEqual([]);
    expect(readFileSync(join(out, file ?? ""), "utf8")).toContain("FN:Grace");
    const info = await json<CardInfo>("card", "info");
    expect(info.databases.find(({ name }) => name === "contacts")?.live).toBe(1);
    const { apdus = 0, bytesSent = 0, bytesReceived = 0, nvmWrites } = info.traffic ?? {};
    expect(bytesSent).toBeGreaterThan(apdus);
    expect(bytesReceived).toBeGreaterThan(apdus);
    // VERIFY takes one try away before it compares, and gives it back after.
    expect([apdus > 0, nvmWrites]).toEqual([true, 2]);
    expect(await json("links")).toEqual([]);
    expect(await json("history")).toEqual([]);
  });

  it("manage users", async () => {
    const made = await run("user", "add", "bob");
    expect(made.stdout).toMatch(/^[a-z0-9-]{24}\n$/);
    const add = ["user", "add", "ada", "--password-stdin", "--data", data];
    expect((await cardsync(add, { stdin: "first\n" })).code).toBe(0);
    const again = await cardsync(add, { stdin: "second\n" });
    expect([again.code, again.stderr]).toEqual([1, 'cardsync: There is a user "ada" already.\n']);
    const change = [
      "user",
      "password",
      "ada",
      "--password-stdin",
      "--auth",
      "basic",
      "--data",
      data,
    ];
    expect((await cardsync(change, { stdin: "third" })).code).toBe(0);
    const { uuid } = await json<{ uuid: string }>("card", "info");
    expect((await run("user", "card", "ada", uuid)).code).toBe(0);
    expect(await json("user", "list")).toMatchObject([
      { name: "ada", auth: ["basic"], card: uuid },
      { name: "bob", auth: ["basic", "md5"] },
    ]);
    expect((await run("user", "password", "bob", "--auth", "magic")).code).toBe(2);
    expect((await run("user", "password", "bob", "--auth", "md5, hmac")).code).toBe(0);
    expect(await json("user", "list")).toMatchObject([{}, { auth: ["md5", "hmac"] }]);
    const as = ["user", "identify", "ada", "--as", "cardsync", "--device", "phone-1"];
    expect(
      (await cardsync([...as, "--password-stdin", "--data", data], { stdin: "x\n" })).code,
    ).toBe(0);
    expect((await run(...as)).stderr).toContain("use stdin");
    expect((await run("user", "identify", "ada")).stderr).toContain("--as");
    expect((await run("user", "identify", "ada", "--device", "phone-1", "--none")).code).toBe(0);
    expect((await run("user", "card", "ada", "nonesuch")).code).toBe(2);
    const unasked = await run("user", "remove", "bob");
    expect([unasked.code, unasked.stderr]).toEqual([2, expect.stringContaining("--yes")]);
    expect((await run("user", "remove", "bob", "--yes")).code).toBe(0);
    expect((await run("user", "remove", "bob", "--yes")).code).toBe(1);
  });

  it("ask which card is meant where there are several", async () => {
    await run("card", "create", "--size", "64", "--label", "ada");
    await run("card", "create", "--size", "64");
    const unclear = await run("items", "list", "notes");
    expect(unclear.code).toBe(2);
    expect(unclear.stderr).toMatch(/ada \([0-9a-f]{16}\), card-2 \([0-9a-f]{16}\)/);
    expect(await json("items", "list", "notes", "--card", "ada")).toEqual([]);
    expect((await run("card", "create", "--label", "ada")).code).toBe(1);
  });

  it("report a card that is gone or locked", async () => {
    await run("card", "create", "--size", "64");
    const pin = join(data, "cards", "card-1.pin");
    expect(statSync(pin).mode & 0o777).toBe(0o600);
    writeFileSync(pin, "PIN 00000000\n");
    const locked = await run("items", "list", "notes");
    expect([locked.code, locked.stdout]).toEqual([6, ""]);
    expect(locked.stderr).toContain("PIN");
  });
});

describe("usage", () => {
  it.each([
    [["--help"], 0, "stdout"],
    [["items", "--help"], 0, "stdout"],
    [["items", "list", "--help"], 0, "stdout"],
    [[], 2, "stderr"],
    [["items"], 2, "stderr"],
    [["itmes"], 2, "stderr"],
    [["items", "list"], 2, "stderr"],
    [["items", "list", "recipes"], 2, "stderr"],
    [["items", "list", "notes", "--jsn"], 2, "stderr"],
    [["items", "delete", "notes", "x"], 2, "stderr"],
    [["card", "create", "--size", "1"], 2, "stderr"],
    [["serve", "--port", "x"], 2, "stderr"],
  ] as const)("%j ends with %i", async (args, code, stream) => {
    const finished = await cardsync(args, { environment: { XDG_DATA_HOME: folder.path } });
    expect(finished.code).toBe(code);
    const other = stream === "stdout" ? "stderr" : "stdout";
    expect(finished[stream]).not.toBe("");
    expect(finished[other]).toBe("");
    expect(existsSync(join(folder.path, "cardsync"))).toBe(false);
  });

  it("knows its version", async () => {
    const { version } = JSON.parse(readFileSync("package.json", "utf8")) as { version: string };
    expect(await cardsync(["--version"])).toEqual({ code: 0, stdout: `${version}\n`, stderr: "" });
  });

  it("shows examples in every help", async () => {
    for (const command of [["history"], ["history", "undo"]])
      expect((await cardsync([...command, "--help"])).stdout).toContain("Examples:");
    expect((await cardsync(["history", "list", "--help"])).stdout).toContain("--data <dir>");
  });

  it("names what is wrong in the configuration", async () => {
    mkdirSync(data);
    writeFileSync(join(data, "config.yaml"), "server:\n  prot: 1\n");
    const refused = await run("links");
    expect(refused.code).toBe(2);
    expect(refused.stderr).toMatch(/server\.prot .*config\.yaml:2.*did you mean port\?/);
    expect((await run("config", "show")).code).toBe(2);
  });

  it("prints configuration and schema", async () => {
    const shown = await run("config", "show");
    expect(shown.stdout).toContain("port: 8080");
    const schema = await cardsync(["config", "schema"]);
    expect(JSON.parse(schema.stdout)).toHaveProperty("properties.server");
  });
});
