/** Who may do something, in words: `customer (own customer), customer service`. */
import { anyone, type Access } from '../../runtime/definition.ts';
import { nameInWords } from './words.ts';

export function whoMay(access: Access | undefined): string {
  const roles = rolesInWords(access);
  return roles.length === 0 ? 'nobody' : roles.join(', ');
}

export function rolesInWords(access: Access | undefined): string[] {
  return Object.entries(access ?? {}).map(roleInWords);
}

/** A condition is a function; its name says what it asks for. */
function roleInWords([role, may]: [string, Access[string]]): string {
  const words = nameInWords(role);
  if (may === anyone) return words;
  const isNamed = may.name !== '' && may.name !== role;
  return `${words} (${isNamed ? nameInWords(may.name) : 'some of them'})`;
}
