import { readdir, stat, writeFile } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { visibleLine } from '../common/visibleText';
import { pathFacts } from '../gateway/pathFacts';
import { parsePolicy, positionAt } from '../policy/parsePolicy';
import { Policy } from '../policy/policy';
import { parsePolicyTest, runPolicyTest } from '../policy/policyTest';
import { classify } from '../risk/classify';
import { flowOf } from '../risk/flow';
import { problemLine } from './check';
import { type JunitCase, type JunitSuite, junitXml } from './junit';
import { readInput, readOptions, UsageError } from './usage';

const suffix = '.policy-test.json';

/** `toolgate test`: judges the cases of policy tests; a line for each that fails. */
export async function testPolicies(args: string[]): Promise<number> {
  const { options, positionals } = readOptions(args, ['junit'], Number.POSITIVE_INFINITY);
  const files = await testFiles(positionals.length > 0 ? positionals : ['.']);
  const suites: TestedFile[] = [];
  for (const file of files) suites.push(await testFile(file));
  for (const line of suites.flatMap(({ lines }) => lines)) process.stdout.write(`${line}\n`);
  if (options.junit !== undefined) await writeReport(options.junit, suites);

  const cases = suites.flatMap((suite) => suite.cases);
  const failed = cases.filter(({ failure }) => failure?.kind === 'failure').length;
  const unreadable = suites.filter(({ readable }) => !readable).length;
  const passed = cases.filter(({ failure }) => !failure).length;
  const rest = unreadable > 0 ? `, ${unreadable} unreadable` : '';
  process.stdout.write(`${passed} passed, ${failed} failed${rest}\n`);
  if (unreadable > 0) return 2;
  if (cases.length > 0) return failed > 0 ? 1 : 0;
  process.stderr.write(
    files.length === 0
      ? `No case was found: there is no file *${suffix}.\n`
      : 'No case was found: the files have no cases.\n',
  );
  return 1;
}

interface TestedFile extends JunitSuite {
  readonly readable: boolean;
  /** What there is to say, a line each. */
  readonly lines: readonly string[];
}

async function testFile(file: string): Promise<TestedFile> {
  const text = await readInput(file);
  const { test, problems } = parsePolicyTest(text);
  if (!test) {
    const lines = problems.map(({ offset, message }) => {
      const { line, column } = positionAt(text, offset);
      return `${file}:${line}:${column}: error: ${visibleLine(message)}`;
    });
    return unreadable(file, lines);
  }
  const policyPath = resolve(dirname(file), test.policy);
  const policyText = await readInput(policyPath).catch((error: Error) => error);
  if (policyText instanceof Error)
    return unreadable(file, [`${file}: error: ${policyText.message}`]);
  const parsed = parsePolicy(policyText);
  if (!parsed.document) {
    return unreadable(
      file,
      parsed.problems.map((problem) => problemLine(policyPath, policyText, problem)),
    );
  }
  const folder = dirname(policyPath);
  const results = runPolicyTest(
    test,
    new Policy(parsed.document, 'workspace'),
    (server, tool) => {
      const risk = classify({ name: tool }, { server });
      return { ...risk, marks: flowOf({ name: tool }, risk.category) };
    },
    pathFacts(basename(folder) === '.vscode' ? dirname(folder) : folder),
  );
  const lines: string[] = [];
  const cases = results.map(({ name, offset, passed, expected, actual, rule }): JunitCase => {
    const { line, column } = positionAt(text, offset);
    if (passed) return { name, line };
    const message = `expected ${expected}, got ${actual} (rule ${rule === '' ? 'none' : rule})`;
    lines.push(`${file}:${line}:${column}: ${visibleLine(`${name}: ${message}`)}`);
    return { name, line, failure: { kind: 'failure', message } };
  });
  return { file, readable: true, lines, cases };
}

function unreadable(file: string, lines: readonly string[]): TestedFile {
  const failure = { kind: 'error', message: lines.join('\n') } as const;
  return { file, readable: false, lines, cases: [{ name: basename(file), line: 1, failure }] };
}

/** Files as they are named, and of folders every policy test in them, in a steady order. */
async function testFiles(paths: readonly string[]): Promise<readonly string[]> {
  const found: string[] = [];
  for (const path of paths) {
    const kind = await stat(path).catch((error: NodeJS.ErrnoException) => {
      throw new UsageError(`${path} cannot be read (${error.code}).`);
    });
    if (kind.isDirectory()) await collect(path, found);
    else found.push(path);
  }
  return [...new Set(found)];
}

async function collect(folder: string, found: string[]): Promise<void> {
  const entries = await readdir(folder, { withFileTypes: true }).catch(
    (error: NodeJS.ErrnoException) => {
      throw new UsageError(`${folder} cannot be read (${error.code}).`);
    },
  );
  for (const entry of entries.sort((a, b) => (a.name < b.name ? -1 : 1))) {
    const path = join(folder, entry.name);
    // Links are not followed, so that the search ends.
    if (entry.isDirectory()) {
      const isOwn = entry.name === '.vscode' || !entry.name.startsWith('.');
      if (isOwn && entry.name !== 'node_modules') await collect(path, found);
    } else if (entry.isFile() && entry.name.endsWith(suffix)) found.push(path);
  }
}

async function writeReport(path: string, suites: readonly JunitSuite[]): Promise<void> {
  await writeFile(path, junitXml(suites)).catch((error: NodeJS.ErrnoException) => {
    throw new UsageError(`${path} cannot be written (${error.code}).`);
  });
}
