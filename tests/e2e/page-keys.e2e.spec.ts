import { AxeBuilder } from '@axe-core/playwright';
import { until } from '@parley/dev/until';
import type { Browser, CDPSession, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Constellation } from '../harness/constellation.ts';
import { newRoom, type Person, person, post } from '../harness/people.ts';
import { makeRoom, roomOf, startBrowser, visit, type Visitor } from './page-visitor.ts';

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
const width = (page: Page, selector: string) => page.locator(selector).evaluate((element) => Math.round(element.getBoundingClientRect().width));
const roomWith = (visitor: Visitor, name: string, texts: readonly string[], enter = true) => roomOf(author, name, texts, enter ? { visitor, url: chat.url() } : undefined);

describe('the page by keyboard', () => {
  let mina: Visitor;
  let path: string;
  beforeAll(async () => {
    mina = await visit(browser, chat.url(), 'Mina');
    path = await makeRoom(mina, 'keys');
  }, 60_000);
  afterAll(async () => {
    await mina?.close();
  });

  test('panes are made wider by keys and by dragging, within limits, and stay so', async () => {
    const { page } = mina;
    const edge = page.getByRole('separator', { name: 'Width of the list of rooms' });
    await edge.focus();
    await page.keyboard.press('ArrowRight');
    await page.keyboard.press('Shift+ArrowRight');
    expect(await width(page, '.sidebar')).toBe(344);
    await page.keyboard.press('ArrowRight');
    await page.keyboard.press('ArrowRight');
    expect([await width(page, '.sidebar'), await edge.getAttribute('aria-valuenow')]).toEqual([360, '360']);
    await page.keyboard.press('Control+.');
    await page.getByRole('complementary', { name: 'Members' }).waitFor();
    expect(await width(page, '.side-pane')).toBe(400);
    const box = await page.getByRole('separator', { name: 'Width of the right pane' }).boundingBox();
    await page.mouse.move((box?.x ?? 0) + 4, 300);
    await page.mouse.down();
    await page.mouse.move((box?.x ?? 0) + 44, 320, { steps: 4 });
    await page.mouse.up();
    expect(await width(page, '.side-pane')).toBe(360);
    await page.reload();
    await page.locator('.room-header').waitFor();
    expect(await width(page, '.sidebar')).toBe(360);
    await page.keyboard.press('Control+.');
    await page.getByRole('complementary', { name: 'Members' }).waitFor();
    expect(await width(page, '.side-pane')).toBe(360);
    // The conversation keeps its 480 px whatever is asked for.
    await page.getByRole('separator', { name: 'Width of the right pane' }).press('End');
    expect(await width(page, '.main')).toBe(480);
    await page.getByRole('separator', { name: 'Width of the list of rooms' }).dblclick();
    await page.getByRole('separator', { name: 'Width of the right pane' }).press('Enter');
    expect([await width(page, '.sidebar'), await width(page, '.side-pane')]).toEqual([264, 400]);
    await page.setViewportSize({ width: 1100, height: 800 });
    expect(await page.getByRole('separator', { name: 'Width of the right pane' }).isVisible()).toBe(false);
    expect([await width(page, '.sidebar'), await width(page, '.side-pane')]).toEqual([240, 360]);
    await page.setViewportSize({ width: 1280, height: 800 });
  });

  test('Ctrl+F6 goes from part to part and round, Shift the other way', async () => {
    const { page } = mina;
    if (!(await page.locator('.side-pane').isVisible())) await page.keyboard.press('Control+.');
    await page.locator('.side-pane').waitFor();
    await mina.write('a message to stand on');
    await mina.sees('a message to stand on');
    const here = () => page.evaluate(() => ['sidebar', 'room-header', 'timeline-scroll', 'composer', 'side-pane'].find((name) => document.querySelector(`.${name}`)?.contains(document.activeElement)));
    await field(mina).focus();
    const seen: (string | undefined)[] = [];
    for (let step = 0; step < 5; step += 1) {
      await page.keyboard.press('Control+F6');
      seen.push(await here());
    }
    expect(seen).toEqual(['side-pane', 'sidebar', 'room-header', 'timeline-scroll', 'composer']);
    await page.keyboard.press('Control+Shift+F6');
    expect(await page.evaluate(() => document.activeElement?.closest('article')?.textContent)).toContain('a message to stand on');
    await page.keyboard.press('Control+.');
    await page.locator('.side-pane').waitFor({ state: 'detached' });
  });

  test('formatting keys mark what is chosen, can be undone, and leave a syllable alone', async () => {
    const { page } = mina;
    await field(mina).fill('say hello');
    await field(mina).evaluate((element: HTMLTextAreaElement) => element.setSelectionRange(4, 9));
    await page.keyboard.press('Control+b');
    expect(await field(mina).inputValue()).toBe('say **hello**');
    await page.keyboard.press('Control+Shift+x');
    expect(await field(mina).inputValue()).toBe('say **~~hello~~**');
    await page.keyboard.press('Control+z');
    await page.keyboard.press('Control+z');
    expect(await field(mina).inputValue()).toBe('say hello');
    await field(mina).fill('docs');
    await field(mina).selectText();
    await page.keyboard.press('Control+Shift+l');
    await page.keyboard.type('https://example.org/');
    expect(await field(mina).inputValue()).toBe('[docs](https://example.org/)');
    await field(mina).fill('');

    const keys = await page.context().newCDPSession(page);
    await compose(keys, '가');
    await keys.send('Input.dispatchKeyEvent', { type: 'rawKeyDown', key: 'Process', code: 'KeyB', windowsVirtualKeyCode: 229, modifiers: 2 });
    await keys.send('Input.dispatchKeyEvent', { type: 'keyUp', key: 'b', code: 'KeyB', windowsVirtualKeyCode: 66, modifiers: 2 });
    expect(await field(mina).inputValue()).toBe('가');
    await keys.send('Input.insertText', { text: '각' });
    expect(await field(mina).inputValue()).toBe('각');
    // In Hangul mode the key itself is a letter of the other script; its place tells.
    await field(mina).selectText();
    await keys.send('Input.dispatchKeyEvent', { type: 'rawKeyDown', key: 'ㅠ', code: 'KeyB', windowsVirtualKeyCode: 66, modifiers: 2 });
    expect(await field(mina).inputValue()).toBe('**각**');
    await field(mina).fill('');
  });

  test('the Enter of an input method does not choose in the switcher, the next one does', async () => {
    const { page } = mina;
    await roomWith(mina, '한강 산책', [], true);
    await page.goto(`${chat.url()}${path}`);
    await field(mina).waitFor();
    await page.keyboard.press('Control+k');
    await page.getByRole('combobox').waitFor();
    const keys = await page.context().newCDPSession(page);
    await compose(keys, '한');
    await page.getByRole('option', { name: '한강 산책' }).waitFor();
    // Some systems name the key in a composition, others say only that an input method has it.
    for (const key of ['Enter', 'Process']) await keys.send('Input.dispatchKeyEvent', { type: 'rawKeyDown', key, code: 'Enter', windowsVirtualKeyCode: 229 });
    await keys.send('Input.insertText', { text: '한' });
    expect(await page.getByRole('combobox').inputValue()).toBe('한');
    await page.keyboard.press('Enter');
    await page.locator('.room-title h1', { hasText: '한강 산책' }).waitFor();
    await page.goto(`${chat.url()}${path}`);
  });

  test('code is coloured, scrolls by keyboard and is copied whole', async () => {
    const { page } = mina;
    await page.context().grantPermissions(['clipboard-read', 'clipboard-write']);
    const code = `const answer = ask("${'x'.repeat(200)}");\n// 끝`;
    await mina.page.locator('.composer textarea').fill(`\`\`\`ts\n${code}\n\`\`\``);
    await page.keyboard.press('Enter');
    const block = page.locator('article .code-block').last();
    await block.locator('.code-keyword', { hasText: 'const' }).waitFor();
    await block.locator('.code-comment', { hasText: '끝' }).waitFor();
    expect(await block.locator('code').textContent()).toBe(code);
    await block.locator('pre').focus();
    await page.keyboard.press('ArrowRight');
    await until('the code to have scrolled', () => block.locator('pre').evaluate((element) => element.scrollLeft > 0));
    await block.hover();
    await block.getByRole('button', { name: 'Copy code' }).click();
    expect(await page.evaluate(() => navigator.clipboard.readText())).toBe(code);
  });

  test('a link to a room here names it and opens it in the page', async () => {
    const { page } = mina;
    const roomId = await roomWith(mina, 'linked room', ['first', 'second'], true);
    await page.goto(`${chat.url()}${path}`);
    await mina.write(`see ${chat.url()}/rooms/${roomId}/1`);
    await page.evaluate(() => Object.assign(globalThis, { same: true }));
    await page.locator('article .own-link', { hasText: 'linked room' }).click();
    await page.locator('article.flash', { hasText: 'first' }).waitFor();
    expect(await page.evaluate(() => (globalThis as { same?: boolean }).same)).toBe(true);
    await page.goto(`${chat.url()}${path}`);
  });

  test('Shift+Escape reads everything, also while writing', async () => {
    const { page } = mina;
    const rooms = [await roomWith(mina, 'news one', []), await roomWith(mina, 'news two', [])];
    await page.goto(`${chat.url()}${path}`);
    for (const roomId of rooms) await post(author, roomId, 'more');
    for (const name of ['news one', 'news two']) await page.locator('.room-link', { hasText: name }).locator('.badge', { hasText: '1' }).waitFor();
    await field(mina).fill('half a thought');
    await page.keyboard.press('Shift+Escape');
    await page.locator('.notice', { hasText: /Marked \d+ rooms as read\./ }).waitFor();
    await until('no badge', async () => (await page.locator('.room-link .badge').count()) === 0);
    expect(await field(mina).inputValue()).toBe('half a thought');
    await field(mina).fill('');
    await page.reload();
    await page.locator('.room-link').first().waitFor();
    // Markers are kept a few seconds after they are shown.
    await until('no badge after a reload', async () => (await page.locator('.room-link .badge').count()) === 0);
  });

  test('the title counts what is meant for me and changes at most once a second', async () => {
    const { page } = mina;
    const roomId = await roomWith(mina, 'called', []);
    await page.goto(`${chat.url()}${path}`);
    await field(mina).waitFor();
    const me = await page.evaluate(() => (JSON.parse(localStorage.getItem('parley.session') ?? '{}') as { userId: string }).userId);
    await page.evaluate(() => {
      const changes: number[] = [];
      Object.assign(globalThis, { changes });
      new MutationObserver(() => changes.push(performance.now())).observe(document.querySelector('title') as Element, { childList: true });
    });
    for (let index = 0; index < 8; index += 1) {
      await post(author, roomId, `<@${me}> ping ${index}`);
      await new Promise((resolve) => setTimeout(resolve, 200));
    }
    await until('all of them in the title', async () => (await page.title()) === '(8) keys - Parley');
    expect(await page.locator('link[rel=icon]').getAttribute('href')).toBe('/favicon-mention.svg');
    const changes = await page.evaluate(() => (globalThis as unknown as { changes: number[] }).changes);
    expect(Math.min(...changes.slice(1).map((at, index) => at - (changes[index] ?? 0)))).toBeGreaterThan(900);
    await page.keyboard.press('Shift+Escape');
    expect(mina.complaints).toEqual([]);
  });
});

