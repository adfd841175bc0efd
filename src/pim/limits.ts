/** Bounds for what a peer, a file or a card may hand us. Beyond them an item is refused, never cut. */
export const LIMITS = {
  /** Bytes of one item as it comes in; a contact with a large photo has some 200 KB. */
  itemBytes: 1024 * 1024,
  /** Bytes of one import file, which may hold many items. */
  fileBytes: 64 * 1024 * 1024,
  /** Logical lines of one item. */
  itemLines: 20_000,
  /** Parameters that one line may have before it counts as a bad line. */
  params: 100,
  /** Depth of BEGIN/END; VCALENDAR > VEVENT > VALARM is 3. */
  nesting: 8,
  /** Pairs of values that a merge looks at to find what a peer cut short. */
  cutComparisons: 10_000,
} as const;
