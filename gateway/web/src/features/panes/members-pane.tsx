import type { RoomEntry } from '@parley/client/state';
import type { Problem } from '@parley/contracts/problems/codes';
import type { MemberView } from '@parley/contracts/queries/views';
import type { MemberRole } from '@parley/contracts/rooms/events';
import { MoreHorizontal, UserPlus } from 'lucide-react';
import { useCallback, useEffect, useId, useMemo, useRef, useState } from 'react';
import { useLocation } from 'wouter';
import { useWords } from '../../i18n/use-words.ts';
import { bestMatches } from '../../lib/hangul.ts';
import { shownName } from '../../lib/names.ts';
import { mayInvite, mayRemove, rolesToGive } from '../../lib/permissions.ts';
import { useChat, useChatState, useMe, useNames, usePresence } from '../../sync/chat.tsx';
import { troubleOf } from '../../sync/trouble.ts';
import { useFoundPeople } from '../../sync/use-found-people.ts';
import { Avatar } from '../../ui/avatar.tsx';
import { Button } from '../../ui/button.tsx';
import { Menu, type MenuItem } from '../../ui/menu.tsx';
import { ProblemLine } from '../../ui/problem.tsx';
import { openDirect } from '../dialogs/open-direct.ts';
import { attempt, openDialog } from '../shell/ui-state.ts';

const roles: readonly MemberRole[] = ['owner', 'moderator', 'member', 'guest'];
const ranks = { active: 0, idle: 1, offline: 2 } as const;
/** More rows than this are found by name, not by scrolling. */
const rowsMax = 400;
const nobody: readonly MemberView[] = [];

export function MembersPane({ entry }: { readonly entry: RoomEntry }) {
  const words = useWords();
  const chat = useChat();
  const id = useId();
  const { roomId } = entry.room;
  const [query, setQuery] = useState('');
  const [trouble, setTrouble] = useState<Problem>();
  const load = useCallback(() => {
    chat.rooms.loadMembers(roomId).then(() => setTrouble(undefined), (error: unknown) => setTrouble(troubleOf(error)));
  }, [chat, roomId]);
  const known = entry.members !== null;
  useEffect(() => {
    if (!known) load();
  }, [known, load]);
  const list = entry.members?.list;
  const shown = useShownMembers(roomId, list ?? nobody, query);
  return (
    <>
      <div className="pane-tools">
        <label htmlFor={id} className="visually-hidden">{words.pane.find}</label>
        <input id={id} type="search" className="input" placeholder={words.pane.find} value={query} onChange={(event) => setQuery(event.target.value)} />
        {mayInvite(entry.room) && <Button look="outline" size="wide" onClick={() => openDialog({ type: 'invite', roomId })}><UserPlus size={16} aria-hidden="true" />{words.pane.invite}</Button>}
      </div>
      <div className="pane-body scroll">
        {trouble && <ProblemLine trouble={trouble} onRetry={load} />}
        {roles.map((role) => <RoleSection key={role} members={shown.filter((member) => member.role === role)} role={role} count={(query === '' ? (list ?? nobody) : shown).filter((member) => member.role === role).length} entry={entry} />)}
        {list && shown.length === 0 && <p className="empty">{words.pane.nobody}</p>}
        {list && list.length > rowsMax && query === '' && <p className="quiet pad">{words.pane.partial}</p>}
        {!list && !trouble && <div className="list-skeleton delayed">{[60, 45, 70, 52].map((width) => <div key={width} className="skeleton" style={{ width: `${width}%` }} />)}</div>}
      </div>
    </>
  );
}

