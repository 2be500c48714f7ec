/** Where no carrier is configured: every label is booked by a person. */
import { TerminalError } from '../../runtime/errors.ts';
import type { Carrier } from '../providers.ts';

function refuse(): Promise<never> {
  return Promise.reject(new TerminalError('no carrier is configured'));
}

export const noCarrier: Carrier = {
  name: 'none',
  book: refuse,
  lookUp: refuse,
  void: refuse,
  webhook: refuse,
};
