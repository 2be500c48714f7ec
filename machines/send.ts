/** How a chart asks for a message to another actor: as data, with built-ins only, so it runs anywhere. */
import { enqueueActions, type ActionFunction, type EventObject, type MachineContext } from 'xstate';

export interface Message<Event extends EventObject = EventObject> {
  readonly to: { readonly kind: string; readonly id: string };
  readonly event: Event;
}

/** What the chart emits for each message; the runtime turns it into one, `createActor` hands it to listeners. */
export interface Sent extends Message {
  readonly type: 'waybill.send';
}

/** An action that sends what the function returns, in that order. */
export function send<Context extends MachineContext, Event extends EventObject>(
  messages: (args: { context: Context; event: Event }) => Message | readonly Message[],
): ActionFunction<Context, Event, Event, undefined, never, never, never, never, Sent> {
  return enqueueActions<Context, Event, undefined, Event, never, never, never, never, Sent>(
    ({ context, event, enqueue }) => {
      for (const { to, event: message } of [messages({ context, event })].flat()) {
        enqueue.emit({ type: 'waybill.send', to, event: message });
      }
    },
  );
}
