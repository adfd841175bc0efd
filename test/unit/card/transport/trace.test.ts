import { expect, test } from "vitest";
import { toHex } from "../../../../card/apdu/bytes.ts";
import { traced } from "../../../../card/transport/trace.ts";
import type { TraceLine } from "../../../../card/transport/trace.ts";
import type { PimCard } from "../../../../card/client/pim-card.ts";
import {
  CONTACTS,
  createBench,
  login,
  peer,
  PIN,
  PUK,
  text,
} from "../../../support/card/virtual.ts";

const SECRET = "a very private name";
const FRESH = "98765";

/** Uses every command that carries a PIN, a content or an object. @returns what is not to be seen, as hexadecimal */
const useAll = async (card: PimCard): Promise<{ private: string[]; objects: string[] }> => {
  await card.verify("0000");
  await card.changePin(PIN, FRESH);
  await card.unblockPin(PUK, PIN);
  await card.changePuk(PUK, "87654321");
  await card.verify(PIN);
  const { proposed } = await card.startSync(CONTACTS, peer(7), { mayEvict: false });
  await card.prepareSync(CONTACTS, proposed);
  const made = await card.create(CONTACTS, text(SECRET.repeat(30)));
  if (made.type === "written") {
    await card.update(CONTACTS, made.id, text(SECRET));
    await card.read(CONTACTS, [made.id]);
    for await (const record of card.readImage(CONTACTS))
      expect(record.content.length).toBe(SECRET.length);
    await card.delete(CONTACTS, made.id);
    await card.revive(CONTACTS, made.id, text(SECRET));
  }
  await card.listChanges(CONTACTS, "everything");
  await card.commitSync(CONTACTS, proposed);
  await card.peers();
  await card.forgetPeer(CONTACTS, peer(7));
  const secrets = [PIN, FRESH, PUK, "87654321", "0000", SECRET];
  return { private: secrets.map((secret) => toHex(text(secret))), objects: [proposed, peer(7)] };
};

const record = async (
  showObjects: boolean,
): Promise<{ lines: TraceLine[]; hidden: Awaited<ReturnType<typeof useAll>> }> => {
  const lines: TraceLine[] = [];
  const bench = createBench();
  const card = await login({
    transport: traced(bench.transport, (line) => lines.push(line), { showObjects }),
  });
  return { hidden: await useAll(card), lines };
};

test("a trace shows neither PIN nor content nor object", async () => {
  const { lines, hidden } = await record(false);
  const all = JSON.stringify(lines);
  for (const secret of [...hidden.private, ...hidden.objects]) expect(all).not.toContain(secret);
  expect(lines.map(({ name }) => name)).toContain("readImage");
  expect(lines.find(({ name }) => name === "create")).toMatchObject({
    isSegment: true,
    sw: 0x9000,
  });
  expect(lines[0]?.responseData).toBeDefined();
});

test("objects are shown only where they are asked for, PIN and content never", async () => {
  const { lines, hidden } = await record(true);
  const all = JSON.stringify(lines);
  for (const secret of hidden.private) expect(all).not.toContain(secret);
  for (const object of hidden.objects) expect(all).toContain(object);
});

test("what is no command of the table is never shown, and a failure is told", async () => {
  const lines: TraceLine[] = [];
  const broken = traced(
    { ...createBench().transport, transmit: () => Promise.reject(new Error("gone")) },
    (line) => lines.push(line),
  );
  await expect(broken.transmit(Uint8Array.of(0, 0x20, 9, 9, 2, 0x31, 0x32))).rejects.toThrow(
    "gone",
  );
  expect(lines).toEqual([
    {
      name: "unknown",
      ins: 0x20,
      p1: 9,
      p2: 9,
      isSegment: false,
      commandLength: 2,
      responseLength: 0,
    },
  ]);
});
