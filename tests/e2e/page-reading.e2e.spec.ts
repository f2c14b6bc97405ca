import { until } from '@parley/dev/until';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Constellation } from '../harness/constellation.ts';
import { accepted, get, newRoom, type Person, person, post } from '../harness/people.ts';
import { enterRoom, makeRoom, roomOf, startBrowser, visit, type Visitor } from './page-visitor.ts';

let chat: Constellation;
let browser: Browser;
let author: Person;
beforeAll(async () => {
  [chat, browser] = await Promise.all([Constellation.start({ env: { gateway: { FRAMES_PER_SECOND_MAX: '5000', FRAMES_BURST_MAX: '5000' } } }), startBrowser()]);
  author = await person(chat, 'author', { keep: 'numbers' });
}, 180_000);
afterAll(async () => {
  author?.socket.close();
  await browser?.close();
  await chat?.stop();
});

const field = ({ page }: Visitor) => page.locator('.composer textarea');
const roomWith = (visitor: Visitor, name: string, texts: readonly string[], enter = true) => roomOf(author, name, texts, enter ? { visitor, url: chat.url() } : undefined);

describe('reading', () => {
  let reader: Visitor;
  let other: string;
  beforeAll(async () => {
    reader = await visit(browser, chat.url(), 'Reader');
    other = await makeRoom(reader, 'another room');
  }, 60_000);
  afterAll(async () => {
    await reader?.close();
  });

  test('a long message is folded, and stays unfolded after it was scrolled away', async () => {
    const { page } = reader;
    const roomId = await roomWith(reader, 'long', [Array.from({ length: 60 }, (_, index) => `line ${index}`).join('\n'), ...Array.from({ length: 120 }, (_, index) => `later ${index}`)], false);
    await enterRoom(reader, chat.url(), `/rooms/${roomId}/1`);
    const long = page.locator('article[data-ordinal="1"]');
    await long.locator('.body.folded').waitFor();
    // What moves under a pointer between its press and its release is not pressed; a person presses again.
    await rested(page);
    await until('it to be unfolded', async () => {
      const folded = long.getByRole('button', { name: 'Show all 60 lines' });
      if ((await folded.count()) > 0) await folded.click({ timeout: 2_000 }).catch(() => {});
      return (await long.locator('.body.folded').count()) === 0;
    }, { timeoutMs: 30_000, everyMs: 500 });
    await page.locator('.pill.bottom button').click();
    // A row in focus is never taken away: the focus must have gone on.
    await page.locator('article[data-ordinal="121"]').focus();
    await long.waitFor({ state: 'detached' });
    await page.mouse.move(700, 400);
    await until('the beginning', async () => {
      await page.mouse.wheel(0, -3_000);
      return (await long.count()) > 0;
    }, { everyMs: 50 });
    expect(await long.locator('.body.folded').count()).toBe(0);
    await long.getByRole('button', { name: 'Show less' }).waitFor();

    // Left in the middle, it opens there again; and a change above moves nothing.
    await page.mouse.wheel(0, 2_500);
    await rested(page);
    const left = await firstRow(page);
    expect(left).not.toMatch(/^1 /);
    await page.locator('.room-link', { hasText: 'another room' }).click();
    await page.locator('.room-title h1', { hasText: 'another room' }).waitFor();
    await page.locator('.room-link', { hasText: 'long' }).click();
    await until('the same place', async () => (await firstRow(page)) === left).catch(async () => expect(await firstRow(page)).toBe(left));
  });

  test('the reading list keeps the last 300 rows in the document, and older ones a press away', async () => {
    const { page } = reader;
    const roomId = await newRoom(author, 'public', 'all', 'as a text');
    for (let index = 0; index < 350; index += 50) await Promise.all(Array.from({ length: 50 }, (_, each) => post(author, roomId, `entry ${index + each + 1}`)));
    await page.getByRole('button', { name: /Your account/ }).click();
    await page.getByRole('menuitem', { name: 'Settings' }).click();
    await page.getByLabel('Reading list').check();
    await page.keyboard.press('Escape');
    await enterRoom(reader, chat.url(), `/rooms/${roomId}`);
    await until('three hundred rows', async () => (await page.locator('article').count()) >= 299);
    expect(await page.locator('article').count()).toBeLessThanOrEqual(300);
    expect(await page.locator('article').last().getAttribute('data-ordinal')).toBe('350');
    await until('the end to be in view', () => page.locator('.timeline-scroll').evaluate((element) => element.scrollHeight - element.scrollTop - element.clientHeight < 2));
    await post(author, roomId, 'and one more');
    await reader.sees('and one more');
    await until('the end to be in view', () => page.locator('.timeline-scroll').evaluate((element) => element.scrollHeight - element.scrollTop - element.clientHeight < 2));
    await page.getByRole('button', { name: 'Earlier messages' }).click();
    await page.locator('article[data-ordinal="1"]').waitFor({ state: 'attached' });
    expect(await page.locator('article[data-ordinal="351"]').count()).toBe(0);
    await page.locator('.pill.bottom button').click();
    await page.locator('article[data-ordinal="351"]').waitFor();
    await page.getByRole('button', { name: /Your account/ }).click();
    await page.getByRole('menuitem', { name: 'Settings' }).click();
    await page.getByLabel('Reading list').uncheck();
    await page.keyboard.press('Escape');
    await until('only rows near the view', async () => (await page.locator('article').count()) < 150);
  });

  test('the line above what is new moves forward when another device reads', async () => {
    const { page } = reader;
    const roomId = await roomWith(reader, 'two devices', ['known']);
    await reader.sees('known');
    // Nobody looks at this device: what comes is set off, and not read by it.
    await page.evaluate(() => Object.assign(document, { hasFocus: () => false }));
    const texts = ['one', 'two', 'three'];
    const posted = [];
    for (const text of texts) posted.push(await post(author, roomId, text));
    await reader.sees('three');
    const under = () => page.locator('.unread-divider:not(.cleared) ~ article .body').first().innerText();
    await until('the line above the first', async () => (await under()) === 'one');
    const device = await person(chat, 'Reader');
    await accepted(device.socket.send({ type: 'mark-read', roomId, n: posted[1]?.n ?? 0 }));
    await until('the line above the third', async () => (await under()) === 'three');
    await accepted(device.socket.send({ type: 'mark-read', roomId, n: posted[2]?.n ?? 0 }));
    await page.locator('.unread-divider:not(.cleared)').waitFor({ state: 'detached' });
    device.socket.close();
  });

  test('why a room is unread adds up, message by message', async () => {
    const { page } = reader;
    const roomId = await roomWith(reader, 'counted', ['before']);
    await reader.write('mine');
    await reader.sees('mine');
    // Reading is told a moment after it was seen; whoever leaves before has not read.
    const { token } = await chat.signIn('Reader');
    await until('what was there to be read', async () => (await get(chat, token, `/v1/rooms/${roomId}`)).body?.data?.unread === 0, { timeoutMs: 20_000 });
    await page.goto(`${chat.url()}${other}`);
    await field(reader).waitFor();
    for (const text of ['first new', 'second new']) await post(author, roomId, text);
    const link = page.locator('.room-link', { hasText: 'counted' });
    await link.locator('.badge', { hasText: '2' }).waitFor();
    await link.click();
    await page.locator('article .body', { hasText: 'second new' }).waitFor();
    await page.locator('article', { hasText: 'second new' }).last().focus();
    await page.keyboard.press('w');
    const pane = page.getByRole('complementary', { name: 'Why unread?' });
    await pane.locator('.why-sum', { hasText: '= 2' }).waitFor();
    expect(await pane.locator('.why-message').allInnerTexts()).toEqual([expect.stringContaining('first new'), expect.stringContaining('second new')]);
    await pane.locator('.why-message', { hasText: 'first new' }).click();
    await page.locator('article.flash', { hasText: 'first new' }).waitFor();
    await page.keyboard.press('Escape');
    expect(reader.complaints).toEqual([]);
  });
});

const firstRow = (page: Page): Promise<string> => page.evaluate(() => {
  const top = document.querySelector('.timeline-scroll')?.getBoundingClientRect().top ?? 0;
  const first = [...document.querySelectorAll<HTMLElement>('article')].find((one) => one.getBoundingClientRect().bottom > top + 1);
  return `${first?.dataset['ordinal']} at ${Math.round(first?.getBoundingClientRect().top ?? 0)}`;
});

/** Resolves when the timeline has neither moved nor grown for ten frames. */
const rested = (page: Page): Promise<void> => page.evaluate(async () => {
  const frame = (): Promise<unknown> => new Promise((resolve) => { requestAnimationFrame(resolve); });
  const place = (): string => {
    const { scrollTop = 0, scrollHeight = 0 } = document.querySelector('.timeline-scroll') ?? {};
    return `${scrollTop} ${scrollHeight}`;
  };
  for (let still = 0, before = place(); still < 10; still += 1) {
    await frame();
    if (place() !== before) still = -1;
    before = place();
  }
});
