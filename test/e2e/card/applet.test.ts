import { randomBytes } from "node:crypto";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Transport } from "../../../card/transport/transport.ts";
import { formatCard } from "../../../card/virtual/format-card.ts";
import { BLOCK_BYTES, HEADERS_AT, HEADER_BYTES } from "../../../card/virtual/layout.ts";
import { MemoryNvm } from "../../../card/virtual/nvm.ts";
import { VirtualCard } from "../../../card/virtual/virtual-card.ts";
import { describeApduVectors } from "../../contract/card/apdu-vectors.ts";
import { describePowerCuts } from "../../contract/card/power-cut.ts";
import { describeReaders, describeTransport } from "../../contract/card/transport.ts";
import { AppletBench, VSmartCard } from "../../support/card/applet.ts";
import { PowerCut } from "../../support/card/cuttable-nvm.ts";
import type { Cut } from "../../support/card/cuttable-nvm.ts";
import type { AppletOptions } from "../../support/card/applet-parameters.ts";
import { BUILD_TIMEOUT_MS, missingForApplet } from "../../support/card/applet-build.ts";
import { withProtocolsRuntime } from "../../support/card/runtime-shim.ts";
import "../../support/fixed-seed.ts";
import { isOneStep, observe } from "../../support/card/twins/observe.ts";
import { play, playTwins, toTwin } from "../../support/card/twins/play-twins.ts";
import { change, steps } from "../../support/card/twins/steps.ts";
import { PIN, PUK, text, transportOf } from "../../support/card/virtual.ts";
import { listenOnFreePort, serveCard } from "../../support/card/vpcd.ts";
import type { ServedCard } from "../../support/card/vpcd.ts";

/** Sequences that both cards are put through; some 500 commands each. */
const RUNS = Number(process.env["APPLET_RUNS"] ?? 100);
const SMALL = { headerCount: 24, peerCount: 16, blockCount: 90 };
/** Soon full, lists of several pages, numbers that are soon used up, a PIN that is to be changed first. */
const SHAPES = [
  SMALL,
  { headerCount: 250, peerCount: 20, blockCount: 700 },
  { ...SMALL, initialCsn: 0xffff_fed0 },
  { ...SMALL, initialCsn: 0x7fff_fff0 },
  { ...SMALL, isTransportPin: true },
];
type Shape = typeof SMALL & Pick<AppletOptions, "initialCsn" | "isTransportPin">;

