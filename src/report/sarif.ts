import { type FindingClass, findingClasses } from '../risk/findings/finding';
import { type Category, categories } from '../risk/risk';
import { foreignLine } from './foreignText';
import { isGrave, type Report } from './report';
import type { ReportedTool } from './reportedTool';
import { riskInWords, standingInWords } from './sentences';

export interface SarifOptions {
  readonly version: string;
  /** The configuration that names the servers, as a URI relative to the repository. */
  readonly configuration: string;
}

const ofCategory: Readonly<Record<Category, string>> = {
  Read: 'A tool reads what may be secret.',
  Write: 'A tool changes what matters.',
  Execute: 'A tool runs what its caller writes or names.',
  Destructive: 'A tool removes or replaces data.',
  Financial: 'A tool moves money.',
};

const ofFinding: Readonly<Record<FindingClass, string>> = {
  'hidden-chars': 'A definition holds what a person does not see.',
  'look-alike': 'A name is drawn like another.',
  shadowing: 'A definition speaks of another server’s tool.',
  'secret-exfil': 'A definition asks for secrets.',
  'encoded-exfil': 'A definition has something carried out in a link or a code.',
  'line-jumping': 'A definition governs what the model does apart from calls of the tool.',
  concealment: 'A definition keeps something from the person.',
  'consent-bypass': 'A definition acts without the person’s word.',
  'policy-tamper': 'A definition has settings or policies changed.',
  'fake-authority': 'A definition sets itself above the model’s own instructions.',
  'rug-pull': 'A definition has instructions fetched from elsewhere.',
  'tool-preference': 'A definition wants its tool chosen whatever the task is.',
  oversized: 'A definition is longer or deeper than anybody reads.',
  'not-as-published': 'A definition is another one than the published package has.',
};

const rules = [
  ...findingClasses.map((name) => ({ id: findingId(name), text: ofFinding[name] })),
  ...categories.map((name) => ({ id: riskId(name), text: ofCategory[name] })),
];

/** The report as SARIF 2.1.0: a result for each tool of high or critical risk or with findings. */
export function asSarif(report: Report, { version, configuration }: SarifOptions): string {
  const results = report.servers.flatMap(({ label, tools }) =>
    tools.filter(isGrave).map((tool) => result(label, tool, configuration)),
  );
  const log = {
    $schema: 'https://json.schemastore.org/sarif-2.1.0.json',
    version: '2.1.0',
    runs: [
      {
        tool: {
          driver: {
            name: 'Toolgate',
            version,
            rules: rules.map(({ id, text }) => ({ id, shortDescription: { text } })),
          },
        },
        results,
      },
    ],
  };
  return `${JSON.stringify(log, undefined, 2)}\n`;
}

function result(server: string, tool: ReportedTool, uri: string): object {
  const ruleId = ruleOf(tool);
  const lines = [
    `Tool "${foreignLine(tool.name)}" of server "${foreignLine(server)}": ${riskInWords(tool)}; ${standingInWords(tool.standing)}.`,
    ...tool.evidence.map(({ text }) => foreignLine(text)),
    ...tool.findings.map(
      ({ severity, class: name, field, text }) =>
        `${severity} ${name} in ${foreignLine(field)}: ${foreignLine(text)}`,
    ),
  ];
  const qualified = `${foreignLine(server)}/${foreignLine(tool.name)}`;
  return {
    ruleId,
    ruleIndex: rules.findIndex(({ id }) => id === ruleId),
    level: isError(tool) ? 'error' : 'warning',
    message: { text: plainText(lines.join('\n')) },
    locations: [
      {
        physicalLocation: { artifactLocation: { uri } },
        logicalLocations: [{ fullyQualifiedName: qualified, kind: 'function' }],
      },
    ],
    partialFingerprints: { 'toolgateTool/v1': qualified },
  };
}

/** The gravest finding, otherwise what the tool does. */
function ruleOf({ findings, category }: ReportedTool): string {
  const finding = findings.find(({ severity }) => severity === 'severe') ?? findings[0];
  return finding ? findingId(finding.class) : riskId(category);
}

function isError({ level, findings }: ReportedTool): boolean {
  return level === 'critical' || findings.some(({ severity }) => severity === 'severe');
}

/** A message may hold links in brackets (SARIF 2.1.0, 3.11.6), unless these are escaped. */
function plainText(text: string): string {
  return text.replace(/[\\[\]]/g, '\\$&');
}

function findingId(name: FindingClass): string {
  return `finding/${name}`;
}

function riskId(name: Category): string {
  return `risk/${name.toLowerCase()}`;
}
