import { until } from '@parley/dev/until';
import type { Browser, Page } from 'playwright-core';
import postgres from 'postgres';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Constellation } from '../harness/constellation.ts';
import { newRoom, type Person, person, post } from '../harness/people.ts';
import { enterRoom, startBrowser, visit, type Visitor } from './page-visitor.ts';

let chat: Constellation;
let browser: Browser;
let jiyoung: Person;
let mina: Visitor;
let plans: string;
let general: string;
const manyCount = 45;
beforeAll(async () => {
  [chat, browser] = await Promise.all([Constellation.start({ env: { gateway: { FRAMES_PER_SECOND_MAX: '5000', FRAMES_BURST_MAX: '5000' } } }), startBrowser()]);
  jiyoung = await person(chat, '지영', { keep: 'numbers' });
  const bob = await person(chat, 'Bob', { keep: 'numbers' });
  plans = await newRoom(jiyoung, 'public', 'all', '배포 계획');
  general = await newRoom(bob, 'public', 'all', 'general');
  await post(jiyoung, plans, '다음 주 화요일에 색인 작업을 시작합니다');
  await post(jiyoung, plans, 'see https://example.org/runbook before the migration');
  await post(bob, general, 'the migration is green, nothing left to do');
  await post(bob, general, 'green tea, not the migration itself');
  for (let index = 0; index < manyCount; index += 1) await post(bob, general, `filler number ${index}`);
  bob.socket.close();
  mina = await visit(browser, chat.url(), 'Mina');
  for (const roomId of [plans, general]) await enterRoom(mina, chat.url(), `/rooms/${roomId}`);
}, 240_000);
afterAll(async () => {
  jiyoung?.socket.close();
  await mina?.close();
  await browser?.close();
  await chat?.stop();
});

const field = (page: Page) => page.getByRole('combobox', { name: 'Words to find' });
const hits = (page: Page) => page.locator('.search-hit');
async function ask(page: Page, text: string): Promise<void> {
  await page.keyboard.press('Control+Shift+f');
  await field(page).waitFor();
  const clear = page.locator('.side-pane').getByRole('button', { name: 'Clear', exact: true });
  if (await clear.isVisible()) await clear.click();
  await field(page).fill(text);
}

