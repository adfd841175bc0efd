import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { cardsync, serve, temporaryFolder, type Service } from "../support/cli.ts";
import { ScriptedClient, type ScriptedClientOptions } from "../support/scripted-client.ts";
import { vcard } from "../support/bridge-world.ts";

let folder: ReturnType<typeof temporaryFolder>;
let service: Service;
beforeEach(async () => {
  folder = temporaryFolder();
  process.env["CARDSYNC_LOG__LEVEL"] = "trace";
  service = await serve(folder.path);
});
afterEach(async () => {
  delete process.env["CARDSYNC_LOG__LEVEL"];
  await service.stop();
  folder.remove();
});

const NAME = "Kanarienvogel";
const TEL = "+491512345999";

function client(options: Partial<ScriptedClientOptions>): ScriptedClient {
  return new ScriptedClient({
    exchange: async (bytes, type, url) => {
      const answer = await fetch(url, {
        method: "POST",
        headers: { "Content-Type": type },
        body: Buffer.from(bytes),
      });
      return { httpStatus: answer.status, bytes: new Uint8Array(await answer.arrayBuffer()) };
    },
    url: service.url,
    user: "me",
    password: "",
    deviceId: "phone-1",
    source: "./pb",
    target: "./contacts",
    mediaType: "text/vcard",
    ...options,
  });
}

/** Every run of eight characters or more of these would give something away. */
async function expectNothingSaid(secrets: readonly string[]): Promise<void> {
  await expect.poll(() => service.stderr()).toContain("syncml message");
  for (const secret of secrets) {
    expect(service.stderr()).not.toContain(secret);
    expect(service.stderr()).not.toContain(Buffer.from(secret, "utf8").toString("base64"));
    expect(service.stderr()).not.toContain(Buffer.from(secret, "utf8").toString("hex"));
  }
}

it("says no contents, password or PIN at any level, whatever goes right or wrong", async () => {
  const password = /Password\s+(\S+)/.exec(service.stdout())?.[1] ?? "";
  const pin =
    /PIN (\d+)/.exec(readFileSync(join(folder.path, "cards/card-1.pin"), "utf8"))?.[1] ?? "";
  expect(password).toMatch(/.{8}/);
  expect(pin).toMatch(/\d{8}/);
  const good = client({ password });
  good.add(vcard(NAME, TEL));
  good.add(`BEGIN:VCARD\r\nVERSION:3.0\r\nFN:${NAME} broken`);
  await good.sync();
  await good.sync();
  const wrong = "geheimes-kennwort";
  await client({ password: wrong, deviceId: "phone-2" }).sync();
  await fetch(service.url, {
    method: "POST",
    headers: { "Content-Type": "application/vnd.syncml+xml" },
    body: `<SyncML><SyncHdr>${NAME} ${TEL}`,
  });
  await expectNothingSaid([NAME, TEL, password, wrong, pin]);
});

/** Every file of the data folder as it stands on disk while the service runs. */
function filesOnDisk(): readonly { readonly name: string; readonly bytes: Buffer }[] {
  return readdirSync(folder.path, { withFileTypes: true, recursive: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .map((name) => ({ name, bytes: readFileSync(name) }));
}

it("keeps no content in the clear, also of what a sync took away and an undo brought back", async () => {
  const password = /Password\s+(\S+)/.exec(service.stdout())?.[1] ?? "";
  const phone = client({ password });
  const luids = Array.from({ length: 12 }, (_, at) =>
    phone.add(vcard(`${NAME}-${String(at)}`, TEL)),
  );
  await phone.sync();
  await phone.sync();
  for (const luid of luids) phone.delete(luid);
  await phone.sync();
  const at = ["--data", folder.path];
  const [last] = JSON.parse((await cardsync(["history", "--json", ...at])).stdout) as {
    id: number;
  }[];
  const sync = String(last?.id);
  const shown = await cardsync(["history", "show", sync, ...at]);
  expect(shown.stdout).toContain("deleted");
  expect(shown.stdout).not.toContain(NAME);
  const undone = await cardsync(["history", "undo", sync, "--yes", ...at]);
  expect(undone.code, undone.stderr).toBe(0);
  expect(undone.stdout).toContain(NAME);
  const titled = /Done, as sync (\d+)/.exec(undone.stdout)?.[1] ?? "0";
  const again = await cardsync(["history", "show", titled, "--titles", ...at]);
  expect(again.stdout, "titles are kept").toContain(NAME);
  // The virtual card is the card: what it holds is on it in the clear, as on a real one behind its PIN.
  for (const { name, bytes } of filesOnDisk().filter((file) => !file.name.endsWith(".card")))
    for (const secret of [NAME, TEL]) expect(bytes.includes(secret), name).toBe(false);
  await expectNothingSaid([NAME, TEL]);
});
