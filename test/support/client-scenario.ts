import type { ClientFault, Verdict } from "./client-fault-sweep.ts";
import { addTo, changeOn, type ClientWorld, deleteFrom, idOf } from "./client-world.ts";

/** What both sides hold in the end, by name; undefined: nobody has it. */
export type Outcome = Readonly<Record<string, string | undefined>>;

/** Of {@link prepareEdits}, once both sides are equal. */
export const EDITED: Outcome = { Anna: "11", Bert: "22", Cora: "3", Dora: "4", Eric: "5" };

/** Two sides that have an object in common; then each of them adds, changes and deletes something. */
export async function prepareEdits(world: ClientWorld): Promise<void> {
  const { ours, theirs } = world;
  for (const [at, name] of ["Anna", "Bert", "Fred", "Gina"].entries())
    await addTo(ours, name, String(at + 1));
  await world.sync();
  await changeOn(ours, await idOf(ours, "Anna"), "Anna", "11");
  await changeOn(theirs, await idOf(theirs, "Bert"), "Bert", "22");
  await addTo(ours, "Cora", "3");
  await addTo(theirs, "Dora", "4");
  await addTo(theirs, "Eric", "5");
  await deleteFrom(ours, await idOf(ours, "Fred"));
  await deleteFrom(theirs, await idOf(theirs, "Gina"));
}

export function listOf(outcome: Outcome): string {
  return Object.entries(outcome)
    .flatMap(([name, tel]) => (tel === undefined ? [] : [`${name} ${tel}`]))
    .sort()
    .join();
}

/** The bar: no slow sync, nothing lost, nothing doubled, and rest. @returns what is wrong, undefined where nothing is */
export function complaint(
  fault: ClientFault,
  verdict: Verdict,
  expected: Outcome,
): string | undefined {
  const wanted = listOf(expected);
  const isRight =
    verdict.slowSyncs === 0 &&
    verdict.unrest === 0 &&
    verdict.ours.join() === wanted &&
    verdict.theirs.join() === wanted;
  return isRight ? undefined : `${nameOf(fault)}: ${JSON.stringify(verdict)}, not ${wanted}`;
}

export function nameOf(fault: ClientFault): string {
  switch (fault.type) {
    case "message":
      return `${fault.fault.what} ${String(fault.fault.message)}`;
    case "death":
      return `death ${fault.when} APDU ${String(fault.apdu)}`;
    case "cut":
      return `power cut ${fault.cut.where} write ${String(fault.cut.atWrite)}, the card ${fault.comeback}`;
  }
}
