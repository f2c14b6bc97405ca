import type { Browser } from 'playwright-core';
import { v7 as uuidv7 } from 'uuid';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Constellation } from '../harness/constellation.ts';
import { newRoom, person, post } from '../harness/people.ts';
import { enterRoom, makeRoom, startBrowser, visit } from './page-visitor.ts';

let chat: Constellation;
let browser: Browser;
beforeAll(async () => {
  [chat, browser] = await Promise.all([Constellation.start({ gateways: 2, env: { gateway: { FRAMES_PER_SECOND_MAX: '5000', FRAMES_BURST_MAX: '5000' } } }), startBrowser()]);
}, 180_000);
afterAll(async () => {
  await browser?.close();
  await chat?.stop();
});

describe('rooms and people', () => {
  test('a private room is made, somebody invited, given a role and removed, and each sees it at once', async () => {
    const owner = await visit(browser, chat.url(), 'Grace');
    const other = await visit(browser, chat.url(1), '민호', { locale: 'ko-KR' });
    const { page } = owner;
    await page.locator('.sidebar-head .icon-button[aria-haspopup]').click();
    await page.getByRole('menuitem', { name: 'Create a room' }).click();
    await page.getByLabel('Name').fill('board');
    await page.getByText('Only people who are invited.').click();
    await page.getByRole('button', { name: 'Create', exact: true }).click();
    await page.locator('.room-title h1', { hasText: 'board' }).waitFor();
    const path = new URL(page.url()).pathname;

    await other.page.goto(`${chat.url(1)}${path}`);
    await other.page.getByRole('button', { name: '초대받았어요' }).click();
    await other.page.locator('.problem', { hasText: 'not-found' }).waitFor();

    await page.getByRole('button', { name: 'More about this room' }).click();
    await page.getByRole('menuitem', { name: 'Invite people' }).click();
    await page.getByRole('searchbox').fill('ㅁㅎ');
    await page.getByRole('searchbox').fill('민');
    await page.locator('dialog .option', { hasText: '민호' }).click();
    await page.locator('.notice', { hasText: '민호 is invited' }).waitFor();
    await page.keyboard.press('Escape');
    await other.page.getByRole('button', { name: '초대받았어요' }).click();
    await other.page.locator('.composer textarea').waitFor();
    await page.locator('.note[data-note="room.member-joined"]', { hasText: '민호 joined' }).waitFor();

    await page.getByRole('button', { name: '2 members' }).click();
    await page.locator('.member', { hasText: '민호' }).hover();
    await page.getByRole('button', { name: 'Actions for 민호' }).click();
    await page.getByRole('menuitem', { name: 'Make moderator' }).click();
    await page.locator('.role-section', { hasText: 'Moderators' }).locator('.member', { hasText: '민호' }).waitFor();
    await other.page.locator('.note[data-note="room.member-role-changed"]').waitFor();

    // A moderator may rename; an owner archives, and nobody writes any more.
    await other.page.getByRole('button', { name: '방 메뉴' }).click();
    await other.page.getByRole('menuitem', { name: '이름 바꾸기' }).click();
    await other.page.getByRole('textbox', { name: '이름' }).fill('이사회');
    await other.page.getByRole('button', { name: '저장' }).click();
    await page.locator('.room-title h1', { hasText: '이사회' }).waitFor();
    await page.getByRole('button', { name: 'More about this room' }).click();
    await page.getByRole('menuitem', { name: 'Archive' }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'Archive' }).click();
    await other.page.locator('.read-only').waitFor();
    await page.getByRole('button', { name: 'More about this room' }).click();
    await page.getByRole('menuitem', { name: 'Reopen' }).click();
    await other.page.locator('.composer textarea').waitFor();

    await page.getByRole('button', { name: 'Actions for 민호' }).click();
    await page.getByRole('menuitem', { name: 'Remove from room' }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'Remove' }).click();
    await other.page.getByRole('heading', { name: '더 이상 이 방에 있지 않습니다' }).waitFor();
    expect(await other.page.locator('.room-link', { hasText: '이사회' }).count()).toBe(0);

    // The two can still write to each other, found with Ctrl+K by a letter still being typed.
    await page.keyboard.press('Control+k');
    await page.getByRole('combobox').fill('민ㅎ');
    await page.getByRole('option', { name: '민호' }).click();
    await page.locator('.room-title h1', { hasText: '민호' }).waitFor();
    await owner.write('sorry about that');
    await other.page.locator('.room-link', { hasText: 'Grace' }).locator('.badge', { hasText: '1' }).waitFor();
    await other.page.locator('.room-link', { hasText: 'Grace' }).click();
    await other.sees('sorry about that');
    expect([...owner.complaints, ...other.complaints]).toEqual([]);
    await owner.close();
    await other.close();
  });

  test('a guest comes in without a name and finds public rooms', async () => {
    const host = await visit(browser, chat.url(), 'host');
    await makeRoom(host, 'open house');
    const context = await browser.newContext({ locale: 'en-GB', viewport: { width: 390, height: 800 } });
    const page = await context.newPage();
    await page.goto(chat.url(1));
    await page.getByRole('button', { name: 'Continue as a guest' }).click();
    await page.getByRole('button', { name: 'Browse public rooms' }).first().click();
    await page.locator('.public-room', { hasText: 'open house' }).getByRole('button', { name: 'Join' }).click();
    await page.locator('.composer textarea').fill('just looking');
    await page.getByRole('button', { name: 'Send' }).click();
    await host.sees('just looking');
    expect(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth)).toBe(true);
    await page.getByRole('button', { name: 'Back to rooms' }).click();
    await page.locator('.room-link', { hasText: 'open house' }).waitFor();
    await context.close();
    await host.close();
  });
});

