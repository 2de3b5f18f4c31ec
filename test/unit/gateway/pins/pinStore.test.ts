import { mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { PinFile, pinFileOf } from '../../../../src/gateway/pins/pinStore';

let directory: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'toolgate-pins-'));
});
afterEach(() => rmSync(directory, { recursive: true, force: true }));

const record = { server: { entry: { command: 'a' } }, tools: [{ name: 'a', description: 'A.' }] };

describe('the file of a server’s pins', () => {
  it('is read as it was written, by its owner alone, and leaves no other file behind', () => {
    const folder = join(directory, 'pins');
    pinFileOf(folder, 'file:///work', 's').write(record);
    expect(pinFileOf(folder, 'file:///work', 's').read()).toEqual(record);
    const names = readdirSync(folder);
    expect(names).toHaveLength(1);
    expect(statSync(join(folder, names[0]!)).mode & 0o777).toBe(0o600);
  });

  it('belongs to one folder and one label', () => {
    pinFileOf(directory, 'file:///work', 's').write(record);
    expect(pinFileOf(directory, 'file:///work', 't').read()).toBeUndefined();
    expect(pinFileOf(directory, 'file:///other', 's').read()).toBeUndefined();
  });

  it('is read again once another window has written it', async () => {
    const path = join(directory, 'pins.json');
    const [here, there] = [new PinFile(path), new PinFile(path)];
    here.write(record);
    expect(there.read()).toEqual(record);
    expect(there.read()).toBe(there.read());
    here.write({ ...record, instructions: null });
    await setImmediate();
    await setImmediate();
    expect(there.read()).toEqual({ ...record, instructions: null });
  });

  it.each([
    ['cut off', '{"version":1,"pins":{"server":'],
    ['of another version', '{"version":2,"pins":{}}'],
    ['of another shape', '{"version":1,"pins":{"tools":[{"description":"A."}]}}'],
    ['empty', ''],
  ])('confirms nothing when it is %s', (_, text) => {
    const path = join(directory, 'pins.json');
    writeFileSync(path, text);
    expect(new PinFile(path).read()).toBeUndefined();
  });
});
