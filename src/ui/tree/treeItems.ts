import { MarkdownString, ThemeColor, ThemeIcon, TreeItem, TreeItemCollapsibleState } from 'vscode';
import { visibleLine, visibleText } from '../../common/visibleText';
import type { PendingApproval } from '../../gateway/approvals';
import type { ServerState } from '../../gateway/gateway';
import type { ScopedGrant } from '../../gateway/scopedGrants';
import { type Outlook, riskUnder } from '../../policy/outlook';
import { actionText, type EffectiveAction, effectiveAction } from '../../policy/outlookInWords';
import { ruleInWords } from '../../policy/ruleInWords';
import { type Level, levels } from '../../risk/risk';
import { argumentsText, details, waitingText } from '../approval/approvalTexts';
import { commands, passing } from '../ids';
import type { ServerItem } from '../workspaceServers';
import type { ChangeNode, GrantNode, LevelNode, MessageNode, PendingNode, ToolNode } from './nodes';
import type { LevelCounts } from './serverTools';
import type { Grouping } from './treeOptions';

// Not `charts.orange`: newer themes have it almost transparent.
export const levelColors: Record<Level, string> = {
  low: 'charts.green',
  medium: 'charts.yellow',
  high: 'symbolIcon.classForeground',
  critical: 'charts.red',
};

const actionIcons: Record<EffectiveAction, string> = {
  allow: 'pass',
  limited: 'watch',
  ask: 'question',
  deny: 'circle-slash',
  hidden: 'eye-closed',
  'no policy': 'error',
};

/** The shape of the icon says what happens to calls, its colour how great the risk is. */
export function toolItem(node: ToolNode, grouping: Grouping): TreeItem {
  const { server, tool, outlook } = node;
  const action = effectiveAction(outlook);
  const { category, level } = riskUnder(outlook, tool.risk);
  const whose = outlook?.classified ? ', your category' : '';
  const item = new TreeItem(visibleLine(tool.name));
  item.id = `${server.id}/${tool.name}`;
  item.description =
    grouping === 'server'
      ? `${actionText(outlook)} · ${category}, ${level}${whose}`
      : `${actionText(outlook)} · ${visibleLine(server.label)} · ${category}${whose}`;
  item.iconPath = new ThemeIcon(actionIcons[action], new ThemeColor(levelColors[level]));
  item.contextValue = 'tool';
  item.command = {
    command: commands.openToolPage,
    title: 'Show Tool Page',
    arguments: [node, passing],
  };
  item.tooltip = toolTooltip(tool, outlook);
  item.accessibilityInformation = {
    label: `${visibleLine(tool.name)}, ${actionText(outlook)}, risk ${level}, ${category}${whose}`,
  };
  return item;
}

// Texts of servers are appended as text, never as Markdown: they could hold links and pictures.
function toolTooltip(tool: ToolNode['tool'], outlook: Outlook | undefined): MarkdownString {
  const tooltip = new MarkdownString();
  tooltip.appendMarkdown('**');
  tooltip.appendText(visibleLine(tool.name));
  tooltip.appendMarkdown('**\n\n');
  const description = visibleText(tool.description ?? '').trim();
  tooltip.appendText(description === '' ? 'No description.' : description.slice(0, 1000));
  const { category, level, evidence, contradiction } = tool.risk;
  const own = outlook?.classified;
  if (own) tooltip.appendMarkdown(`\n\n---\n\n**Your category** ${own}`);
  tooltip.appendMarkdown(`\n\n---\n\n**Risk** ${category}, ${level}. `);
  tooltip.appendText(visibleLine(evidence[0]?.text ?? ''));
  if (contradiction) tooltip.appendText(` ${visibleLine(contradiction.text)}`);
  tooltip.appendMarkdown('\n\n**Policy** ');
  tooltip.appendText(
    outlook
      ? `${actionText(outlook)}: ${ruleInWords(outlook.rule)} (${outlook.layer})`
      : 'no valid policy, so every call is refused',
  );
  return tooltip;
}

