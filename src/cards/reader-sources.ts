import { listenVpcd } from "../../card/index.ts";
import type { Config } from "../config/schema.ts";
import type { CardSource, PinSource } from "./card-source.ts";

/** @returns the kinds of readers that the configuration asks for */
export function readerSources(card: Config["card"], pins: PinSource): readonly CardSource[] {
  const { vpcd } = card;
  const idleMs = card.idleSeconds * 1000;
  const sources: CardSource[] = [];
  if (vpcd !== undefined)
    sources.push({
      kind: "vpcd",
      pins,
      idleMs,
      open: (listener) => listenVpcd({ ...vpcd, listener }),
    });
  return sources;
}
