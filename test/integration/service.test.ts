import { readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import {
  cardsync,
  cardsyncProcess,
  type Finished,
  serve,
  type Service,
  temporaryFolder,
} from "../support/cli.ts";

const PASSWORD = /^ {2}Password +(\S+)$/m;

let folder: ReturnType<typeof temporaryFolder>;
let data: string;
const services: Service[] = [];
beforeEach(() => {
  folder = temporaryFolder();
  data = join(folder.path, "data");
});
afterEach(async () => {
  await Promise.all(services.splice(0).map((service) => service.stop("SIGKILL")));
  folder.remove();
});

const run = (...args: string[]): Promise<Finished> => cardsync([...args, "--data", data]);

async function start(...args: string[]): Promise<Service> {
  const service = await serve(data, args);
  services.push(service);
  return service;
}

const json = async <T>(...args: string[]): Promise<T> => {
  const { code, stdout, stderr } = await run(...args, "--json");
  expect([code, stderr]).toEqual([0, ""]);
  return JSON.parse(stdout) as T;
};

/** Every file below a folder. */
const filesBelow = (path: string): string[] =>
  readdirSync(path, { recursive: true, withFileTypes: true })
    .filter((each) => each.isFile())
    .map((each) => join(each.parentPath, each.name));

describe("the service, a process", { timeout: 60_000 }, () => {
  it("makes what is missing at the first start, says how to connect, and never again", async () => {
    const first = await start();
    const password = PASSWORD.exec(first.stdout())?.[1] ?? "none";
    expect(password).toMatch(/^[a-z0-9-]{24}$/);
    expect(first.stdout()).toContain(first.url);
    expect(first.stdout()).toMatch(/User +me/);
    expect(first.stdout()).toContain("contacts, calendar, tasks, notes");
    expect((await fetch(first.url)).status).toBe(200);
    expect(await first.stop()).toBe(0);

    const second = await start();
    expect(second.stdout()).not.toMatch(PASSWORD);
    expect(second.stdout()).not.toContain(password);
    expect(await second.stop("SIGINT")).toBe(0);

    for (const file of filesBelow(data)) {
      expect([file, statSync(file).mode & 0o077]).toEqual([file, 0]);
      expect(readFileSync(file).includes(password)).toBe(false);
    }
    expect(statSync(data).mode & 0o777).toBe(0o700);
    expect(first.stderr() + second.stderr()).not.toContain(password);
  });

  it("keeps users and cards that are there", async () => {
    await cardsync(["user", "add", "ada", "--password-stdin", "--data", data], { stdin: "pw\n" });
    const made = await json<{ uuid: string }>("card", "create", "--size", "64");
    const service = await start();
    expect(service.stdout()).not.toMatch(PASSWORD);
    await service.stop();
    expect((await json<{ uuid: string }>("card", "info")).uuid).toBe(made.uuid);
    expect(await json("user", "list")).toMatchObject([{ name: "ada" }]);
  });

  it("refuses a folder that another service has, whatever became of an earlier one", async () => {
    const dead = await start();
    await dead.stop("SIGKILL");
    const service = await start();
    const refused = await cardsyncProcess(["serve", "--port", "0", "--data", data]);
    expect(refused.code).toBe(1);
    expect(refused.stderr).toMatch(/Another cardsync service runs in/);
    expect(refused.stdout).toBe("");
    expect((await fetch(service.url)).status).toBe(200);
  });

  it("refuses a port that is taken, without wasting the first password", async () => {
    const service = await serve(join(folder.path, "other"));
    services.push(service);
    const port = new URL(service.url).port;
    const refused = await run("serve", "--port", port);
    expect([refused.code, refused.stdout]).toEqual([1, ""]);
    expect(refused.stderr).toContain(port);
    expect((await start()).stdout()).toMatch(PASSWORD);
  });

  it("needs consent for plain HTTP beyond this machine", async () => {
    const refused = await run("serve", "--host", "0.0.0.0", "--port", "0");
    expect(refused.code).toBe(2);
    expect(refused.stderr).toContain("--insecure-http");
    const service = await start("--host", "0.0.0.0", "--insecure-http");
    expect(service.url).toMatch(/^http:\/\/0\.0\.0\.0:/);
  });

  it("does what commands ask while it runs", async () => {
    const service = await start();
    const list = await cardsyncProcess(["items", "list", "contacts", "--json", "--data", data]);
    expect(list).toEqual({ code: 0, stdout: "[]\n", stderr: "" });
    const added = await cardsync(["user", "add", "ada", "--password-stdin", "--data", data], {
      stdin: "pw\n",
    });
    expect(added).toEqual({ code: 0, stdout: "", stderr: "" });
    expect(await json("user", "list")).toMatchObject([{ name: "ada" }, { name: "me" }]);
    const refused = await run("user", "remove", "nobody", "--yes");
    expect(refused).toEqual({
      code: 1,
      stdout: "",
      stderr: 'cardsync: There is no user "nobody".\n',
    });
    expect(await service.stop()).toBe(0);
    expect(await json("user", "list")).toHaveLength(2);
  });
});
