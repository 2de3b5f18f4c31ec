import { commands, type ExtensionContext, type Uri, window, workspace } from 'vscode';
import { visibleLine } from '../common/visibleText';
import type { McpInput } from '../config/mcpConfig';
import type { VariableResolver } from '../config/variables';

const prefix = 'input:';

/**
 * Asks for `${input:…}` values, once: they are kept in the editor's secret storage. VS Code keeps
 * its own copies where no extension can read them.
 */
export class InputPrompts {
  /** Servers that start at the same time share a question. */
  private readonly asking = new Map<string, Promise<string | undefined>>();

  constructor(private readonly context: ExtensionContext) {}

  resolverFor(folder: Uri, inputs: readonly McpInput[], server: string): VariableResolver {
    return {
      config: async (key) => {
        const value = workspace.getConfiguration(undefined, folder).get<unknown>(key);
        return value === undefined || value === null || typeof value === 'object'
          ? undefined
          : String(value);
      },
      command: async (id) => commandResult(id, undefined),
      input: async (id) => {
        const input = inputs.find((candidate) => candidate.id === id);
        return input && this.valueOf(folder, input, server);
      },
    };
  }

  /** Forgets every stored value; servers ask again when they start. */
  async forgetAll(): Promise<void> {
    const { secrets, globalState } = this.context;
    for (const key of this.storedKeys()) await secrets.delete(key);
    await globalState.update('inputKeys', undefined);
  }

  private async valueOf(folder: Uri, input: McpInput, server: string): Promise<string | undefined> {
    if (input.type === 'command') return commandResult(input.command, input.args);
    const key = `${prefix}${folder.toString()}:${input.id}`;
    const stored = await this.context.secrets.get(key);
    if (stored !== undefined) return stored;
    const asked =
      this.asking.get(key) ?? this.ask(input, server).finally(() => this.asking.delete(key));
    this.asking.set(key, asked);
    const value = await asked;
    if (value !== undefined) {
      await this.context.secrets.store(key, value);
      await this.context.globalState.update('inputKeys', [...new Set([...this.storedKeys(), key])]);
    }
    return value;
  }

  // Secret storage could not list its keys before VS Code 1.104.
  private storedKeys(): readonly string[] {
    return this.context.globalState.get<string[]>('inputKeys') ?? [];
  }

  private async ask(
    input: Exclude<McpInput, { type: 'command' }>,
    server: string,
  ): Promise<string | undefined> {
    const title = `Toolgate: "${visibleLine(server)}" asks for "${visibleLine(input.id)}"`;
    const prompt = visibleLine(input.description ?? input.id);
    if (input.type === 'promptString') {
      return window.showInputBox({
        title,
        prompt,
        password: input.password === true,
        value: input.default ?? '',
        ignoreFocusOut: true,
      });
    }
    const picks = input.options.map((option) =>
      typeof option === 'string'
        ? { label: option, value: option }
        : { label: option.label ?? option.value, value: option.value },
    );
    const picked = await window.showQuickPick(picks, {
      title,
      placeHolder: prompt,
      ignoreFocusOut: true,
    });
    return picked?.value;
  }
}

async function commandResult(id: string, args: unknown): Promise<string | undefined> {
  const value = await commands.executeCommand<unknown>(id, args);
  return typeof value === 'string' ? value : undefined;
}
