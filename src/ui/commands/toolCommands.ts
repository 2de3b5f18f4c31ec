import { window } from 'vscode';
import { visibleLine } from '../../common/visibleText';
import type { Gateway } from '../../gateway/gateway';
import type { KnownTool } from '../../gateway/toolCatalogue';
import { outlook } from '../../policy/outlook';
import type { Action } from '../../policy/policy';
import type { RuleChange } from '../../policy/ruleEdits';
import { type Category, categories, levelOf } from '../../policy/vocabulary';
import type { PolicyEditor } from '../editor/policyEditor';
import { ToolNode } from '../tree/nodes';
import type { WorkspaceServers } from '../workspaceServers';
import { toolOf } from './toolOf';

/** The actions on a tool in the tree; each writes the policy. */
export class ToolCommands {
  constructor(
    private readonly servers: WorkspaceServers,
    private readonly gateway: Gateway,
    private readonly editor: PolicyEditor,
  ) {}

  async setAction(target: unknown, action: Action): Promise<void> {
    await this.change(target, async () => ({ kind: 'action', action }));
  }

  async limit(target: unknown): Promise<void> {
    await this.change(target, async (node) => {
      const limit = await askForLimit(node.tool.name);
      return limit === undefined ? undefined : { kind: 'limit', limit: limit ?? undefined };
    });
  }

  /** The person's own category for a tool: rules about risks go by it from then on. */
  async classify(target: unknown): Promise<void> {
    await this.change(target, async ({ tool, outlook: prospect }) => {
      const picked = await askForCategory(tool, prospect?.classified);
      return picked && { kind: 'category', category: picked.category };
    });
  }

  async showRule(target: unknown): Promise<void> {
    const node = await toolOf(target, this.servers, this.gateway);
    if (!node) return;
    const { place, label } = node.server;
    const policies = place.policies.current();
    if (!policies) return this.editor.reveal(place.policyFile.path, '');
    const { layer, rule } = outlook(policies, label, node.tool.name, node.tool.risk);
    if (layer === 'workspace') {
      await this.editor.reveal(place.policyFile.path, rule);
    } else if (layer === 'user') {
      await this.editor.reveal(this.servers.userPolicyFile.path, rule);
    } else await this.offerPolicy(node, layer);
  }

  private async offerPolicy({ server, tool }: ToolNode, layer: string): Promise<void> {
    if (layer === 'gateway') {
      const name = visibleLine(tool.name);
      void window.showWarningMessage(
        `"${name}" holds invisible characters. Toolgate never lets it be called.`,
      );
      return;
    }
    const create = 'Create Policy';
    const choice = await window.showInformationMessage(
      'There is no policy file, so the built-in recommended policy decides.',
      create,
    );
    if (choice !== create || !(await this.editor.ensure(server.place, 'recommended'))) return;
    await this.editor.reveal(server.place.policyFile.path, `/risk/${tool.risk.category}`);
  }

  private async change(
    target: unknown,
    changeFor: (node: ToolNode) => Promise<RuleChange | undefined>,
  ): Promise<void> {
    const node = await toolOf(target, this.servers, this.gateway);
    const change = node && (await changeFor(node));
    if (!node || !change) return;
    // Only a click in the tree can name a node: anyone may run the command by id, and press what a
    // quick pick offers by another.
    const clicked = target instanceof ToolNode;
    await this.editor.change(node.server, node.tool.name, node.tool.risk, change, { clicked });
  }
}

type LimitPick = {
  readonly label: string;
  readonly limit?: { max: number; window: number } | null;
};

/** `null` takes the limit away; `undefined` changes nothing. */
async function askForLimit(
  tool: string,
): Promise<{ max: number; window: number } | null | undefined> {
  const picks: LimitPick[] = [
    { label: '5 per minute', limit: { max: 5, window: 60 } },
    { label: '10 per minute', limit: { max: 10, window: 60 } },
    { label: '30 per minute', limit: { max: 30, window: 60 } },
    { label: '100 per hour', limit: { max: 100, window: 3600 } },
    { label: 'Other…' },
    { label: 'No limit', limit: null },
  ];
  const picked = await window.showQuickPick(picks, {
    placeHolder: `How often may an agent call "${visibleLine(tool)}" in one session?`,
  });
  if (!picked || picked.limit !== undefined) return picked?.limit;
  const text = await window.showInputBox({
    prompt: 'Calls and seconds, such as 20/90 for 20 calls in 90 seconds',
    ignoreFocusOut: true,
    validateInput: (value) => (readLimit(value) ? undefined : 'Write two whole numbers: 20/90'),
  });
  return text === undefined ? undefined : readLimit(text);
}

function readLimit(text: string): { max: number; window: number } | undefined {
  const match = /^\s*([1-9]\d{0,4})\s*\/\s*([1-9]\d{0,6})\s*$/.exec(text);
  return match ? { max: Number(match[1]), window: Number(match[2]) } : undefined;
}

interface CategoryPick {
  readonly label: string;
  readonly description: string;
  readonly category: Category | undefined;
}

async function askForCategory(
  tool: KnownTool,
  own: Category | undefined,
): Promise<CategoryPick | undefined> {
  const { category: read } = tool.risk;
  const picks: CategoryPick[] = categories.map((category) => ({
    label: category,
    description: `${levelOf[category]}${category === read ? ', as Toolgate reads it' : ''}`,
    category,
  }));
  const back = { label: 'No category of my own', description: read, category: undefined };
  return window.showQuickPick(own ? [...picks, back] : picks, {
    placeHolder: `What is the worst that a call of "${visibleLine(tool.name)}" can do?`,
  });
}
