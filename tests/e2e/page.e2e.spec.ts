import { until } from '@parley/dev/until';
import type { Browser, CDPSession } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Constellation } from '../harness/constellation.ts';
import { enterRoom, makeRoom, startBrowser, visit, type Visitor } from './page-visitor.ts';

let chat: Constellation;
let browser: Browser;
beforeAll(async () => {
  [chat, browser] = await Promise.all([Constellation.start({ gateways: 2, env: { gateway: { FRAMES_PER_SECOND_MAX: '5000', FRAMES_BURST_MAX: '5000' } } }), startBrowser()]);
}, 180_000);
afterAll(async () => {
  await browser?.close();
  await chat?.stop();
});

const row = ({ page }: Visitor, text: string) => page.locator('article').filter({ has: page.locator('.body', { hasText: text }) });
async function chooseInMenu(visitor: Visitor, text: string, item: string): Promise<void> {
  await row(visitor, text).hover();
  await row(visitor, text).getByRole('button', { name: 'More' }).click();
  await visitor.page.getByRole('menuitem', { name: item }).click();
}

describe('two people in real Chromium', () => {
  let mina: Visitor;
  let jiyoung: Visitor;
  let path: string;
  beforeAll(async () => {
    mina = await visit(browser, chat.url(), 'Mina');
    jiyoung = await visit(browser, chat.url(1), '지영', { locale: 'ko-KR', colorScheme: 'dark' });
    path = await makeRoom(mina, '서울 오피스');
    await enterRoom(jiyoung, chat.url(1), path);
  }, 60_000);
  afterAll(async () => {
    await mina?.close();
    await jiyoung?.close();
  });

  test('each sees what the other says and that they type', async () => {
    await mina.write('hello 지영');
    await jiyoung.sees('hello 지영');
    await jiyoung.page.locator('.composer textarea').pressSequentially('안녕');
    await mina.page.locator('.typing-line', { hasText: '지영 is typing' }).waitFor();
    await jiyoung.page.keyboard.press('Enter');
    await mina.sees('안녕');
    await mina.page.locator('.typing-dots').waitFor({ state: 'detached' });
    await row(mina, '안녕').locator('.name', { hasText: '지영' }).waitFor();
  });

  test('ArrowUp in an empty composer edits the last own message, also while it is still under way', async () => {
    const composer = mina.page.locator('.composer textarea');
    await chat.kill('command-service', 0, 'SIGSTOP');
    try {
      await mina.write('a first vresion');
      await mina.sees('a first vresion');
      await composer.press('ArrowUp');
      // Not the one before it, which is confirmed and could be edited.
      expect(await composer.inputValue()).toBe('');
    } finally {
      await chat.kill('command-service', 0, 'SIGCONT');
    }
    await until('the text in the composer', async () => (await composer.inputValue()) === 'a first vresion');
    await mina.write('a first version');
    await jiyoung.page.locator('article .body', { hasText: 'a first version' }).locator('.edited').waitFor();
    expect(await jiyoung.messages()).not.toContain('a first vresion');
  });

  test('a reaction is there at once and counted for both', async () => {
    await row(jiyoung, 'a first version').hover();
    await row(jiyoung, 'a first version').locator('.row-toolbar .emoji').first().click();
    const chip = row(mina, 'a first version').locator('.reaction', { hasText: '👍' });
    await chip.waitFor();
    await chip.click();
    await row(jiyoung, 'a first version').locator('.reaction .count', { hasText: '2' }).waitFor();
    await chip.click();
    await row(jiyoung, 'a first version').locator('.reaction .count', { hasText: '1' }).waitFor();
  });

  test('a reply quotes, and its quote leads back', async () => {
    await row(jiyoung, 'hello 지영').hover();
    await row(jiyoung, 'hello 지영').getByRole('button', { name: '답장' }).click();
    await jiyoung.write('반가워요');
    const quote = row(mina, '반가워요').locator('.reply-quote', { hasText: 'hello 지영' });
    await quote.waitFor();
    await quote.click();
    await mina.page.locator('article.flash', { hasText: 'hello 지영' }).waitFor();
  });

  test('a mention is completed by initial consonants and stands out for the person', async () => {
    await mina.page.locator('.composer textarea').pressSequentially('ping @ㅈㅇ');
    await mina.page.getByRole('option', { name: '지영' }).waitFor();
    await mina.page.keyboard.press('Enter');
    await mina.page.locator('.composer textarea').pressSequentially('please');
    await mina.page.keyboard.press('Enter');
    await jiyoung.page.locator('article.mentioned .mention-chip.mine', { hasText: '@지영' }).waitFor();
  });

  test('a deleted message is nowhere, after a question', async () => {
    await mina.write('a secret that slipped');
    await jiyoung.sees('a secret that slipped');
    await chooseInMenu(mina, 'a secret that slipped', 'Delete…');
    await mina.page.getByRole('dialog').getByRole('button', { name: 'Delete' }).click();
    await until('the text to be gone', async () => !(await jiyoung.messages()).includes('a secret that slipped') && !(await mina.messages()).includes('a secret that slipped'));
    await jiyoung.page.locator('article .body.gone').waitFor();
  });

  test('a pinned message is in the list of pins', async () => {
    await chooseInMenu(mina, 'a first version', 'Pin');
    await jiyoung.page.getByRole('button', { name: '고정된 메시지' }).click();
    await jiyoung.page.locator('.pin', { hasText: 'a first version' }).waitFor();
    await jiyoung.page.keyboard.press('Escape');
    await jiyoung.page.locator('.side-pane').waitFor({ state: 'detached' });
  });

  test('Markdown shows, HTML does not run, a misleading link names its host', async () => {
    await mina.write('**bold** <img src=x onerror="document.title=1"> [bank](https://evil.example/x)');
    const body = row(jiyoung, 'onerror').locator('.body');
    await body.locator('strong', { hasText: 'bold' }).waitFor();
    expect(await body.locator('img').count()).toBe(0);
    expect(await body.locator('.link-host').innerText()).toContain('evil.example');
    expect(await body.locator('a').getAttribute('rel')).toBe('noopener noreferrer');
  });

  test('folding what came live equals loading it anew, and a draft survives', async () => {
    const before = await mina.messages();
    await mina.page.locator('.composer textarea').fill('half a thought');
    await until('the draft to be kept', () => mina.page.evaluate(() => JSON.stringify(Object.entries(localStorage)).includes('half a thought')));
    await mina.page.reload();
    await mina.sees('hello 지영');
    await until('the same messages', async () => JSON.stringify(await mina.messages()) === JSON.stringify(before));
    expect(await mina.page.locator('.composer textarea').inputValue()).toBe('half a thought');
    await mina.page.locator('.composer textarea').fill('');
  });

  test('what is unread is counted, opened at, and read only once it was seen', async () => {
    const link = jiyoung.page.locator('.room-link', { hasText: '서울 오피스' });
    const reading = () => until('everything to be read', async () => {
      await jiyoung.page.mouse.move(600, 300 + Math.random() * 50);
      return (await link.locator('.badge').count()) === 0;
    });
    await reading();
    await makeRoom(jiyoung, '다른 방');
    await mina.write('you missed this');
    await link.locator('.badge', { hasText: '1' }).waitFor();
    await link.click();
    await jiyoung.page.locator('.unread-divider:not(.cleared)').waitFor();
    await reading();
    expect(await jiyoung.page.locator('.unread-divider:not(.cleared)').count()).toBe(1);
  });

  test('asked for nothing from elsewhere and broke nothing', () => {
    expect([...mina.complaints, ...jiyoung.complaints]).toEqual([]);
  });
});

