import type { MessageView } from '@parley/contracts/queries/views';
import { type ImePress, inComposition } from '../../lib/composing.ts';

/** What the composer does besides writing anew. */
export type ComposerMode =
  | { readonly type: 'new' }
  | { readonly type: 'reply'; readonly to: MessageView }
  | { readonly type: 'edit'; readonly message: MessageView }
  /** A refused message whose text is being put right. */
  | { readonly type: 'rewrite'; readonly key: string; readonly text: string };

/** Which keys were held when a line break was asked for: `beforeinput` itself does not tell. */
export type Modifiers = { readonly shift: boolean; readonly mod: boolean };

/**
 * Whether a `beforeinput` means "send". A Korean Enter arrives twice: once for the input method, which commits the
 * syllable (composing, 229), and once as a line break. Only the second one sends, so one press is one commit and one
 * message. No flag is cleared by a timer: that would eat this second Enter.
 */
export const meansSend = (event: Pick<InputEvent, 'inputType' | 'isComposing'>, held: Modifiers, enterSends: boolean): boolean =>
  enterSends && event.inputType === 'insertLineBreak' && !event.isComposing && !held.shift;

/** Ctrl+Enter and Cmd+Enter send on any device, but not while a syllable is being composed. */
export const alwaysSends = (press: ImePress & Pick<KeyboardEvent, 'key' | 'ctrlKey' | 'metaKey'>): boolean =>
  press.key === 'Enter' && (press.ctrlKey || press.metaKey) && !inComposition(press);
