import { window } from 'vscode';
import { visibleLine } from '../../common/visibleText';
import type { Gateway } from '../../gateway/gateway';
import { outlook } from '../../policy/outlook';
import { actionText } from '../../policy/outlookInWords';
import { ToolNode } from '../tree/nodes';
import type { WorkspaceServers } from '../workspaceServers';

/** The node that was clicked; from the command palette, the tool that the person picks. */
export async function toolOf(
  target: unknown,
  { servers }: WorkspaceServers,
  gateway: Gateway,
): Promise<ToolNode | undefined> {
  if (target instanceof ToolNode) return target;
  const picks = servers
    .filter(({ state }) => state === 'guarded')
    .flatMap((server) => {
      const policies = server.place.policies.current();
      const tools = gateway.catalogueOf(server.id)?.list() ?? [];
      return tools.map((tool) => {
        const prospect = policies && outlook(policies, server.label, tool.name, tool.risk);
        return {
          label: visibleLine(tool.name),
          description: `${visibleLine(server.label)} · ${actionText(prospect)}`,
          node: new ToolNode(server, tool, prospect),
        };
      });
    });
  if (picks.length === 0) {
    void window.showInformationMessage(
      'No tools are known yet. Open a guarded server in the Toolgate view.',
    );
    return undefined;
  }
  const picked = await window.showQuickPick(picks, { placeHolder: 'Which tool?' });
  return picked?.node;
}
