import { cpus } from 'node:os';
import { preparsePolicySet, statefulIsAuthorized } from '@cedar-policy/cedar-wasm/nodejs';
import { newEnforcer, newModelFromString, StringAdapter } from 'casbin';
import { type CallFacts, decide } from '../../src/policy/decide';
import { parsePolicy } from '../../src/policy/parsePolicy';
import { Policy } from '../../src/policy/policy';

// One decision under 1,000 rules with five conditions each, beside two general policy engines on the
// same rules, in one run. They can say more than our language and less; quote the ratios with that.

const rules = 1000;
const decisions = 20_000;

interface Engine {
  readonly name: string;
  readonly calls: number;
  /** Whether the call of tool `index` with this amount is allowed. */
  decide(index: number, amount: number): boolean | Promise<boolean>;
}

const args = (amount: number) => ({
  amount,
  currency: 'eur',
  memo: 'order 4711 ok',
  region: 'eu',
  count: 3,
});

function toolgate(): Engine {
  const tools = Object.fromEntries(
    Array.from({ length: rules }, (_, index) => [
      `tool_${index}`,
      {
        require: [
          { path: 'args.amount', op: 'lte', value: 100 },
          { path: 'args.currency', op: 'in', value: ['usd', 'eur'] },
          { path: 'args.memo', op: 'contains', value: ' ok' },
          { path: 'args.region', op: 'eq', value: 'eu' },
          { path: 'args.count', op: 'gte', value: 1 },
        ],
      },
    ]),
  );
  const { document } = parsePolicy(JSON.stringify({ version: '1', default: 'deny', tools }));
  const policies = [new Policy(document!, 'workspace')];
  const facts: CallFacts = {
    category: 'Write',
    level: 'medium',
    client: 'bench',
    sessionCalls: 0,
    paths: { platform: 'posix', caseInsensitive: false, workspaceFolder: '/w', homedir: '/h' },
  };
  return {
    name: 'toolgate',
    calls: decisions,
    decide: (index, amount) => {
      const call = { server: 's', tool: `tool_${index}`, args: args(amount) };
      return decide(policies, call, facts).verdict === 'allow';
    },
  };
}

function cedar(): Engine {
  const policies = Array.from(
    { length: rules },
    (_, index) => `permit(principal, action == Action::"tool_${index}", resource) when {
      context.amount <= 100 && ["usd", "eur"].contains(context.currency) &&
      context.memo like "* ok*" && context.region == "eu" && context.count >= 1 };`,
  ).join('\n');
  const answer = preparsePolicySet('bench', { staticPolicies: policies });
  if (answer.type !== 'success') throw new Error(JSON.stringify(answer));
  return {
    name: 'cedar-wasm',
    calls: 500,
    decide: (index, amount) => {
      const result = statefulIsAuthorized({
        principal: { type: 'Agent', id: 'a' },
        action: { type: 'Action', id: `tool_${index}` },
        resource: { type: 'Server', id: 's' },
        context: args(amount),
        preparsedPolicySetId: 'bench',
        entities: [],
      });
      if (result.type !== 'success') throw new Error(JSON.stringify(result));
      return result.response.decision === 'allow';
    },
  };
}

async function casbin(): Promise<Engine> {
  const model = newModelFromString(`
[request_definition]
r = act, amount, currency, memo, region, count
[policy_definition]
p = act, max, first, second, part, region, least
[policy_effect]
e = some(where (p.eft == allow))
[matchers]
m = r.act == p.act && r.amount <= p.max && (r.currency == p.first || r.currency == p.second) && contains(r.memo, p.part) && r.region == p.region && r.count >= p.least
`);
  const rows = Array.from(
    { length: rules },
    (_, index) => `p, tool_${index}, 100, usd, eur, ok, eu, 1`,
  );
  const enforcer = await newEnforcer(model, new StringAdapter(rows.join('\n')));
  await enforcer.addFunction('contains', (text: string, part: string) => text.includes(part));
  return {
    name: 'casbin',
    calls: 500,
    decide: (index, amount) => {
      const { currency, memo, region, count } = args(amount);
      return enforcer.enforce(`tool_${index}`, amount, currency, memo, region, count);
    },
  };
}

async function measure(engine: Engine): Promise<{ p50: number; p99: number }> {
  const times: number[] = [];
  for (let call = 0; call < engine.calls * 2; call++) {
    const allowed = call % 2 === 0;
    const started = process.hrtime.bigint();
    const answer = await engine.decide(call % rules, allowed ? 50 : 500);
    const nanoseconds = Number(process.hrtime.bigint() - started);
    if (answer !== allowed) throw new Error(`${engine.name} decided wrongly`);
    // The first half warms up.
    if (call >= engine.calls) times.push(nanoseconds / 1000);
  }
  times.sort((a, b) => a - b);
  return { p50: times[times.length >> 1]!, p99: times[Math.floor(times.length * 0.99)]! };
}

function loading(): void {
  const tools = Object.fromEntries(
    Array.from({ length: 10_000 }, (_, index) => [
      `tool_${index}`,
      { require: [{ path: 'args.amount', op: 'lte', value: index }] },
    ]),
  );
  const text = JSON.stringify({ version: '1', default: 'deny', tools });
  const times = Array.from({ length: 5 }, () => {
    const started = performance.now();
    new Policy(parsePolicy(text).document!, 'workspace');
    return performance.now() - started;
  }).sort((a, b) => a - b);
  console.log(`\nReading and compiling 10,000 rules: ${times[2]!.toFixed(0)} ms (median of 5)`);
}

async function main(): Promise<void> {
  const date = new Date().toISOString().slice(0, 10);
  console.log(`${date}, Node ${process.version}, ${cpus().length} × ${cpus()[0]?.model}`);
  console.log(`${rules} rules of five conditions, half of the calls refused\n`);
  console.log('| engine | p50 µs | p99 µs | p50 ratio |');
  console.log('|---|---|---|---|');
  let own: number | undefined;
  for (const engine of [toolgate(), cedar(), await casbin()]) {
    const { p50, p99 } = await measure(engine);
    own ??= p50;
    console.log(
      `| ${engine.name} | ${p50.toFixed(2)} | ${p99.toFixed(2)} | ${(p50 / own).toFixed(0)} |`,
    );
  }
  loading();
}

void main();
