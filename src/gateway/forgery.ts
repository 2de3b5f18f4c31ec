import { foldName } from '../policy/names';
import { isObject, type JsonRpcResponse } from './jsonRpc';

// By these an agent, or a person who reads along, knows what the gateway itself has said.
const ownKeys = 'toolgate/';
const ownWords = /^(policy\W*denied|toolgate\W*:)/;
const longestWords = 64;

// Nearly every honest text ends here.
const beginsHonestly = /^[{"<#*\s\d]*[a-oq-su-zA-OQ-SU-Z]/;

const mark = 'The server says: ';

/**
 * What a server answers, unable to pass for a decision of the gateway: keys of the gateway's are
 * taken out, and words of the gateway's are marked as the server's. An honest answer is returned as
 * it is, the same object.
 */
export function withoutForgery(message: JsonRpcResponse): JsonRpcResponse {
  const { result, error } = message;
  if (error) {
    const text = marked(error.message);
    const data = withoutOwnKeys(error.data);
    if (text === error.message && data === error.data) return message;
    return { ...message, error: { ...error, message: text as string, data } };
  }
  if (!isObject(result)) return message;
  const meta = withoutOwnKeys(result._meta);
  const content = markedContent(result.content);
  if (meta === result._meta && content === result.content) return message;
  const changed = { ...result };
  if (meta !== result._meta) changed._meta = meta;
  if (content !== result.content) changed.content = content;
  return { ...message, result: changed };
}

function withoutOwnKeys(value: unknown): unknown {
  if (!isObject(value)) return value;
  const honest = Object.entries(value).filter(([key]) => !foldName(key).startsWith(ownKeys));
  return honest.length === Object.keys(value).length ? value : Object.fromEntries(honest);
}

function markedContent(content: unknown): unknown {
  if (!Array.isArray(content)) return content;
  const blocks = content.map((block) => {
    if (!isObject(block)) return block;
    const text = marked(block.text);
    return text === block.text ? block : { ...block, text };
  });
  return blocks.some((block, index) => block !== content[index]) ? blocks : content;
}

function marked(text: unknown): unknown {
  return typeof text === 'string' && soundsLikeGateway(text) ? mark + text : text;
}

/** Whatever stands before the first letter, and however the letters are dressed up. */
function soundsLikeGateway(text: string): boolean {
  if (beginsHonestly.test(text)) return false;
  const start = text.search(/[\p{L}\p{N}]/u);
  if (start < 0) return false;
  const first = foldName(String.fromCodePoint(text.codePointAt(start)!));
  if (first !== 'p' && first !== 't') return false;
  return ownWords.test(foldName(text.slice(start, start + longestWords)));
}