describe('where the browser keeps nothing', () => {
  test.each([
    ['has no database', `Object.defineProperty(window, 'indexedDB', { value: undefined })`],
    ['refuses one', `IDBFactory.prototype.open = () => { throw new DOMException('refused', 'SecurityError') }`],
    ['refuses all storage', `Object.defineProperty(window, 'localStorage', { get() { throw new DOMException('refused', 'SecurityError') } })`],
    ['is full', `Storage.prototype.setItem = () => { throw new DOMException('full', 'QuotaExceededError') }`],
  ])('one talks all the same: it %s', async (what, script) => {
    const visitor = await visit(browser, chat.url(), `Keeps ${what}`, {}, script);
    await makeRoom(visitor, `kept nowhere: ${what}`);
    await visitor.write('said all the same');
    await visitor.sees('said all the same');
    await visitor.page.locator('article.is-pending').waitFor({ state: 'detached' });
    expect(visitor.complaints).toEqual([]);
    await visitor.close();
  });
});

describe('without a connection', () => {
  test('nothing is lost, doubled or cleared while a gateway is dead', async () => {
    const near = await visit(browser, chat.url(), 'Jonas');
    const far = await visit(browser, chat.url(1), 'Aisha');
    await enterRoom(far, chat.url(1), await makeRoom(near, 'resume'));
    await near.write('before');
    await far.sees('before');
    await chat.kill('gateway', 0);
    await far.write('while you were away');
    await near.write('written without a connection');
    await near.page.locator('.strip').waitFor({ timeout: 15_000 });
    await near.page.locator('article.is-pending', { hasText: 'written without a connection' }).locator('.sending-clock').waitFor();
    expect(await near.messages()).toContain('before');
    await chat.restart('gateway', 0);
    await near.sees('while you were away');
    await far.sees('written without a connection');
    await near.page.locator('article.is-pending').waitFor({ state: 'detached' });
    await near.page.locator('.strip').waitFor({ state: 'detached' });
    expect(await near.messages()).toEqual(['before', 'while you were away', 'written without a connection']);
    expect(await far.messages()).toEqual(await near.messages());
    // A reload in the middle of a send: the outbox on the device still knows it.
    await chat.kill('gateway', 0);
    await near.write('written just before the reload');
    await near.page.locator('article.is-pending').waitFor();
    await chat.restart('gateway', 0);
    await near.page.reload();
    await far.sees('written just before the reload');
    await near.sees('written just before the reload');
    expect(near.complaints).toEqual([]);
    await near.close();
    await far.close();
  });

  test('a part of the page that cannot be fetched says so, takes nothing else along, and is asked for again', async () => {
    const { page, ...ida } = await visit(browser, chat.url(), 'Ida');
    await makeRoom({ page, ...ida }, 'in parts');
    const parts = '**/assets/{emoji-picker,dialogs,side-pane}-*.js';
    await page.route(parts, (route) => route.abort());
    await page.reload();
    await page.locator('.composer textarea').waitFor();
    const word = page.getByText('could not be fetched');
    await page.getByRole('button', { name: 'Insert emoji' }).click();
    await page.getByRole('dialog').and(page.locator('[popover]')).getByText('could not be fetched').waitFor();
    await page.keyboard.press('Escape');
    await page.locator('.account').click();
    await page.getByRole('menuitem').first().click();
    await page.locator('dialog[open]').getByText('could not be fetched').waitFor();
    await page.keyboard.press('Escape');
    await word.waitFor({ state: 'detached' });
    await page.getByRole('button', { name: '1 member' }).first().click();
    await page.locator('.side-pane').getByText('could not be fetched').waitFor();
    // On a small screen it covers what is behind it.
    await page.setViewportSize({ width: 390, height: 800 });
    await page.getByRole('button', { name: 'Close pane' }).click();
    await page.locator('.side-pane').waitFor({ state: 'detached' });
    await ida.write('all the same');
    await ida.sees('all the same');
    await page.setViewportSize({ width: 1280, height: 800 });
    await page.getByRole('button', { name: '1 member' }).first().click();
    await page.locator('.side-pane').getByText('could not be fetched').waitFor();
    await page.unroute(parts);
    await page.locator('.side-pane').getByRole('button', { name: 'Try again' }).click();
    await page.locator('.side-pane li.member').first().waitFor();
    await page.getByRole('button', { name: 'Insert emoji' }).click();
    await page.locator('.emoji-picker').waitFor();
    await ida.close();
  });
});

