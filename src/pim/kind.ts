/** The four kinds of personal data that a card holds, in the order in which they are shown. */
export const PIM_KINDS = ["contact", "event", "task", "note"] as const;

export type PimKind = (typeof PIM_KINDS)[number];