/** Those who fit the query, or the first of all: who may do most, then who joined first. */
function useShownMembers(roomId: string, list: readonly MemberView[], query: string): readonly MemberView[] {
  const chat = useChat();
  const users = useChatState((state) => state.users);
  const { found } = useFoundPeople(list.length > rowsMax ? query : '', roomId);
  const first = useMemo(() => (list.length <= rowsMax ? list : roles.flatMap((role) => list.filter((member) => member.role === role)).slice(0, rowsMax)), [list]);
  useEffect(() => {
    chat.rooms.loadUsers(first.map(({ userId }) => userId)).catch(() => undefined);
  }, [chat, first]);
  return useMemo(() => {
    if (query === '') return first;
    const names = new Map(found.map(({ userId, name }) => [userId as string, name]));
    return bestMatches(query, list, ({ userId }) => [shownName(users.get(userId)?.name ?? names.get(userId) ?? '')], rowsMax);
  }, [list, first, query, users, found]);
}

function RoleSection({ role, members, count, entry }: { readonly role: MemberRole; readonly members: readonly MemberView[]; readonly count: number; readonly entry: RoomEntry }) {
  const words = useWords();
  const heading = useId();
  const nameOf = useNames();
  const presence = useChatState((state) => state.presence);
  const sorted = useMemo(() => {
    const rank = (member: MemberView): number => ranks[presence.get(member.userId) ?? 'offline'];
    return members.toSorted((a, b) => rank(a) - rank(b) || nameOf(a.userId).localeCompare(nameOf(b.userId)));
  }, [members, nameOf, presence]);
  if (members.length === 0) return null;
  return (
    <section aria-labelledby={heading} className="role-section">
      <h3 id={heading}>{words.pane[role]} <span>{count.toLocaleString()}</span></h3>
      <ul>{sorted.map((member) => <MemberRow key={member.userId} member={member} entry={entry} />)}</ul>
    </section>
  );
}

function MemberRow({ member, entry }: { readonly member: MemberView; readonly entry: RoomEntry }) {
  const words = useWords();
  const nameOf = useNames();
  const me = useMe();
  const presence = usePresence(member.userId);
  const status = useChatState((state) => state.users.get(member.userId)?.status?.text);
  const name = nameOf(member.userId);
  const items = useMemberMenu(member, entry, name);
  const button = useRef<HTMLButtonElement>(null);
  const [menu, setMenu] = useState(false);
  return (
    <li className="member">
      <Avatar id={member.userId} name={name} size={32} presence={presence} />
      <span className="stack">
        <span className="truncate"><bdi>{name}</bdi>{member.userId === me && <span className="quiet"> ({words.nav.you})</span>}</span>
        {status && <span className="quiet truncate" dir="auto">{status}</span>}
        <span className="visually-hidden">{words.presence[presence]}</span>
      </span>
      {items.length > 0 && (
        <button ref={button} type="button" className="icon-button" aria-label={words.member.actions(name)} title={words.member.actions(name)} aria-haspopup="menu" aria-expanded={menu} onClick={() => setMenu(true)}>
          <MoreHorizontal size={16} />
        </button>
      )}
      {menu && <Menu anchor={button} label={words.member.actions(name)} items={items} onClose={() => setMenu(false)} />}
    </li>
  );
}

function useMemberMenu({ userId, role }: MemberView, { room }: RoomEntry, name: string): readonly MenuItem[] {
  const words = useWords();
  const chat = useChat();
  const me = useMe();
  const [, navigate] = useLocation();
  const { roomId } = room;
  const self = userId === me;
  const offered: readonly (MenuItem | false)[] = [
    !self && { id: 'direct', label: words.member.message, onSelect: () => attempt(openDirect(chat, userId).then((direct) => navigate(`/rooms/${direct}`))) },
    ...rolesToGive(room, role).map((next, index): MenuItem => ({
      id: next, label: words.member.makeRole(words.role[next]), separated: index === 0 && !self, onSelect: () => attempt(chat.send({ type: 'change-member-role', roomId, userId, role: next })),
    })),
    !self && mayRemove(room, role) && {
      id: 'remove', label: words.member.remove, danger: true, separated: true,
      onSelect: () => openDialog({ type: 'confirm', title: words.dialog.remove(name), lead: words.dialog.removeLead, action: words.dialog.removeDo, danger: true, run: () => chat.send({ type: 'remove-member', roomId, userId }) }),
    },
  ];
  return offered.filter((item) => item !== false);
}