describe('searching', () => {
  test('finds words in both languages, shows them, and opens a message at its place', async () => {
    const { page } = mina;
    await ask(page, '색인');
    await hits(page).first().waitFor();
    expect(await hits(page).count()).toBe(1);
    await page.locator('.search-hit mark', { hasText: '색인' }).waitFor();
    expect(await hits(page).first().innerText()).toContain('배포 계획');
    // Down from the field, Enter opens; the focus stays with what was found.
    await page.keyboard.press('ArrowDown');
    await page.keyboard.press('Enter');
    await page.locator('.room-title h1', { hasText: '배포 계획' }).waitFor();
    await page.locator('article.flash', { hasText: '색인 작업' }).waitFor();
    expect(await page.evaluate(() => document.activeElement?.classList.contains('search-hit'))).toBe(true);
    await page.keyboard.press('ArrowUp');
    expect(await field(page).evaluate((element) => element === document.activeElement)).toBe(true);
  });

  test('a phrase is exact, and filters narrow down with completion', async () => {
    const { page } = mina;
    await ask(page, 'migration');
    await until('all three', async () => (await hits(page).count()) === 3);
    await field(page).fill('"migration is green"');
    await until('the one with the phrase', async () => (await hits(page).allInnerTexts()).join().includes('nothing left') && (await hits(page).count()) === 1);
    await field(page).fill('migration ');
    await page.keyboard.type('from:ㅈㅇ');
    await page.getByRole('option', { name: '지영' }).waitFor();
    await page.keyboard.press('Enter');
    await page.locator('.search-chip', { hasText: 'from 지영' }).waitFor();
    await until('only hers', async () => (await hits(page).count()) === 1 && (await hits(page).first().innerText()).includes('runbook'));
    await page.keyboard.press('Home');
    await page.keyboard.press('Backspace');
    await until('all three again', async () => (await hits(page).count()) === 3);
    await page.keyboard.press('End');
    await page.keyboard.type('has:');
    await page.getByRole('option', { name: 'has a link' }).waitFor();
    await page.keyboard.press('Tab');
    await until('only with a link', async () => (await hits(page).count()) === 1);
    await page.keyboard.type('방:gen');
    await page.getByRole('option', { name: 'general' }).waitFor();
    await page.keyboard.press('Enter');
    await page.getByText('Nothing was found.').waitFor();
    await page.getByRole('button', { name: 'Search without filters' }).click();
    await until('all three once more', async () => (await hits(page).count()) === 3);
    await field(page).fill('migration before:2020-01-01');
    await page.keyboard.press('Enter');
    await page.locator('.search-chip', { hasText: 'before' }).waitFor();
    await page.getByText('Nothing was found.').waitFor();
  });

  test('reads on while one scrolls', async () => {
    const { page } = mina;
    await ask(page, 'filler');
    await hits(page).first().waitFor();
    await page.mouse.move(1_100, 500);
    await until('all of them', async () => {
      await page.mouse.wheel(0, 2_000);
      return (await hits(page).count()) === manyCount;
    }, { everyMs: 100 });
    expect(new Set(await hits(page).evaluateAll((all) => all.map((one) => (one as HTMLElement).dataset['message']))).size).toBe(manyCount);
    await page.getByText('That is all.').waitFor();
  });

  test('says that it is down while the rest works, and comes back', async () => {
    const { page } = mina;
    const sql = postgres(chat.world.databaseUrl, { max: 1, onnotice: () => {} });
    const tables = await sql<{ name: string }[]>`select format('%I.%I', schemaname, tablename) as name from pg_tables where schemaname = 'search'`;
    expect(tables.length).toBeGreaterThan(0);
    const held = await sql.reserve();
    // Nobody may read the index while this transaction lasts.
    await held.unsafe(`begin; lock table ${tables.map(({ name }) => name).join(', ')} in access exclusive mode`);
    await ask(page, 'nothing left');
    await page.locator('.side-pane .problem', { hasText: 'search-unavailable' }).waitFor();
    await page.getByText('Everything else works').waitFor();
    await mina.write('written while search is down');
    await mina.sees('written while search is down');
    await held.unsafe('rollback');
    held.release();
    await sql.end();
    await until('an answer', async () => {
      const again = page.locator('.side-pane .problem').getByRole('button', { name: 'Try again' });
      if (await again.isVisible()) await again.click();
      return (await hits(page).count()) === 1;
    }, { everyMs: 500 });
    expect(mina.complaints).toEqual([]);
  });

  test('is a page of its own on a phone, in Korean, and keeps what was found', async () => {
    const phone = await visit(browser, chat.url(), '하늘', { locale: 'ko-KR', viewport: { width: 375, height: 720 } });
    const { page } = phone;
    await enterRoom(phone, chat.url(), `/rooms/${plans}`);
    await page.locator('.room-header').getByRole('button', { name: '메시지 검색' }).click();
    const pane = page.getByRole('complementary', { name: '메시지 검색' });
    await pane.waitFor();
    expect(await pane.evaluate((element) => element.getBoundingClientRect().width)).toBe(375);
    await page.getByRole('combobox').fill('화요일');
    await hits(page).first().waitFor();
    await hits(page).first().click();
    await pane.waitFor({ state: 'detached' });
    await page.locator('article.flash', { hasText: '화요일' }).waitFor();
    await page.locator('.room-header').getByRole('button', { name: '메시지 검색' }).click();
    await hits(page).first().waitFor();
    expect(await page.getByRole('combobox').inputValue()).toBe('화요일');
    expect(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth)).toBe(true);
    expect(phone.complaints).toEqual([]);
    await phone.close();
  });
});
