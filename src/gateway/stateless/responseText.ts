import type { JsonRpcResponse, RequestId } from '../jsonRpc';

// What JavaScript might write differently: many digits, exponents, a negative zero.
const delicateNumber = /\d[\d.]{15}|\d[eE]|-0/;

/**
 * The text of a response under another id. Where the text that it came in has numbers which
 * JavaScript would round, only the id is exchanged in it.
 */
export function responseText(
  response: JsonRpcResponse,
  raw: string | undefined,
  id: RequestId,
): string {
  if (raw === undefined || !delicateNumber.test(raw)) return JSON.stringify({ ...response, id });
  // A line end in JSON is white space, and would end the line of an event early.
  return withId(raw, JSON.stringify(id)).replace(/[\r\n]+/g, ' ');
}

/** Valid JSON of an object, with all values of its own key "id" exchanged. */
function withId(text: string, id: string): string {
  let result = '';
  let copied = 0;
  let depth = 0;
  let index = 0;
  while (index < text.length) {
    const character = text[index]!;
    if (character === '"') {
      const end = endOfString(text, index);
      const colon = /\s*:\s*/y;
      colon.lastIndex = end;
      if (depth === 1 && colon.test(text) && JSON.parse(text.slice(index, end)) === 'id') {
        const start = colon.lastIndex;
        const stop = text[start] === '"' ? endOfString(text, start) : endOfScalar(text, start);
        result += text.slice(copied, start) + id;
        copied = stop;
        index = stop;
      } else index = end;
      continue;
    }
    if (character === '{' || character === '[') depth++;
    else if (character === '}' || character === ']') depth--;
    index++;
  }
  return result + text.slice(copied);
}

function endOfString(text: string, start: number): number {
  let index = start + 1;
  while (text[index] !== '"') index += text[index] === '\\' ? 2 : 1;
  return index + 1;
}

function endOfScalar(text: string, start: number): number {
  let index = start;
  while (!/[\s,}]/.test(text[index]!)) index++;
  return index;
}
