import { mkdir, rm } from 'node:fs/promises';
import { basename, join } from 'node:path';
import {
  type Browser,
  chromium,
  type ElementHandle,
  errors,
  type FrameLocator,
  type Locator,
  type Page,
} from 'playwright-core';
import { ensureChromium } from './chromium';
import type { CodeServer } from './codeServer';
import { repoRoot } from './install';
import { waitUntil } from './process';

export interface WorkbenchOptions {
  readonly viewport?: { readonly width: number; readonly height: number };
  /** How long each step waits for its condition. Default 15 s. */
  readonly timeoutMs?: number;
}

/** A dialog or a notification that asks something. */
export interface Prompt {
  readonly message: string;
  readonly detail: string;
  /** In the order in which they are drawn. */
  readonly buttons: readonly string[];
  /** Presses a button and waits until the prompt is gone. */
  click(button: string): Promise<void>;
}

/** Which row, where its label alone does not say it. */
export interface RowPlace {
  /** The title of the row's view. */
  readonly view?: string;
  /** The label of the row's parent. */
  readonly under?: string;
}

// The first load compiles 19 MB of script, so it gets longer than a step.
const firstLoadMs = 60_000;

const chromiumArgs = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
] as const;

/** Opens the server's window in a new headless browser and waits until it can be used. */
export async function openWorkbench(
  server: CodeServer,
  options: WorkbenchOptions = {},
): Promise<Workbench> {
  const browser = await chromium.launch({
    executablePath: await ensureChromium(),
    args: [...chromiumArgs],
  });
  try {
    const context = await browser.newContext({
      viewport: options.viewport ?? { width: 1280, height: 800 },
      permissions: ['clipboard-read', 'clipboard-write'],
    });
    const timeoutMs = options.timeoutMs ?? 15_000;
    context.setDefaultTimeout(timeoutMs);
    // esbuild, under tsx and vitest, wraps named inner functions in a helper of the module, which
    // the functions sent to the browser would miss there.
    await context.addInitScript({ content: 'globalThis.__name = (fn) => fn' });
    const workbench = new Workbench(server, browser, await context.newPage(), timeoutMs);
    await workbench.open();
    return workbench;
  } catch (error) {
    await browser.close();
    throw error;
  }
}

/**
 * The window of the editor, used as a person uses it. Every step waits for what it needs and for
 * nothing else; what it gives back is what is drawn at that moment.
 */
export class Workbench {
  readonly #errors: string[] = [];
  readonly #server: CodeServer;
  readonly #browser: Browser;
  readonly #timeoutMs: number;

  constructor(
    server: CodeServer,
    browser: Browser,
    /** For what this class has no step for. */
    readonly page: Page,
    timeoutMs: number,
  ) {
    this.#server = server;
    this.#browser = browser;
    this.#timeoutMs = timeoutMs;
    page.on('pageerror', (error) => this.#errors.push(error.message));
    page.on('console', (message) => {
      if (message.type() === 'error') this.#errors.push(message.text());
    });
  }

  async open(): Promise<void> {
    await this.page.goto(this.#server.url, { timeout: firstLoadMs });
    await this.#ready();
  }

  async reload(): Promise<void> {
    // The old extension host answers for a moment longer; the driver shall wait for the new one.
    await rm(this.#server.driverFile, { force: true });
    await this.page.reload();
    await this.#ready();
  }

  async #ready(): Promise<void> {
    await this.page.locator('.monaco-workbench .statusbar-item').first().waitFor({
      timeout: firstLoadMs,
    });
    await this.page.locator('.activitybar .action-label').first().waitFor();
  }

  /** What the browser's console holds in errors; VS Code itself adds a few at each start. */
  consoleErrors(): readonly string[] {
    return this.#errors;
  }

  // Commands and quick input

  /** Runs a command by its title in the palette, with or without its category. */
  async runCommand(title: string): Promise<void> {
    await this.#palette(`>${title}`, (label) => label === title || label.endsWith(`: ${title}`));
  }

  async #palette(query: string, fits: (label: string) => boolean): Promise<void> {
    await this.page.keyboard.press('F1');
    const input = this.#quickInput();
    await input.waitFor();
    await input.fill(query);
    await this.#chooseQuickRow(query, fits);
    // The command may open a quick input of its own: only this one has to be gone.
    await waitUntil(`the palette to close after ${query}`, this.#timeoutMs, async () => {
      const value = (await input.isVisible()) ? await input.inputValue() : undefined;
      return value !== query || undefined;
    });
  }

