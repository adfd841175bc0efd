import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { concatBytes, u16 } from "../../../../card/apdu/bytes.ts";
import { PimCard } from "../../../../card/client/pim-card.ts";
import { toRecordId, type RecordId } from "../../../../card/commands/ids.ts";
import type { Transport } from "../../../../card/transport/transport.ts";
import {
  CONTACTS,
  createBench,
  EVENTS,
  login,
  noObject,
  peer,
  PIN,
  PUK,
  text,
} from "../../../support/card/virtual.ts";

/** What a T=0 reader makes of a T=1 card: answers are fetched in parts by GET RESPONSE, a wrong Le is corrected. */
const asT0 = (transport: Transport): Transport => {
  let rest = new Uint8Array();
  let sw = 0;
  const part = (le: number): Uint8Array => {
    const data = rest.subarray(0, le);
    rest = rest.slice(le);
    return concatBytes(data, u16(rest.length > 0 ? 0x6100 | Math.min(rest.length, 100) : sw));
  };
  return {
    ...transport,
    transmit: async (command) => {
      if (command[1] === 0xc0) return part(command[4] ?? 0);
      const answer = await transport.transmit(command);
      sw = ((answer.at(-2) ?? 0) << 8) | (answer.at(-1) ?? 0);
      rest = answer.slice(0, -2);
      if (rest.length === 0) return answer;
      if (command.length === 5 && command[4] === 0) return u16(0x6c00 | rest.length);
      return command.length === 5 ? answer : u16(0x6100 | Math.min(rest.length, 100));
    },
  };
};

const contents = fc.array(fc.uint8Array({ maxLength: 900, size: "max" }), { maxLength: 12 });

describe("PimCard", () => {
  test.each([
    ["T=1", (transport: Transport) => transport],
    ["T=0", asT0],
  ])("gives back what was written, over %s", async (_, wrap) => {
    await fc.assert(
      fc.asyncProperty(contents, async (list) => {
        const { transport } = createBench();
        const card = await login({ transport: wrap(transport) });
        const ids: RecordId[] = [];
        for (const content of list) {
          const made = await card.create(CONTACTS, content);
          if (made.type === "written") ids.push(made.id);
        }
        const read = await card.read(CONTACTS, [...ids].reverse());
        expect(read.map(({ content }) => content)).toEqual([...list].reverse());
        const image = [];
        for await (const record of card.readImage(CONTACTS)) image.push(record.content);
        expect(image).toEqual(list);
        expect(await card.listChanges(CONTACTS, "everything")).toMatchObject({
          changes: ids.map((id) => ({ id, kind: "added" })),
        });
      }),
      { numRuns: 40 },
    );
  });

  test("more records than one READ names", async () => {
    const card = await login(createBench({ sizeKb: 256 }));
    const ids: RecordId[] = [];
    for (let n = 0; n < 150; n++) {
      const made = await card.create(CONTACTS, text(String(n)));
      if (made.type === "written") ids.push(made.id);
    }
    expect((await card.read(CONTACTS, ids)).map(({ id }) => id)).toEqual(ids);
    const listed = await card.listIds(CONTACTS, "everything");
    expect(listed.type === "listed" && listed.changes.map(({ id }) => id)).toEqual(ids);
  });

  test("names in each READ but the first few more records than its answer holds", async () => {
    const { transport } = createBench({ sizeKb: 256 });
    const sent: number[] = [];
    const counting: Transport = {
      ...transport,
      transmit: (command) => {
        if (command[1] === 0x16) sent.push(command.length);
        return transport.transmit(command);
      },
    };
    const card = await login({ transport: counting });
    const lengths = [200, 1, 400, 0, 250, 90, 200, 200, 0, 0, 900, 30, 200, 200, 200, 10];
    const ids: RecordId[] = [];
    for (const length of lengths) {
      const made = await card.create(CONTACTS, new Uint8Array(length).fill(length));
      if (made.type === "written") ids.push(made.id);
    }
    await card.delete(CONTACTS, toRecordId(4));
    const read = await card.read(CONTACTS, ids);
    expect(read.map(({ content }) => content.length)).toEqual(lengths.toSpliced(3, 1));
    expect(Math.max(...sent.slice(1))).toBeLessThan(5 + 2 + 4 * 12);
  });

  test("calls that overlap do not mix", async () => {
    const card = await login(createBench());
    const made = await Promise.all(
      [600, 700, 800].map((length, fill) =>
        card.create(CONTACTS, new Uint8Array(length).fill(fill)),
      ),
    );
    const ids = made.flatMap((outcome) => (outcome.type === "written" ? [outcome.id] : []));
    const [all, [second]] = await Promise.all([
      card.read(CONTACTS, ids),
      card.read(CONTACTS, ids.slice(1, 2)),
    ]);
    expect(all.map(({ content }) => content.length)).toEqual([600, 700, 800]);
    expect(second?.content[0]).toBe(1);
  });

  test("the PIN's outcomes", async () => {
    const card = await PimCard.open(createBench().transport);
    await expect(card.identity()).rejects.toMatchObject({ code: "CARD_PIN" });
    expect(await card.verify("9999")).toEqual({ type: "wrong", triesLeft: 2 });
    expect(await card.pinTries()).toBe(2);
    expect(await card.verify("9999")).toEqual({ type: "wrong", triesLeft: 1 });
    expect(await card.verify("9999")).toEqual({ type: "blocked" });
    expect(await card.verify(PIN)).toEqual({ type: "blocked" });
    expect(await card.pinTries()).toBe(0);
    expect(await card.unblockPin("00000000", "5555")).toEqual({ type: "wrong", triesLeft: 9 });
    expect(await card.unblockPin(PUK, "5555")).toEqual({ type: "verified" });
    expect(await card.verify("5555")).toEqual({ type: "verified" });
    expect(await card.changePuk(PUK, "11112222")).toEqual({ type: "verified" });
  });

  test("a reset in the midst of a sync is told from a missing PIN", async () => {
    const bench = createBench();
    const card = await login(bench);
    await card.startSync(CONTACTS, peer(1), { mayEvict: false });
    await bench.transport.reset();
    await expect(card.identity()).rejects.toMatchObject({ code: "CARD_RESET" });
    const again = await login(bench);
    await expect(again.listChanges(CONTACTS, noObject)).rejects.toMatchObject({
      code: "CARD_RESET",
    });
    expect(await again.commitSync(CONTACTS, noObject)).toEqual({ type: "mismatch" });
  });

  test("databases are apart from each other", async () => {
    const card = await login(createBench());
    const made = await card.create(CONTACTS, text("x"));
    const id = made.type === "written" ? made.id : (0 as RecordId);
    expect(await card.read(EVENTS, [id])).toEqual([]);
    expect(await card.update(EVENTS, id, text("y"))).toEqual({ type: "missing" });
    expect(await card.touch(EVENTS, id)).toEqual({ type: "missing" });
    await card.putLabel(EVENTS, "Работа");
    expect((await card.databases()).map(({ live, label, media }) => [live, label, media])).toEqual([
      [1, "", "contact"],
      [0, "Работа", "event"],
      [0, "", "task"],
      [0, "", "note"],
    ]);
    expect(await card.forgetPeer(CONTACTS, peer(5))).toBe(false);
  });
});
