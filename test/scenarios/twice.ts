/** Every message of the mailbox comes three times: when it is sent, at once again, and later behind others. */
import { connect, headers } from 'nats';
import type { Backend, Clock } from '../../runtime/ports.ts';
import { meddle } from '../support/faults.ts';

const lateMs = 2_000;

/** For a backend in this process. */
export function sendingTwice(backend: Backend, clock: Clock): Backend {
  return meddle(backend, {
    interfere(call, pass) {
      if (call.to !== 'mailbox' || call.name !== 'append') return pass();
      const sent = pass();
      void pass();
      clock.after(lateMs, () => void pass());
      return sent;
    },
  });
}

export interface Repeating {
  /** Messages that were sent again. */
  sent(): number;
  stop(): Promise<void>;
}

/** For a broker: without Nats-Msg-Id, so that it takes what comes again for another message. */
export async function sendAgain(natsUrl: string, namespaces: readonly string[]): Promise<Repeating> {
  const connection = await connect({ servers: natsUrl });
  const mark = headers();
  mark.set('Sent-Again', 'yes');
  const lateBy = 100;
  const late: { subject: string; data: Uint8Array }[] = [];
  let sent = 0;
  const publish = ({ subject, data }: { subject: string; data: Uint8Array }): void => {
    sent += 1;
    connection.publish(subject, data, { headers: mark });
  };
  for (const namespace of namespaces) {
    connection.subscribe(`${namespace}.mailbox.>`, {
      callback: (error, message) => {
        if (error !== null) throw error;
        if (message.headers?.has('Sent-Again') === true) return;
        publish(message);
        late.push({ subject: message.subject, data: message.data.slice() });
        if (late.length > lateBy) late.splice(0, 1).forEach(publish);
      },
    });
  }
  await connection.flush();
  return {
    sent: () => sent,
    async stop() {
      late.forEach(publish);
      await connection.flush();
      await connection.close();
    },
  };
}