  #quickInput(): Locator {
    return this.page.locator('.quick-input-widget:visible .quick-input-box input');
  }

  /** The labels in the open quick pick that are drawn now. */
  async quickPickItems(): Promise<string[]> {
    const rows = this.page.locator(
      '.quick-input-widget:visible .quick-input-list .monaco-list-row',
    );
    return rows.evaluateAll((found) =>
      found
        .sort((a, b) => Number(a.dataset.index) - Number(b.dataset.index))
        .map((row) => (row.querySelector('.label-name')?.textContent ?? '').trim()),
    );
  }

  /** Waits for a quick pick with this item and chooses it; in a multiple choice, ticks it. */
  async quickPick(label: string): Promise<void> {
    await this.#chooseQuickRow(label, (candidate) => candidate === label);
  }

  /** Accepts what is ticked in a multiple choice. */
  async acceptQuickPick(): Promise<void> {
    await this.page.locator('.quick-input-widget:visible').waitFor();
    await this.page.keyboard.press('Enter');
  }

  /** Waits for an input box, fills it and presses Enter. */
  async quickInput(text: string): Promise<void> {
    const input = this.#quickInput();
    await input.waitFor();
    await input.fill(text);
    await input.press('Enter');
  }

  async #chooseQuickRow(what: string, fits: (label: string) => boolean): Promise<void> {
    const list = '.quick-input-widget:visible .quick-input-list .monaco-list-row';
    let offered: string[] = [];
    try {
      // Found and clicked in one go: the list is redrawn while the search goes on.
      await waitUntil(`an item for “${what}”`, this.#timeoutMs, async () => {
        offered = await this.quickPickItems();
        const label = offered.find(fits);
        if (label === undefined) return undefined;
        const row = this.page
          .locator(list)
          .filter({ has: this.page.locator('.label-name', { hasText: exactly(label) }) });
        return row
          .first()
          .click({ timeout: 2000 })
          .then(
            () => true,
            () => undefined,
          );
      });
    } catch (error) {
      throw new Error(`${(error as Error).message}. Offered: ${offered.join(' | ') || 'nothing'}`);
    }
  }

  // Views and trees

  /** Opens a view container by its title in the activity bar, or any view by its own. */
  async openView(title: string): Promise<void> {
    // "Title", "Title (Ctrl+Shift+E)", "Title - 2 pending"
    const pattern = new RegExp(`^${escapeRegExp(title)}($| \\(| - )`);
    const items = this.page.locator('.activitybar .action-item');
    const names = await items.evaluateAll((all) =>
      all.map((item) => item.querySelector('.action-label')?.getAttribute('aria-label') ?? ''),
    );
    const index = names.findIndex((name) => pattern.test(name));
    if (index === -1) {
      await this.#palette(`view ${title}`, (label) => label === title);
      return;
    }
    const item = items.nth(index);
    const opened = item.and(this.page.locator('.checked'));
    // A click on the open one closes it, as after a reload, which opens it again a little later.
    await waitUntil(`the view ${title} to be open`, 30_000, async () => {
      if ((await opened.count()) === 0) await item.click();
      const isOpen = await opened.waitFor({ timeout: 3000 }).then(
        () => true,
        () => undefined,
      );
      return isOpen;
    });
  }

  /** What the activity bar says of a container, with its badge: "Toolgate - 2 pending". */
  async activityBarLabel(title: string): Promise<string> {
    const label = this.page.locator(`.activitybar .action-label[aria-label^="${title}"]`);
    return (await label.first().getAttribute('aria-label')) ?? '';
  }

  /** The pane of a view that is in an open container, unfolded. */
  async pane(viewTitle: string): Promise<Locator> {
    const pane = this.page.locator('.pane').filter({
      has: this.page.locator('.pane-header h3.title', { hasText: exactly(viewTitle) }),
    });
    await pane.first().waitFor({ state: 'attached' });
    const header = pane.first().locator('.pane-header');
    if ((await header.isVisible()) && (await header.getAttribute('aria-expanded')) === 'false') {
      await header.click();
      await pane.first().locator('.pane-header[aria-expanded="true"]').waitFor();
    }
    return pane.first();
  }

  /** All text of a view, where it holds a message or a welcome instead of a tree. */
  async viewText(viewTitle: string): Promise<string> {
    const body = (await this.pane(viewTitle)).locator('.pane-body');
    return (await body.allInnerTexts()).join('\n').trim();
  }

  /** The drawn rows of a tree, each "label description", indented by two spaces per level. */
  async treeRows(viewTitle: string): Promise<string[]> {
    const rows = (await this.pane(viewTitle)).locator('.monaco-list-rows > .monaco-list-row');
    return rows.evaluateAll((found) =>
      found
        .sort((a, b) => Number(a.dataset.index) - Number(b.dataset.index))
        .map((row) => {
          const text = (part: string): string =>
            (row.querySelector(part)?.textContent ?? '').trim();
          const level = Number(row.getAttribute('aria-level') ?? 1);
          const shown = `${text('.label-name')} ${text('.label-description')}`.trim();
          return `${'  '.repeat(level - 1)}${shown}`;
        }),
    );
  }

  /** Presses a button in a view's title. */
  async viewAction(viewTitle: string, actionTitle: string): Promise<void> {
    const pane = await this.pane(viewTitle);
    await pane.hover();
    const name = new RegExp(`^${escapeRegExp(actionTitle)}($| \\()`);
    await pane.locator('.pane-header').getByRole('button', { name }).click();
  }

  /** Waits for a row by its label. */
  async row(label: string, place: RowPlace = {}): Promise<Locator> {
    const { view, under } = place;
    const lists =
      view === undefined
        ? this.page.locator(
            '.part :is(.sidebar, .auxiliarybar, .panel) .monaco-list, .pane .monaco-list',
          )
        : (await this.pane(view)).locator('.monaco-list');
    const find = (): Promise<string | undefined> =>
      lists.evaluateAll(
        (found, wanted) => {
          for (const list of found) {
            const rows = [...list.querySelectorAll('.monaco-list-rows > *')].sort(
              (a, b) => Number(a.dataset.index) - Number(b.dataset.index),
            );
            // The labels on the way from the root to the row at hand.
            const path: string[] = [];
            for (const row of rows) {
              const level = Number(row.getAttribute('aria-level') ?? 1);
              path.length = level - 1;
              path.push((row.querySelector('.label-name')?.textContent ?? '').trim());
              const parent = path[level - 2];
              const fits = wanted.under === undefined || parent === wanted.under;
              if (path[level - 1] === wanted.label && fits) return row.id;
            }
          }
          return undefined;
        },
        { label, under },
      );
    // The editor gives the elements of rows to other rows when it draws a list anew, so a place
    // counts only once it has stayed the same for a moment.
    let last: string | undefined;
    const id = await waitUntil(`a row “${label}”`, this.#timeoutMs, async () => {
      const before = last;
      last = await find();
      return last === before ? last : undefined;
    });
    return this.page.locator(`.monaco-list-rows > [id="${id}"]`);
  }

  async expandRow(label: string, place?: RowPlace): Promise<void> {
    const isExpanded = async (): Promise<true | undefined> => {
      const now = await this.row(label, place);
      return (await now.getAttribute('aria-expanded')) === 'true' || undefined;
    };
    if (await isExpanded()) return;
    await waitUntil(`row “${label}” to unfold`, 2 * this.#timeoutMs, async () => {
      // A click in the moment in which the list is drawn anew is lost; a person clicks again.
      await (await this.row(label, place)).locator('.monaco-tl-twistie').click();
      return waitUntil('the row', 7000, isExpanded).catch(() => undefined);
    });
  }

  async clickRow(label: string, place?: RowPlace): Promise<void> {
    await (await this.row(label, place)).click();
  }

  /** Presses a button that a row shows under the pointer. */
  async rowAction(rowLabel: string, actionTitle: string, place?: RowPlace): Promise<void> {
    const name = new RegExp(`^${escapeRegExp(actionTitle)}($| \\()`);
    await waitUntil(`“${actionTitle}” of row “${rowLabel}”`, this.#timeoutMs, async () => {
      // When the list is drawn anew meanwhile, the row is another element: it is looked up again.
      const row = await this.row(rowLabel, place);
      try {
        await row.hover({ timeout: 2000 });
        await row.getByRole('button', { name }).click({ timeout: 2000 });
        return true;
      } catch (error) {
        if (error instanceof errors.TimeoutError) return undefined;
        throw error;
      }
    });
  }

  async contextMenu(rowLabel: string, item: string, place?: RowPlace): Promise<void> {
    await (await this.row(rowLabel, place)).click({ button: 'right' });
    const menu = this.page.locator('.monaco-menu').last();
    const entry = menu.getByRole('menuitem', { name: item, exact: true });
    await entry.waitFor();
    // A menu takes no click in its first tenth of a second, so that the one that opened it cannot
    // choose from it.
    await waitUntil(`the menu to take “${item}”`, this.#timeoutMs, async () => {
      if (!(await menu.isVisible())) return true;
      await entry.click({ timeout: 500 }).catch(() => undefined);
      return undefined;
    });
  }

  // Prompts

  /** Waits for a modal dialog. */
  async modal(timeoutMs = this.#timeoutMs): Promise<Prompt> {
    const drawn = '.monaco-dialog-box:has(.dialog-buttons .monaco-button)';
    const box = await this.page.waitForSelector(drawn, { timeout: timeoutMs });
    const text = async (selector: string): Promise<string> => {
      const part = await box.$(selector);
      return ((await part?.innerText()) ?? '').trim();
    };
    const message = await text('.dialog-message-text');
    const detail = await text('.dialog-message-detail');
    return this.#prompt(box, {
      // A dialog without details has its message where the details would be.
      ...(message === '' ? { message: detail, detail: '' } : { message, detail }),
      buttons: '.dialog-buttons .monaco-button',
    });
  }

  async hasModal(): Promise<boolean> {
    return (await this.page.locator('.monaco-dialog-box').count()) > 0;
  }

  /**
   * Answers VS Code's own "Run <tool>" dialog, which it shows for MCP tools that do not call
   * themselves read-only. Fails if the dialog in front is another one.
   */
  async answerHostPrompt(answer: 'Yes' | 'Cancel', timeoutMs = this.#timeoutMs): Promise<Prompt> {
    const prompt = await this.modal(timeoutMs);
    const own = prompt.message.startsWith('Run ') && prompt.buttons.join() === 'Cancel,Yes';
    if (!own) throw new Error(`Not VS Code's tool prompt, but: ${prompt.message}`);
    await prompt.click(answer);
    return prompt;
  }

  /** The texts of the notifications that are drawn now. */
  async notifications(): Promise<string[]> {
    const messages = this.page
      .locator('.notification-list-item:visible')
      .locator('.notification-list-item-message');
    return (await messages.allInnerTexts()).map((text) => text.trim());
  }

  /** Waits for a notification with this in its text. It folds away after some seconds. */
  async notification(text: string): Promise<Prompt> {
    const item = this.page.locator('.notification-list-item:visible', { hasText: text }).first();
    await item.hover();
    const box = await item.elementHandle();
    if (box === null) throw new Error(`The notification “${text}” was gone at once`);
    const message = await box.$('.notification-list-item-message');
    return this.#prompt(box, {
      message: ((await message?.textContent()) ?? '').trim(),
      detail: '',
      buttons: '.notification-list-item-buttons-container .monaco-button',
    });
  }

  async #prompt(
    box: ElementHandle,
    parts: { readonly message: string; readonly detail: string; readonly buttons: string },
  ): Promise<Prompt> {
    const handles = await box.$$(parts.buttons);
    const buttons = await Promise.all(
      handles.map(async (handle) => ((await handle.textContent()) ?? '').trim()),
    );
    const click = async (button: string): Promise<void> => {
      const handle = handles[buttons.indexOf(button)];
      if (handle === undefined) {
        throw new Error(`No button “${button}” in “${parts.message}”: ${buttons.join(', ')}`);
      }
      await handle.click();
      await box.waitForElementState('hidden');
    };
    return { message: parts.message, detail: parts.detail, buttons, click };
  }

  // Status bar, problems, editors

  /** The text of the first status bar item whose id holds `idPart`. */
  async statusBar(idPart: string): Promise<string> {
    const item = this.page.locator(`.statusbar-item[id*="${idPart}" i]`).first();
    return ((await item.textContent()) ?? '').trim();
  }

  /** Opens the Problems panel; its drawn rows, as "file: Error: text at line 1 and character 1." */
  async problems(): Promise<string[]> {
    const panel = this.page.locator('.markers-panel');
    if (!(await panel.isVisible())) {
      await this.runCommand('Problems: Focus on Problems View');
      await panel.waitFor();
    }
    return panel.locator('.monaco-list-rows > .monaco-list-row').evaluateAll((rows) => {
      let file = '';
      return rows
        .sort((a, b) => Number(a.dataset.index) - Number(b.dataset.index))
        .flatMap((row) => {
          if (row.getAttribute('aria-level') !== '1') {
            return [`${file}: ${row.getAttribute('aria-label')}`];
          }
          file = (row.querySelector('.label-name')?.textContent ?? '').trim();
          return [];
        });
    });
  }

  /** Opens a file by its absolute path. */
  async openFile(path: string): Promise<void> {
    const name = basename(path);
    await this.#palette(path, (label) => label === name);
    await this.page.locator(`.tab.active[data-resource-name="${name}"]`).first().waitFor();
  }

  /** All text of the active editor, by way of the clipboard; the cursor ends at the top. */
  async editorText(): Promise<string> {
    await this.#focusEditor();
    const nothing = `nothing copied ${Math.random()}`;
    await this.#writeClipboard(nothing);
    await this.page.keyboard.press('ControlOrMeta+a');
    await this.page.keyboard.press('ControlOrMeta+c');
    try {
      return await waitUntil('the editor to copy its text', 2000, async () => {
        const text = await this.page.evaluate<string>('navigator.clipboard.readText()');
        return text === nothing ? undefined : text;
      });
    } catch {
      return '';
    } finally {
      await this.page.keyboard.press('ControlOrMeta+Home');
    }
  }

  /** Pastes over the whole text of the active editor, so that no auto-closing interferes. */
  async replaceEditorText(text: string): Promise<void> {
    await this.#focusEditor();
    await this.#writeClipboard(text);
    await this.page.keyboard.press('ControlOrMeta+a');
    await this.page.keyboard.press('ControlOrMeta+v');
    await waitUntil('the editor to hold the new text', this.#timeoutMs, async () =>
      (await this.editorText()) === text ? true : undefined,
    );
  }

  async saveAll(): Promise<void> {
    await this.runCommand('File: Save All Files');
    await this.page.locator('.tab.dirty').first().waitFor({ state: 'detached' });
  }

  /** The inside of the webview that is drawn last. */
  webview(): FrameLocator {
    return this.page.frameLocator('iframe.webview.ready >> nth=-1').frameLocator('#active-frame');
  }

  async #focusEditor(): Promise<void> {
    const editor = this.page.locator('.editor-group-container.active .monaco-editor').last();
    await editor.waitFor();
    await editor.locator('.native-edit-context, textarea.inputarea').first().focus();
  }

  async #writeClipboard(text: string): Promise<void> {
    await this.page.evaluate(`navigator.clipboard.writeText(${JSON.stringify(text)})`);
  }

  // Pictures and the end

  /** Writes `.artifacts/screenshots/<name>.png` and gives its path. */
  async screenshot(name: string): Promise<string> {
    const folder = join(repoRoot, '.artifacts/screenshots');
    await mkdir(folder, { recursive: true });
    const path = join(folder, `${name}.png`);
    await this.page.screenshot({ path, animations: 'disabled', caret: 'hide' });
    return path;
  }

  async dispose(): Promise<void> {
    await this.#browser.close();
  }
}

function escapeRegExp(text: string): string {
  return text.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&');
}

function exactly(text: string): RegExp {
  return new RegExp(`^\\s*${escapeRegExp(text)}\\s*$`);
}
