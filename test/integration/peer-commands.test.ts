import { readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { PeerView } from "../../src/peers/peer.ts";
import { cardsync, type Finished, temporaryFolder } from "../support/cli.ts";

const PASSWORD = "open-sesame-4711";

let folder: ReturnType<typeof temporaryFolder>;
let data: string;
beforeEach(() => {
  folder = temporaryFolder();
  data = join(folder.path, "data");
});
afterEach(() => {
  folder.remove();
});

const run = (...args: string[]): Promise<Finished> =>
  cardsync([...args, "--data", data], { stdin: `${PASSWORD}\n` });

const add = (...more: string[]): Promise<Finished> =>
  run("peer", "add", "home", "--password-stdin", ...more);

const URL_AND_USER = ["--url", "https://sync.example.org/syncml", "--user", "ada"];

const list = async (): Promise<readonly PeerView[]> =>
  JSON.parse((await run("peer", "list", "--json")).stdout) as PeerView[];

describe("peers", () => {
  it("are added with what their template knows, shown without the password, and removed", async () => {
    expect((await add(...URL_AND_USER)).code).toBe(0);
    expect(await list()).toMatchObject([
      { name: "home", user: "ada", type: "two-way", version: "auto", card: null },
    ]);
    const shown = await run("peer", "show", "home");
    expect(shown.stdout).toContain("https://sync.example.org/syncml");
    expect(shown.stdout).toMatch(/calendar +calendar/);
    expect((await run("peer", "list")).stdout).toContain("contacts, calendar, tasks, notes");
    expect(shown.stdout + shown.stderr).not.toContain(PASSWORD);
    expect((await run("peer", "remove", "home")).code).toBe(2);
    expect((await run("peer", "remove", "home", "--yes")).code).toBe(0);
    expect(await list()).toEqual([]);
  });

  it("have the datastores that were named, and change in what was said", async () => {
    const some = ["--datastore", "contacts=people", "--datastore", "notes"];
    expect((await add(...URL_AND_USER, "--template", "syncevolution", ...some)).code).toBe(0);
    expect((await list())[0]?.datastores).toEqual({ contacts: "people", notes: "memo" });
    expect(
      (await run("peer", "edit", "home", "--type", "slow", "--card", "00ff00ff00ff00ff")).code,
    ).toBe(0);
    expect((await list())[0]).toMatchObject({
      type: "slow",
      card: "00ff00ff00ff00ff",
      datastores: { contacts: "people", notes: "memo" },
    });
    expect((await run("peer", "edit", "home", "--card", "any")).code).toBe(0);
    expect((await list())[0]?.card).toBeNull();
  });

  it("of an untested kind say so", async () => {
    const added = await add(...URL_AND_USER, "--template", "horde");
    expect([added.code, added.stderr]).toEqual([0, 'The template "horde" is untested.\n']);
  });

  it.each([
    ["no URL", ["--user", "ada"], "needs --url and --user"],
    ["a wrong URL", ["--url", "nowhere", "--user", "ada"], "The peer's url:"],
    ["a wrong datastore", [...URL_AND_USER, "--datastore", "photos=x"], "contacts, calendar"],
    ["an absent card", [...URL_AND_USER, "--card", "mine"], "no card"],
  ])("with %s are refused with a sentence", async (_, args, sentence) => {
    const refused = await add(...args);
    expect(refused.code).not.toBe(0);
    expect(refused.stderr).toContain(sentence);
    expect(await list()).toEqual([]);
  });

  it("leave no password in the clear on the disk", async () => {
    await add(...URL_AND_USER);
    const files = readdirSync(data, { recursive: true, encoding: "utf8" })
      .map((name) => join(data, name))
      .filter((path) => statSync(path).isFile());
    expect(files.length).toBeGreaterThan(0);
    for (const path of files) expect(readFileSync(path).includes(PASSWORD)).toBe(false);
  });
});
