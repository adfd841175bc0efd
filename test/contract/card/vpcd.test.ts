import { createBench } from "../../support/card/virtual.ts";
import { connectOverVpcd, listenOnFreePort, serveCard } from "../../support/card/vpcd.ts";
import type { ServedCard } from "../../support/card/vpcd.ts";
import { describeApduVectors } from "./apdu-vectors.ts";
import { describeReaders, describeTransport } from "./transport.ts";

const create = () => connectOverVpcd(createBench().transport);

describeApduVectors("the virtual card over vpcd's protocol", create);
describeTransport("vpcd's protocol", create);

describeReaders("vpcd's readers", async () => {
  const { transport } = createBench();
  const { readers, events } = await listenOnFreePort();
  let served: ServedCard | undefined;
  const remove = async (): Promise<void> => {
    await served?.remove();
    served = undefined;
  };
  return {
    readers,
    reader: "vpcd:1",
    events,
    insert: () => {
      served = serveCard(transport, readers.port);
      return Promise.resolve();
    },
    remove,
    close: async () => {
      await remove();
      await readers.close();
    },
  };
});
