/** One text of a definition, with where it stands. */
export interface Field {
  readonly path: string;
  readonly text: string;
}

/** The texts of a value, and the place of the first that was not read for there is too much. */
export interface Fields {
  readonly fields: readonly Field[];
  readonly unread: string | undefined;
}

// A definition that needs more than this is not read by any person either.
const deepest = 64;
const mostFields = 20_000;
// Three times what the longest of thousands of definitions has; to read it takes some 80 ms.
const mostText = 150_000;

const plainKey = /^[\p{L}_$][\p{L}\p{N}_$-]*$/u;

/**
 * Every text of a value, keys of objects included: a model reads a schema's titles, defaults, enums
 * and property names as it reads the description. Each in the notation of argument paths.
 */
export function fieldsOf(value: unknown, path: string): Fields {
  const fields: Field[] = [];
  let unread: string | undefined;
  let length = 0;
  const add = (at: string, text: string): void => {
    fields.push({ path: at, text });
    length += text.length;
  };
  const visit = (item: unknown, at: string, depth: number): void => {
    if (fields.length >= mostFields || length > mostText || depth > deepest) {
      unread ??= at;
      return;
    }
    if (typeof item === 'string') {
      if (item !== '') add(at, item);
    } else if (Array.isArray(item)) {
      for (const [index, element] of item.entries()) visit(element, `${at}[${index}]`, depth + 1);
    } else if (typeof item === 'object' && item !== null) {
      for (const [key, member] of Object.entries(item)) {
        const inner = plainKey.test(key) ? `${at}.${key}` : `${at}[${JSON.stringify(key)}]`;
        // A key that is no identifier may be a sentence.
        if (inner.endsWith(']')) add(inner, key);
        visit(member, inner, depth + 1);
      }
    }
  };
  visit(value, path, 0);
  return { fields, unread };
}
