import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { commands, contextKeys, providerId, settings, views } from '../../../src/ui/ids';

const manifest = JSON.parse(readFileSync('package.json', 'utf8'));
const { contributes } = manifest;
const text = readFileSync('package.json', 'utf8');

const sorted = (names: Iterable<string>): string[] => [...new Set(names)].sort();

describe('package.json and the code name the same', () => {
  it('commands', () => {
    expect(sorted(contributes.commands.map((c: { command: string }) => c.command))).toEqual(
      sorted(Object.values(commands)),
    );
  });

  it('settings', () => {
    expect(sorted(Object.keys(contributes.configuration.properties))).toEqual(
      sorted(Object.values(settings).map((name) => `toolgate.${name}`)),
    );
  });

  it('views', () => {
    expect(sorted(contributes.views.toolgate.map((view: { id: string }) => view.id))).toEqual(
      sorted(Object.values(views)),
    );
  });

  it('context keys, none of them unused', () => {
    for (const key of Object.values(contextKeys)) expect(text).toContain(key);
  });

  it('the definition provider', () => {
    expect(contributes.mcpServerDefinitionProviders).toMatchObject([{ id: providerId }]);
  });
});

it('menus show only commands that exist', () => {
  const known = new Set<string>(Object.values(commands));
  const menus = Object.values(contributes.menus).flat() as { command: string }[];
  for (const { command } of menus) expect(known).toContain(command);
});

it('commands that answer or need a node are not in the palette', () => {
  const hidden = contributes.menus.commandPalette
    .filter(({ when }: { when: string }) => when === 'false')
    .map(({ command }: { command: string }) => command);
  expect(hidden).toEqual(
    expect.arrayContaining([
      commands.allowOnce,
      commands.allowForSession,
      commands.denyCall,
      commands.showArguments,
    ]),
  );
});

it('settings that loosen the gateway cannot be set by a workspace', () => {
  for (const [id, setting] of Object.entries<{ scope: string }>(
    contributes.configuration.properties,
  )) {
    expect([id, setting.scope]).toEqual([
      id,
      id === 'toolgate.policyFile' ? 'resource' : 'machine',
    ]);
  }
});

it('every setting has a description and a default', () => {
  for (const setting of Object.values<Record<string, unknown>>(
    contributes.configuration.properties,
  )) {
    expect(setting).toMatchObject({ markdownDescription: expect.any(String) });
    expect(setting).toHaveProperty('default');
  }
});
