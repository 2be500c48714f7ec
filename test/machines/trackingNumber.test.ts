import { describe, expect, it } from 'vitest';
import { trackingNumber } from '../../actors/trackingNumber.ts';
import { trackingNumberId } from '../../machines/trackingNumber.events.ts';
import { command, fromActor } from '../support/messages.ts';
import { actor, type Actor } from '../support/turns.ts';
import { listener, number, scan, shipmentOver } from './parcels.ts';

const id = trackingNumberId('sandbox', 'SB1');
const key = `trackingNumber/${id}`;
const claimBy = (shipmentId: string): object => ({ ...number('SB1'), shipmentId });
const { carrier: _carrier, ...seen } = scan('inTransit') as { carrier: string };

function claimed(): Actor {
  const others = [shipmentOver(), listener];
  return actor(trackingNumber, { id, input: claimBy('o1~f1~s1'), others });
}

function told(self: Actor, event: { type: string }): unknown {
  const { outcome, effects } = self.take(fromActor(key, event));
  expect(outcome.outcome).toBe('accepted');
  self.reload();
  return effects.messages.map(({ to, event: message }) => ({ to: to.id, ...message }));
}

describe('invariant 22: a number of a carrier belongs to one shipment', () => {
  it('tells the first that it has it, as often as it asks', () => {
    const self = claimed();
    const answer = { to: 'o1~f1~s1', type: 'tracking.claimed', ...number('SB1') };
    expect(told(self, { type: 'trackingNumber.claim', ...claimBy('o1~f1~s1') })).toEqual([answer]);
    expect(told(self, { type: 'trackingNumber.claim', ...claimBy('o1~f1~s1') })).toEqual([answer]);
  });

  it('refuses it to every other, for ever', () => {
    const self = claimed();
    for (const shipmentId of ['o2~f1~s1', 'o3~f1~s1', 'o2~f1~s1']) {
      expect(told(self, { type: 'trackingNumber.claim', ...claimBy(shipmentId) })).toEqual([
        { to: shipmentId, type: 'tracking.refused', ...number('SB1') },
      ]);
    }
    expect(self.record().snapshot.context).toMatchObject({ shipmentId: 'o1~f1~s1' });
  });

  it('tells the same number of two carriers apart', () => {
    expect(trackingNumberId('post', 'X1')).not.toBe(trackingNumberId('other', 'X1'));
  });
});

it('passes a scan on to its shipment, with the carrier', () => {
  const passed = { to: 'o1~f1~s1', type: 'shipment.scan', carrier: 'sandbox', ...seen };
  expect(told(claimed(), { type: 'trackingNumber.scan', ...seen })).toEqual([passed]);
});

it('takes scans from webhooks, and from no one else outside', () => {
  const event = { type: 'trackingNumber.scan', ...seen };
  const as = (role: string): string => {
    const principal = { subject: role, roles: [role], warehouses: ['*'] };
    return claimed().take(command(key, event, { principal })).outcome.outcome;
  };
  expect(['webhook', 'admin', 'cs', 'warehouseManager'].map(as)).toEqual([
    'accepted',
    ...['refused', 'refused', 'refused'],
  ]);
});
