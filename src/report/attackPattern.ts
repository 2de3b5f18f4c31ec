import type { FindingClass } from '../risk/findings/finding';
import type { Flow } from '../risk/flow';
import type { Parameters } from '../risk/parameters';
import type { Category } from '../risk/risk';

/** The items of the OWASP MCP Top 10, beta of 2025. */
export const owaspItems = {
  MCP01: 'Token Mismanagement and Secret Exposure',
  MCP02: 'Privilege Escalation via Scope Creep',
  MCP03: 'Tool Poisoning',
  MCP04: 'Software Supply Chain Attacks and Dependency Tampering',
  MCP05: 'Command Injection and Execution',
  MCP06: 'Intent Flow Subversion',
  MCP07: 'Insufficient Authentication and Authorization',
  MCP08: 'Lack of Audit and Telemetry',
  MCP09: 'Shadow MCP Servers',
  MCP10: 'Context Injection and Over-Sharing',
} as const;
export type OwaspItem = keyof typeof owaspItems;

/** What of a tool decides which attacks concern it. */
export interface PatternFacts {
  readonly category: Category;
  /** The words of its name, in lower case. */
  readonly words: ReadonlySet<string>;
  readonly parameters: Parameters;
  readonly flow: Flow;
  readonly findings: ReadonlySet<FindingClass>;
}

/** A known way to attack through tools of MCP servers. */
export interface AttackPattern {
  /** Stable: reports of different days are compared by it. */
  readonly id: string;
  readonly title: string;
  /** One sentence. */
  readonly description: string;
  /** Where it is described in public. */
  readonly reference: string;
  readonly owasp: OwaspItem;
  /** What Toolgate sets against it. */
  readonly control: string;
  readonly concerns: (facts: PatternFacts) => boolean;
}
