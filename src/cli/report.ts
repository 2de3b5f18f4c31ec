import { writeFile } from 'node:fs/promises';
import { basename, relative, resolve } from 'node:path';
import { comparisonWith } from '../catalogue/comparison';
import { loadCatalogue, type PackageCatalogue } from '../catalogue/packageCatalogue';
import { cataloguedFacts, comparedFacts } from '../catalogue/reportFacts';
import { visibleJson, visibleLine } from '../common/visibleText';
import type { ConfiguredServer } from '../config/mcpConfig';
import { LayeredPolicies } from '../gateway/policySource';
import { parsePolicy } from '../policy/parsePolicy';
import { Policy } from '../policy/policy';
import { attackPatterns } from '../report/attackPatterns';
import { asHtml } from '../report/html';
import { asMarkdown } from '../report/markdown';
import { type Report, reportOf, type ServerFacts } from '../report/report';
import type { PoliciesInForce } from '../report/reportedTool';
import { asSarif } from '../report/sarif';
import { problemLine } from './check';
import { guarded, readServers } from './configuredServers';
import { inspectServers } from './inspectServers';
import { readInput, readOptions, required, UsageError } from './usage';

const formats = ['json', 'md', 'html', 'sarif'] as const;
type Format = (typeof formats)[number];

/** `toolgate tools`: what the servers of a configuration let an agent do, as a report. */
export async function reportTools(
  args: string[],
  packages: () => Promise<PackageCatalogue> = loadCatalogue,
): Promise<number> {
  const names = ['config', 'format', 'policy', 'out'] as const;
  const { options, flags } = readOptions(args, names, 0, ['offline']);
  const configPath = resolve(required(options.config, '--config'));
  const format = formatOf(options.format ?? 'md');
  const policies = await policiesOf(options.policy);
  const configured = await readServers(configPath);
  const catalogue = await packages();
  const facts = flags.has('offline')
    ? configured.map((server) => offlineFacts(server, catalogue, policies))
    : await liveFacts(configured, configPath, catalogue, policies);
  const report = await reportOf(facts);
  const text = inFormat(report, format, configPath);
  if (options.out === undefined) process.stdout.write(text);
  else await write(options.out, text);
  const failed = facts.filter(({ failure }) => failure !== undefined);
  for (const { label, failure } of failed) {
    process.stderr.write(`toolgate: ${visibleLine(`${label}: ${failure}`)}\n`);
  }
  return failed.length > 0 ? 1 : 0;
}

/** The servers as they are now: each is started or dialled. */
async function liveFacts(
  configured: readonly ConfiguredServer[],
  configPath: string,
  catalogue: PackageCatalogue,
  policies: PoliciesInForce,
): Promise<readonly ServerFacts[]> {
  const source = new LayeredPolicies([]);
  const inspected = await inspectServers(
    configured.map((server) => guarded(server, configPath, source)),
  );
  return inspected.map(({ label, failure, tools, digestOf }, at) => {
    // Half a listing would look like a whole one.
    const facts = { label, failure, tools: failure === undefined ? tools : [], policies };
    const known = failure === undefined ? catalogue.find(configured[at]!.entry) : undefined;
    const names = tools.map(({ name }) => name);
    return known ? comparedFacts(facts, comparisonWith(known, names, digestOf)) : facts;
  });
}

function offlineFacts(
  { label, entry }: ConfiguredServer,
  catalogue: PackageCatalogue,
  policies: PoliciesInForce,
): ServerFacts {
  const known = catalogue.find(entry);
  if (known) return cataloguedFacts(label, known, policies);
  return { label, failure: 'It is not in the catalogue.', tools: [], policies };
}

function formatOf(text: string): Format {
  const format = formats.find((name) => name === text);
  if (format) return format;
  throw new UsageError(`--format must be one of ${formats.join(', ')}.`);
}

/** The policy of the file; without one what holds where there is none. */
async function policiesOf(path: string | undefined): Promise<PoliciesInForce> {
  if (path === undefined) return new LayeredPolicies([]).current();
  const text = await readInput(path);
  const { document, problems } = parsePolicy(text);
  if (!document) throw new UsageError(problemLine(path, text, problems[0]!));
  return [new Policy(document, 'workspace')];
}

function inFormat(report: Report, format: Format, configPath: string): string {
  switch (format) {
    case 'json':
      return `${visibleJson({ ...report, attackPatterns })}\n`;
    case 'md':
      return asMarkdown(report);
    case 'html':
      return asHtml(report);
    case 'sarif':
      return asSarif(report, {
        version: process.env.TOOLGATE_VERSION ?? '0',
        configuration: artifactUri(configPath),
      });
    default:
      return format satisfies never;
  }
}

/** Relative, since an absolute path fits no other machine; by its name alone where it lies elsewhere. */
function artifactUri(configPath: string): string {
  const inside = relative(process.cwd(), configPath).replaceAll('\\', '/');
  return encodeURI(/^\.\.(?:\/|$)|^[a-z]:/i.test(inside) ? basename(configPath) : inside);
}

async function write(path: string, text: string): Promise<void> {
  await writeFile(path, text).catch((error: NodeJS.ErrnoException) => {
    throw new UsageError(`${path} cannot be written (${error.code}).`);
  });
}
