import fc from 'fast-check';
import { applyEdits } from 'jsonc-parser';
import { describe, expect, it } from 'vitest';
import { parsePolicy } from '../../../src/policy/parsePolicy';
import { Policy, type ToolFacts } from '../../../src/policy/policy';
import { presets } from '../../../src/policy/presets';
import { type RuleChange, ruleEdits } from '../../../src/policy/ruleEdits';

const write: ToolFacts = { category: 'Write', level: 'medium' };
const format = { insertSpaces: true, tabSize: 2, eol: '\n' };

function edited(text: string, change: RuleChange, facts: ToolFacts = write, tool = 't'): string {
  const governing = ruleOf(text, facts, tool);
  return applyEdits(text, ruleEdits(text, 's', tool, change, governing, format));
}

function ruleOf(text: string, facts: ToolFacts, tool = 't') {
  const { document, problems } = parsePolicy(text);
  expect(problems).toEqual([]);
  return new Policy(document!, 'workspace').ruleFor('s', tool, facts);
}

const action = (name: 'allow' | 'deny' | 'require_approval' | 'hide'): RuleChange => ({
  kind: 'action',
  action: name,
});
const category = (name: 'Read' | 'Write' | undefined): RuleChange => ({
  kind: 'category',
  category: name,
});
const fivePerMinute: RuleChange = { kind: 'limit', limit: { max: 5, window: 60 } };

