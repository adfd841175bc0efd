import type { OpenRequest } from "../../syncml/index.ts";
import type { PimKind } from "../pim/kind.ts";
import type { ContentTraits } from "../pim/peer/content-traits.ts";

/** What is different in the items of the peer. Only the quirk book writes that part of the traits, checked by its schema. */
export const contentTraitsOf = ({ traits }: Pick<OpenRequest, "traits">): ContentTraits =>
  traits.content;

/** @returns the media type that a rule says; undefined where none does */
export const wantedTypeOf = ({
  kind,
  request,
}: {
  readonly kind: PimKind;
  readonly request: Pick<OpenRequest, "traits">;
}): string | undefined => (kind === "contact" ? contentTraitsOf(request).contactType : undefined);
