/** The events of a kind with their payloads as JSON Schema, and who may send them. */
import { z } from 'zod';
import { commandOf, type ActorDefinition } from '../runtime/definition.ts';

export function eventsOf({ events, commands, create }: ActorDefinition): Record<string, { schema: unknown }> {
  return Object.fromEntries(
    Object.entries(events).map(([type, schema]) => {
      const access = commands[type] ?? (type === create.event ? create.access : undefined);
      const event = {
        description: schema.description,
        schema: z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any' }),
        ...(commands[type] === undefined ? {} : { command: commandOf(type) }),
        ...(access === undefined ? {} : { roles: Object.keys(access) }),
      };
      return [type, event];
    }),
  );
}
