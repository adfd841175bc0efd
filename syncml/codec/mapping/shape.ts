import { SHAPES } from "../../spec/elements.ts";
import type { Holds, Row, Shape, ShapeName, Since } from "../../spec/rows.ts";

const SINCE: readonly Since[] = ["1.0", "1.1", "1.2"];

const SHAPE_TABLE: Readonly<Record<ShapeName, Shape>> = SHAPES;

export const isShapeName = (holds: Holds): holds is ShapeName => Object.hasOwn(SHAPES, holds);

export const shapeNamed = (name: ShapeName): Shape => SHAPE_TABLE[name];

/** Whether a version has what came with `since`; an unknown version is taken for the newest. */
export const hasSince = (version: string, since: Since): boolean => {
  const at = (SINCE as readonly string[]).indexOf(version);
  return at < 0 || at >= SINCE.indexOf(since);
};

const indexRows = (shape: Shape): ReadonlyMap<string, Row> => {
  const rows = new Map<string, Row>();
  for (const row of shape.rows) {
    rows.set(row.name, row);
    for (const alias of row.aliases ?? []) rows.set(alias, row);
  }
  return rows;
};

const ROWS_BY_NAME = new Map(
  Object.entries(SHAPE_TABLE).map(([name, shape]) => [name, indexRows(shape)]),
);

/** The row of a child element; undefined for what the table does not know. */
export const rowOf = (shapeName: ShapeName, elementName: string): Row | undefined =>
  ROWS_BY_NAME.get(shapeName)?.get(elementName);
