import { describe, expect, it } from 'vitest';
import { alwaysSends, meansSend } from './composer-model.ts';

const none = { shift: false, mod: false };
describe('sending by Enter', () => {
  it('sends on a line break outside of a composition', () => {
    expect(meansSend({ inputType: 'insertLineBreak', isComposing: false }, none, true)).toBe(true);
  });
  it('leaves the Enter that commits a syllable, Shift+Enter, paragraphs and other input alone', () => {
    expect(meansSend({ inputType: 'insertLineBreak', isComposing: true }, none, true)).toBe(false);
    expect(meansSend({ inputType: 'insertCompositionText', isComposing: true }, none, true)).toBe(false);
    expect(meansSend({ inputType: 'insertText', isComposing: false }, none, true)).toBe(false);
    expect(meansSend({ inputType: 'insertLineBreak', isComposing: false }, { shift: true, mod: false }, true)).toBe(false);
  });
  it('is a new line on a phone', () => {
    expect(meansSend({ inputType: 'insertLineBreak', isComposing: false }, none, false)).toBe(false);
  });
  it('Ctrl+Enter never sends half a syllable', () => {
    const press = { key: 'Enter', ctrlKey: true, metaKey: false };
    expect(alwaysSends({ ...press, isComposing: false, keyCode: 13 })).toBe(true);
    expect(alwaysSends({ ...press, isComposing: true, keyCode: 229 })).toBe(false);
    expect(alwaysSends({ ...press, isComposing: false, keyCode: 229 })).toBe(false);
  });
});