describe('a large room', () => {
  test('whoever has been silent can be mentioned and found, also among more than are listed', async () => {
    const owner = await person(chat, 'the host', { keep: 'numbers' });
    const roomId = await newRoom(owner, 'public', 'all', 'town hall');
    const names = [...Array.from({ length: 410 }, (_, index) => (index === 7 ? 'Quiet Quinn' : `Citizen ${index}`)), 'Silent Susan', 'Zack'];
    for (let from = 0; from < names.length; from += 25) await Promise.all(names.slice(from, from + 25).map((name) => joinByName(roomId, name)));
    // Nobody of them is on the page of history that one sees.
    for (let index = 0; index < 120; index += 1) await post(owner, roomId, `minutes ${index}`);
    await chat.settled();
    const zack = await visit(browser, chat.url(1), 'Zack');
    const { page } = zack;
    await page.goto(`${chat.url(1)}/rooms/${roomId}`);
    const field = page.locator('.composer textarea');
    await field.waitFor();
    for (const [typed, name] of [['@qui', 'Quiet Quinn'], ['and @sil', 'Silent Susan']] as const) {
      await field.fill('');
      await field.pressSequentially(typed);
      await page.locator('.mention-option', { hasText: name }).waitFor();
      await page.keyboard.press('Enter');
      await page.keyboard.press('Enter');
      await page.locator('article .mention-chip', { hasText: `@${name}` }).waitFor();
    }
    await page.getByRole('button', { name: '413 members' }).click();
    const pane = page.locator('.side-pane');
    await pane.locator('.role-section h3', { hasText: 'Members 412' }).waitFor();
    expect(await pane.locator('li.member').count()).toBe(400);
    await pane.getByText('Others are found by name').waitFor();
    await pane.getByRole('searchbox').fill('silent');
    await pane.locator('li.member', { hasText: 'Silent Susan' }).waitFor();
    expect(await pane.locator('li.member').count()).toBe(1);
    expect(zack.complaints).toEqual([]);
    owner.socket.close();
    await zack.close();
  });
});

async function joinByName(roomId: string, name: string): Promise<void> {
  const { token } = await chat.signIn(name);
  const answer = await fetch(`${chat.url()}/v1/rooms/${roomId}/join`, { method: 'POST', headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json', 'idempotency-key': uuidv7() }, body: '{}' });
  expect(answer.status, await answer.text()).toBe(200);
}
