import type { AttackPattern } from './attackPattern';

const everyTool = (): boolean => true;

/** Attacks on the way to any server: no definition tells which tools they concern, so they concern all. */
export const connectionPatterns: readonly AttackPattern[] = [
  {
    id: 'rug-pull',
    title: 'Rug pull',
    description: 'A server that was looked at once changes what its tools say or do later.',
    reference: 'https://invariantlabs.ai/blog/mcp-security-notification-tool-poisoning-attacks',
    owasp: 'MCP03',
    control: 'Pins: what differs from what was approved is hidden and refused until a review.',
    concerns: everyTool,
  },
  {
    id: 'configuration-swap',
    title: 'Swapped configuration',
    description: 'The command of an approved entry is replaced by another.',
    reference: 'CVE-2025-54136',
    owasp: 'MCP04',
    control: 'Pins: the entry is compared with the confirmed one right before each start.',
    concerns: everyTool,
  },
  {
    id: 'shadow-server',
    title: 'Server that nobody chose',
    description: 'An agent that was led astray writes a new server into the configuration.',
    reference: 'CVE-2025-54135',
    owasp: 'MCP09',
    control: 'A guarded server waits for a review before its first start.',
    concerns: everyTool,
  },
  {
    id: 'confused-deputy',
    title: 'Confused deputy',
    description: 'A server uses its own rights for a caller who has none.',
    reference:
      'https://modelcontextprotocol.io/specification/2025-06-18/basic/security_best_practices',
    owasp: 'MCP07',
    control: 'Each sign-in is a person’s own, with a state and PKCE of its own.',
    concerns: everyTool,
  },
  {
    id: 'token-passthrough',
    title: 'Token passthrough',
    description: 'A token that was issued for one service is handed on to another.',
    reference:
      'https://modelcontextprotocol.io/specification/2025-06-18/basic/security_best_practices#token-passthrough',
    owasp: 'MCP01',
    control: 'The gateway’s token ends at the gateway; a server gets only the one issued for it.',
    concerns: everyTool,
  },
  {
    id: 'sign-in-injection',
    title: 'Injection through a sign-in',
    description: 'The address of a sign-in page that a server names is run as a command.',
    reference: 'CVE-2025-6514',
    owasp: 'MCP05',
    control:
      'Addresses are https, or this machine, and hold no character with a meaning to a shell.',
    concerns: everyTool,
  },
  {
    id: 'dns-rebinding',
    title: 'DNS rebinding',
    description:
      'A web page reaches a local server through a name that comes to mean this machine.',
    reference: 'CVE-2025-66414',
    owasp: 'MCP07',
    control: 'The listener checks Host and Origin, and wants a token.',
    concerns: everyTool,
  },
  {
    id: 'open-listener',
    title: 'Open local listener',
    description: 'Any program or page of the machine may call a local port without a token.',
    reference: 'CVE-2025-49596',
    owasp: 'MCP07',
    control: 'The listener is on 127.0.0.1 only, and its token lives in memory.',
    concerns: everyTool,
  },
  {
    id: 'consent-fatigue',
    title: 'Consent fatigue',
    description: 'So many questions come that the person allows the one that matters.',
    reference: 'https://attack.mitre.org/techniques/T1621/',
    owasp: 'MCP07',
    control:
      'Equal calls share a question, narrow rules replace it, and statistics show the habit.',
    concerns: everyTool,
  },
  {
    id: 'sampling-abuse',
    title: 'Abuse of sampling',
    description: 'A server asks the client’s model for answers at the person’s cost.',
    reference: 'https://modelcontextprotocol.io/specification/2025-06-18/client/sampling',
    owasp: 'MCP06',
    control: 'The policy’s word on sampling, elicitation and roots.',
    concerns: everyTool,
  },
  {
    id: 'runaway-loop',
    title: 'Runaway loop',
    description: 'An agent that is caught in a loop uses up quota, money or a service.',
    reference: 'https://genai.owasp.org/llmrisk/llm102025-unbounded-consumption/',
    owasp: 'MCP02',
    control: 'Limits of calls for all tools of a server, and Halt.',
    concerns: everyTool,
  },
  {
    id: 'unrecorded-calls',
    title: 'Calls without a record',
    description: 'Nobody can tell afterwards what the agent did, or the record was cleaned.',
    reference: 'https://attack.mitre.org/techniques/T1070/',
    owasp: 'MCP08',
    control: 'One line for each decision; no call is made while it cannot be written.',
    concerns: everyTool,
  },
];
