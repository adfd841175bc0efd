import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { BridgeWorld, vcard } from "../support/bridge-world.ts";
import type { Exchange } from "../support/scripted-client.ts";

let world: BridgeWorld;
beforeEach(async () => {
  world = await BridgeWorld.create();
});
afterEach(() => world.destroy());

interface Exchanged {
  readonly request: Parameters<Exchange>;
  readonly answer: Buffer;
}

/** One sync of a client with a contact, over an exchange of the test's own. @returns all its messages */
async function syncOver(
  send: (...request: Parameters<Exchange>) => ReturnType<Exchange>,
): Promise<readonly Exchanged[]> {
  const all: Exchanged[] = [];
  const client = world.client({
    exchange: async (...request) => {
      const answer = await send(...request);
      all.push({ request, answer: Buffer.from(answer.bytes) });
      return answer;
    },
  });
  client.add(vcard("Anna", "1"));
  await client.sync();
  return all;
}

const again = async ({ request }: Exchanged): Promise<Buffer> =>
  Buffer.from((await world.exchange(...request)).bytes);

describe("a message that comes again has the same bytes (syncml.md 2.6, rows 11 and 12)", () => {
  it("while it is still being worked on, each message of a sync", async () => {
    const all = await syncOver(async (...request) => {
      const [one, other] = await Promise.all([
        world.exchange(...request),
        world.exchange(...request),
      ]);
      expect(Buffer.compare(one.bytes, other.bytes)).toBe(0);
      return one;
    });
    expect(all.length).toBeGreaterThan(2);
    expect(await world.contacts()).toHaveLength(1);
  });

  it("while the card is busy with it, whose writes are made once", async () => {
    let again: ReturnType<Exchange> | undefined;
    const all = await syncOver(async (...request) => {
      world.beforeApdu = () => {
        again ??= world.exchange(...request);
      };
      const answer = await world.exchange(...request);
      world.beforeApdu = undefined;
      expect(Buffer.compare((await again)?.bytes ?? answer.bytes, answer.bytes)).toBe(0);
      again = undefined;
      return answer;
    });
    expect(all.length).toBeGreaterThan(2);
    expect(await world.contacts()).toHaveLength(1);
  });

  it("for 15 minutes after the session's end, and after a restart; then it is another session's", async () => {
    const last = (await syncOver(world.exchange.bind(world))).at(-1);
    if (last === undefined) throw new Error("no message");
    for (const minutes of [0, 5, 9]) {
      world.nowMs += minutes * 60_000;
      await world.server.sweep();
      expect(await again(last)).toEqual(last.answer);
      await world.restart();
      expect(await again(last)).toEqual(last.answer);
    }
    world.nowMs += 3_600_000;
    await world.server.sweep();
    const [bytes, type, url] = last.request;
    expect((await world.exchange(bytes, type, url)).httpStatus).toBe(404);
    expect(await world.contacts()).toHaveLength(1);
  });

  it("after a restart in the middle, where its sync is lost", async () => {
    const sent: Exchanged[] = [];
    await syncOver(async (...request) => {
      const answer = await world.exchange(...request);
      sent.push({ request, answer: Buffer.from(answer.bytes) });
      if (sent.length < 2) return answer;
      await world.restart();
      const [, second] = sent;
      if (second !== undefined) expect(await again(second)).toEqual(second.answer);
      throw new Error("enough");
    }).catch((error: unknown) => {
      expect(error).toMatchObject({ message: "enough" });
    });
    expect(sent).toHaveLength(2);
  });
});
