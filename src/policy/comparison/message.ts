import type { CompiledLimit } from '../limit';
import { fromPointer, type Pointer } from '../pointer';
import type { Access, ExchangeKind } from '../vocabulary';
import type { ExchangeFinding, FlowFinding, Names, RuleFinding, Witness } from './findings';
import type { Region } from './region';
import type { ClauseView, RuleView } from './ruleView';

/** What a finding means, in one sentence. */
export function messageOf({ difference, witnesses }: RuleFinding): string {
  const { kind, clause, limit } = difference;
  const witness = witnesses[0]!;
  const calls = `calls of ${toolsInWords(witness)}${serversInWords(witness)}`;
  switch (kind) {
    case 'action':
      return `${capital(calls)} ${verdictBefore(witness.before)} and now ${verdictAfter(witness.after)}.`;
    case 'arguments':
      return `The schema that the arguments of ${calls} must fit is gone or wider.`;
    case 'requirement':
      return `The condition${placesInWords(clause)} that ${calls} must meet is gone or weaker.`;
    case 'denial':
      return `The condition${placesInWords(clause)} that refuses ${calls} is gone or weaker.`;
    case 'question':
      return `The condition${placesInWords(clause)} under which ${calls} ask is gone or weaker.`;
    case 'remember':
      return `An answer about ${calls} may now be given for the whole session.`;
    case 'results':
      return `Less is done to the results of ${calls}.`;
    case 'limit':
      return limit && isShared(limit)
        ? `The limit of ${limitInWords(limit)} for all tools${blockInWords(limit.owner)} is gone, wider or counted anew.`
        : `The limit of ${limit && limitInWords(limit)} for ${calls} is gone, wider or counted anew.`;
  }
}

/** What it means that flows are asked about less. */
export function flowMessageOf({ servers, before }: FlowFinding): string {
  const isOfServer = fromPointer(before)[0] === 'servers';
  const where = isOfServer ? namesInWords('server', servers.names) : undefined;
  return `Fewer tools${where === undefined ? '' : ` of ${where}`} ask before they carry out what has been read.`;
}

const exchangeWords: Readonly<Record<ExchangeKind, string>> = {
  sampling: 'Requests for sampling from',
  elicitation: 'Questions to you from',
  roots: 'Requests for the workspace’s folders from',
  resources: 'Reading the resources of',
  prompts: 'Using the prompts of',
};

const exchangeBefore: Readonly<Record<Access, string>> = {
  allow: 'passed',
  require_approval: 'asked',
  deny: 'was refused',
};
const exchangeAfter: Readonly<Record<Access, string>> = {
  allow: 'passes',
  require_approval: 'asks',
  deny: 'is refused',
};

export function exchangeMessageOf({ exchange, servers, access }: ExchangeFinding): string {
  const many = exchange !== 'resources' && exchange !== 'prompts';
  const before = many && access.before === 'deny' ? 'were refused' : exchangeBefore[access.before];
  const after = many
    ? exchangeAfter[access.after].replace(/e?s$/, '')
    : exchangeAfter[access.after];
  const where = namesInWords('server', servers.names) ?? 'every server without rules of its own';
  return `${exchangeWords[exchange]} ${where} ${before} and now ${after}.`;
}

function verdictBefore({ action }: RuleView): string {
  return action === 'require_approval' ? 'asked' : 'were refused';
}

function verdictAfter(rule: RuleView): string {
  if (rule.observe) return 'pass';
  const { action, require, denyIf, args, approveIf } = rule;
  if (action === 'require_approval') return 'ask';
  const conditional = require.length + denyIf.length + approveIf.length > 0 || args !== undefined;
  return conditional ? 'may pass' : 'pass';
}

function toolsInWords({ tools, before, after }: Witness): string {
  if (tools.kind === 'name') return `"${tools.name}"`;
  const pattern = closest(tools.before, tools.after);
  if (pattern?.kind === 'match') return `tools like "${pattern.pattern.text}"`;
  if (pattern?.kind === 'look') return `tools with names that look like "${pattern.pattern.text}"`;
  const risk = riskOf(after.pointer) ?? riskOf(before.pointer);
  if (risk) return /^[A-Z]/.test(risk) ? `${risk} tools` : `tools of ${risk} risk`;
  return 'tools that no rule names';
}

function serversInWords({ servers, before, after }: Witness): string {
  // Rules of the top hold everywhere; that it was found for some server says nothing.
  if (![before, after].some(({ pointer }) => fromPointer(pointer)[0] === 'servers')) return '';
  const words = namesInWords('server', servers.names);
  return words === undefined ? '' : ` on ${words}`;
}

function namesInWords(noun: string, names: Names): string | undefined {
  if (names.kind === 'name') return `${noun} "${names.name}"`;
  const pattern = closest(names.before, names.after);
  return pattern && `${noun}s like "${pattern.pattern.text}"`;
}

type PatternRegion = Exclude<Region, { readonly kind: 'all' }>;

/** The region that says more. */
function closest(before: Region, after: Region): PatternRegion | undefined {
  if (before.kind === 'all') return after.kind === 'all' ? undefined : after;
  if (after.kind === 'all' || before.kind === 'look') return before;
  if (after.kind === 'look') return after;
  return after.pattern.glob.literalLength >= before.pattern.glob.literalLength ? after : before;
}

function riskOf(pointer: Pointer): string | undefined {
  const path = fromPointer(pointer);
  return path[path.length - 2] === 'risk' ? path[path.length - 1] : undefined;
}

function isShared({ owner }: CompiledLimit): boolean {
  const path = fromPointer(owner);
  return path[path.length - 1] === 'all_tools' && path.length !== 2 && path.length !== 4;
}

function blockInWords(owner: Pointer): string {
  const [first, label] = fromPointer(owner);
  return first === 'servers' ? ` of server "${label}"` : '';
}

function limitInWords({ max, windowSeconds, cost }: CompiledLimit): string {
  const what = cost ? ` of "${cost.text}"` : max === 1 ? ' call' : ' calls';
  return `${max}${what} in ${windowSeconds} ${windowSeconds === 1 ? 'second' : 'seconds'}`;
}

function placesInWords(clause: ClauseView | undefined): string {
  const text = JSON.stringify(clause?.conditions ?? []);
  const paths = [...text.matchAll(/"path":("(?:[^"\\]|\\.)*")/g)].map(
    ([, path]) => JSON.parse(path!) as string,
  );
  const [first, ...others] = [...new Set(paths)].map((path) => `"${path}"`);
  if (first === undefined) return '';
  return ` on ${[others.slice(0, 3).join(', '), first].filter((part) => part !== '').join(' and ')}`;
}

function capital(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
