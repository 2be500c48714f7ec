/** The fields of a form, made from its schema; objects and lists have fields of their own. */
import { useContext, useId } from 'react';
import type { JsonSchema } from '../api.ts';
import { spaced } from '../words.ts';
import { Offered } from './names.ts';
import { emptyOf } from './schema.ts';

interface Props {
  readonly schema: JsonSchema;
  readonly payload: unknown;
  readonly onChange: (payload: unknown) => void;
}

export function Fields({ schema: { properties = {}, required = [] }, payload, onChange }: Props) {
  const given = payload as Readonly<Record<string, unknown>>;
  return Object.entries(properties).map(([name, schema]) => (
    <Field
      key={name}
      name={name}
      schema={schema}
      isRequired={required.includes(name)}
      value={given[name]}
      onChange={(value) => onChange({ ...given, [name]: value })}
    />
  ));
}

interface FieldProps {
  readonly name: string;
  readonly schema: JsonSchema;
  readonly isRequired: boolean;
  readonly value: unknown;
  readonly onChange: (value: unknown) => void;
}

function Field(props: FieldProps) {
  const { schema } = props;
  if (schema.type === 'object') return <ObjectField {...props} />;
  if (schema.type === 'array') return <ListField {...props} />;
  return <SimpleField {...props} />;
}

function SimpleField({ name, schema, isRequired, value, onChange }: FieldProps) {
  const id = useId();
  return (
    <div className="field">
      <label htmlFor={id}>
        {spaced(name)}
        {isRequired ? '' : ' (may be left out)'}
      </label>
      <Input {...{ id, name, schema, isRequired, value, onChange }} />
      {schema.description !== undefined && <small>{schema.description}</small>}
    </div>
  );
}

type InputProps = FieldProps & { readonly id: string };

function Input({ id, name, schema, isRequired, value, onChange }: InputProps) {
  if (schema.enum !== undefined) {
    return (
      <select
        id={id}
        value={text(value)}
        required={isRequired}
        onChange={({ target }) => onChange(target.value === '' ? undefined : target.value)}
      >
        {!isRequired && <option value="">–</option>}
        {schema.enum.map((each) => (
          <option key={each}>{each}</option>
        ))}
      </select>
    );
  }
  if (schema.type === 'boolean') {
    return (
      <input
        id={id}
        type="checkbox"
        checked={value === true}
        onChange={({ target }) => onChange(target.checked)}
      />
    );
  }
  if (schema.type === 'integer' || schema.type === 'number') {
    return (
      <input
        id={id}
        type="number"
        step={schema.type === 'integer' ? 1 : 'any'}
        min={schema.minimum}
        max={schema.maximum}
        required={isRequired}
        value={text(value)}
        onChange={({ target }) => onChange(target.value === '' ? undefined : Number(target.value))}
      />
    );
  }
  return <TextInput {...{ id, name, schema, isRequired, value, onChange }} />;
}

/** Offers what the actor has under the same name, and takes anything. */
function TextInput({ id, name, schema, isRequired, value, onChange }: InputProps) {
  const offered = useContext(Offered).get(name) ?? [];
  return (
    <>
      <input
        id={id}
        value={text(value)}
        required={isRequired}
        maxLength={schema.maxLength}
        list={`${id}-offered`}
        autoComplete="off"
        onChange={({ target }) => onChange(target.value === '' && !isRequired ? undefined : target.value)}
      />
      <datalist id={`${id}-offered`}>
        {offered.map((each) => (
          <option key={each} value={each} />
        ))}
      </datalist>
    </>
  );
}

function ObjectField({ name, schema, isRequired, value, onChange }: FieldProps) {
  if (value === undefined) {
    return (
      <button type="button" onClick={() => onChange(emptyOf(schema))}>
        Add {spaced(name)}
      </button>
    );
  }
  return (
    <fieldset>
      <legend>{spaced(name)}</legend>
      <Fields schema={schema} payload={value} onChange={onChange} />
      {!isRequired && (
        <button type="button" onClick={() => onChange(undefined)}>
          Leave out {spaced(name)}
        </button>
      )}
    </fieldset>
  );
}

function ListField({ name, schema, value, onChange }: FieldProps) {
  const items = Array.isArray(value) ? (value as unknown[]) : [];
  const item = schema.items ?? {};
  return (
    <fieldset>
      <legend>{spaced(name)}</legend>
      {items.map((each, index) => (
        <div key={index} className="item">
          <Field
            name={`${index + 1}`}
            schema={item}
            isRequired
            value={each}
            onChange={(changed) => onChange(items.with(index, changed))}
          />
          <button type="button" onClick={() => onChange(items.toSpliced(index, 1))}>
            Remove {index + 1}
          </button>
        </div>
      ))}
      <button type="button" onClick={() => onChange([...items, emptyOf(item)])}>
        Add one to {spaced(name)}
      </button>
    </fieldset>
  );
}

function text(value: unknown): string {
  return typeof value === 'string' || typeof value === 'number' ? String(value) : '';
}
