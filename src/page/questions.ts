import { code, foreign, html, type Markup, type Part } from './markup';
import { button, details } from './parts';
import type { ToolPage } from './toolPage';
import { confidenceInWords, purposes } from './words';

/** What people ask of a tool, answered for this one. */
export function questions(page: ToolPage): Markup {
  const { tool, server, launch, report } = page;
  const { category, level, confidence, isOwnCategory } = report;
  const name = code(tool.name);
  const all: readonly (readonly [id: string, question: Part, answer: Part])[] = [
    [
      'does',
      html`What does ${name} do?`,
      html`Agents call it ${purposes[category]} It is categorised as ${category}, ${isOwnCategory ? 'by your policy' : 'from what its server says of it'}.`,
    ],
    [
      'enforce',
      html`How do I enforce a policy on ${name}?`,
      html`Add the rule above, or press one of the buttons at the top. Each writes the tool’s own rule to the workspace’s <code>policy.json</code>, and it counts for the next call: every call to ${foreign(server)} passes Toolgate. ${button('Show Rule', 'showRule', { kind: 'link' })}`,
    ],
    [
      'risk',
      html`What risk level is ${name}?`,
      html`${category}, ${level}; ${isOwnCategory ? 'the category is your own' : `${confidenceInWords(confidence)}, ${Math.round(confidence * 100)} %`}. ${levelMeaning(page)}`,
    ],
    [
      'limit',
      html`Can I rate-limit ${name}?`,
      html`Yes. <code>"rate_limit": { "max": 10, "window": 60 }</code> in its rule lets ten calls through in any 60 seconds of an agent’s session. <code>limits</code> can count longer, over the whole workspace, or an amount instead of calls. ${button('Limit Rate…', 'limit', { kind: 'link' })}`,
    ],
    [
      'block',
      html`How do I block ${name} completely?`,
      html`Deny it: agents get a result that says so, with your <code>reason</code> if the rule has one. Or hide it: they do not see it at all, and a call of it is refused as well. ${button('Deny', 'deny', { kind: 'link' })} ${button('Hide', 'hide', { kind: 'link' })}`,
    ],
    [
      'server',
      html`Which server provides ${name}?`,
      html`${button(foreign(server), 'openServer', { kind: 'link' })}. ${foreign(launch)}. Toolgate stands between it and your agents, so nothing reaches it that the policy does not let through.`,
    ],
  ];
  return html`${all.map(([id, question, answer]) => details(`question-${id}`, question, html`<p>${answer}</p>`))}`;
}

function levelMeaning({ report, advice }: ToolPage): string {
  const meaning = {
    low: 'Such tools can be let through.',
    medium: 'Let such tools through within bounds.',
    high: 'A person should see what such a tool is about to do.',
    critical: 'A person should decide about each call of such a tool.',
  }[report.level];
  return advice?.rule.action === 'deny'
    ? 'Its definition has to be looked at before the level means anything.'
    : meaning;
}
