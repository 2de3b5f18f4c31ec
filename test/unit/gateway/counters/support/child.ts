import { FileCounters } from '../../../../../src/gateway/counters/fileCounters';
import { TokenLock } from '../../../../../src/gateway/counters/tokenLock';
import { one } from './charges';

/** Another process that uses the counters: `child.ts <what it does> <directory> <number> <max>`. */
async function main([task, directory = '', count = '0', max = '0']: string[]): Promise<void> {
  if (task === 'hold') {
    const lock = new TokenLock(directory, async () => 'none');
    await lock.take();
    process.send?.('held');
    setInterval(() => {}, 1000);
    return;
  }
  const store = new FileCounters(directory);
  if (task === 'parallel') {
    const calls = Array.from({ length: Number(count) }, () => store.charge(one('1', max, 3600)));
    const results = await Promise.all(calls);
    process.send?.(results.filter(({ granted }) => granted).length);
    await store.dispose();
    process.disconnect?.();
    return;
  }
  for (;;) {
    await store.charge(one('1', max, 3600));
    // Written at once, so that it is out before the process is killed.
    process.send?.('counted');
  }
}

// It must not outlive the tests.
process.on('disconnect', () => process.exit());
main(process.argv.slice(2)).catch((error) => {
  process.send?.(String(error));
  process.disconnect?.();
});
