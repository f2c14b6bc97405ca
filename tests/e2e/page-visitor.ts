import { CHROMIUM_ARGS, ensureChromium } from '@parley/dev/servers/chromium';
import { type Browser, type BrowserContextOptions, chromium, type Page } from 'playwright-core';
import { newRoom, type Person, post } from '../harness/people.ts';

/** Starts a real Chromium. @throws a plain error that says what to install where there is none. */
export async function startBrowser(): Promise<Browser> {
  return chromium.launch({ executablePath: await ensureChromium(), args: [...CHROMIUM_ARGS, '--disable-background-networking'] });
}

export type Visitor = {
  readonly page: Page;
  readonly name: string;
  /** Errors on the page and in its console, and requests that left for another host. Must stay empty. */
  readonly complaints: string[];
  /** Texts of the messages on screen, from top to bottom. */
  messages(): Promise<string[]>;
  write(text: string): Promise<void>;
  /** Resolves when a message with exactly this text is there, and fails where it is there more than once. */
  sees(text: string): Promise<void>;
  close(): Promise<void>;
};

/** Opens the page in a browser profile of its own and signs in by name through the form. `before`: a script that runs before those of the page. */
export async function visit(browser: Browser, url: string, name: string, options: BrowserContextOptions = {}, before?: string): Promise<Visitor> {
  const context = await browser.newContext({ viewport: { width: 1280, height: 800 }, locale: 'en-GB', ...options });
  if (before !== undefined) await context.addInitScript(before);
  const page = await context.newPage();
  const complaints: string[] = [];
  page.on('pageerror', (error) => complaints.push(`${name}: ${error.stack ?? error.message}`));
  page.on('console', (message) => {
    // A gateway that is down, or a room that one may not see, is no fault of the page.
    if (message.type() === 'error' && !/Failed to load resource|WebSocket connection to/.test(message.text())) complaints.push(`${name}: ${message.text()}`);
  });
  page.on('request', (request) => {
    const { host, protocol } = new URL(request.url());
    if (protocol !== 'data:' && protocol !== 'blob:' && host !== new URL(url).host) complaints.push(`${name}: asked ${request.url()}`);
  });
  await page.goto(url);
  await page.getByRole('textbox').fill(name);
  await page.getByRole('textbox').press('Enter');
  await page.locator('.sidebar').waitFor();
  const body = (text: string) => page.locator('article .body').filter({ hasText: new RegExp(`^${text.replaceAll(/[.*+?^${}()|[\]\\]/g, String.raw`\$&`)}$`) });
  return {
    page, name, complaints,
    messages: () => page.locator('article .body').allInnerTexts(),
    write: async (text) => {
      await page.locator('.composer textarea').fill(text);
      await page.locator('.composer textarea').press('Enter');
    },
    sees: async (text) => {
      await body(text).first().waitFor({ timeout: 15_000 });
      const count = await body(text).count();
      if (count !== 1) throw new Error(`${name} sees "${text}" ${count} times.`);
    },
    close: () => context.close(),
  };
}

/** Makes a public room through its dialog; resolves with the room's address. */
export async function makeRoom({ page }: Visitor, name: string): Promise<string> {
  await page.locator('.sidebar-head .icon-button[aria-haspopup]').click();
  await page.getByRole('menuitem').nth(1).click();
  await page.locator('dialog input[name=name]').fill(name);
  await page.locator('dialog button[type=submit]').click();
  await page.locator('.room-title h1').filter({ hasText: name }).waitFor();
  await page.locator('.composer textarea').waitFor();
  return new URL(page.url()).pathname;
}

/** Goes to a room by its address, and joins where one is no member yet. */
export async function enterRoom({ page }: Visitor, url: string, path: string): Promise<void> {
  await page.goto(`${url}${path}`);
  const composer = page.locator('.composer textarea');
  const joining = page.locator('.nothing-open .button.primary');
  await composer.or(joining).first().waitFor();
  if (await joining.isVisible()) await joining.click();
  await composer.waitFor();
}

/** A room of `author` with messages in it, which a visitor may have entered. */
export async function roomOf(author: Person, name: string, texts: readonly string[], entering?: { readonly visitor: Visitor; readonly url: string }): Promise<string> {
  const roomId = await newRoom(author, 'public', 'all', name);
  for (const text of texts) await post(author, roomId, text);
  if (entering) await enterRoom(entering.visitor, entering.url, `/rooms/${roomId}`);
  return roomId;
}