export function serverItem(
  server: ServerItem,
  state: ServerState,
  toolCount: number | undefined,
  counts: LevelCounts,
  /** What the catalogue says of it while it has not been asked. */
  unasked: string | undefined,
  showFolder: boolean,
): TreeItem {
  const item = new TreeItem(visibleLine(server.label), TreeItemCollapsibleState.Collapsed);
  item.id = server.id;
  const folder = showFolder ? ` · ${server.place.folder.name}` : '';
  const rest = `${unasked ? ` · ${unasked}` : ''}${folder}`;
  item.contextValue = `server.${server.state}${contextOf(server, state)}`;
  if (server.state === 'guarded') {
    const tools =
      toolCount === undefined || state.kind === 'unreviewed'
        ? ''
        : ` · ${toolCount} ${toolCount === 1 ? 'tool' : 'tools'}${gravest(counts)}`;
    const { text, icon } = guardedLook(state);
    item.description = `${text}${tools}${rest}`;
    item.iconPath = icon;
    if (state.kind === 'failed') item.tooltip = plain(`${server.label}: ${state.error}`);
    else if (tools !== '') item.tooltip = plain(`${server.label}: ${countsText(counts)}`);
  } else {
    item.description = `not guarded${rest}`;
    item.iconPath = new ThemeIcon('warning', new ThemeColor('list.warningForeground'));
    item.tooltip = plain(unguardedText(server));
    if (!unasked) item.collapsibleState = TreeItemCollapsibleState.None;
  }
  item.accessibilityInformation = { label: `Server ${item.label}, ${item.description}` };
  return item;
}

/** How many tools are of the gravest level, if that is one to know of at a glance. */
function gravest(counts: LevelCounts): string {
  const level = (['critical', 'high'] as const).find((each) => counts[each] > 0);
  return level ? ` · ${counts[level]} ${level}` : '';
}

function countsText(counts: LevelCounts): string {
  const some = levels.toReversed().filter((level) => counts[level] > 0);
  return some.map((level) => `${counts[level]} ${level}`).join(', ');
}

export function levelItem({ level, tools }: LevelNode): TreeItem {
  const isGrave = level === 'critical' || level === 'high';
  const item = new TreeItem(
    level.charAt(0).toUpperCase() + level.slice(1),
    isGrave ? TreeItemCollapsibleState.Expanded : TreeItemCollapsibleState.Collapsed,
  );
  item.id = `level/${level}`;
  item.description = String(tools.length);
  item.iconPath = new ThemeIcon('circle-filled', new ThemeColor(levelColors[level]));
  item.contextValue = 'level';
  item.accessibilityInformation = { label: `Risk ${level}, ${tools.length} tools` };
  return item;
}

/** What the menus of a server depend on. */
function contextOf({ configured }: ServerItem, state: ServerState): string {
  const isRemote = configured.entry !== undefined && configured.entry.type !== 'stdio';
  return `${isRemote ? '.remote' : ''}${troubleOf(state)}`;
}

function troubleOf(state: ServerState): string {
  if (state.kind === 'unreviewed') return `.${state.verdict}`;
  return state.kind === 'failed' || state.kind === 'needsSignIn' ? `.${state.kind}` : '';
}

function guardedLook(state: ServerState): { text: string; icon: ThemeIcon } {
  switch (state.kind) {
    case 'starting':
      return { text: 'starting', icon: new ThemeIcon('loading~spin') };
    case 'running':
      return {
        text: 'running',
        icon: new ThemeIcon('shield', new ThemeColor('charts.green')),
      };
    case 'halted':
      return {
        text: 'halted',
        icon: new ThemeIcon('stop-circle', new ThemeColor('list.errorForeground')),
      };
    case 'unreviewed':
      return {
        text: `${state.verdict} – review`,
        icon: new ThemeIcon('git-compare', new ThemeColor('list.warningForeground')),
      };
    case 'stopped':
      return { text: 'guarded', icon: new ThemeIcon('shield') };
    case 'needsSignIn':
      return {
        text: 'needs sign-in',
        icon: new ThemeIcon('account', new ThemeColor('list.warningForeground')),
      };
    case 'failed':
      return {
        text: 'failed',
        icon: new ThemeIcon('error', new ThemeColor('list.errorForeground')),
      };
  }
}

function unguardedText(server: ServerItem): string {
  switch (server.state) {
    case 'both':
      return 'It is in mcp.json as well, where VS Code prefers it: agents reach it past Toolgate. Guard it again.';
    case 'elsewhere':
      return server.source === 'cursor'
        ? 'Configured for Cursor, which reaches it past Toolgate. Move the entry to .vscode/mcp.json to guard it.'
        : 'VS Code starts it past Toolgate. Move the entry to .vscode/mcp.json to guard it.';
    default:
      return 'Agents call its tools past Toolgate. Guard it to put the policy in between.';
  }
}

