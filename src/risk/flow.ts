import { readParameters } from './parameters';
import type { Category, ToolDefinition } from './risk';
import { firstSentences, nameWords, sentenceWords } from './words';

/** What passes through a tool, as far as its definition says. */
export interface Flow {
  readonly private: boolean;
  readonly untrusted: boolean;
  readonly outbound: boolean;
}

const set = (words: string): ReadonlySet<string> => new Set(words.split(/\s+/));

// What belongs to a person or a company.
const privateThings = set(
  `file files directory folder folders document documents drive email emails mail mails inbox message messages chat chats
  conversation calendar event events contact contacts customer customers account accounts user users employee employees
  patient secret secrets credential credentials password passwords env environment database databases table tables sql
  query row rows record records note notes memory memories repo repos repository repositories code commit commits branch
  branches diff invoice invoices payment payments transaction transactions balance order orders subscription clipboard
  history log logs screenshot attachment attachments bucket object spreadsheet sheet cell page pages block issue issues
  ticket tickets task tasks project projects board channel channels thread threads key keys config settings`,
);
// What anybody may have written.
const foreignThings = set(
  `url urls web webpage website websites site sites page pages internet browser html article articles news feed rss
  issue issues pull comment comments review reviews email emails mail mails inbox message messages thread threads
  ticket tickets post posts tweet tweets forum discussion discussions chat conversation channel attachment attachments
  search results crawl scrape fetch browse readme gist snapshot submission submissions form feedback`,
);
const sending = set(
  `send reply post publish share upload email mail tweet comment notify invite forward push submit webhook broadcast
  message call dispatch transmit export sync deploy invite request fetch navigate open goto visit download browse crawl
  scrape http curl wget`,
);
const placed = set(
  `issue issues comment comments gist page pages post posts ticket tickets message messages review reviews pull email
  draft reply thread discussion event invitation release webhook`,
);
const making = set('create add update edit write append set put make open merge');
const addresses = /^(?:url|uri|urls|endpoint|webhook(?:_?url)?|href|link)$/i;

/**
 * Whether a tool reads what is private, reads what others wrote, or carries something out. When in
 * doubt it does. A server's own annotations can only add to that.
 */
export function flowOf(tool: ToolDefinition, category: Category): Flow {
  const names = nameWords(tool.name).map(({ text }) => text);
  const described = firstSentences(tool.description ?? '', 1).flatMap((sentence) =>
    sentenceWords(sentence).map(({ text }) => text),
  );
  const words = [...names, ...described];
  const parameters = readParameters(tool.inputSchema);
  const has = (some: ReadonlySet<string>, among = words): boolean =>
    among.some((word) => some.has(word));
  const isOpen = claimsOpenWorld(tool.annotations);
  const takesAddress = parameters.names.some((name) => addresses.test(name));
  // A program may do anything; what only writes gives nothing back.
  const runs = category === 'Execute';
  const reads = category === 'Read' || runs;
  return {
    private: reads && (has(privateThings) || parameters.program?.kind === 'shell'),
    untrusted: reads && (has(foreignThings) || isOpen),
    // A read carries out what its address says.
    outbound: reads
      ? takesAddress || (runs && (parameters.program?.kind === 'shell' || has(sending, names)))
      : has(sending) || category === 'Financial' || (has(making, names) && (has(placed) || isOpen)),
  };
}

function claimsOpenWorld(annotations: unknown): boolean {
  if (typeof annotations !== 'object' || annotations === null) return false;
  return (annotations as { readonly openWorldHint?: unknown }).openWorldHint === true;
}
