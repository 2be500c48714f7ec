/** The fields of a payload in one line: `handle, reason?, shipTo { name, city }, lines [ sku, quantity ]`. */
import { z } from 'zod';

/** What is needed of a JSON Schema here. */
interface Shape {
  readonly properties?: Readonly<Record<string, Shape>>;
  readonly required?: readonly string[];
  readonly items?: Shape;
  readonly anyOf?: readonly Shape[];
  readonly enum?: readonly unknown[];
  readonly description?: string;
}

/** An empty text: there are none. `?` marks what may be left out. */
export function fieldsOf(schema: z.ZodType): string {
  return namesIn(shapeOf(schema)).join(', ');
}

/** What the schema says about one of its fields. */
export function aboutField(schema: z.ZodType, field: string): string | undefined {
  return shapeOf(schema).properties?.[field]?.description;
}

export function hasField(schema: z.ZodType, field: string): boolean {
  return shapeOf(schema).properties?.[field] !== undefined;
}

function shapeOf(schema: z.ZodType): Shape {
  return z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any' }) as Shape;
}

function namesIn({ properties = {}, required = [] }: Shape): string[] {
  return Object.entries(properties).map(([name, shape]) => {
    const mark = required.includes(name) ? '' : '?';
    return `${name}${mark}${insideOf(shape)}`;
  });
}

function insideOf(shape: Shape): string {
  if (shape.enum !== undefined) return ` (${shape.enum.map(String).join(', ')})`;
  const inner = namesIn(shape.items ?? shape);
  if (inner.length === 0) return '';
  return shape.items === undefined ? ` { ${inner.join(', ')} }` : ` [ ${inner.join(', ')} ]`;
}
