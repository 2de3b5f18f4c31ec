import { categories, exchanges, levels } from '../../../../src/policy/vocabulary';
import {
  type Dice,
  type Json,
  randomCondition,
  randomDocument,
  randomLimit,
  randomRule,
  randomSchema,
} from './universe';

/** The document with one thing changed, for better or worse. */
export function mutate(dice: Dice, document: Json): Json {
  const copy = structuredClone(document);
  const block = pickBlock(dice, copy);
  const rules = rulesOf(block);
  const other = randomDocument(dice);
  switch (dice.below(12)) {
    case 0:
      copy.default = other.default;
      break;
    case 1:
      block.hide = other.hide;
      break;
    case 2:
      block.tools = { ...block.tools, ...other.tools };
      break;
    case 3:
      block.risk = { ...block.risk, ...other.risk };
      break;
    case 4:
      copy.servers = { ...copy.servers, ...other.servers };
      break;
    case 5:
      block.all_tools = other.all_tools;
      break;
    case 6:
      if (block.tools) delete block.tools[dice.pick(Object.keys(block.tools))];
      break;
    case 7:
      if (copy.servers) delete copy.servers[dice.pick(Object.keys(copy.servers))];
      break;
    case 8:
      block.tools = Object.fromEntries(Object.entries(block.tools ?? {}).reverse());
      break;
    case 9:
      if (rules.length > 0) Object.assign(dice.pick(rules), randomRule(dice));
      break;
    case 10: {
      const rule = rules.length > 0 ? dice.pick(rules) : {};
      delete rule[dice.pick(Object.keys(rule))];
      break;
    }
    default: {
      const rule = rules.length > 0 ? dice.pick(rules) : {};
      for (const key of Object.keys(rule)) rule[key] = randomRule(dice)[key] ?? rule[key];
    }
  }
  return JSON.parse(JSON.stringify(copy));
}

/** The document with one condition of its rule "a" changed a little: a value, an operator, a clause. */
export function mutateClauses(dice: Dice, document: Json): Json {
  const copy = structuredClone(document);
  const rule = copy.tools.a;
  const nodes: Json[] = [];
  const collect = (node: Json): void => {
    if (typeof node !== 'object' || node === null) return;
    if (Array.isArray(node) || 'op' in node || 'any' in node || 'all' in node) nodes.push(node);
    for (const part of Object.values(node)) collect(part);
  };
  collect(rule.require);
  collect(rule.deny_if);
  collect(rule.approve_if);
  if (nodes.length === 0) return { ...copy, tools: { a: randomRule(dice) } };
  const node = dice.pick(nodes);
  if (Array.isArray(node)) {
    if (node.length > 1 && dice.chance(0.5)) node.splice(dice.below(node.length), 1);
    else if (typeof node[0] === 'object' && node[0] !== null && !('conditions' in node[0]))
      node.push(randomCondition(dice));
  } else if ('any' in node) {
    node.all = node.any;
    delete node.any;
  } else if ('all' in node) {
    node.any = node.all;
    delete node.all;
  } else if (typeof node.value === 'number' && dice.chance(0.7)) {
    node.value = node.op === 'length_lte' ? dice.below(3) : node.value + dice.pick([-1, 1]);
  } else {
    const other = randomCondition(dice, 2);
    for (const key of Object.keys(node)) delete node[key];
    Object.assign(node, other);
  }
  return copy;
}

/** The document with one thing stricter; `undefined` where there is nothing to do this way. */
export function tighten(dice: Dice, document: Json): Json {
  const copy = structuredClone(document);
  const block = pickBlock(dice, copy);
  const rules = rulesOf(block);
  const rule = rules.length > 0 ? dice.pick(rules) : undefined;
  const name = dice.pick(['a', 'b', 'ab', 'c', 'a*', '*b', 'cc']);
  const done = tightenAt(dice.below(17));
  return done ? JSON.parse(JSON.stringify(copy)) : undefined;

  function tightenAt(way: number): boolean {
    switch (way) {
      case 0:
        block.hide = [...(block.hide ?? []), name];
        return true;
      case 1:
        block.tools = { ...block.tools, [name]: { action: 'deny' } };
        return true;
      case 2: {
        const next = { allow: 'require_approval', require_approval: 'deny' } as Json;
        copy.default = next[copy.default] ?? 'deny';
        return true;
      }
      case 3:
        copy.description = 'Words.';
        copy.servers = copy.servers && Object.fromEntries(Object.entries(copy.servers).reverse());
        return true;
      case 4:
        copy.servers = {
          ...copy.servers,
          fresh: { default: 'deny', tools: { a: { action: 'deny' }, 'b*': { action: 'hide' } } },
        };
        return true;
      case 5: {
        const key = dice.pick([...categories, ...levels]);
        block.risk = { ...block.risk, [key]: { action: 'deny' } };
        return true;
      }
      case 6:
        block.all_tools = { limits: [...(block.all_tools?.limits ?? []), randomLimit(dice)] };
        return true;
      case 7: {
        const server = Object.values((copy.servers ?? {}) as Record<string, Json>)[0];
        if (server) server[dice.pick(exchanges)] = 'deny';
        return server !== undefined;
      }
      default:
        return rule !== undefined && tightenRule(way - 8, rule);
    }
  }

  function tightenRule(way: number, rule: Json): boolean {
    switch (way) {
      case 0:
        if (rule.mode === 'observe') return false;
        rule.action =
          { allow: 'require_approval', require_approval: 'deny' }[
            (rule.action ?? 'allow') as 'allow'
          ] ?? 'deny';
        return true;
      case 1:
        if (rule.rate_limit?.max > 1) rule.rate_limit.max -= 1;
        else if (rule.rate_limit === undefined) rule.rate_limit = '10/minute';
        return true;
      case 2:
        for (const limit of rule.limits ?? []) {
          limit.max = Math.max(1, limit.max - 1);
          limit.window = 'day';
        }
        return rule.limits !== undefined;
      case 3:
        rule.require = [randomCondition(dice), ...(rule.require ?? [])];
        return true;
      case 4:
        rule.deny_if = [{ conditions: [randomCondition(dice)] }, ...(rule.deny_if ?? [])];
        return true;
      case 5:
        rule.approve_if = [...(rule.approve_if ?? []), { conditions: [randomCondition(dice)] }];
        return true;
      case 6:
        if (rule.args) return false;
        rule.args = randomSchema(dice);
        return true;
      case 7: {
        const entry = rule.require?.[0];
        if (!entry || 'conditions' in entry) return false;
        return tightenCondition(dice, entry);
      }
      default:
        rule.approval = { ...rule.approval, remember: 'never' };
        rule.reason = 'Words.';
        return true;
    }
  }
}

function tightenCondition(dice: Dice, condition: Json): boolean {
  switch (condition.op) {
    case 'lt':
    case 'lte':
    case 'length_lte':
      condition.value -= condition.value > 0 ? 1 : 0;
      return true;
    case 'gt':
    case 'gte':
      condition.value += 1;
      return true;
    case 'in':
      if (condition.value.length > 1) condition.value.pop();
      return true;
    case 'not_in':
      condition.value.push(dice.below(10));
      return true;
    default:
      if ('all' in condition) condition.all.push(randomCondition(dice));
      else if ('any' in condition && condition.any.length > 1) condition.any.pop();
      else return false;
      return true;
  }
}

function pickBlock(dice: Dice, document: Json): Json {
  return dice.pick([document, document, ...Object.values(document.servers ?? {})]);
}

function rulesOf(block: Json): Json[] {
  return [...Object.values(block.tools ?? {}), ...Object.values(block.risk ?? {})];
}
