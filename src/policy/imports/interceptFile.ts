import { readYaml } from './readYaml';
import {
  isNothing,
  member,
  type SourceMap,
  type SourceNode,
  type SourceProblem,
  textOf,
} from './sourceTree';

/** A policy of Intercept as it is written: read, and not yet understood. */
export interface InterceptFile {
  readonly description: string | undefined;
  readonly default: 'allow' | 'deny' | 'require_approval';
  readonly hide: readonly string[];
  readonly tools: readonly InterceptTool[];
  /** Keys that Intercept's reference does not name. */
  readonly unknown: readonly string[];
}

export interface InterceptTool {
  readonly name: string;
  readonly rules: readonly InterceptRule[];
  readonly unknown: readonly string[];
}

export interface InterceptRule {
  readonly path: string;
  readonly name: string;
  readonly action: string;
  readonly conditions: readonly InterceptCondition[];
  readonly onDeny: string | undefined;
  readonly rateLimit: string | undefined;
  readonly state: InterceptState | undefined;
  readonly approvalTimeout: string | undefined;
  readonly unknown: readonly string[];
}

export interface InterceptCondition {
  readonly path: string;
  readonly op: string;
  readonly value: SourceNode | undefined;
}

export interface InterceptState {
  readonly counter: string;
  readonly window: Window;
  readonly increment: number;
  readonly incrementFrom: string | undefined;
}

export const windows = ['minute', 'hour', 'day'] as const;
export type Window = (typeof windows)[number];

/** Reads the file and reports each mistake that Intercept would not take either. */
export function readInterceptFile(
  text: string,
):
  | { readonly file: InterceptFile }
  | { readonly file: undefined; readonly problems: readonly SourceProblem[] } {
  const { root, problems } = readYaml(text);
  if (!root) return { file: undefined, problems };
  const reader = new Reader();
  const file = reader.file(root);
  return reader.problems.length > 0 ? { file: undefined, problems: reader.problems } : { file };
}

const topKeys = ['version', 'description', 'default', 'hide', 'tools'];
const ruleKeys = [
  'name',
  'action',
  'conditions',
  'on_deny',
  'rate_limit',
  'state',
  'approval_timeout',
];
const conditionKeys = ['path', 'op', 'value'];
const stateKeys = ['counter', 'window', 'increment', 'increment_from'];

class Reader {
  readonly problems: SourceProblem[] = [];

  file(root: SourceNode): InterceptFile {
    const top = this.map(root, 'A policy of Intercept is a map with "version" and "tools".');
    if (textOf(member(top, 'version')) !== '1') {
      this.problem(member(top, 'version') ?? root, 'Write version: "1".');
    }
    const tools = member(top, 'tools');
    return {
      description: this.text(member(top, 'description'), '"description" must be a text.'),
      default: this.default(member(top, 'default')),
      hide: this.list(member(top, 'hide'), '"hide" must be a list of tool names.').map((item) =>
        this.required(item, 'Write the name of a tool.'),
      ),
      tools: isNothing(tools)
        ? []
        : (this.map(tools, '"tools" must be a map of tool names.')?.entries ?? []).map(
            ({ key, value }) => this.tool(key, value),
          ),
      unknown: unknownKeys(top, topKeys, ''),
    };
  }

  private default(node: SourceNode | undefined): InterceptFile['default'] {
    const text = isNothing(node) ? 'allow' : textOf(node);
    if (text === 'allow' || text === 'deny' || text === 'require_approval') return text;
    this.problem(node!, '"default" must be "allow" or "deny".');
    return 'deny';
  }

  private tool(name: string, node: SourceNode): InterceptTool {
    const path = `tools.${name}`;
    if (isNothing(node)) return { name, rules: [], unknown: [] };
    const map = this.map(node, 'A tool must be a map with "rules", such as rules: [].');
    return {
      name,
      rules: this.list(member(map, 'rules'), '"rules" must be a list.').map((item, index) =>
        this.rule(item, `${path}.rules[${index}]`),
      ),
      unknown: unknownKeys(map, ['rules'], `${path}.`),
    };
  }

