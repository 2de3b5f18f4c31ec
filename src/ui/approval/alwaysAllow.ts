import { basename } from 'node:path';
import { commands, window } from 'vscode';
import { visibleLine } from '../../common/visibleText';
import type { PendingApproval } from '../../gateway/approvals';
import type { Gateway } from '../../gateway/gateway';
import type { PolicyFile } from '../../gateway/policyFile';
import type { Condition } from '../../policy/condition';
import { conditionInWords, likenessOf } from '../../policy/likeness';
import { suggestedRule } from '../../policy/suggestedRule';
import type { PolicyEditor } from '../editor/policyEditor';
import type { VirtualDocuments } from '../virtualDocuments';
import type { ServerItem, WorkspaceServers } from '../workspaceServers';
import { shortName } from './approvalTexts';
import { isSecret } from './maskSecrets';

// Enter presses the first button, so it may save nothing.
const look = { title: 'Show Difference' };
const save = { title: 'Save Rule and Allow' };
const cancel = { title: 'Cancel', isCloseAffordance: true };

/** *Always Allow Calls Like This*: a narrow rule, shown before it is saved. */
export class AlwaysAllow {
  constructor(
    private readonly servers: WorkspaceServers,
    private readonly gateway: Gateway,
    private readonly editor: PolicyEditor,
    private readonly documents: VirtualDocuments,
  ) {}

  /** Whether a rule was saved. */
  async write(pending: PendingApproval): Promise<boolean> {
    const server = this.servers.servers.find(({ id }) => id === pending.serverId);
    const catalogue = this.gateway.catalogueOf(pending.serverId);
    if (!server || !catalogue) return false;
    const risk = catalogue.riskOf(pending.tool);
    const policies = server.place.policies.current() ?? [];
    const policy = policies.find(({ layer }) => layer === pending.layer);
    if (!policy) return false;
    const category = policy.categoryOf(pending.server, pending.tool) ?? risk.category;
    const { paths } = server.place;
    const likeness = likenessOf([pending.arguments], {
      category,
      paths,
      known: argumentNames(catalogue.definitionOf(pending.tool)?.inputSchema),
      relative: pending.layer !== 'user',
      isSecret,
    });
    if (likeness.kind === 'too_broad') return sayWhyNot(likeness.why);
    const like = await choose(likeness.conditions);
    if (!like) return false;
    const facts = { ...risk, client: pending.client, sessionCalls: 0, paths };
    const call = { server: pending.server, tool: pending.tool, args: pending.arguments };
    const governing = policy.ruleFor(pending.server, pending.tool, risk);
    const rule = suggestedRule(governing, like, call, facts);
    if (!rule) return sayWhyNot('Whether a rule would hold for this very call cannot be told.');
    const file = pending.layer === 'user' ? this.servers.userPolicyFile : server.place.policyFile;
    const change = { kind: 'rule', rule } as const;
    return this.editor.change(server, pending.tool, risk, change, {
      clicked: true,
      file,
      confirm: (before, after) => this.confirm(server, pending, file, like, before, after),
    });
  }

  private async confirm(
    { label }: ServerItem,
    { tool }: PendingApproval,
    file: PolicyFile,
    like: readonly Condition[],
    before: string,
    after: string,
  ): Promise<boolean> {
    const name = basename(file.path);
    await commands.executeCommand(
      'vscode.diff',
      this.documents.create(name, before),
      this.documents.create(name, after),
      `${name} (now ↔ with the rule)`,
    );
    const lines = like.map((condition) => `• ${visibleLine(conditionInWords(condition))}`);
    const detail = `It passes without a question, within its limits, when all of this holds:\n${lines.join('\n')}\n\nEvery other call still asks.`;
    const question = `Always allow calls of "${shortName(tool)}" on server "${shortName(label)}" like this one?`;
    let choice = await window.showWarningMessage(
      question,
      { modal: true, detail },
      look,
      save,
      cancel,
    );
    // The dialog covers the difference, so the same is asked beside it.
    if (choice === look) choice = await window.showWarningMessage(question, cancel, save);
    return choice === save;
  }
}

/** Lets the person leave out what need not be the same, as long as a folder or a host bounds it. */
async function choose(conditions: readonly Condition[]): Promise<readonly Condition[] | undefined> {
  const isPlace = (condition: Condition): boolean =>
    'op' in condition && (condition.op === 'under' || condition.op === 'host');
  if (conditions.length === 1 || !conditions.some(isPlace)) return conditions;
  const picked = await window.showQuickPick(
    conditions.map((condition) => ({
      label: visibleLine(conditionInWords(condition)),
      picked: true,
      condition,
    })),
    {
      canPickMany: true,
      ignoreFocusOut: true,
      title: 'A call passes without a question when',
      placeHolder: 'All that is ticked has to hold',
    },
  );
  if (!picked || picked.length === 0) return undefined;
  const chosen = picked.map(({ condition }) => condition);
  if (chosen.some(isPlace)) return chosen;
  await sayWhyNot('Without a folder or a host the rule would let too much pass.');
  return undefined;
}

async function sayWhyNot(why: string): Promise<false> {
  const detail = `${why}\n\nYou can write a rule by hand with Show Rule, beside the tool.`;
  await window.showInformationMessage('No rule is suggested.', { modal: true, detail });
  return false;
}

function argumentNames(schema: unknown): readonly string[] {
  const properties = (schema as { properties?: unknown } | undefined)?.properties;
  return typeof properties === 'object' && properties !== null ? Object.keys(properties) : [];
}