describe('Korean input', () => {
  let writer: Visitor;
  let reader: Visitor;
  let keys: CDPSession;
  beforeAll(async () => {
    writer = await visit(browser, chat.url(), '하늘', { locale: 'ko-KR' });
    reader = await visit(browser, chat.url(1), '서준', { locale: 'ko-KR' });
    await enterRoom(reader, chat.url(1), await makeRoom(writer, '한글'));
    keys = await writer.page.context().newCDPSession(writer.page);
    await writer.page.locator('.composer textarea').focus();
  }, 60_000);
  afterAll(async () => {
    await writer?.close();
    await reader?.close();
  });
  const enter = async (code: 229 | 13): Promise<void> => {
    const key = { key: code === 229 ? 'Process' : 'Enter', code: 'Enter', windowsVirtualKeyCode: code };
    await keys.send('Input.dispatchKeyEvent', { type: code === 229 ? 'rawKeyDown' : 'keyDown', ...key, ...(code === 13 && { text: '\r' }) });
    await keys.send('Input.dispatchKeyEvent', { type: 'keyUp', ...key });
  };
  const compose = async (text: string): Promise<void> => {
    await keys.send('Input.imeSetComposition', { text, selectionStart: text.length, selectionEnd: text.length });
  };

  test('one press of Enter at the end of a composition sends exactly once, whole', async () => {
    await keys.send('Input.insertText', { text: '안' });
    await compose('ㄴ');
    await compose('녀');
    await compose('녕');
    await enter(229);
    await keys.send('Input.insertText', { text: '녕' });
    await enter(13);
    await reader.sees('안녕');
    await writer.write('다음');
    await reader.sees('다음');
    expect(await reader.messages()).toEqual(['안녕', '다음']);
  });

  test('the Enter of the input method alone sends nothing', async () => {
    await compose('가');
    await enter(229);
    await keys.send('Input.insertText', { text: '가' });
    expect(await writer.page.locator('.composer textarea').inputValue()).toBe('가');
    await enter(13);
    await reader.sees('가');
    expect(await reader.messages()).toEqual(['안녕', '다음', '가']);
  });

  test('completion follows a syllable that is still being composed', async () => {
    await keys.send('Input.insertText', { text: '@' });
    await compose('서');
    await compose('서주');
    await writer.page.getByRole('option', { name: '서준' }).waitFor();
    await keys.send('Input.insertText', { text: '서준' });
    await writer.page.keyboard.press('Tab');
    await keys.send('Input.insertText', { text: '님' });
    await enter(13);
    await reader.page.locator('.mention-chip.mine', { hasText: '@서준' }).waitFor();
  });
});
