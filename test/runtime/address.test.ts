/** Names of actors, and the partition that each belongs to. */
import { describe, expect, it, test } from 'vitest';
import { addressOf, addressSchema, idSchema, keyOf, partitionOf } from '../../runtime/address.ts';

test('a key names kind and id, and gives them back', () => {
  expect(keyOf({ kind: 'order', id: 'o1~f1' })).toBe('order/o1~f1');
  expect(addressOf('order/o1~f1')).toEqual({ kind: 'order', id: 'o1~f1' });
});

describe('partitionOf', () => {
  // Published values of FNV-1a with 32 bits: stored actors are found by it, so it may never change.
  it.each([
    ['', 0x811c9dc5],
    ['a', 0xe40c292c],
    ['b', 0xe70c2de5],
    ['foobar', 0xbf9cf968],
  ])('hashes %j with FNV-1a', (text, hash) => {
    expect(partitionOf(text, 2 ** 32)).toBe(hash);
    expect(partitionOf(text, 16)).toBe(hash % 16);
  });

  it('spreads ids that count up over all partitions', () => {
    const found = new Set(Array.from({ length: 400 }, (_, index) => partitionOf(`order/o${index}`, 16)));
    expect([...found].sort((one, other) => one - other)).toEqual(Array.from({ length: 16 }, (_, n) => n));
  });
});

test.each(['a', 'Z', '0', '_', '-', 'a~#:_-9', 'a'.repeat(200)])('%s is an id', (id) => {
  expect(idSchema.safeParse(id).success).toBe(true);
});

test.each(['', '~a', '#a', ':a', 'a.b', 'a b', 'a/b', 'a*', 'a>', 'ä', 'a\n', 'a'.repeat(201)])(
  '%j is no id',
  (id) => {
    expect(idSchema.safeParse(id).success).toBe(false);
  },
);

test.each([
  [{ kind: 'order', id: 'o1' }, true],
  [{ kind: 'stockItem2', id: 'o1' }, true],
  [{ kind: 'Order', id: 'o1' }, false],
  [{ kind: 'stock-item', id: 'o1' }, false],
  [{ kind: '2nd', id: 'o1' }, false],
  [{ kind: 'order!', id: 'o1' }, false],
  [{ kind: '', id: 'o1' }, false],
  [{ kind: 'order', id: 'o.1' }, false],
  [{ kind: 'order' }, false],
  [{ kind: 'order', id: 'o1', more: 1 }, false],
])('%j is an address: %s', (address, expected) => {
  expect(addressSchema.safeParse(address).success).toBe(expected);
});
