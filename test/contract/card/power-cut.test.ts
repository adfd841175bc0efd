import { formatCard } from "../../../card/virtual/format-card.ts";
import { CuttableCard } from "../../support/card/cuttable-card.ts";
import { CuttableNvm } from "../../support/card/cuttable-nvm.ts";
import { expectSoundHeap } from "../../support/card/sound-heap.ts";
import { countingRandom, PIN, PUK, text } from "../../support/card/virtual.ts";
import { describePowerCuts } from "./power-cut.ts";

const SIZE_BYTES = 8 * 1024;

describePowerCuts("the virtual card", (shape) => {
  const nvm = new CuttableNvm(new Uint8Array(SIZE_BYTES));
  const random = countingRandom();
  formatCard(nvm, random, {
    pin: text(PIN),
    puk: text(PUK),
    headerCount: 24,
    peerCount: 16,
    ...shape,
  });
  return Promise.resolve({
    transport: new CuttableCard(nvm, random),
    cutAt: (cut) => {
      nvm.cutAt(cut);
      return Promise.resolve();
    },
    writes: () => Promise.resolve(nvm.writes),
    expectSound: () => {
      expectSoundHeap(nvm);
    },
  });
});
