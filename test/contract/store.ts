/** The contract of `Store` (runtime/ports.ts), run against every adapter. */
import { afterEach, beforeEach, describe } from 'vitest';
import { atomicityTests } from './store-atomicity.ts';
import { partitions, type OpenStore, type OpenStoreFunction } from './store-fixture.ts';
import { termTests, timerTests } from './store-lists.ts';
import { activityTests, answerTests, channelTests, stagingTests } from './store-messages.ts';
import { attendanceTests, fencingTests, leaseTests, settingsTests } from './store-ownership.ts';
import { randomizedStoreTests } from './store-random.ts';
import { recordTests, sizeTests } from './store-records.ts';

export type { OpenStore, OpenStoreFunction, StoreOptions } from './store-fixture.ts';

/** `stages`: whether the store keeps messages and entries for others to deliver, or delivers them itself. */
export function storeContract(name: string, open: OpenStoreFunction, { stages }: { stages: boolean }): void {
  describe(`${name}: a store`, () => {
    let opened: OpenStore;
    beforeEach(async () => {
      opened = await open({ partitions });
    });
    afterEach(async () => {
      await opened.close();
    });
    const current = (): OpenStore => opened;

    describe('settings', () => settingsTests(current));
    describe('attendance', () => attendanceTests(current));
    describe('leases', () => leaseTests(current));
    describe('fencing', () => fencingTests(current));
    describe('position and records', () => recordTests(current));
    describe('terms', () => termTests(current));
    describe('timers', () => timerTests(current));
    describe('activities', () => activityTests(current));
    describe('channels', () => channelTests(current));
    describe('answers', () => answerTests(current));
    if (stages) describe('staging', () => stagingTests(current));
    describe('atomicity', () => atomicityTests(current));
    describe('sizes', () => sizeTests(current));
    describe('anything', () => randomizedStoreTests(current));
  });
}