describe('editing the rule of a tool', () => {
  it('creates it under its server and leaves the rest as it is', () => {
    const text = `{
  // our policy
  "version": "1",
  "default": "deny", // strict
  "tools": { "other": {} },
}
`;
    expect(edited(text, action('require_approval'))).toBe(`{
  // our policy
  "version": "1",
  "default": "deny", // strict
  "tools": { "other": {} },
  "servers": {
    "s": {
      "tools": {
        "t": { "action": "require_approval" }
      }
    }
  },
}
`);
  });

  it.each([
    [
      '{"version":"1","default":"deny"}',
      '{"version":"1","default":"deny", "servers": { "s": { "tools": { "t": { "action": "deny" } } } }}',
    ],
    [
      '{\n\t"version": "1",\n\t"default": "deny" // last\n}',
      '{\n\t"version": "1",\n\t"default": "deny", // last\n\t"servers": {\n\t  "s": {\n\t    "tools": {\n\t      "t": { "action": "deny" }\n\t    }\n\t  }\n\t}\n}',
    ],
    [
      '{\n  "version": "1",\n  "default": "deny",\n  "servers": {\n    "s": { "tools": { "a": {} } }\n  }\n}',
      '{\n  "version": "1",\n  "default": "deny",\n  "servers": {\n    "s": { "tools": { "a": {}, "t": { "action": "deny" } } }\n  }\n}',
    ],
    [
      '{\n  "version": "1",\n  "default": "deny",\n  "servers": {\n    // none yet\n  }\n}',
      '{\n  "version": "1",\n  "default": "deny",\n  "servers": {\n    // none yet\n    "s": {\n      "tools": {\n        "t": { "action": "deny" }\n      }\n    }\n  }\n}',
    ],
  ])('lays %j out as its neighbours are', (before, after) => {
    expect(edited(before, action('deny'))).toBe(after);
  });

  it('changes the action alone and keeps comments, reason and limit', () => {
    const text = `{"version":"1","default":"deny","servers":{"s":{"tools":{"t":{ /* why */ "reason":"r","rate_limit":"9/hour"}}}}}`;
    const after = edited(text, action('deny'));
    expect(after).toContain('/* why */');
    expect(parsePolicy(after).document?.servers?.s?.tools?.t).toEqual({
      action: 'deny',
      reason: 'r',
      rate_limit: '9/hour',
    });
  });

  it('lifts the limit of a tool that is allowed', () => {
    const text = `{"version":"1","default":"deny","servers":{"s":{"tools":{"t":{"action":"deny","rate_limit":"9/hour"}}}}}`;
    expect(ruleOf(edited(text, action('allow')), write)).toMatchObject({
      action: 'allow',
      limits: [],
    });
  });

  it('does not lift an approval or a refusal by limiting', () => {
    for (const rule of ['require_approval', 'deny', 'hide'] as const) {
      const text = `{"version":"1","default":"allow","risk":{"Write":{"action":"${rule}"}}}`;
      expect(ruleOf(edited(text, fivePerMinute), write)).toMatchObject({
        action: rule,
        limits: [{ max: 5, windowSeconds: 60 }],
      });
    }
  });

  it('keeps the limit that has held when a tool is to ask', () => {
    const after = edited(presets.recommended.text, action('require_approval'));
    expect(ruleOf(after, write)).toMatchObject({
      action: 'require_approval',
      limits: [{ max: 30, windowSeconds: 60 }],
    });
  });

  it('takes the tool off the lists of hidden ones', () => {
    const text = `{"version":"1","default":"deny","hide":["a","t"],"servers":{"s":{"hide":["t"]}}}`;
    expect(ruleOf(edited(text, action('allow')), write).action).toBe('allow');
    expect(parsePolicy(edited(text, action('allow'))).document?.hide).toEqual(['a']);
  });

  it('changes nothing that is so already', () => {
    const text = `{"version":"1","default":"deny","servers":{"s":{"tools":{"t":{}}}}}`;
    expect(ruleEdits(text, 's', 't', action('allow'), ruleOf(text, write), format)).toEqual([]);
  });

  it('gives a tool a category of the person’s own, changes it and takes it back', () => {
    const text = '{\n  "version": "1",\n  "default": "deny"\n}\n';
    const asRead = edited(text, category('Read'));
    expect(parsePolicy(asRead).document?.servers).toEqual({ s: { classify: { t: 'Read' } } });
    const asWrite = edited(asRead, category('Write'));
    expect(parsePolicy(asWrite).document?.servers).toEqual({ s: { classify: { t: 'Write' } } });
    expect(edited(asWrite, category('Write'))).toBe(asWrite);
    const without = parsePolicy(edited(asWrite, category(undefined))).document?.servers;
    expect(without).toEqual({ s: { classify: {} } });
    expect(edited(text, category(undefined))).toBe(text);
  });

  it('keeps what a pattern says of the server when a category is added', () => {
    const text =
      '{"version":"1","default":"allow","servers":{"s*":{"default":"deny","classify":{"other":"Read"}}}}';
    expect(parsePolicy(edited(text, category('Write'))).document?.servers?.s).toEqual({
      default: 'deny',
      classify: { other: 'Read', t: 'Write' },
    });
  });

  it('gives a valid policy with the wanted rule for any names', () => {
    const anyName = fc.string({ unit: 'grapheme', minLength: 1 }).filter((name) => {
      const text = JSON.stringify({ version: '1', default: 'deny', tools: { [name]: {} } });
      return name !== '__proto__' && parsePolicy(text).problems.length === 0;
    });
    const anyAction = fc.constantFrom('allow', 'deny', 'require_approval', 'hide');
    fc.assert(
      fc.property(
        anyName,
        anyAction,
        fc.constantFrom(...Object.values(presets)),
        (tool, to, { text }) => {
          const after = edited(text, action(to), write, tool);
          expect(ruleOf(after, write, tool).action).toBe(to);
        },
      ),
    );
  });
});

describe('editing the rule of a tool whose server only a pattern names', () => {
  const text = `{
  "version": "1",
  "default": "deny",
  "servers": {
    "*": { "sampling": "require_approval", "hide": ["t"], "tools": { "u": { "action": "deny" } } }
  }
}
`;

  it('keeps what the pattern says of that server', () => {
    const after = parsePolicy(edited(text, action('require_approval'))).document!;
    expect(after.servers).toEqual({
      '*': { sampling: 'require_approval', hide: ['t'], tools: { u: { action: 'deny' } } },
      s: {
        sampling: 'require_approval',
        hide: [],
        tools: { u: { action: 'deny' }, t: { action: 'require_approval' } },
      },
    });
  });
});
