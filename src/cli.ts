import { check } from './cli/check';
import { classifyTools } from './cli/classify';
import { explain } from './cli/explain';
import { importPolicy } from './cli/import';
import { initPolicy } from './cli/init';
import { pins } from './cli/pins';
import { reportTools } from './cli/report';
import { serve } from './cli/serve';
import { testPolicies } from './cli/test';
import { UsageError } from './cli/usage';

const usage = `Usage:
  toolgate serve --config <mcp.json> [--policy <file>] [--pins <file>] [--port <n>] [--approve allow|deny] [--audit <dir>] [--sign-in]
  toolgate check <policy.json>
  toolgate explain --policy <file> --server <label> --tool <name> [--args '<json>']
  toolgate classify < tools.jsonl
  toolgate test [<file or folder>…] [--junit <file>]
  toolgate init --preset <name> --config <mcp.json> [--out <file>]
  toolgate pins export --config <mcp.json> [--out <file>]
  toolgate pins verify --config <mcp.json> --pins <file>
  toolgate tools --config <mcp.json> [--format md|html|json|sarif] [--policy <file>] [--out <file>] [--offline]
  toolgate import <file> [--from intercept|vscode|claude|cursor] [--strict]
`;

const commands: Readonly<Record<string, (args: string[]) => Promise<number>>> = {
  serve,
  check,
  explain,
  classify: classifyTools,
  import: importPolicy,
  init: initPolicy,
  pins,
  test: testPolicies,
  tools: (args) => reportTools(args),
};

async function main(): Promise<number> {
  const [name = '', ...args] = process.argv.slice(2);
  if (name === '--help' || name === '-h' || name === 'help') {
    process.stdout.write(usage);
    return 0;
  }
  const command = Object.hasOwn(commands, name) ? commands[name] : undefined;
  if (!command) throw new UsageError(`there is no command "${name}". See toolgate --help.`);
  return command(args);
}

// Who started the program may stop reading; the servers behind `serve` must not be left alone then.
for (const stream of [process.stdout, process.stderr]) stream.on('error', () => {});

main().then(
  (code) => {
    process.exitCode = code;
  },
  (error: Error) => {
    process.stderr.write(`toolgate: ${error.message.split('\n')[0]}\n`);
    process.exitCode = error instanceof UsageError ? 2 : 1;
  },
);
