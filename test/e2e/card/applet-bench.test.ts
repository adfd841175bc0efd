import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { fromHex, toHex } from "../../../card/apdu/bytes.ts";
import { AppletBench } from "../../support/card/applet.ts";
import { BUILD_TIMEOUT_MS, missingForApplet } from "../../support/card/applet-build.ts";
import { PowerCut } from "../../support/card/cuttable-nvm.ts";

const SELECT = "00a4040008f050494d4442310100";
const WRITE = "80015500";
const READ = "8002000000";
const BLANK = "00".repeat(19);
const WRITES = 7;

describe.skipIf(missingForApplet.length > 0)("the bench for applets (needs java, mvn)", () => {
  let bench: AppletBench;
  beforeAll(() => {
    bench = new AppletBench("cardsync.bench.sample.SampleApplet");
  }, BUILD_TIMEOUT_MS);
  afterAll(() => bench.close());
  beforeEach(async () => {
    await bench.newCard();
    expect(await send(SELECT)).toBe("9000");
  });

  const send = async (command: string): Promise<string> =>
    toHex(await bench.transport.transmit(fromHex(command)));

  /** What is in the memory after a command whose power is cut. */
  const afterCut = async (
    atWrite: number,
    where: "before" | "inside" | "after",
    command = WRITE,
  ): Promise<string> => {
    await bench.cutAt({ atWrite, where });
    await expect(send(command)).rejects.toThrow(PowerCut);
    await expect(send(READ)).rejects.toThrow(PowerCut);
    await bench.cutAt(undefined);
    await bench.transport.reset();
    await send(SELECT);
    return (await send(READ)).slice(0, -4);
  };

  test("counts every write, by API call, array and field, and none into RAM", async () => {
    const before = await bench.meters();
    await send(WRITE);
    await send("80035500");
    await send(READ);
    const after = await bench.meters();
    expect(after.writes - before.writes).toBe(WRITES);
    expect(after.transientBytes).toBe(1 + 1);
    expect(await send(READ)).toBe(
      "80015500" + "80015500" + "55" + "55555555" + "0a0b" + "00" + "0101" + "55" + "9000",
    );
  });

  test("a reset clears RAM and nothing else", async () => {
    await send(WRITE);
    await send("80035500");
    await bench.transport.reset();
    await send(SELECT);
    expect(await send(READ)).toMatch(/^80015500.*0101009000$/);
  });

  test("a cut before the first write leaves nothing, one after the last everything", async () => {
    expect(await afterCut(0, "before")).toBe(BLANK);
    await send(WRITE);
    const whole = (await send(READ)).slice(0, -4);
    await bench.newCard();
    await send(SELECT);
    await send(WRITE);
    expect((await send(READ)).slice(0, -4)).toBe(whole);
    await bench.newCard();
    await send(SELECT);
    expect(await afterCut(WRITES - 1, "after")).toBe(whole);
  });

  test("inside a copy that is not atomic: its first half; inside one that is: nothing", async () => {
    expect(await afterCut(0, "inside")).toBe("8001" + BLANK.slice(4));
    expect(await afterCut(1, "inside")).toBe("80015500" + BLANK.slice(8));
    expect(await afterCut(1, "after")).toBe("80015500" + "80015500" + BLANK.slice(16));
    expect(await afterCut(3, "inside")).toBe(
      "80015500" + "80015500" + "55" + "5555" + BLANK.slice(22),
    );
  });

  test.each([0, 1, 2, 3, 4, 5, 6])("write %i: after it is before the next one", async (at) => {
    const after = await afterCut(at, "after");
    await bench.newCard();
    await send(SELECT);
    if (at + 1 < WRITES) expect(await afterCut(at + 1, "before")).toBe(after);
  });

  test("a PIN's try is counted before it is compared, and given back afterwards", async () => {
    const right = "800600000431323334";
    const wrong = "800600000430303030";
    expect(await send(wrong)).toBe("63c2");
    await afterCut(0, "after", right);
    expect(await send(wrong)).toBe("63c0");
    expect(await send(right)).toBe("63c0");
  });

  test("what no card would do is an error: allocation after install, transactions", async () => {
    await expect(send("80040000")).rejects.toThrow("allocated after install");
    await expect(send("80050000")).rejects.toThrow("began a transaction");
    expect(await send("8002000000")).toBe(`${BLANK}9000`);
  });
});
