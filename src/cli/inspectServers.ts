import { silentLog } from '../common/log';
import { Approvals } from '../gateway/approvals';
import { MemoryCounters } from '../gateway/counters/memoryCounters';
import { Gateway, type GuardedServer } from '../gateway/gateway';
import { HaltSwitch } from '../gateway/haltSwitch';
import { Limits } from '../gateway/limits';
import type { KnownTool } from '../gateway/toolCatalogue';

const startTimeoutSeconds = 60;
const mostBytes = 16 * 1024 * 1024;

export interface InspectedServer {
  readonly label: string;
  /** Why its tools could not be learned. */
  readonly failure: string | undefined;
  readonly tools: readonly KnownTool[];
  /** Names the whole definition of a tool. */
  digestOf(tool: string): string | undefined;
}

/** Starts or dials every server at once, asks what it offers, and ends it. */
export async function inspectServers(
  servers: readonly GuardedServer[],
): Promise<readonly InspectedServer[]> {
  const gateway = new Gateway({
    approvals: new Approvals(() => startTimeoutSeconds),
    limits: new Limits(new MemoryCounters(), new MemoryCounters(), () => false),
    recorder: { failure: undefined, begin() {}, record() {} },
    halt: new HaltSwitch(),
    log: silentLog,
    serverLog() {},
    version: process.env.TOOLGATE_VERSION ?? '0',
    listDenied: () => true,
    clientTimeouts: () => ({}),
    startTimeoutSeconds: () => startTimeoutSeconds,
    mostBytes: () => mostBytes,
  });
  try {
    gateway.setServers(servers);
    await Promise.all(servers.map(({ id }) => gateway.inspect(id)));
    return servers.map(({ id, label }) => {
      const state = gateway.stateOf(id);
      const failure = state.kind === 'failed' ? state.error : undefined;
      const catalogue = gateway.catalogueOf(id);
      const digestOf = (tool: string): string | undefined => catalogue?.digestOf(tool);
      return { label, failure, tools: catalogue?.list() ?? [], digestOf };
    });
  } finally {
    await gateway.close();
  }
}
