/** A page of records in the order of their keys: the last one is where the next begins. */
export function pageOf<Row extends { readonly key: string }>(
  records: Row[],
  limit: number,
): { records: Row[]; next?: string } {
  const last = records.at(limit - 1);
  return last === undefined ? { records } : { records, next: last.key };
}
