import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { cardsync, serve, temporaryFolder, type Finished, type Service } from "../support/cli.ts";
import { ScriptedClient } from "../support/scripted-client.ts";
import { vcard } from "../support/bridge-world.ts";

const folder = temporaryFolder();
let service: Service;

/** A phone that added Anna and Bert, then changed Anna, deleted Bert and added Carla. */
beforeAll(async () => {
  service = await serve(folder.path);
  const phone = new ScriptedClient({
    exchange: async (bytes, type, url) => {
      const headers = { "Content-Type": type };
      const answer = await fetch(url, { method: "POST", headers, body: Buffer.from(bytes) });
      return { httpStatus: answer.status, bytes: new Uint8Array(await answer.arrayBuffer()) };
    },
    url: service.url,
    user: "me",
    password: /Password\s+(\S+)/.exec(service.stdout())?.[1] ?? "",
    deviceId: "phone-1",
    source: "./pb",
    target: "./contacts",
    mediaType: "text/vcard",
  });
  const anna = phone.add(vcard("Anna", "1"));
  const bert = phone.add(vcard("Bert", "1"));
  await phone.sync();
  phone.change(anna, vcard("Anna", "2"));
  phone.delete(bert);
  phone.add(vcard("Carla", "2"));
  await phone.sync();
});
afterAll(async () => {
  await service.stop();
  folder.remove();
});

const history = (...args: readonly string[]): Promise<Finished> =>
  cardsync(["history", ...args, "--data", folder.path]);
const titles = async (): Promise<readonly string[]> => {
  const { stdout } = await cardsync(["items", "list", "contacts", "--json", "--data", folder.path]);
  return (JSON.parse(stdout) as { title: string }[]).map(({ title }) => title).sort();
};

describe("cardsync history", () => {
  it("names each sync by a short number", async () => {
    const list = await history();
    expect(list.stdout).toMatch(/^SYNC\s+ENDED/);
    expect(list.stdout).toMatch(/^2 .*two-way.*1\/1\/1\/0/m);
    expect((await history("list")).stdout).toBe(list.stdout);
  });

  it("shows what happened to each item, with titles where asked for", async () => {
    const shown = await history("show", "2");
    expect(shown.stdout).toContain("Only changes were exchanged");
    expect(shown.stdout).toMatch(/peer\s+replace\s+replaced\s+200/);
    expect(shown.stdout).toMatch(/peer\s+delete\s+deleted\s+200/);
    expect(shown.stdout).toMatch(/peer\s+add\s+added\s+201/);
    expect(shown.stdout).not.toContain("Carla");
    expect((await history("show", "2", "--titles")).stdout).toContain("Carla");
    const view = JSON.parse((await history("show", "1", "--json")).stdout) as { why: string };
    expect(view.why).toContain("first sync of these two sides");
  });

  it("refuses what is no sync", async () => {
    expect(await history("show", "99")).toMatchObject({
      code: 1,
      stderr: "cardsync: There is no sync 99; `cardsync history` shows all.\n",
    });
    expect((await history("undo", "99", "--yes")).code).toBe(1);
    expect((await history("undo", "Anna")).code).toBe(2);
  });

  it("undoes a sync once it is agreed to", async () => {
    const asked = await history("undo", "2");
    expect(asked.code).toBe(2);
    expect(asked.stderr).toContain("give --yes");
    const dry = await history("undo", "2", "--dry-run");
    expect(dry.stdout).toMatch(/delete\s+to be done\s+Carla/);
    expect(dry.stdout).toMatch(/bring back\s+to be done\s+Bert/);
    expect(dry.stdout).toMatch(/former content\s+to be done\s+Anna/);
    expect(await titles()).toEqual(["Anna", "Carla"]);
    const done = await history("undo", "2", "--yes");
    expect(done).toMatchObject({ code: 0, stderr: "" });
    expect(done.stdout).toContain("Done, as sync 3 of the history.");
    expect(await titles()).toEqual(["Anna", "Bert"]);
    expect((await history()).stdout).toMatch(/^3 .*undo.*1\/1\/1\/0\s+ok\s+undo of sync 2/m);
  });

  it("says where there is nothing to undo, without asking", async () => {
    const again = await history("undo", "2");
    expect(again.code).toBe(0);
    expect(again.stdout).toContain("Nothing to undo");
  });

  it("names what was changed since, and exits with 1", async () => {
    const left = await history("undo", "1", "--yes", "--json");
    expect(left.code, "all of it is as that sync left it").toBe(0);
    expect(await titles()).toEqual([]);
    const stale = await history("undo", "3", "--yes");
    expect(stale.code).toBe(1);
    expect(stale.stdout).toContain("changed since, left alone: --force");
    expect((await history("undo", "3", "--yes", "--force")).code).toBe(0);
    expect(await titles()).toEqual(["Anna", "Carla"]);
  });
});
