import { until } from '@parley/dev/until';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Constellation } from '../harness/constellation.ts';
import { join as joinRoom, newRoom, person, post } from '../harness/people.ts';
import { enterRoom, startBrowser, visit, type Visitor } from './page-visitor.ts';

let chat: Constellation;
let browser: Browser;
beforeAll(async () => {
  [chat, browser] = await Promise.all([Constellation.start({ gateways: 2, env: { gateway: { FRAMES_PER_SECOND_MAX: '5000', FRAMES_BURST_MAX: '5000' } } }), startBrowser()]);
}, 180_000);
afterAll(async () => {
  await browser?.close();
  await chat?.stop();
});

describe('a long conversation', () => {
  test('scrolls back through hundreds of messages without a jump, and to both ends', async () => {
    const count = 700;
    const author = await person(chat, 'archivist', { keep: 'numbers' });
    const roomId = await newRoom(author, 'public', 'all', 'archive');
    for (let index = 0; index < count; index += 50) {
      await Promise.all(Array.from({ length: 50 }, (_, each) => post(author, roomId, `line ${index + each + 1}${(index + each) % 7 === 0 ? '\nwith a second line\nand a third' : ''}`)));
    }
    await chat.settled();
    const reader = await visit(browser, chat.url(1), 'reader');
    const member = await person(chat, 'reader', { gateway: 1 });
    await joinRoom(member, roomId);
    await enterRoom(reader, chat.url(1), `/rooms/${roomId}`);
    const { page } = reader;
    await page.locator('article').last().waitFor();
    expect(Number(await page.locator('article').last().getAttribute('data-ordinal'))).toBe(count);
    await page.evaluate(watchJumps);
    await page.mouse.move(700, 400);
    await until('the beginning of the room', async () => {
      await page.mouse.wheel(0, -500);
      return (await page.locator('.room-intro').count()) > 0 && (await page.locator('.timeline-scroll').evaluate((element) => element.scrollTop)) === 0;
    }, { timeoutMs: 90_000, everyMs: 40 });
    const seen = await page.evaluate(() => (globalThis as unknown as { watched: { worstPx: number; frames: number } }).watched);
    expect(seen.frames).toBeGreaterThan(50);
    expect(seen.worstPx).toBeLessThanOrEqual(1);
    expect(await page.locator('article').first().getAttribute('data-ordinal')).toBe('1');
    expect(await page.locator('article').first().getAttribute('aria-setsize')).toBe(String(count));
    await page.locator('.pill.bottom button').click();
    await page.locator(`article[data-ordinal="${count}"]`).waitFor();
    // Away from the end, what comes is counted and moves nothing; at the end it is followed.
    await page.mouse.wheel(0, -3_000);
    await page.locator('.pill.bottom').waitFor();
    await until('the view to rest', async () => {
      const [a, b] = [await firstRow(reader), await firstRow(reader)];
      return a === b;
    });
    const before = await firstRow(reader);
    await post(author, roomId, 'something new');
    await page.locator('.pill.bottom', { hasText: '1 new message' }).waitFor();
    expect(await firstRow(reader)).toBe(before);
    await page.locator('.pill.bottom button').click();
    await reader.sees('something new');
    await post(author, roomId, 'and followed');
    await reader.sees('and followed');
    await until('the end to be in view', () => page.locator('.timeline-scroll').evaluate((element) => element.scrollHeight - element.scrollTop - element.clientHeight < 2));
    expect(reader.complaints).toEqual([]);
    author.socket.close();
    member.socket.close();
    await reader.close();
  });
});

/** The first row on screen and where it stands, to half a pixel. */
const firstRow = ({ page }: Visitor): Promise<string> => page.evaluate(() => {
  const top = document.querySelector('.timeline-scroll')?.getBoundingClientRect().top ?? 0;
  const first = [...document.querySelectorAll<HTMLElement>('article')].find((one) => one.getBoundingClientRect().bottom > top + 1);
  return `${first?.dataset['ordinal']} at ${Math.round((first?.getBoundingClientRect().top ?? 0) * 2) / 2}`;
});

/** From frame to frame all rows in view must move alike; what one moves against the others is a jump. */
function watchJumps(): void {
  const watched = { worstPx: 0, frames: 0 };
  Object.assign(globalThis, { watched });
  const scroller = document.querySelector('.timeline-scroll') as HTMLElement;
  let before = new Map<string, number>();
  const look = (): void => {
    const frame = scroller.getBoundingClientRect();
    const now = new Map<string, number>();
    for (const article of scroller.querySelectorAll<HTMLElement>('article')) {
      const place = article.getBoundingClientRect();
      if (place.bottom > frame.top && place.top < frame.bottom) now.set(article.dataset['message'] ?? '', place.top);
    }
    const moved = [...now].flatMap(([key, top]) => (before.has(key) ? [top - (before.get(key) ?? 0)] : []));
    if (moved.length > 1) watched.worstPx = Math.max(watched.worstPx, Math.max(...moved) - Math.min(...moved));
    watched.frames += 1;
    before = now;
    requestAnimationFrame(look);
  };
  requestAnimationFrame(look);
}
