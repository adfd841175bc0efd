import type { Cut } from "../support/card/cuttable-nvm.ts";
import type { Comeback } from "../support/card-under-sync.ts";

/** How many steps of each kind a session has. Messages, APDUs and transactions count from 1, writes from 0. */
export interface Steps {
  readonly messages: number;
  readonly apdus: number;
  readonly commits: number;
  readonly writes: number;
}

/** One fault in a session, at one of its steps. */
export type Fault =
  | {
      /** `twice`: the request arrives again, and its answer too. `client restarted`: it forgets all but what it has stored. */
      readonly kind:
        "request lost" | "answer lost" | "answer twice" | "client restarted" | "timed out";
      readonly message: number;
    }
  | {
      /** The client says goodbye in place of a message, and asks to go on, or begins anew. */
      readonly kind: "suspended and resumed" | "suspended and begun anew";
      readonly message: number;
    }
  | {
      /** kill -9 of the service around an exchange with the card. */
      readonly kind: "killed at an APDU";
      readonly apdu: number;
      readonly when: "before" | "after";
    }
  | {
      /** kill -9 of the service around a transaction's COMMIT. */
      readonly kind: "killed at a transaction";
      readonly commit: number;
      readonly when: "before" | "after";
    }
  | { readonly kind: "card pulled or torn"; readonly cut: Cut; readonly comeback: Comeback };

const WHERE = ["before", "inside", "after"] as const;
const COMEBACKS: readonly Comeback[] = ["flickers", "is pulled", "dies with the service"];
const AROUND = ["before", "after"] as const;
const MESSAGE_FAULTS = [
  "request lost",
  "answer lost",
  "answer twice",
  "client restarted",
  "timed out",
  "suspended and resumed",
  "suspended and begun anew",
] as const;

export const FAULT_KINDS = [
  ...MESSAGE_FAULTS,
  "killed at an APDU",
  "killed at a transaction",
  "card pulled or torn",
] as const satisfies readonly Fault["kind"][];

/** Every fault that a session with these steps can have; the ways in which a cut card comes back take turns. */
export function faultsOf(steps: Steps): readonly Fault[] {
  const messages = upTo(steps.messages).flatMap((message) =>
    MESSAGE_FAULTS.filter((kind) => isPossible(kind, message)).map((kind) => ({ kind, message })),
  );
  const apdus = upTo(steps.apdus).flatMap((apdu) =>
    AROUND.map((when) => ({ kind: "killed at an APDU" as const, apdu, when })),
  );
  const commits = upTo(steps.commits).flatMap((commit) =>
    AROUND.map((when) => ({ kind: "killed at a transaction" as const, commit, when })),
  );
  const cuts = upTo(steps.writes).flatMap((write, at) =>
    WHERE.map((where, nth) => ({
      kind: "card pulled or torn" as const,
      cut: { atWrite: write - 1, where },
      comeback: COMEBACKS[(at + nth) % COMEBACKS.length] ?? "flickers",
    })),
  );
  return [...messages, ...apdus, ...commits, ...cuts];
}

/** There is no session to be suspended, or to time out, before the first message. */
const isPossible = (kind: (typeof MESSAGE_FAULTS)[number], message: number): boolean =>
  message > 1 || !(kind.startsWith("suspended") || kind === "timed out");

const upTo = (count: number): readonly number[] => Array.from({ length: count }, (_, at) => at + 1);

/** A fault in words, such as `answer lost, message 3`. */
export function describeFault(fault: Fault): string {
  if ("message" in fault) return `${fault.kind}, message ${String(fault.message)}`;
  if ("apdu" in fault) return `${fault.kind}, ${fault.when} APDU ${String(fault.apdu)}`;
  if ("commit" in fault) return `${fault.kind}, ${fault.when} COMMIT ${String(fault.commit)}`;
  const { cut, comeback, kind } = fault;
  return `${kind}, ${cut.where} write ${String(cut.atWrite)}, ${comeback}`;
}
