import { ThemeColor, ThemeIcon, TreeItem } from 'vscode';
import { type CataloguedServer, summaryOf } from '../../catalogue/packageCatalogue';
import { visibleLine } from '../../common/visibleText';
import { outlook, riskUnder } from '../../policy/outlook';
import { actionText } from '../../policy/outlookInWords';
import type { ServerItem } from '../workspaceServers';
import { CataloguedToolNode } from './nodes';
import { levelColors, plain } from './treeItems';

const from = 'from the catalogue';

/** The tools of a server that has not been asked, as far as the catalogue has them. */
export function cataloguedToolsOf(server: ServerItem): readonly CataloguedToolNode[] {
  const { catalogued, label, place, state } = server;
  if (!catalogued) return [];
  const policies = state === 'guarded' ? place.policies.current() : undefined;
  return catalogued.tools.map((tool) => {
    const prospect = policies && outlook(policies, label, tool.name, tool);
    return new CataloguedToolNode(server, catalogued, tool, prospect);
  });
}

/** What is said of a tool behind its name. Nothing happens to calls that do not pass Toolgate. */
export function cataloguedText({ server, tool, outlook: prospect }: CataloguedToolNode): string {
  const { category, level } = riskUnder(prospect, tool);
  const action = server.state === 'guarded' ? [actionText(prospect)] : [];
  return [...action, `${category}, ${level}`, from].join(' · ');
}

export function cataloguedToolItem(node: CataloguedToolNode): TreeItem {
  const { server, catalogued, tool, outlook: prospect } = node;
  const item = new TreeItem(visibleLine(tool.name));
  item.id = `${server.id}/catalogued/${tool.name}`;
  item.description = cataloguedText(node);
  const { level } = riskUnder(prospect, tool);
  // Hollow: nothing here has been seen of the server itself.
  item.iconPath = new ThemeIcon('circle-large', new ThemeColor(levelColors[level]));
  item.contextValue = 'cataloguedTool';
  item.tooltip = plain(
    `${tool.name}\n\nNot loaded yet: as version ${catalogued.version} of ${catalogued.package} was. Calls are judged by what the server says when it runs.`,
  );
  item.accessibilityInformation = { label: `${item.label}, ${item.description}` };
  return item;
}

/** How much there is to know of a server before it is started. */
export function cataloguedSummary({ tools }: CataloguedServer): string {
  return `${summaryOf(tools)} in the catalogue`;
}
