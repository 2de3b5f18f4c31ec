import { everyElement } from '../policy/everyElement';
import { type PolicyProblem, parsePolicy, positionAt } from '../policy/parsePolicy';
import { readInput, readOptions, required } from './usage';

/** `toolgate check`: every problem of a policy, a line each. Exit code 1 on any error. */
export async function check(args: string[]): Promise<number> {
  const { positionals } = readOptions(args, [], 1);
  const path = required(positionals[0], 'The policy file');
  const text = await readInput(path);
  const { problems, document, tree } = parsePolicy(text);
  const advice = document && tree ? everyElement(document, tree) : [];
  for (const problem of [...problems, ...advice])
    process.stdout.write(`${problemLine(path, text, problem)}\n`);
  return document ? 0 : 1;
}

/** `file:line:column: severity: message`, as editors and CI systems read it. */
export function problemLine(path: string, text: string, problem: PolicyProblem): string {
  const { line, column } = positionAt(text, problem.offset);
  return `${path}:${line}:${column}: ${problem.severity}: ${problem.message}`;
}
