import type { AnyProjection } from '../runner/projection.ts';
import type { TailWarmer } from '../tails/tail-warmer.ts';
import { conversations } from './conversations/projection.ts';
import { markers } from './markers/projection.ts';
import { people } from './people/projection.ts';

/** Every projection, in the order in which it is folded. A name may stand here in several versions: the first is the present one. */
export function allProjections(tails?: TailWarmer): readonly AnyProjection[] {
  return [conversations(tails), people, markers];
}
