/** What an actor holds, as its view has it: fields as terms, lists as tables. The same for every kind. */
import { useContext, createContext } from 'react';
import type { Machine, MachineItem } from '../api.ts';
import { ActorLink } from '../process/actors-in.tsx';
import { Table } from '../table.tsx';
import { count, money, spaced, titled } from '../words.ts';
import { kindNamed, type Field } from './names.ts';

interface Props {
  readonly machine: Machine;
  readonly machines: readonly MachineItem[];
  readonly context: unknown;
}

type Row = Readonly<Record<string, unknown>>;

/** How its values are read. */
const Reading = createContext({ machines: [] as readonly MachineItem[], money: [''], currency: '' });

export function Contents({ machine, machines, context }: Props) {
  if (!isRow(context)) return null;
  const currency = typeof context['currency'] === 'string' ? context['currency'] : '';
  return (
    <section className="panel contents" aria-labelledby="contents">
      <h2 id="contents">What it holds</h2>
      <Reading value={{ machines, money: [...machine.money], currency }}>
        <Terms of={context} list="" />
        <div className="lists">
          {Object.entries(context).map(([name, value]) => (
            <Part key={name} name={name} value={value} />
          ))}
        </div>
      </Reading>
    </section>
  );
}

/** The fields that are no lists and have no fields of their own. */
function Terms({ of, list }: { readonly of: Row; readonly list: string }) {
  return (
    <dl>
      {Object.entries(of).map(
        ([name, value]) =>
          !isPart(value) && (
            <div key={name} className="term">
              <dt>{titled(name)}</dt>
              <dd>
                <Value of={value} at={{ name, list }} />
              </dd>
            </div>
          ),
      )}
    </dl>
  );
}

function Part({ name, value }: { readonly name: string; readonly value: unknown }) {
  if (!isPart(value)) return null;
  const rows = rowsOf(value);
  return (
    <section aria-label={titled(name)}>
      <h3>{titled(name)}</h3>
      {rows === undefined ? <Terms of={value as Row} list={name} /> : <Rows name={name} rows={rows} />}
    </section>
  );
}

function Rows({ name, rows }: { readonly name: string; readonly rows: readonly Row[] }) {
  const columns = [...new Set(rows.flatMap((row) => Object.keys(row)))];
  return (
    <Table label={titled(name)}>
      <thead>
        <tr>
          {columns.map((column) => (
            <th key={column} scope="col">
              {titled(column)}
            </th>
          ))}
        </tr>
      </thead>
      <tbody>
        {rows.map((row, index) => (
          <tr key={index}>
            {columns.map((column) => (
              <td key={column} className={typeof row[column] === 'number' ? 'number' : undefined}>
                <Value of={row[column]} at={{ name: column, list: name }} />
              </td>
            ))}
          </tr>
        ))}
      </tbody>
    </Table>
  );
}

function Value({ of, at }: { readonly of: unknown; readonly at: Field }) {
  const { machines, money: amounts, currency } = useContext(Reading);
  const kind = kindNamed(at, machines);
  if (typeof of === 'string' && kind !== undefined) return <ActorLink kind={kind} id={of} />;
  if (isAddress(of, machines)) return <ActorLink {...of} />;
  if (typeof of === 'number' && currency !== '' && amounts.includes(at.name)) return money(of, currency);
  return textOf(of);
}

function isAddress(
  value: unknown,
  machines: readonly MachineItem[],
): value is { readonly kind: string; readonly id: string } {
  if (!isRow(value) || typeof value['id'] !== 'string' || Object.keys(value).length !== 2) return false;
  return machines.some(({ kind }) => kind === value['kind']);
}

/** In one line, whatever it is; what is not there is a dash. */
function textOf(value: unknown): string {
  if (typeof value === 'string' && value !== '') return value;
  if (value === true) return 'yes';
  if (value === false) return 'no';
  if (Array.isArray(value)) return value.map(textOf).join('; ') || '–';
  if (isRow(value)) {
    const parts = Object.entries(value).map(([name, each]) => `${spaced(name)} ${textOf(each)}`);
    return parts.join(', ') || '–';
  }
  return typeof value === 'number' ? count(value) : '–';
}

function isRow(value: unknown): value is Row {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isPart(value: unknown): boolean {
  return Array.isArray(value) ? value.some(isRow) : isRow(value) && Object.keys(value).length > 0;
}

/** Of a list of records, or of records by their ids. */
function rowsOf(value: unknown): Row[] | undefined {
  if (Array.isArray(value)) return value.map((each) => (isRow(each) ? each : { value: each as unknown }));
  const entries = Object.entries(value as Row);
  return entries.every(([, each]) => isRow(each))
    ? entries.map(([key, each]) => ({ id: key, ...(each as Row) }))
    : undefined;
}
