import type { Effect } from './effects';
import { html, type Markup, plural } from './markup';
import {
  button,
  details,
  jsonBlock,
  riskText,
  type Section,
  section,
  table,
  toolLink,
} from './parts';
import type { ToolPage } from './toolPage';

/** The rule that is recommended for a tool, and what would come of it. */
export function ruleSections(page: ToolPage): readonly Section[] {
  return [
    section('rule', 'Recommended rule', recommended(page)),
    section('effects', 'What the rule does to each tool', effects(page)),
  ];
}

function recommended({ advice, report }: ToolPage): Markup {
  if (!advice) {
    return html`<p>No key of a policy can hold this name, so no rule can be written for this tool alone. A rule for ${report.category} tools holds for it.</p>`;
  }
  const { text, reasons, rule, isThere, effects: { loosens } = { loosens: true } } = advice;
  const data = { rule: JSON.stringify(rule) };
  const hint = loosens
    ? 'That allows more than your policy does now, so you see the difference and confirm it before it counts.'
    : 'That allows no more than your policy does now, so it counts at once.';
  return html`<p>${reasons.join(' ')}</p>
${jsonBlock(text)}
<p class="toolbar">${!isThere && button('Add to Policy', 'addRule', { kind: 'primary', data })} ${button('Copy', 'copyRule', { data })}</p>
<p class="quiet">${isThere ? 'Your policy has this rule.' : `Adds only the rule of this tool to the policy of the workspace; the rest of it stays. ${hint}`}</p>`;
}

function effects({ advice, tool, left }: ToolPage): Markup {
  if (!advice) return html`<p class="quiet">There is no rule to look at.</p>`;
  if (!advice.effects) {
    return html`<p class="quiet">There is no valid policy, so every call is refused.</p>`;
  }
  const others = advice.effects.each.filter((effect) => effect.tool.name !== tool.name);
  const changed = others.filter(({ changes }) => changes);
  const refused = others.filter(({ alone }) => alone === 'deny' || alone === 'hidden').length;
  const own = advice.effects.each.filter((effect) => effect.tool.name === tool.name);
  const unchanged = others.filter(({ changes }) => !changes);
  const sentence =
    changed.length === 0
      ? 'Added to your policy, it changes nothing for other tools.'
      : `Added to your policy, it changes ${plural(changed.length, 'other tool')} as well.`;
  return html`<p>${sentence} As the whole policy, the text above would refuse ${refused} of the ${plural(others.length, 'other tool')} of this server, since what it does not name is refused.${left > 0 && ` ${plural(left, 'more tool is', 'more tools are')} not looked at here.`}</p>
${effectTable('This tool, and others that change', [...own, ...changed])}
${unchanged.length > 0 && details('unchanged', `${plural(unchanged.length, 'other tool stays', 'other tools stay')} as ${unchanged.length === 1 ? 'it is' : 'they are'}`, effectTable('Tools that the rule does not touch', unchanged))}`;
}

function effectTable(caption: string, rows: readonly Effect[]): Markup {
  return table(
    caption,
    ['Tool', 'Now', 'Added to your policy', 'As the whole policy'],
    rows.map(({ tool, risk, now, added, alone, changes }) => [
      html`${toolLink(tool.name)} ${riskText(risk)}`,
      now,
      changes ? html`<strong>${added}</strong>` : added,
      alone,
    ]),
  );
}
