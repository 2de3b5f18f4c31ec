import type { FindingClass } from '../risk/findings/finding';
import type { AttackPattern, PatternFacts } from './attackPattern';

type Predicate = AttackPattern['concerns'];

const has =
  (...classes: readonly FindingClass[]): Predicate =>
  ({ findings }) =>
    classes.some((name) => findings.has(name));

const named = ({ words }: PatternFacts, some: string): boolean =>
  some.split(' ').some((word) => words.has(word));

const takes = ({ parameters }: PatternFacts, name: RegExp): boolean =>
  parameters.names.some((parameter) => name.test(parameter));

const runs = ({ category }: PatternFacts): boolean => category === 'Execute';
const changes = ({ category }: PatternFacts): boolean => category !== 'Read';

/** Attacks that some tools make possible, and the definition tells which. */
export const toolPatterns: readonly AttackPattern[] = [
  {
    id: 'tool-poisoning',
    title: 'Tool poisoning',
    description: 'A definition gives the model orders besides saying what the tool does.',
    reference: 'https://invariantlabs.ai/blog/mcp-security-notification-tool-poisoning-attacks',
    owasp: 'MCP03',
    control: 'Findings, and definitions that stay hidden until a person has approved them.',
    concerns: has('secret-exfil', 'concealment', 'fake-authority', 'rug-pull', 'tool-preference'),
  },
  {
    id: 'line-jumping',
    title: 'Line jumping',
    description: 'A listing alone steers the model, before any of its tools is called.',
    reference:
      'https://blog.trailofbits.com/2025/04/21/jumping-the-line-how-mcp-servers-can-attack-you-before-you-ever-use-them/',
    owasp: 'MCP03',
    control: 'Listings leave out what is not approved.',
    concerns: has('line-jumping'),
  },
  {
    id: 'hidden-characters',
    title: 'Hidden characters',
    description: 'Text that no person sees, such as Unicode tags, is read by the model.',
    reference:
      'https://embracethered.com/blog/posts/2024/hiding-and-finding-text-with-unicode-tags/',
    owasp: 'MCP03',
    control:
      'Findings; every view shows such characters as escapes, and names that hold one are refused.',
    concerns: has('hidden-chars', 'oversized'),
  },
  {
    id: 'shadowing',
    title: 'Tool shadowing',
    description: 'One server’s definition changes how another server’s tools are called.',
    reference: 'https://invariantlabs.ai/blog/mcp-security-notification-tool-poisoning-attacks',
    owasp: 'MCP03',
    control: 'Findings that know the tools of all servers, and rules on arguments.',
    concerns: has('shadowing'),
  },
  {
    id: 'look-alike-name',
    title: 'Look-alike name',
    description: 'A tool is called because its name is drawn like that of a trusted one.',
    reference: 'https://www.unicode.org/reports/tr39/',
    owasp: 'MCP09',
    control: 'Names are compared by how they look; a refused name takes its look-alikes along.',
    concerns: has('look-alike'),
  },
  {
    id: 'consent-bypass',
    title: 'Consent bypass',
    description:
      'A definition tells the model that the person has agreed already, or need not be asked.',
    reference: 'https://genai.owasp.org/llmrisk/llm062025-excessive-agency/',
    owasp: 'MCP07',
    control: 'Approvals are asked by the gateway, which no model can answer.',
    concerns: has('consent-bypass'),
  },
  {
    id: 'policy-tampering',
    title: 'Policy tampering',
    description: 'The agent is led to edit the settings that hold it back.',
    reference: 'CVE-2025-53773',
    owasp: 'MCP02',
    control: 'A loosened policy has no effect until a person has confirmed the difference.',
    concerns: (facts) =>
      facts.findings.has('policy-tamper') ||
      (changes(facts) &&
        (runs(facts) || facts.parameters.path !== undefined) &&
        named(facts, 'file files edit write config settings shell command bash terminal')),
  },
  {
    id: 'encoded-exfiltration',
    title: 'Exfiltration in a link',
    description: 'Data leave inside the address of a link or picture that the answer shows.',
    reference: 'CVE-2025-32711',
    owasp: 'MCP10',
    control: 'Findings, conditions on hosts, and rules that filter results.',
    concerns: (facts) =>
      facts.findings.has('encoded-exfil') ||
      (facts.flow.outbound && takes(facts, /url|uri|link|href/i)),
  },
  {
    id: 'result-injection',
    title: 'Prompt injection through results',
    description: 'What strangers wrote comes back as a result, and the model obeys it.',
    reference: 'https://invariantlabs.ai/blog/mcp-github-vulnerability',
    owasp: 'MCP06',
    control: 'Flows: after such a read, tools that carry something out wait for the person.',
    concerns: ({ flow }) => flow.untrusted,
  },
  {
    id: 'toxic-flow',
    title: 'Lethal trifecta',
    description: 'Private data, text of strangers and a way out meet in one session.',
    reference: 'https://simonwillison.net/2025/Jun/16/the-lethal-trifecta/',
    owasp: 'MCP10',
    control: 'Flows ask before the third of the three.',
    concerns: ({ flow }) => flow.outbound || (flow.private && flow.untrusted),
  },
  {
    id: 'sql-injection',
    title: 'SQL injection',
    description: 'A query that was meant to read is made to change or leak more.',
    reference: 'https://cwe.mitre.org/data/definitions/89.html',
    owasp: 'MCP05',
    control: 'The operator "sql" reads the statement and bounds what it may do.',
    // Most queries are words to search for.
    concerns: (facts) =>
      facts.parameters.program?.kind === 'sql' ||
      (facts.parameters.program?.kind === 'query' && runs(facts)),
  },
  {
    id: 'command-injection',
    title: 'Command injection',
    description: 'An argument smuggles a second command past a check of the first.',
    reference: 'https://cwe.mitre.org/data/definitions/78.html',
    owasp: 'MCP05',
    control: 'The operator "command" reads the whole line, substitutions included.',
    concerns: (facts) =>
      facts.parameters.program?.kind === 'shell' ||
      facts.parameters.commandArguments !== undefined ||
      (runs(facts) && takes(facts, /^(?:cmd|command|commands|args|script)$/i)),
  },
  {
    id: 'code-execution',
    title: 'Running code of the caller',
    description: 'Whatever the model was led to write is run with the server’s rights.',
    reference: 'https://cwe.mitre.org/data/definitions/94.html',
    owasp: 'MCP05',
    control: 'Approval of the exact code, bound to it and used once.',
    concerns: (facts) => runs(facts) && facts.parameters.program !== undefined,
  },
  {
    id: 'path-traversal',
    title: 'Path traversal',
    description: 'A path with "..", a link or a shared prefix leads out of the allowed folder.',
    reference: 'CVE-2025-53110',
    owasp: 'MCP02',
    control: 'The operator "under" compares paths after links are resolved.',
    concerns: (facts) =>
      facts.parameters.path !== undefined ||
      facts.parameters.savesTo !== undefined ||
      takes(facts, /^(?:file_?)?path$|^file_?name$/i),
  },
  {
    id: 'file-overwrite',
    title: 'Planted file',
    description:
      'A file that other programs run or trust, such as a start script, is written over.',
    reference: 'https://cwe.mitre.org/data/definitions/73.html',
    owasp: 'MCP02',
    control: 'Conditions on paths, and approval that shows the whole content.',
    concerns: (facts) =>
      facts.parameters.savesTo !== undefined ||
      (changes(facts) && facts.parameters.path !== undefined),
  },
  {
    id: 'ssrf',
    title: 'Server-side request forgery',
    description: 'The server is made to fetch addresses that only it can reach.',
    reference: 'https://cwe.mitre.org/data/definitions/918.html',
    owasp: 'MCP02',
    control: 'The operator "host" reads the host out of the address as programs do, not as text.',
    concerns: (facts) => takes(facts, /^(?:.*_)?(?:urls?|uri|href|endpoint|webhook|host)$/i),
  },
  {
    id: 'credential-exfiltration',
    title: 'Credential exfiltration',
    description: 'Keys and passwords are read, and go where the attacker can pick them up.',
    reference: 'https://attack.mitre.org/techniques/T1552/',
    owasp: 'MCP01',
    control: 'Rules that redact secrets in results, and conditions on paths and arguments.',
    concerns: (facts) =>
      facts.findings.has('secret-exfil') ||
      named(
        facts,
        'secret secrets password passwords credential credentials token tokens env environment key keys vault keychain',
      ),
  },
  {
    id: 'data-destruction',
    title: 'Data destruction',
    description: 'Data are removed or replaced where no copy is left.',
    reference: 'https://attack.mitre.org/techniques/T1485/',
    owasp: 'MCP02',
    control: 'Destructive tools ask or are refused by category.',
    concerns: (facts) =>
      facts.category === 'Destructive' || facts.parameters.removalSwitch !== undefined,
  },
  {
    id: 'mass-deletion',
    title: 'Mass deletion',
    description: 'One mistaken plan is repeated for everything within reach.',
    reference: 'https://genai.owasp.org/llmrisk/llm062025-excessive-agency/',
    owasp: 'MCP02',
    control: 'Limits of calls, counted for a session, a workspace or a person.',
    concerns: (facts) =>
      facts.category === 'Destructive' &&
      (named(facts, 'all bulk batch mass many purge truncate drop wipe clear') ||
        takes(facts, /(?:ids|paths|names|items|filter|query|pattern)$/i)),
  },
  {
    id: 'payment-fraud',
    title: 'Payment abuse and refund fraud',
    description: 'The agent is talked into paying, refunding or raising an amount.',
    reference: 'https://attack.mitre.org/techniques/T1657/',
    owasp: 'MCP02',
    control: 'Conditions on amounts, limits of money, and approval.',
    concerns: ({ category }) => category === 'Financial',
  },
  {
    id: 'package-install',
    title: 'Malicious package',
    description: 'A package that the model was led to name runs its code when it is installed.',
    reference: 'https://attack.mitre.org/techniques/T1195/001/',
    owasp: 'MCP04',
    control: 'Conditions that list the packages, and approval of the rest.',
    concerns: (facts) =>
      changes(facts) &&
      (named(facts, 'install package packages dependency dependencies plugin extension npm pip') ||
        takes(facts, /^(?:packages?|dependenc(?:y|ies))(?:_?name)?$/i)),
  },
  {
    id: 'access-change',
    title: 'Change of access',
    description: 'An account, role or key is changed so that the attacker keeps a way in.',
    reference: 'https://attack.mitre.org/techniques/T1098/',
    owasp: 'MCP02',
    control: 'Approval, by a rule for these tools.',
    concerns: (facts) =>
      changes(facts) &&
      named(
        facts,
        'role roles permission permissions policy acl user users member members collaborator access grant invite',
      ),
  },
  {
    id: 'impersonation',
    title: 'Messages in the person’s name',
    description: 'People get a message that the person never wrote, and trust it.',
    reference: 'https://attack.mitre.org/techniques/T1534/',
    owasp: 'MCP06',
    control: 'Approval that shows the text, and conditions on the recipients.',
    concerns: (facts) =>
      changes(facts) &&
      facts.flow.outbound &&
      named(facts, 'send reply post publish message email mail tweet comment notify dm sms'),
  },
  {
    id: 'memory-poisoning',
    title: 'Memory poisoning',
    description: 'An order is stored where later sessions will read it as their own knowledge.',
    reference:
      'https://embracethered.com/blog/posts/2024/chatgpt-macos-app-persistent-data-exfiltration/',
    owasp: 'MCP06',
    control: 'Approval of what is stored.',
    concerns: (facts) =>
      facts.category === 'Write' &&
      named(
        facts,
        'memory memories remember note notes entity entities observation observations knowledge',
      ),
  },
];
