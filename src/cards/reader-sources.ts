import type { Logger } from "pino";
import { listenVpcd, openPcsc } from "../../card/index.ts";
import type { Config } from "../config/schema.ts";
import type { CardSource, PinSource } from "./card-source.ts";

/** @returns the kinds of readers that the configuration asks for */
export function readerSources(
  card: Config["card"],
  pins: PinSource,
  log: Logger,
): readonly CardSource[] {
  const { pcsc, vpcd } = card;
  const idleMs = card.idleSeconds * 1000;
  const sources: CardSource[] = [];
  if (pcsc)
    sources.push({
      kind: "pcsc",
      pins,
      idleMs,
      open: (listener) =>
        openPcsc({
          listener,
          log: (message) => {
            log.debug({ reason: message }, "PC/SC");
          },
        }),
    });
  if (vpcd !== undefined)
    sources.push({
      kind: "vpcd",
      pins,
      idleMs,
      open: (listener) => listenVpcd({ ...vpcd, listener }),
    });
  return sources;
}