describe.skipIf(missingForApplet.length > 0)("the applet (needs java, mvn)", () => {
  let bench: AppletBench;
  let vsmartcard: VSmartCard;
  beforeAll(async () => {
    bench = new AppletBench();
    vsmartcard = await VSmartCard.start();
  }, BUILD_TIMEOUT_MS);
  afterAll(() => Promise.all([bench.close(), vsmartcard.close()]));

  const createOnBench = async (): Promise<Transport> => {
    await bench.newCard();
    return withProtocolsRuntime(bench.transport);
  };
  const createVSmartCard = async (): Promise<Transport> =>
    withProtocolsRuntime(await vsmartcard.newCard());

  describeApduVectors("the applet on the bench", createOnBench);
  describeApduVectors("the applet as jCardSim's VSmartCard in our reader", createVSmartCard);
  describeTransport("the applet as jCardSim's VSmartCard in our reader", createVSmartCard);

  describeReaders("our readers with the applet in them", async () => {
    await bench.newCard();
    const { readers, events } = await listenOnFreePort();
    const card = withProtocolsRuntime(bench.transport);
    let served: ServedCard | undefined;
    return {
      readers,
      reader: "vpcd:1",
      events,
      insert: () => {
        served = serveCard(card, readers.port);
        return Promise.resolve();
      },
      remove: async () => served?.remove(),
      close: async () => {
        await served?.remove();
        await readers.close();
      },
    };
  });

  describePowerCuts("the applet on the bench", async (shape) => {
    await bench.newCard({ ...SMALL, ...shape });
    return {
      transport: withProtocolsRuntime(bench.transport),
      cutAt: (cut) => bench.cutAt(cut),
      writes: async () => (await bench.meters()).writes,
      expectSound: () => undefined,
    };
  });

  test("answers as the virtual card of the same shape does, byte for byte", async () => {
    let commands = 0;
    await fc.assert(
      fc.asyncProperty(fc.constantFrom<Shape>(...SHAPES), steps(400), async (shape, drawn) => {
        await bench.newCard(shape);
        const applet = toTwin(withProtocolsRuntime(bench.transport));
        const virtual = toTwin(transportOf(newVirtualCard(shape).card));
        commands += await playTwins(virtual, applet, [{ do: "login" }, ...drawn]);
      }),
      { numRuns: RUNS, interruptAfterTimeLimit: 3_600_000, markInterruptAsFailure: true },
    );
    expect(commands).toBeGreaterThan(RUNS * 100);
  }, 4_000_000);

  test("loses power at any write of any sequence: its state is the old one or the new one", async () => {
    let cuts = 0;
    const where = fc.constantFrom<Cut["where"]>("before", "inside", "after");
    const atWrite = fc.constantFrom(0, 0, 0, 0, 1, 1, 2, 3, 5);
    const drawn = fc.tuple(fc.constantFrom<Shape>(...SHAPES), steps(120), change, atWrite, where);
    await fc.assert(
      fc.asyncProperty(drawn, async ([shape, past, step, n, at]) => {
        await bench.newCard(shape);
        const applet = toTwin(withProtocolsRuntime(bench.transport));
        const { card, image } = newVirtualCard(shape);
        const virtual = toTwin(transportOf(card));
        await playTwins(virtual, applet, [{ do: "login" }, ...past]);
        const before = image.slice();
        await play(virtual, step);
        await bench.cutAt({ atWrite: n, where: at });
        if (!(await losesPower(play(applet, step)))) return;
        await bench.cutAt(undefined);
        await applet.transport.reset();
        const pin = new TextDecoder().decode(applet.memory.pin);
        const found = await observe(applet.transport, pin);
        const ends = [before, image.slice()].map((memory) =>
          observe(transportOf(new VirtualCard(new MemoryNvm(memory), randomBytes)), pin),
        );
        if (isOneStep(step)) expect(await Promise.all(ends)).toContainEqual(found);
        else expect(found).not.toBe("locked");
        cuts++;
      }),
      { numRuns: RUNS * 3, interruptAfterTimeLimit: 3_600_000, markInterruptAsFailure: true },
    );

    expect(cuts).toBeGreaterThan(RUNS / 2);
  }, 4_000_000);

  test("makes do with little RAM", async () => {
    await bench.newCard();
    expect((await bench.meters()).transientBytes).toBeLessThan(450);
  });
});

interface VirtualTwin {
  readonly card: VirtualCard;
  /** Its memory, as it is at any moment. */
  readonly image: Uint8Array;
}

const newVirtualCard = ({ blockCount, ...shape }: Shape): VirtualTwin => {
  const { headerCount, peerCount } = shape;
  const headersEnd = HEADERS_AT + headerCount * HEADER_BYTES;
  const blocks = Math.ceil(headersEnd / BLOCK_BYTES) + peerCount + blockCount;
  const image = new Uint8Array(blocks * BLOCK_BYTES);
  const nvm = new MemoryNvm(image);
  formatCard(nvm, randomBytes, { pin: text(PIN), puk: text(PUK), ...shape });
  return { image, card: new VirtualCard(nvm, randomBytes) };
};

const losesPower = async (run: Promise<unknown>): Promise<boolean> => {
  const error = await run.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  if (error !== undefined) expect(error).toBeInstanceOf(PowerCut);
  return error !== undefined;
};