  private rule(node: SourceNode, path: string): InterceptRule {
    const map = this.map(node, 'A rule must be a map, such as name: …, action: deny.');
    const conditions = this.list(
      member(map, 'conditions'),
      '"conditions" must be a list of conditions.',
    );
    const state = member(map, 'state');
    return {
      path,
      name: this.text(member(map, 'name'), '"name" must be a text.') ?? '',
      action: this.text(member(map, 'action'), '"action" must be a text.') ?? 'evaluate',
      conditions: conditions.map((item) => this.condition(item)),
      onDeny: this.text(member(map, 'on_deny'), '"on_deny" must be a text.'),
      rateLimit: this.text(member(map, 'rate_limit'), '"rate_limit" must be like "5/hour".'),
      state: isNothing(state) ? undefined : this.state(state),
      approvalTimeout: this.text(
        member(map, 'approval_timeout'),
        '"approval_timeout" must be like "10m".',
      ),
      unknown: [
        ...unknownKeys(map, ruleKeys, `${path}.`),
        ...conditions.flatMap((item, index) =>
          unknownKeys(item, conditionKeys, `${path}.conditions[${index}].`),
        ),
        ...unknownKeys(state, stateKeys, `${path}.state.`),
      ],
    };
  }

  private condition(node: SourceNode): InterceptCondition {
    const map = this.map(node, 'A condition must be a map with "path", "op" and "value".');
    return {
      path: this.required(member(map, 'path') ?? node, 'A condition needs a "path".'),
      op: this.required(member(map, 'op') ?? node, 'A condition needs an "op".'),
      value: member(map, 'value'),
    };
  }

  private state(node: SourceNode): InterceptState {
    const map = this.map(node, '"state" must be a map with "counter" and "window".');
    const window = textOf(member(map, 'window'));
    if (!isWindow(window)) {
      this.problem(member(map, 'window') ?? node, '"window" must be "minute", "hour" or "day".');
    }
    const increment = member(map, 'increment');
    const step = increment?.kind === 'value' ? increment.value : undefined;
    if (!isNothing(increment) && !Number.isSafeInteger(step)) {
      this.problem(increment, '"increment" must be a whole number.');
    }
    const from = this.text(member(map, 'increment_from'), '"increment_from" must be a path.');
    if (from !== undefined && !from.startsWith('args.')) {
      this.problem(member(map, 'increment_from')!, '"increment_from" begins with "args.".');
    }
    return {
      counter: this.required(member(map, 'counter') ?? node, '"state" needs a "counter".'),
      window: isWindow(window) ? window : 'day',
      // Intercept takes 0 for "not written".
      increment: typeof step === 'number' && step !== 0 ? step : 1,
      incrementFrom: from === '' ? undefined : from,
    };
  }

  private map(node: SourceNode, message: string): SourceMap | undefined {
    if (node.kind === 'map') return node;
    this.problem(node, message);
    return undefined;
  }

  private list(node: SourceNode | undefined, message: string): readonly SourceNode[] {
    if (isNothing(node)) return [];
    if (node.kind === 'list') return node.items;
    this.problem(node, message);
    return [];
  }

  private text(node: SourceNode | undefined, message: string): string | undefined {
    if (isNothing(node)) return undefined;
    const text = textOf(node);
    if (text === undefined) this.problem(node, message);
    return text;
  }

  private required(node: SourceNode, message: string): string {
    const text = textOf(node);
    if (text !== undefined && text.trim() !== '') return text;
    this.problem(node, message);
    return '';
  }

  private problem({ offset }: SourceNode, message: string): void {
    this.problems.push({ message, offset });
  }
}

function isWindow(text: string | undefined): text is Window {
  return windows.some((window) => window === text);
}

function unknownKeys(
  node: SourceNode | undefined,
  known: readonly string[],
  prefix: string,
): string[] {
  if (node?.kind !== 'map') return [];
  return node.entries.flatMap(({ key }) => (known.includes(key) ? [] : [`${prefix}${key}`]));
}
