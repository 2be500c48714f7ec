/** Pairs one to one what fits each other, as many as can be: Kuhn's search for augmenting paths. */

/** Those on the left that stay alone when as many of them as possible have one on the right. */
export function unpaired<Left, Right>(
  left: readonly Left[],
  right: readonly Right[],
  fits: (one: Left, other: Right) => boolean,
): Left[] {
  const partners = new Map<Right, Left>();

  /** Whoever has the other already may go to another one. */
  function pair(one: Left, seen: Set<Right>): boolean {
    return right.some((other) => {
      if (seen.has(other) || !fits(one, other)) return false;
      seen.add(other);
      const rival = partners.get(other);
      if (rival !== undefined && !pair(rival, seen)) return false;
      partners.set(other, one);
      return true;
    });
  }

  return left.filter((one) => !pair(one, new Set()));
}
