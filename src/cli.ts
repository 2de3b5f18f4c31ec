import { check } from './cli/check';
import { classifyTools } from './cli/classify';
import { explain } from './cli/explain';
import { serve } from './cli/serve';
import { UsageError } from './cli/usage';

const usage = `Usage:
  toolgate serve --config <mcp.json> [--policy <file>] [--port <n>] [--approve allow|deny] [--audit <dir>]
  toolgate check <policy.json>
  toolgate explain --policy <file> --server <label> --tool <name> [--args '<json>']
  toolgate classify < tools.jsonl
`;

const commands: Readonly<Record<string, (args: string[]) => Promise<number>>> = {
  serve,
  check,
  explain,
  classify: classifyTools,
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
