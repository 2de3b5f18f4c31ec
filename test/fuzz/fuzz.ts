import { spawn } from 'node:child_process';
import { parseArgs } from 'node:util';

// `npm run fuzz`: a minute of messages that nobody would send, to the real listener and from a real
// server. What it finds can be had again with its seed.
const { values } = parseArgs({
  options: { seconds: { type: 'string', default: '60' }, seed: { type: 'string' } },
});
const seed = values.seed ?? String(Date.now() % 2 ** 31);
console.log(`Fuzzing for ${values.seconds} s. Again with: npm run fuzz -- --seed ${seed}`);
const child = spawn('npx', ['vitest', 'run', '--config', 'test/fuzz/vitest.config.mts'], {
  stdio: 'inherit',
  env: { ...process.env, FUZZ_SECONDS: values.seconds, FUZZ_SEED: seed },
});
child.once('exit', (code) => {
  process.exitCode = code ?? 1;
});
