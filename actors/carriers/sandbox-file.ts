/** The sandbox carrier's ledger in a file of its own, which several processes may share. */
import { DatabaseSync } from 'node:sqlite';
import {
  numberOf,
  type CarrierLedger,
  type CarrierMode,
  type SandboxLabel,
  type SandboxScan,
} from './sandbox-ledger.ts';

const schema = `
  PRAGMA busy_timeout = 5000;
  PRAGMA journal_mode = WAL;
  -- A crash of the machine may forget the last calls, and nothing else.
  PRAGMA synchronous = NORMAL;
  CREATE TABLE IF NOT EXISTS carrierModes (carrier TEXT PRIMARY KEY, mode TEXT NOT NULL) STRICT;
  CREATE TABLE IF NOT EXISTS carrierLabels (
    carrier TEXT NOT NULL, booking TEXT NOT NULL, trackingNumber TEXT NOT NULL, shipmentId TEXT NOT NULL,
    isVoid INTEGER NOT NULL DEFAULT 0, calls INTEGER NOT NULL DEFAULT 1, PRIMARY KEY (carrier, booking)
  ) STRICT;
  CREATE INDEX IF NOT EXISTS carrierNumbers ON carrierLabels (carrier, trackingNumber);
  CREATE TABLE IF NOT EXISTS carrierScans (
    carrier TEXT NOT NULL, trackingNumber TEXT NOT NULL, number INTEGER NOT NULL, status TEXT NOT NULL,
    PRIMARY KEY (carrier, trackingNumber, number)
  ) STRICT;
  CREATE TABLE IF NOT EXISTS carrierScansTold (
    carrier TEXT NOT NULL, trackingNumber TEXT NOT NULL, number INTEGER NOT NULL,
    PRIMARY KEY (carrier, trackingNumber, number)
  ) STRICT;
`;

export interface FileLedger extends CarrierLedger {
  close(): void;
}

/** Throws where the file cannot be opened. */
export function fileLedger(file: string): FileLedger {
  const database = new DatabaseSync(file);
  database.exec(schema);
  return { ...ledgerOver(database), close: () => database.close() };
}

/** One statement each: SQLite makes it atomic. */
function ledgerOver(database: DatabaseSync): CarrierLedger {
  const mode = database.prepare('SELECT mode FROM carrierModes WHERE carrier = ?');
  const setMode = database.prepare(
    'INSERT INTO carrierModes VALUES (?, ?) ON CONFLICT DO UPDATE SET mode = excluded.mode',
  );
  const book = database.prepare(`
    INSERT INTO carrierLabels (carrier, booking, trackingNumber, shipmentId) VALUES (?, ?, ?, ?)
    ON CONFLICT DO UPDATE SET calls = calls + 1 RETURNING *
  `);
  const voided = database.prepare('UPDATE carrierLabels SET isVoid = 1 WHERE carrier = ? AND booking = ?');
  const addScan = database.prepare(`
    INSERT INTO carrierScans (carrier, trackingNumber, status, number)
    SELECT ?1, ?2, ?3, count(*) + 1 FROM carrierScans WHERE carrier = ?1 AND trackingNumber = ?2
    RETURNING carrier, number, trackingNumber, status
  `);
  const setTold = database.prepare('INSERT OR IGNORE INTO carrierScansTold VALUES (?, ?, ?)');
  const labels = database.prepare('SELECT * FROM carrierLabels WHERE carrier = ? ORDER BY rowid');
  const byBooking = database.prepare('SELECT * FROM carrierLabels WHERE carrier = ? AND booking = ?');
  const byNumber = database.prepare('SELECT * FROM carrierLabels WHERE carrier = ? AND trackingNumber = ?');
  const scans = database.prepare(
    'SELECT carrier, number, trackingNumber, status FROM carrierScans WHERE carrier = ? ORDER BY rowid',
  );
  const untold = database.prepare(`
    SELECT carrier, number, trackingNumber, status FROM carrierScans AS scan
    WHERE carrier = ? AND NOT EXISTS (
      SELECT 1 FROM carrierScansTold AS told
      WHERE (told.carrier, told.trackingNumber, told.number) = (scan.carrier, scan.trackingNumber, scan.number)
    ) ORDER BY rowid
  `);

  return {
    mode: (carrier) => (mode.get(carrier)?.['mode'] as CarrierMode | undefined) ?? 'up',
    setMode: (carrier, to) => void setMode.run(carrier, to),
    book: ({ carrier, booking, shipmentId }) =>
      labelFrom(book.get(carrier, booking, numberOf(booking), shipmentId) ?? {}),
    void: (carrier, booking) => voided.run(carrier, booking).changes > 0,
    addScan: ({ carrier, trackingNumber, status }) =>
      scanFrom(addScan.get(carrier, trackingNumber, status) ?? {}),
    setTold: ({ carrier, trackingNumber, number }) => void setTold.run(carrier, trackingNumber, number),
    untold: (carrier) => untold.all(carrier).map(scanFrom),
    label(carrier, by) {
      const row =
        'booking' in by ? byBooking.get(carrier, by.booking) : byNumber.get(carrier, by.trackingNumber);
      return row === undefined ? undefined : labelFrom(row);
    },
    labels: (carrier) => labels.all(carrier).map(labelFrom),
    scans: (carrier) => scans.all(carrier).map(scanFrom),
  };
}

function scanFrom(row: Record<string, unknown>): SandboxScan {
  return { ...row } as unknown as SandboxScan;
}

function labelFrom(row: Record<string, unknown>): SandboxLabel {
  const { isVoid, ...label } = row;
  return { ...label, isVoid: isVoid === 1 } as SandboxLabel;
}
