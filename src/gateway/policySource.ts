import { Emitter, type Event } from '../common/event';
import type { PolicyDocument } from '../policy/document';
import { parsePolicy } from '../policy/parsePolicy';
import { Policy } from '../policy/policy';
import { presets } from '../policy/presets';
import type { PolicyFile } from './policyFile';

/** Where the enforcer gets the policies in force from, at each call. */
export interface PolicySource {
  /** Never empty; `undefined` when no policy can be relied on: every call is refused then. */
  current(): readonly Policy[] | undefined;
  readonly onDidChange: Event<void>;
}

/** What holds where there is no policy file at all. */
export function recommendedDocument(): PolicyDocument {
  return parsePolicy(presets.recommended.text).document!;
}

/** What a layer says that has no file beside one that has. */
export const silentDocument: PolicyDocument = { version: '1', default: 'allow' };

/**
 * The layers that govern one server: the user's policy and the workspace's. Where there is neither,
 * the recommended preset.
 */
export class LayeredPolicies implements PolicySource {
  private readonly preset = new Policy(recommendedDocument(), 'preset');
  private readonly changed = new Emitter<void>();

  readonly onDidChange = this.changed.event;

  constructor(private readonly files: readonly PolicyFile[]) {
    for (const file of files) file.onDidChange(() => this.changed.fire());
  }

  current(): readonly Policy[] | undefined {
    const policies: Policy[] = [];
    for (const file of this.files) {
      const state = file.current();
      if (state.kind === 'broken' && !state.policy) return undefined;
      if (state.kind !== 'absent' && state.policy) policies.push(state.policy);
    }
    return policies.length > 0 ? policies : [this.preset];
  }
}