describe('for everybody', () => {
  test('main screens have no known barrier, light and dark, in English and Korean', async () => {
    for (const [locale, colorScheme] of [['en-GB', 'light'], ['ko-KR', 'dark']] as const) {
      const context = await browser.newContext({ viewport: { width: 1280, height: 800 }, locale, colorScheme, bypassCSP: true });
      const page = await context.newPage();
      const barriers = async (screen: string): Promise<string[]> => {
        // Colours in the middle of a fade are nobody's.
        await page.evaluate(() => Promise.all(document.getAnimations().filter(({ effect }) => effect?.getTiming().iterations !== Infinity).map(({ finished }) => finished.catch(() => undefined))));
        const { violations } = await new AxeBuilder({ page }).analyze();
        return violations.flatMap(({ id, nodes }) => nodes.map(({ target }) => `${screen}: ${id} at ${target.join(' ')}`));
      };
      await page.goto(chat.url());
      await page.getByRole('textbox').waitFor();
      const found = await barriers('sign-in');
      await page.getByRole('textbox').fill(`Axe ${locale}`);
      await page.getByRole('textbox').press('Enter');
      await page.locator('.sidebar').waitFor();
      const roomId = await newRoom(author, 'public', 'all', `모두 ${locale}`);
      for (const text of ['**bold** and `code` of https://example.org/', '```ts\nconst a = 1; // note\n```', '안녕하세요']) await post(author, roomId, text);
      await page.goto(`${chat.url()}/rooms/${roomId}`);
      await page.locator('.nothing-open .button.primary').click();
      await page.locator('.code-keyword').waitFor();
      // The conversation is part of each of these; a pane beside it once per theme is enough.
      await page.keyboard.press(colorScheme === 'light' ? 'Control+Shift+f' : 'Control+.');
      await page.locator('.search-start').or(page.locator('.member')).first().waitFor();
      found.push(...await barriers('room'));
      await page.keyboard.press('Escape');
      if (colorScheme === 'light') await page.keyboard.press('Control+k');
      else {
        await page.locator('.account').click();
        await page.getByRole('menuitem').first().click();
      }
      await page.locator('dialog').waitFor();
      found.push(...await barriers('dialog'));
      expect(found).toEqual([]);
      await context.close();
    }
  });

  test('without motion a jump is an outline, and forced colours keep what is chosen visible', async () => {
    const still = await visit(browser, chat.url(), 'Still', { reducedMotion: 'reduce', forcedColors: 'active' });
    const roomId = await roomWith(still, 'still life', Array.from({ length: 30 }, (_, index) => `row ${index + 1}`));
    await still.page.goto(`${chat.url()}/rooms/${roomId}/3`);
    const flash = still.page.locator('article.flash');
    await flash.waitFor();
    expect(await flash.evaluate((element) => [getComputedStyle(element).animationName, getComputedStyle(element).outlineStyle])).toEqual(['none', 'solid']);
    expect(await still.page.locator('.timeline-scroll').evaluate((element) => getComputedStyle(element).scrollBehavior)).toBe('auto');
    expect(await still.page.locator('.room-link[aria-current]').evaluate((element) => getComputedStyle(element).outlineStyle)).toBe('solid');
    await still.close();
  });
});

const compose = async (keys: CDPSession, text: string): Promise<void> => {
  await keys.send('Input.imeSetComposition', { text, selectionStart: text.length, selectionEnd: text.length });
};
