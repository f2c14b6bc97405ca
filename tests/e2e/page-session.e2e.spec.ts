import { signIn } from '@parley/client/http';
import { until } from '@parley/dev/until';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Constellation } from '../harness/constellation.ts';
import { makeRoom, startBrowser, visit, type Visitor } from './page-visitor.ts';

const tokenSeconds = 5;
/** For so long after its end the service still takes a token, as clocks differ. */
const toleranceMs = 6_000;

let chat: Constellation;
let browser: Browser;
beforeAll(async () => {
  [chat, browser] = await Promise.all([Constellation.start({ env: { gateway: { TOKEN_SECONDS: String(tokenSeconds) } } }), startBrowser()]);
}, 180_000);
afterAll(async () => {
  await browser?.close();
  await chat?.stop();
});

type Stored = { readonly userId: string; readonly name: string; readonly token: string; readonly expiresAt: number };
const stored = ({ page }: Visitor): Promise<Stored | null> => page.evaluate(() => JSON.parse(localStorage.getItem('parley.session') ?? 'null') as Stored | null);

/** Resolves once the page has had `count` tokens more than now. */
async function tokensLater(visitor: Visitor, count: number): Promise<void> {
  const seen = new Set([(await stored(visitor))?.token]);
  await until(`${count} tokens more`, async () => seen.add((await stored(visitor))?.token).size > count, { timeoutMs: (count + 2) * tokenSeconds * 1_000, everyMs: 100 });
}

async function takeName({ page }: Visitor, name: string): Promise<void> {
  await page.locator('.account').click();
  await page.getByRole('menuitem').first().click();
  await page.locator('dialog input[name=name]').fill(name);
  await page.locator('dialog input[name=name]').press('Enter');
  await page.locator('.account bdi', { hasText: name }).waitFor();
  await page.keyboard.press('Escape');
}

/** Waits with the page closed until the token that it keeps no longer counts, then opens it again. */
async function wakeLate(visitor: Visitor, lateMs = 0): Promise<void> {
  const { page } = visitor;
  const session = await stored(visitor);
  const url = page.url();
  await page.goto('about:blank');
  await until('the end of the token', async () => Date.now() > (session?.expiresAt ?? 0) + lateMs, { timeoutMs: 30_000 });
  await page.goto(url);
}

/** Somebody signs in, does `work`, and leaves; nothing on their page complains. */
async function as(name: string, work: (visitor: Visitor) => Promise<void>): Promise<void> {
  const visitor = await visit(browser, chat.url(), name);
  try {
    await work(visitor);
    expect(visitor.complaints).toEqual([]);
  } finally {
    await visitor.close();
  }
}

/** Whether nobody had this name until now: only who was registered just now is told from where on they can be found. */
const isNew = async (name: string): Promise<boolean> => (await signIn(chat.url(), { name })).cursor !== undefined;

describe('a session that outlives its token', () => {
  test('stays that of the same person, who has another name by then', () => as('Session Mina', async (mina) => {
    await makeRoom(mina, 'session room');
    await mina.write('under the old name');
    await mina.sees('under the old name');
    const before = await stored(mina);
    await takeName(mina, 'Session Mina Kim');
    await tokensLater(mina, 1);
    await mina.write('under the new name');
    await mina.sees('under the new name');
    expect(await mina.messages()).toEqual(['under the old name', 'under the new name']);
    expect(await stored(mina)).toMatchObject({ userId: before?.userId, name: 'Session Mina Kim' });
    await wakeLate(mina);
    await mina.sees('under the new name');
    expect((await stored(mina))?.userId).toBe(before?.userId);
    expect(await isNew('Session Mina')).toBe(true);
  }), 90_000);

  test('ends where the name was changed elsewhere meanwhile, and makes nobody new', () => as('Session Theo', async (theo) => {
    const other = await visit(browser, chat.url(), 'Session Theo');
    const late = wakeLate(theo);
    await takeName(other, 'Session Theodore');
    await late;
    await theo.page.locator('.sign-in').waitFor();
    expect(await theo.page.locator('.sign-in .lead').innerText()).toContain('ended');
    expect(await isNew('Session Theo')).toBe(true);
    await other.close();
  }), 90_000);

  test('of a guest ends with the token, and says so instead of trying for ever', async () => {
    const context = await browser.newContext({ locale: 'en-GB' });
    try {
      const page = await context.newPage();
      await page.goto(chat.url());
      await page.locator('.sign-in .button.outline').click();
      await page.locator('.sidebar').waitFor();
      await wakeLate({ page } as Visitor, toleranceMs);
      await page.locator('.sign-in').waitFor();
      expect(await page.locator('.sign-in .lead').innerText()).toContain('ended');
    } finally {
      await context.close();
    }
  }, 60_000);
});

test('a name that somebody has is refused, and the page says so', () => as('Session Noa', async ({ page }) => {
  await signIn(chat.url(), { name: 'Session Taken' });
  await page.locator('.account').click();
  await page.getByRole('menuitem').first().click();
  await page.locator('dialog input[name=name]').fill('Session Taken');
  await page.locator('dialog input[name=name]').press('Enter');
  await page.locator('dialog').getByText('name-taken').waitFor();
  expect(await page.locator('.notices').innerText()).toBe('');
  expect(await page.locator('.account bdi').innerText()).toBe('Session Noa');
}), 60_000);

test('all tabs of a browser are one person’s', () => as('Session Ira', async (ira) => {
  const other = await ira.page.context().newPage();
  await other.goto(chat.url());
  await other.locator('.account bdi', { hasText: 'Session Ira' }).waitFor();
  await ira.page.locator('.account').click();
  await ira.page.getByRole('menuitem').last().click();
  await other.locator('.sign-in').waitFor();
  await other.getByRole('textbox').fill('Session Omar');
  await other.getByRole('textbox').press('Enter');
  await ira.page.locator('.account bdi', { hasText: 'Session Omar' }).waitFor();
  const { userId } = await stored(ira) ?? {};
  await tokensLater(ira, 1);
  expect(await stored(ira)).toMatchObject({ userId, name: 'Session Omar' });
}), 60_000);