export function pendingGroupItem(count: number): TreeItem {
  const item = new TreeItem('Pending approvals', TreeItemCollapsibleState.Expanded);
  item.id = 'pending';
  item.description = String(count);
  item.iconPath = new ThemeIcon('bell-dot');
  item.contextValue = 'pendingGroup';
  return item;
}

export function pendingItem({ pending }: PendingNode): TreeItem {
  const item = new TreeItem(visibleLine(pending.tool));
  item.id = pending.id;
  item.description = pendingText(pending);
  const color = new ThemeColor('list.warningForeground');
  item.iconPath = new ThemeIcon(pending.calls === 0 ? 'debug-pause' : 'bell-dot', color);
  item.contextValue = 'pending';
  item.tooltip = plain(details(pending).slice(0, 4000));
  item.accessibilityInformation = {
    label: `Call of ${item.label} waits for approval, ${item.description}, arguments ${argumentsText(pending.arguments).slice(0, 200)}`,
  };
  return item;
}

const kindNames = { server: 'server', tool: 'tool', prompt: 'prompt', instructions: 'text' };

/** What agents do not see, and cannot call, until it is reviewed. */
export function changeItem({ server, change }: ChangeNode): TreeItem {
  const { kind, name, verdict, reasons } = change;
  const item = new TreeItem(kind === 'instructions' ? 'instructions' : visibleLine(name));
  item.id = `${server.id}/change/${kind}/${name}`;
  const what = kind === 'tool' ? '' : ` ${kindNames[kind]}`;
  item.description = `${verdict}${what} – review`;
  item.iconPath = new ThemeIcon('git-compare', new ThemeColor('list.warningForeground'));
  item.contextValue = 'change';
  const fields = change.differences.map(({ field }) => field).slice(0, 10);
  const why = [...reasons, ...(fields.length > 0 ? [`Changed: ${fields.join(', ')}`] : [])];
  item.tooltip = plain(['Agents do not get it until you have reviewed it.', ...why].join('\n\n'));
  item.accessibilityInformation = { label: `${item.label}, ${item.description}` };
  return item;
}

/** What is said of a pending call behind its name. */
export function pendingText(pending: PendingApproval): string {
  const times = pending.calls > 1 ? `×${pending.calls} · ` : '';
  const gone = pending.calls === 0 ? 'the agent will come back · ' : '';
  return `${times}${visibleLine(pending.server)} · ${gone}${waitingText(pending, Date.now())}`;
}

export function grantGroupItem(count: number): TreeItem {
  const item = new TreeItem('Grants', TreeItemCollapsibleState.Expanded);
  item.id = 'grants';
  item.description = String(count);
  item.iconPath = new ThemeIcon('key');
  item.tooltip =
    'What you have allowed beyond one call. It ends with its session, or with Toolgate.';
  item.contextValue = 'grantGroup';
  return item;
}

export function grantItem({ grant }: GrantNode): TreeItem {
  const item = new TreeItem(visibleLine(grant.tool));
  item.id = grant.id;
  item.description = grantText(grant);
  item.iconPath = new ThemeIcon('pass', new ThemeColor('charts.green'));
  item.contextValue = 'grant';
  item.tooltip = plain(`${item.description}\nGiven to: ${grant.client}`);
  item.accessibilityInformation = { label: `Grant for ${item.label}, ${item.description}` };
  return item;
}

/** How far a grant still reaches. */
export function grantText({ server, kind, callsLeft, until }: ScopedGrant): string {
  const what = kind === 'arguments' ? 'these arguments' : 'every call';
  const calls =
    callsLeft === undefined ? [] : [`${callsLeft} ${callsLeft === 1 ? 'call' : 'calls'} left`];
  const time = until === undefined ? [] : [`until ${new Date(until).toLocaleTimeString()}`];
  const bounds = [...calls, ...time].join(', ') || 'this session';
  return `${bounds} · ${visibleLine(server)} · ${what}`;
}

export function messageItem({ server, text, icon }: MessageNode): TreeItem {
  const item = new TreeItem(text);
  item.id = `${server.id}/message/${icon}`;
  item.iconPath = new ThemeIcon(icon);
  item.tooltip = plain(text);
  item.contextValue = 'message';
  return item;
}

export function plain(text: string): MarkdownString {
  return new MarkdownString().appendText(visibleText(text));
}
