const insertionMax = 16;
const quotedMax = 500;

/**
 * JSON with exactly one spelling per value (RFC 8785): members sorted by UTF-16 code units, no white space, numbers
 * and strings as ECMAScript writes them. Members that are undefined are left out, as JSON.stringify does.
 * Takes plain JSON values only; throws TypeError for a number that JSON cannot hold.
 */
export function canonicalJson(value: unknown): string {
  switch (typeof value) {
    case 'string':
      return JSON.stringify(value);
    case 'number':
      if (!Number.isFinite(value)) throw new TypeError('JSON holds finite numbers only');
      return String(value);
    case 'boolean':
      return value ? 'true' : 'false';
    case 'object':
      if (value === null) return 'null';
      return Array.isArray(value) ? canonicalArray(value) : canonicalObject(value as Readonly<Record<string, unknown>>);
    default:
      return JSON.stringify(value) ?? 'null';
  }
}

function canonicalArray(items: readonly unknown[]): string {
  let text = '[';
  for (let index = 0; index < items.length; index += 1) text += (index > 0 ? ',' : '') + canonicalJson(items[index]);
  return `${text}]`;
}

// Every command passes here; built by appending, because lists made of lists cost more than all the rest of it.
function canonicalObject(members: Readonly<Record<string, unknown>>): string {
  let text = '{';
  for (const name of sorted(Object.keys(members))) {
    const value = members[name];
    if (value !== undefined) text += `${text === '{' ? '' : ','}${quotedName(name)}:${canonicalJson(value)}`;
  }
  return `${text}}`;
}

/** By UTF-16 code units, in place. Commands have few members, and for few the general sort costs most in getting started. */
function sorted(names: string[]): string[] {
  if (names.length > insertionMax) return names.sort();
  for (let index = 1; index < names.length; index += 1) {
    const name = names[index] as string;
    let at = index;
    for (; at > 0 && (names[at - 1] as string) > name; at -= 1) names[at] = names[at - 1] as string;
    names[at] = name;
  }
  return names;
}

/** Members of commands have few names; each is quoted once. Bounded, should names ever come from outside. */
const quoted = new Map<string, string>();

function quotedName(name: string): string {
  const known = quoted.get(name);
  if (known !== undefined) return known;
  const text = JSON.stringify(name);
  if (quoted.size < quotedMax) quoted.set(name, text);
  return text;
}
