import { PLAIN_TRAITS, type PeerFacts, type PeerTraits } from "../../syncml/index.ts";
import { LIMITS } from "../config/limits.ts";
import { contentKnobs } from "./content-knobs.ts";
import type { Knobs, QuirkRule } from "./rule-schema.ts";
import { fits } from "./wildcard.ts";

type Match = QuirkRule["match"];

/** What a device says of itself, by the key that is compared with it. */
const SAID: Readonly<Record<Exclude<keyof Match, "alias">, (facts: PeerFacts) => string>> = {
  manufacturer: ({ devInf }) => devInf?.man ?? "",
  model: ({ devInf }) => devInf?.mod ?? "",
  oem: ({ devInf }) => devInf?.oem ?? "",
  fwV: ({ devInf }) => devInf?.fwV ?? "",
  swV: ({ devInf }) => devInf?.swV ?? "",
  hwV: ({ devInf }) => devInf?.hwV ?? "",
  devId: ({ deviceId }) => deviceId,
  devTyp: ({ devInf }) => devInf?.devTyp ?? "",
  version: ({ version }) => version,
};

/** All rules in force, in order. */
export class QuirkBook {
  readonly rules: readonly QuirkRule[];

  constructor(rules: readonly QuirkRule[]) {
    this.rules = rules;
  }

  /** @returns the rules that apply to a peer, in order, up to the first that is final */
  rulesFor(facts: PeerFacts): readonly QuirkRule[] {
    const matching = this.rules.filter(({ match }) => applies(match, facts));
    const last = matching.findIndex(({ final }) => final === true);
    return last < 0 ? matching : matching.slice(0, last + 1);
  }

  /** @returns what those rules make together: later ones override earlier ones */
  traitsOf(facts: PeerFacts): PeerTraits {
    const rules = this.rulesFor(facts);
    if (rules.length === 0) return PLAIN_TRAITS;
    const knobs = Object.entries(
      rules.reduce<Knobs>((all, { set }) => ({ ...all, ...set }), {}),
    ).filter(([, value]) => value !== undefined);
    const isContent = ([key]: [string, unknown]): boolean => Object.hasOwn(contentKnobs, key);
    return {
      ...PLAIN_TRAITS,
      ...Object.fromEntries(knobs.filter((knob) => !isContent(knob))),
      rules: rules.map(({ name }) => name),
      content: Object.fromEntries(knobs.filter(isContent)),
    };
  }
}

/** The alias is enough by itself; else all other keys must fit, and there must be one. */
function applies({ alias, ...keys }: Match, facts: PeerFacts): boolean {
  if (alias !== undefined && facts.alias !== undefined && fitsOne(alias, facts.alias)) return true;
  const wanted = Object.entries(keys);
  const isSaid = ([key, value]: (typeof wanted)[number]): boolean =>
    fitsOne(value ?? "*", SAID[key as keyof typeof SAID](facts));
  return wanted.length > 0 && wanted.every(isSaid);
}

/** Of what a device says only the beginning counts: its length is the device's to choose. */
function fitsOne(patterns: string | readonly string[], said: string): boolean {
  const text = said.slice(0, LIMITS.quirkTextLength).trim();
  return (typeof patterns === "string" ? [patterns] : patterns).some((each) => fits(each, text));
}
