/** What is sent, from the schemas that it is checked with. */
import type { z } from 'zod';
import { idSchema } from '../../runtime/address.ts';
import type { Body } from './route.ts';
import { exampleOf, sentSchema, type Schema } from './schema.ts';

/** `takesId`: the route takes an id beside what the schema asks for. */
export function bodyOf(name: string, schema: z.ZodType, { takesId = false } = {}): Body {
  const alone = sentSchema(name, schema);
  const whole = takesId ? withId(alone) : alone;
  return { name, schema: whole, example: exampleOf(whole) };
}

function withId(schema: Schema): Schema {
  const { properties = {} } = schema;
  if (properties['id'] !== undefined) return schema;
  return { ...schema, properties: { id: sentSchema('id', idSchema), ...properties } };
}
