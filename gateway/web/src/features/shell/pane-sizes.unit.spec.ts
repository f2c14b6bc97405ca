import { describe, expect, it } from 'vitest';
import { allowedWidth } from './pane-sizes.ts';

describe('widths of panes', () => {
  it('stay within what leaves the conversation room', () => {
    expect([allowedWidth('sidebar', 10), allowedWidth('sidebar', 300.4), allowedWidth('sidebar', 4_000)]).toEqual([200, 300, 360]);
    expect([allowedWidth('pane', 10), allowedWidth('pane', 4_000)]).toEqual([320, 560]);
  });
  it('are the usual ones where storage holds something else', () => {
    expect([allowedWidth('sidebar', 'wide'), allowedWidth('pane', Number.NaN), allowedWidth('pane', undefined)]).toEqual([264, 400, 400]);
  });
});
