import type { InspectionOptions } from '../inspection';
import { type Ask, listAll } from '../listing';
import { offersIn } from '../pins/offer';
import type { ToolCatalogue } from '../toolCatalogue';
import type { Upstream, UpstreamListener } from '../upstream';
import { StatelessConnection } from './statelessConnection';
import { askStateless } from './statelessRequest';

/**
 * Learns the tools of a server that has no sessions. False if it turns out to be no such server.
 * Throws an `Error` whose message is for people.
 */
export async function inspectStateless(
  connect: (listener: UpstreamListener) => Upstream,
  catalogue: ToolCatalogue,
  { timeoutMs, version, signal, pins, log }: InspectionOptions,
): Promise<boolean> {
  const onEnd = (): void => {};
  const options = { startTimeoutMs: timeoutMs, version, connect, log, onEnd };
  const connection = new StatelessConnection(options);
  const cancel = (): void => void connection.close();
  signal.addEventListener('abort', cancel);
  try {
    const era = await connection.era;
    if (era.kind === 'failed') throw new Error(era.reason);
    if (era.kind === 'handshake') return false;
    const ask: Ask = (method, params) =>
      askStateless(connection, method, params, { timeoutMs, version });
    const tools = await listAll(ask, 'tools', (...page) => catalogue.learn(...page));
    await pins?.learn('tool', offersIn('tool', tools));
    if (pins) await pins.learn('prompt', offersIn('prompt', await listAll(ask, 'prompts')));
    return true;
  } finally {
    signal.removeEventListener('abort', cancel);
    await connection.close();
  }
}
