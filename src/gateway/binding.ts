import { createHash } from 'node:crypto';
import { canonicalJson } from '../common/canonicalJson';
import type { RuleReference } from '../policy/decide';
import type { Policy } from '../policy/policy';
import type { Caller, ToolCall } from './enforcer';
import type { GrantSubject } from './scopedGrants';

/**
 * What an approval is bound to. When any of it changes between the question and the answer, or
 * between the answer and the call that uses it, the person is asked anew: approving one call must
 * not let another through.
 */
export class Bindings {
  private readonly policies = new WeakMap<Policy, string>();

  subjectOf(
    call: ToolCall,
    caller: Caller,
    by: RuleReference & { readonly reason: string | undefined },
  ): GrantSubject {
    const { serverId, serverVersion, server, client, session, counted, catalogue } = caller;
    const definition = catalogue.definitionOf(call.tool) ?? null;
    const policies = (caller.policies.current() ?? []).map((policy) => this.digestOf(policy));
    const scope = digest([
      ...[serverId, serverVersion, call.tool, definition, counted.grant, client],
      ...[by.layer, by.rule, by.reason ?? null],
    ]);
    const binding = digest([scope, call.arguments, policies]);
    return { server, tool: call.tool, client, session, scope, binding };
  }

  private digestOf(policy: Policy): string {
    let known = this.policies.get(policy);
    if (known === undefined) {
      known = digest([policy.layer, policy.id, policy.document]);
      this.policies.set(policy, known);
    }
    return known;
  }
}

function digest(value: unknown): string {
  return createHash('sha256').update(canonicalJson(value)).digest('base64url');
}
