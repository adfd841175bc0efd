import { readFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { serve, temporaryFolder, type Service } from "../support/cli.ts";
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
