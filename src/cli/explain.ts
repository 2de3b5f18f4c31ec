import { findAmbiguity, inexactNumber, isObject } from '../gateway/jsonRpc';
import { pathFacts } from '../gateway/pathFacts';
import { refusalText } from '../gateway/refusal';
import { type Decision, decide } from '../policy/decide';
import type { Touched } from '../policy/flows';
import { parsePolicy } from '../policy/parsePolicy';
import { Policy } from '../policy/policy';
import { classify } from '../risk/classify';
import { flowOf } from '../risk/flow';
import { problemLine } from './check';
import { readInput, readOptions, required, UsageError } from './usage';

/** `toolgate explain`: what a policy says of one call, as a line of JSON. */
export async function explain(args: string[]): Promise<number> {
  const { options } = readOptions(args, ['policy', 'server', 'tool', 'args', 'touched']);
  const path = required(options.policy, '--policy');
  const server = required(options.server, '--server');
  const tool = required(options.tool, '--tool');
  const callArgs = options.args === undefined ? {} : readArguments(options.args);

  const touched = readTouched(options.touched);

  const text = await readInput(path);
  const { document, problems } = parsePolicy(text);
  if (!document) throw new UsageError(problemLine(path, text, problems[0]!));
  const risk = classify({ name: tool }, { server });
  const decision = decide(
    [new Policy(document, 'workspace')],
    { server, tool, args: callArgs },
    {
      category: risk.category,
      level: risk.level,
      client: 'explain',
      sessionCalls: 0,
      paths: pathFacts(process.cwd()),
      marks: flowOf({ name: tool }, risk.category),
      touched: { session: touched, grant: touched },
    },
  );
  process.stdout.write(`${JSON.stringify(explanation(decision, risk))}\n`);
  return 0;
}

function explanation(
  decision: Decision,
  { category, level }: { readonly category: string; readonly level: string },
): Record<string, unknown> {
  const { verdict, rule, layer, reason } = decision;
  // What a rule in `observe` mode holds back; of several, the strictest.
  const held = decision.observed.find((one) => one.verdict === 'deny') ?? decision.observed[0];
  const observed = held ? { observed: held.verdict, observedRule: held.rule } : {};
  const facts = { rule, layer, category, level, ...observed };
  if (verdict === 'deny') {
    return { verdict, code: decision.code, reason: refusalText(decision), ...facts };
  }
  const limits = decision.limits.map(({ max, windowSeconds, scope, cost }) => {
    return { max, windowSeconds, scope, cost };
  });
  const code = verdict === 'allow' ? 'allowed' : 'require_approval';
  return { verdict, code, reason: reason ?? null, ...facts, limits };
}

/** What the agent has read before: `private`, `untrusted`, or both. */
function readTouched(text = ''): Touched {
  const words = text === '' ? [] : text.split(',');
  if (!words.every((word) => word === 'private' || word === 'untrusted')) {
    throw new UsageError('--touched takes "private", "untrusted" or "private,untrusted".');
  }
  return { private: words.includes('private'), untrusted: words.includes('untrusted') };
}

function readArguments(json: string): Record<string, unknown> {
  let value: unknown;
  try {
    value = JSON.parse(json);
  } catch {
    throw new UsageError('--args is not valid JSON.');
  }
  if (!isObject(value)) throw new UsageError('--args must be a JSON object.');
  // As the gateway would: it refuses what readers could take for different things.
  const ambiguity = findAmbiguity(`{"params":{"arguments":${json}}}`);
  // Of such a number the policy has something to say too, and explaining the policy is the task.
  if (ambiguity === inexactNumber) {
    process.stderr.write(`toolgate: --args: the gateway refuses this call. ${ambiguity}\n`);
  } else if (ambiguity) throw new UsageError(`--args: ${ambiguity}`);
  return value;
}
