/** JSON Pointer (RFC 6901): how a rule is named in the record, refusals, CodeLens and diagnostics. */
export type Pointer = string;

export type Path = readonly (string | number)[];

export function toPointer(path: Path): Pointer {
  return path.map((key) => `/${String(key).replaceAll('~', '~0').replaceAll('/', '~1')}`).join('');
}

/** The keys of a pointer; array indexes stay strings. */
export function fromPointer(pointer: Pointer): string[] {
  if (pointer === '') return [];
  return pointer
    .slice(1)
    .split('/')
    .map((key) => key.replaceAll('~1', '/').replaceAll('~0', '~'));
}
