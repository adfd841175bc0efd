import { randomBytes } from "node:crypto";
import fc from "fast-check";
import { expect, test } from "vitest";
import type { Transport } from "../../../card/transport/transport.ts";
import { formatCard } from "../../../card/virtual/format-card.ts";
import { MemoryNvm } from "../../../card/virtual/nvm.ts";
import { VirtualCard } from "../../../card/virtual/virtual-card.ts";
import { playTwins, toTwin } from "../../support/card/twins/play-twins.ts";
import { steps } from "../../support/card/twins/steps.ts";
import { PIN, PUK, text, transportOf } from "../../support/card/virtual.ts";

const newCard = (): Transport => {
  const nvm = new MemoryNvm(new Uint8Array(8192));
  const secrets = { pin: text(PIN), puk: text(PUK) };
  formatCard(nvm, randomBytes, { ...secrets, headerCount: 24, peerCount: 16 });
  return transportOf(new VirtualCard(nvm, randomBytes));
};

test("what a card answers does not depend on what it draws", async () => {
  let commands = 0;
  await fc.assert(
    fc.asyncProperty(steps(300), async (drawn) => {
      commands += await playTwins(toTwin(newCard()), toTwin(newCard()), [
        { do: "login" },
        ...drawn,
      ]);
    }),
    { numRuns: 30 },
  );
  expect(commands).toBeGreaterThan(3000);
});
