import { once } from "node:events";
import { listenVpcd, serveVpcd } from "../../../card/index.ts";
import type {
  ListenVpcdOptions,
  ReaderEvent,
  Transport,
  VpcdReaders,
} from "../../../card/index.ts";

/** A card in a vpcd reader, by our own client of that protocol. */
export interface ServedCard {
  /** Pulls the card and waits until nothing dials any more. */
  remove(): Promise<void>;
}

export const serveCard = (card: Transport, port: number): ServedCard => {
  const controller = new AbortController();
  const served = serveVpcd(card, { port, signal: controller.signal });
  return {
    remove: () => {
      controller.abort();
      return served;
    },
  };
};

export interface ListeningBench {
  readonly readers: VpcdReaders;
  readonly events: readonly ReaderEvent[];
  /** @returns the event, past or to come */
  readonly told: (isIt: (event: ReaderEvent) => boolean) => Promise<ReaderEvent>;
}

/** Our own reader on a free port. */
export const listenOnFreePort = async (
  options: Partial<ListenVpcdOptions> = {},
): Promise<ListeningBench> => {
  const events: ReaderEvent[] = [];
  const waiting = new EventTarget();
  const listener = (event: ReaderEvent): void => {
    events.push(event);
    waiting.dispatchEvent(new Event("told"));
  };
  const readers = await listenVpcd({ port: 0, ...options, listener });
  const told = async (isIt: (event: ReaderEvent) => boolean): Promise<ReaderEvent> => {
    for (;;) {
      const found = events.find(isIt);
      if (found) return found;
      await once(waiting, "told");
    }
  };
  return { readers, events, told };
};

/** A reader of ours and the card in it. */
export const connectOverVpcd = async (card: Transport): Promise<Transport> => {
  const { readers, told } = await listenOnFreePort({ readerCount: 1 });
  const served = serveCard(card, readers.port);
  await told(({ type }) => type === "cardInserted");
  const transport = await readers.connect("vpcd:1");
  return {
    transmit: (command, signal) => transport.transmit(command, signal),
    reset: () => transport.reset(),
    close: async () => {
      await transport.close();
      await served.remove();
      await readers.close();
    },
  };
};
