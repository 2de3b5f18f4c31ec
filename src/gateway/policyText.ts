import { closeSync, constants, fstatSync, openSync, readFileSync } from 'node:fs';

// Far above what a policy may have (16 Mi characters), far below what fills the memory.
const mostBytes = 64 * 1024 * 1024;

/**
 * The text of a policy file. Throws an `Error` whose message is for people, also where reading
 * would never end (a link to a device, a pipe), and for bytes that are no UTF-8: put in a stand-in
 * for them, and a rule names another tool.
 */
export function readPolicyText(path: string): string {
  // A pipe would otherwise be waited for here already. Windows has neither the flag nor the pipes.
  const file = openSync(path, constants.O_RDONLY | (constants.O_NONBLOCK ?? 0));
  try {
    const stat = fstatSync(file);
    if (!stat.isFile()) throw new Error('It is not a file.');
    if (stat.size > mostBytes) throw new Error('It is too large for a policy.');
    return decodeText(readFileSync(file));
  } finally {
    closeSync(file);
  }
}

/** UTF-8 as text, with its byte-order mark if it has one; throws where it is not UTF-8. */
export function decodeText(bytes: Uint8Array): string {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    throw new Error('It is not UTF-8. Save it in that encoding.');
  }
}
