import type { CommitFrame, FrameEvent } from '@parley/contracts/realtime/frames';
import type { UserView } from '@parley/contracts/queries/views';
import { eraseAuthor } from './erase-author.ts';
import { mark } from './load.ts';
import { type ClientState, own, withKey, withMember, withoutKey } from './state.ts';

type UserFold = (state: ClientState, userId: string, event: FrameEvent) => ClientState;

const ask: UserFold = (state, userId) => ({ ...state, needs: { ...state.needs, users: withMember(state.needs.users, userId) } });
const remember: UserFold = (state, userId, event) => {
  const name = event.content?.['name'];
  return typeof name === 'string' ? { ...state, pendingNames: withKey(state.pendingNames, userId, name) } : { ...state, pendingNames: withoutKey(state.pendingNames, userId) };
};
const forget: UserFold = (state, userId) => ({ ...state, pendingNames: withoutKey(state.pendingNames, userId) });

/** A change of name counts once the name is claimed; who did not see it begin asks. */
const takeName: UserFold = (state, userId) => {
  const name = state.pendingNames.get(userId);
  const user = state.users.get(userId);
  if (name === undefined || !user) return ask(state, userId, {} as FrameEvent);
  return { ...state, pendingNames: withoutKey(state.pendingNames, userId), users: withKey(state.users, userId, { ...user, name }) };
};

const setStatus: UserFold = (state, userId, event) => {
  const user = state.users.get(userId) as UserView;
  const [text, emoji] = ['text', 'emoji'].map((field) => event.content?.[field]).map((value) => (typeof value === 'string' ? value : '')) as [string, string];
  return { ...state, users: withKey(state.users, userId, { ...user, status: text === '' && emoji === '' ? null : { text, emoji } }) };
};

/** One entry per event of a person's log. */
export const userFolds: Readonly<Record<string, UserFold>> = {
  'user.registration-started': remember,
  'user.registered': ask,
  'user.registration-refused': forget,
  'user.guest-registered': ask,
  'user.imported': ask,
  'user.rename-started': remember,
  'user.renamed': takeName,
  'user.rename-refused': forget,
  'user.status-set': setStatus,
  'user.erasure-started': (state) => state,
  'user.erased': eraseAuthor,
};

/** Folds a commit of a person's log. People who are not shown are left to be asked for when they are. */
export function foldUser(state: ClientState, frame: CommitFrame): ClientState {
  let next = state;
  for (const event of frame.events) {
    const fold = own(userFolds, event.type);
    if (!fold) next = { ...next, unsupported: withKey(next.unsupported, event.type, (next.unsupported.get(event.type) ?? 0) + 1) };
    // Their messages may be here although they are not.
    else if (event.type === 'user.erased') next = eraseAuthor(next, frame.id);
    else if (next.users.has(frame.id)) next = event.unavailable ? ask(next, frame.id, event) : fold(next, frame.id, event);
  }
  return next;
}

export const readerEventTypes: ReadonlySet<string> = new Set(['reader.marked']);

/** Folds a commit of my own reader aggregate: markers, one per room. */
export function foldReader(state: ClientState, frame: CommitFrame): ClientState {
  if (frame.id !== state.me) return state;
  let next = state;
  for (const { type, data } of frame.events) {
    if (readerEventTypes.has(type)) next = mark(next, data['roomId'] as string, data['n'] as number);
    else next = { ...next, unsupported: withKey(next.unsupported, type, (next.unsupported.get(type) ?? 0) + 1) };
  }
  return next;
}
