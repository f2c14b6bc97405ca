/** The parts of a key press that tell whether an input method is at work. */
export type ImePress = { readonly isComposing: boolean; readonly keyCode: number };

/** Code of a key press that belongs to an input method; some browsers say it only this way (UI Events §7.3.1). */
const imeKeyCode = 229;

/** Whether a key press belongs to a syllable that is being composed. */
export const inComposition = ({ isComposing, keyCode }: ImePress): boolean => isComposing || keyCode === imeKeyCode;
