import type { CtCap, CtProperty, DevInf, DevInfDatastore } from "../model/dev-inf.ts";
import type { PeerTraits } from "../model/peer-traits.ts";

type Distrust = Pick<PeerTraits, "ignoresCtCap" | "ignoresMaxSizes">;

/**
 * What of a peer's DevInf is to be believed: without content capabilities, or without their sizes, where a rule says so.
 * @returns the same object where all is believed
 */
export function believedDevInf(devInf: DevInf, traits: Distrust): DevInf {
  if (!traits.ignoresCtCap && !traits.ignoresMaxSizes) return devInf;
  const datastores = devInf.datastores.map((store) => withCaps<DevInfDatastore>(store, traits));
  return { ...withCaps<DevInf>(devInf, traits), datastores };
}

function withCaps<T extends { readonly ctCaps?: readonly CtCap[] }>(
  holder: T,
  { ignoresCtCap }: Distrust,
): T {
  const { ctCaps, ...rest } = holder;
  if (ctCaps === undefined) return holder;
  return (ignoresCtCap ? rest : { ...rest, ctCaps: ctCaps.map(withoutSizes) }) as T;
}

const withoutSizes = (cap: CtCap): CtCap => ({
  ...cap,
  properties: cap.properties.map(({ maxSize: _, ...property }): CtProperty => property),
});
