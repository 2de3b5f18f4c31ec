import { basename } from 'node:path';
import { visibleLine } from '../common/visibleText';
import { importClaude } from '../policy/imports/claude';
import { importCursor } from '../policy/imports/cursor';
import { detectFormat, type ImportFormat, importFormats } from '../policy/imports/detectFormat';
import type { ImportResult } from '../policy/imports/importResult';
import { importIntercept } from '../policy/imports/intercept';
import { layOut } from '../policy/imports/layOut';
import { importVsCode } from '../policy/imports/vsCode';
import { positionAt } from '../policy/parsePolicy';
import { readInput, readOptions, required, UsageError } from './usage';

interface Importer {
  readonly product: string;
  readonly convert: (text: string) => ImportResult;
  /** What differs for every file of this kind. */
  readonly notes: readonly string[];
}

const importers: Readonly<Record<ImportFormat, Importer>> = {
  intercept: {
    product: 'Intercept',
    convert: importIntercept,
    notes: [
      'It governs the tools of every server. Move "tools" into a block of "servers" to narrow it.',
      'Limits count in sliding windows, and failed calls too; in Intercept, windows begin with the',
      'minute, hour or day in UTC, and calls that fail are not counted.',
    ],
  },
  vscode: {
    product: 'VS Code',
    convert: importVsCode,
    notes: ['VS Code does not ask for tools that call themselves read-only. This policy does.'],
  },
  claude: {
    product: 'Claude Code',
    convert: importClaude,
    notes: [
      'Claude Code writes "_" for the letters of names that it does not know. Compare the names',
      'below with those in the MCP configuration.',
    ],
  },
  cursor: { product: 'Cursor', convert: importCursor, notes: [] },
};

/** `toolgate import`: another product's rules as a policy; what is left out, a line each. */
export async function importPolicy(args: string[]): Promise<number> {
  const { options, flags, positionals } = readOptions(args, ['from'], 1, ['strict']);
  const path = required(positionals[0], 'The file to import');
  const text = await readInput(path);
  const { product, convert, notes } = importers[formatOf(options.from, path, text)];
  const { document, left, problems } = convert(text);
  if (!document) {
    const { message, offset } = problems[0] ?? { message: 'It cannot be read.', offset: 0 };
    const { line, column } = positionAt(text, offset);
    throw new UsageError(`${path}:${line}:${column}: ${visibleLine(message)}`);
  }
  for (const { path: place, message } of left) {
    process.stderr.write(`${path}: ${visibleLine(`${place}: ${message}`)}\n`);
  }
  const header = [
    `Imported from ${basename(path)} (${product}).`,
    ...notes,
    ...(left.length > 0 ? ['Left out, or said otherwise:'] : []),
    ...left.map(({ path: place, message }) => `- ${place}: ${message}`),
  ].map((line) => `// ${visibleLine(line)}\n`);
  process.stdout.write(`${header.join('')}${layOut(document, 0, 2)}\n`);
  return flags.has('strict') && left.length > 0 ? 1 : 0;
}

function formatOf(from: string | undefined, path: string, text: string): ImportFormat {
  if (from === undefined) {
    const detected = detectFormat(path, text);
    if (detected) return detected;
    throw new UsageError(
      `${path}: it cannot be told whose file this is. Say so: --from ${importFormats.join('|')}.`,
    );
  }
  const format = importFormats.find((name) => name === from);
  if (!format) throw new UsageError(`--from must be one of ${importFormats.join(', ')}.`);
  return format;
}
