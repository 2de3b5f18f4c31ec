import { setImmediate as nextTurn } from 'node:timers/promises';
import type { ActivityEntry } from '../../audit/activityEntry';
import { visibleLine } from '../../common/visibleText';
import type { Gateway } from '../../gateway/gateway';
import type { KnownTool } from '../../gateway/toolCatalogue';
import type { KnownServer, ServerPageFacts } from '../../page/serverPage';
import type { ToolPageFacts } from '../../page/toolPage';
import { serverReport } from '../../report/report';
import { Surroundings } from '../../risk/findings/surroundings';
import type { ServerItem, WorkspaceServers } from '../workspaceServers';
import { givenNames, launchText } from './launchText';

// Each is judged and laid out, and nobody reads as many.
const mostTools = 500;
// The host of extensions has others to serve.
const longestStretchMs = 10;

const states = {
  unguarded: 'not guarded',
  both: 'guarded, and reached past Toolgate as well',
  elsewhere: 'not guarded',
} as const;

/** Gathers what pages are made from. */
export class PageFacts {
  private known: { readonly key: string; readonly surroundings: Surroundings } | undefined;

  constructor(
    readonly servers: WorkspaceServers,
    readonly gateway: Gateway,
  ) {}

  serverOf(id: string): ServerItem | undefined {
    return this.servers.servers.find((server) => server.id === id);
  }

  toolOf({ id }: ServerItem, name: string): KnownTool | undefined {
    const catalogue = this.gateway.catalogueOf(id);
    const definition = catalogue?.definitionOf(name);
    return catalogue && definition && { ...definition, risk: catalogue.riskOf(name) };
  }

  /** The tools that pages speak of: the first of very many. */
  toolsOf({ id }: ServerItem): readonly KnownTool[] {
    return this.gateway.catalogueOf(id)?.list(mostTools) ?? [];
  }

  ofTool(server: ServerItem, tool: KnownTool, recorded: readonly ActivityEntry[]): ToolPageFacts {
    const { label, place, configured, id } = server;
    const listed = this.toolsOf(server);
    const tools = listed.some(({ name }) => name === tool.name) ? listed : [tool, ...listed];
    const waiting = this.gateway.pinsOf(id)?.waiting ?? [];
    // The record writes names in such a way that nothing hides in them.
    const [ofServer, ofTool] = [visibleLine(label), visibleLine(tool.name.slice(0, 1000))];
    return {
      server: label,
      tool,
      tools,
      left: (this.gateway.catalogueOf(id)?.names.length ?? 0) - tools.length,
      policies: place.policies.current(),
      surroundings: this.surroundings(),
      calls: recorded.filter((call) => call.server === ofServer && call.tool === ofTool),
      launch: launchText(configured.entry),
      waits: waiting.some(({ kind, name }) => kind === 'tool' && name === tool.name),
    };
  }

  async ofServer(server: ServerItem): Promise<ServerPageFacts> {
    const { label, state, configured } = server;
    const past = 'Agents call its tools past Toolgate. Guard it in the view to see them here.';
    const look = state === 'guarded' ? this.look(server) : { state: states[state], trouble: past };
    return {
      label,
      canLoad: false,
      ...look,
      launch: launchText(configured.entry),
      given: givenNames(configured.entry),
      known: await this.knownOf(server),
    };
  }

  private async knownOf(server: ServerItem): Promise<KnownServer | undefined> {
    const catalogue = this.gateway.catalogueOf(server.id);
    if (server.state !== 'guarded' || !catalogue?.isComplete) return undefined;
    const tools = this.toolsOf(server);
    const policies = server.place.policies.current();
    const facts = { label: server.label, failure: undefined, tools, policies };
    return {
      tools,
      left: catalogue.names.length - tools.length,
      policies,
      report: await serverReport(facts, this.surroundings(), pauses()),
    };
  }

  private look({ id }: ServerItem): Pick<ServerPageFacts, 'state' | 'trouble' | 'canLoad'> {
    const state = this.gateway.stateOf(id);
    switch (state.kind) {
      case 'stopped':
        return { state: 'guarded', trouble: undefined, canLoad: true };
      case 'running':
      case 'starting':
        return { state: state.kind, trouble: undefined, canLoad: true };
      case 'halted':
        return { state: 'halted', trouble: 'Toolgate is halted: no server runs.', canLoad: false };
      case 'unreviewed': {
        const trouble = 'It is not started until you have reviewed it in the view.';
        return { state: `${state.verdict}, not reviewed`, trouble, canLoad: false };
      }
      case 'needsSignIn':
        return { state: 'needs sign-in', trouble: state.reason, canLoad: false };
      case 'failed':
        return { state: 'failed', trouble: state.error, canLoad: true };
    }
  }

  /** The names of all guarded servers, prepared once for as long as they stay the same. */
  private surroundings(): Surroundings {
    const named = this.servers.servers
      .filter(({ state }) => state === 'guarded')
      .map(({ id, label }) => ({
        server: label,
        tools: this.gateway.catalogueOf(id)?.names ?? [],
      }));
    const key = JSON.stringify(named);
    if (this.known?.key !== key) this.known = { key, surroundings: new Surroundings(named) };
    return this.known.surroundings;
  }
}

/** What there is to say of a server that is gone. */
export function unknownServer(label: string): ServerPageFacts {
  return {
    label,
    state: 'not configured',
    trouble: 'It stands in no configuration of this workspace any more.',
    canLoad: false,
    launch: 'Nothing is known of it',
    given: [],
    known: undefined,
  };
}

/** Lets others have their turn after each stretch of work. */
export function pauses(): () => Promise<void> {
  let since = performance.now();
  return async () => {
    if (performance.now() - since < longestStretchMs) return;
    await nextTurn();
    since = performance.now();
  };
}
