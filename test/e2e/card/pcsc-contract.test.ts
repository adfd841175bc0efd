import { afterAll, beforeAll, describe } from "vitest";
import type { Transport } from "../../../card/index.ts";
import { describeApduVectors } from "../../contract/card/apdu-vectors.ts";
import { describeReaders, describeTransport } from "../../contract/card/transport.ts";
import { lacksPcsc, missingPcsc, type Pcscd, startPcscd } from "../../support/card/pcscd.ts";
import { createBench } from "../../support/card/virtual.ts";
import { VpcdCard } from "../../support/card/vpcd-card.ts";
import { openReaders, type OpenedReaders } from "../support/pcsc-readers.ts";

const SLOTS = 2;
/** The shortest: T=0 and nothing else. ISO 7816-3, 8.2. */
const T0_ATR = Uint8Array.of(0x3b, 0x00);

describe.skipIf(lacksPcsc)(["over pcscd and vpcd", ...missingPcsc()].join(", no "), () => {
  let pcscd: Pcscd;
  let opened: OpenedReaders;
  let turn = 0;

  beforeAll(async () => {
    pcscd = await startPcscd({ slots: SLOTS });
    opened = openReaders(pcscd);
    await opened.readers.ready;
  });

  afterAll(async () => {
    await opened.readers.close();
    await pcscd.stop();
  });

  /** Each time the other slot, which has seen by now that its last card is gone. */
  const nextSlot = (): { readonly port: number; readonly reader: string } => {
    const slot = turn++ % SLOTS;
    return { port: pcscd.ports[slot] ?? 0, reader: pcscd.readers[slot] ?? "" };
  };

  const isEmpty = (reader: string): boolean =>
    !opened.readers.list().find(({ name }) => name === reader)?.card;

  const create = async (atr?: Uint8Array): Promise<Transport> => {
    const { port, reader } = nextSlot();
    const { readers, log } = opened;
    await log.until(() => isEmpty(reader));
    const card = new VpcdCard(createBench().transport, atr);
    card.insert(port);
    await log.until(() => !isEmpty(reader));
    const transport = await readers.connect(reader);
    return {
      transmit: (command, signal) => transport.transmit(command, signal),
      reset: () => transport.reset(),
      close: async () => {
        await transport.close();
        await card.remove();
      },
    };
  };

  describeApduVectors("the virtual card", () => create());
  describeApduVectors("the virtual card that speaks T=0", () => create(T0_ATR));
  describeTransport("PC/SC", () => create());

  describeReaders("PC/SC readers", async () => {
    const { port, reader } = nextSlot();
    await opened.log.until(() => isEmpty(reader));
    const { readers, log } = openReaders(pcscd);
    const card = new VpcdCard(createBench().transport);
    return {
      readers,
      reader,
      events: log.events,
      insert: () => {
        card.insert(port);
        return Promise.resolve();
      },
      remove: () => card.remove(),
      close: async () => {
        await card.remove();
        await readers.close();
      },
    };
  });
});
