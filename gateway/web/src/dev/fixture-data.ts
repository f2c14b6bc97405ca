import type { MemberView, MessageView, MyRoomView, NoteView, UserView } from '@parley/contracts/queries/views';

const id = (kind: number, count: number): string => `0190a1b2-${kind.toString(16).padStart(4, '0')}-7000-8000-${count.toString(16).padStart(12, '0')}`;
const names = ['Mina Park', '김지영', 'Jonas Weber', '이서준', 'Aisha Rahman', '박하늘', 'Tomás Oliveira', '최민호', 'Grace Kim', '정유진'];
export const people: readonly UserView[] = names.map((name, index) => ({
  userId: id(1, index + 1), name, kind: 'named', status: index === 1 ? { text: '점심 먹는 중', emoji: '🍚' } : index === 4 ? { text: 'Reviewing the projector', emoji: '👀' } : null,
})) as unknown as readonly UserView[];
export const me = id(1, 1);

type Line = readonly [author: number, minutesBefore: number, text: string, more?: { replyTo?: number; reactions?: readonly (readonly [string, readonly number[]])[]; edited?: boolean; pinned?: boolean; redacted?: boolean; mentions?: readonly number[] }];

const english: readonly Line[] = [
  [2, 2900, 'Morning! The overnight soak finished: **11.2 million** messages, 0 lost, 0 doubled.', { reactions: [['🎉', [0, 2, 4]], ['🚀', [6]]], pinned: true }],
  [2, 2899, 'p99 stayed at 12 ms the whole time, which I honestly did not expect with the disk we have.'],
  [4, 2870, 'What sync setting was that with?'],
  [2, 2868, '`sync_interval: always`, same as production. Numbers are in [the report](https://example.org/reports/soak-14).', { replyTo: 2 }],
  [6, 1500, 'I would like to talk about how a projector parks an aggregate. Right now one poison event stops the whole partition, and we only notice because lag goes up.\n\nProposal:\n- park the aggregate, not the stream\n- keep skipping its later commits\n- re-read them all on retry'],
  [0, 1494, 'Agreed. Removals must still apply when parked though, or an ex-member could keep reading.', { replyTo: 4, reactions: [['💯', [2, 6]]] }],
  [6, 1493, 'Good catch.'],
  [6, 1492, 'Adding it to the list.', { edited: true }],
  [8, 130, 'Does anybody have the loop that reproduces the reconnect race? I lost mine.'],
  [2, 128, 'Here:\n```ts\nfor (let attempt = 0; attempt < 500; attempt += 1) {\n  const socket = await connect(url);\n  socket.close(1012);          // go away\n  await once(socket, \'close\');\n  expect(client.state.getSnapshot().connection.state).toBe(\'live\');\n}\n```\nRun it with two gateways, it fails within a minute on the old build.'],
  [8, 127, 'You are a life saver 🙏', { reactions: [['❤️', [2]]] }],
  [4, 60, 'this one went to the wrong room', { redacted: true }],
  [4, 42, 'Deploy of 0.9.4 starts at 15:00. I will watch the canary, <@%1> can you take the rollback button?', { mentions: [0] }],
  [0, 40, 'Sure, I am around.'],
  [0, 39, 'Dashboard is already open.'],
  [6, 12, '> p99 stayed at 12 ms\n\nStill the case on the canary, by the way. 14 ms at 2× the load.', { reactions: [['👀', [0, 2, 4, 8]], ['👍', [2]]] }],
  [8, 3, '🎉🎉🎉'],
];
const korean: readonly Line[] = [
  [1, 3000, '안녕하세요! 이번 주 배포 일정 공유드립니다.'],
  [1, 2999, '**화요일(내일)**은 검색 색인, **목요일**은 알림 작업입니다. 자세한 내용은 https://example.org/plan 에 있어요.', { reactions: [['👍', [0, 3, 5, 7]]], pinned: true }],
  [3, 2990, '목요일 배포 전에 부하 시험 결과를 먼저 보고 싶습니다.'],
  [5, 2988, '제가 오늘 안에 정리해서 올릴게요.', { replyTo: 2 }],
  [7, 1400, '색인 작업이 생각보다 오래 걸리네요. 지금 속도로는 여섯 시간쯤 더 필요합니다. 중간에 멈춰도 체크포인트부터 이어지니까 걱정은 없지만, 내일 아침까지는 검색 결과가 조금 오래된 상태일 수 있습니다.'],
  [1, 1390, '괜찮아요. 공지에 한 줄 적어 두겠습니다.', { reactions: [['🙏', [7]]] }],
  [9, 300, '오늘 점심은 뭐 드실래요?'],
  [3, 299, '김치찌개요 🍚'],
  [5, 298, '저도요!'],
  [7, 20, '<@%1>님, 배포 스크립트에서 `--dry-run` 옵션이 빠진 것 같아요. 확인 부탁드립니다.', { mentions: [0] }],
  [0, 15, '앗, 감사합니다. 바로 고칠게요.'],
  [7, 2, '확인했습니다. 이제 잘 됩니다 👍'],
];
const topics = ['The overnight soak is green again.', 'I think the cursor should be opaque.', 'Who owns the vault runbook?', 'Reviewed, two small comments.', 'Could you rebase this on main?', 'Works on my machine, fails in CI. The usual.', 'The gap-free number saves us here: clients see a hole at once.', 'Rolling the second node now.', 'Lunch?', 'Merged.', 'That explains the odd spike at 03:00. A backup started at the same moment and the disk was busy for four minutes.', 'Let me check the trace.'];

export type RoomData = { readonly room: MyRoomView; readonly messages: readonly MessageView[]; readonly notes: readonly NoteView[]; readonly members: readonly MemberView[] };

function build(key: string, kind: MyRoomView['kind'], name: string | null, topic: string | null, lines: readonly Line[], more: { unread?: number; mentions?: number; archived?: boolean; partner?: number; long?: number; role?: MyRoomView['role'] } = {}): RoomData {
  const roomId = key;
  const nowMs = Date.now();
  const old: Line[] = Array.from({ length: more.long ?? 0 }, (_, index) => [(index * 7 + (index % 5)) % 10, 3200 + ((more.long ?? 0) - index) * 4, `${topics[(index * 5) % topics.length]}`] as const);
  const all = [...old, ...lines];
  const n = (index: number): number => index + 4;
  const mid = (index: number): string => id(0x1000 + key.length * 16 + (key.codePointAt(0) ?? 0), index + 1);
  const messages = all.map(([author, minutes, text, extra = {}], index) => ({
    roomId, messageId: mid(index), n: n(index), seq: n(index), ordinal: index + 1, author: people[author]?.userId, at: new Date(nowMs - minutes * 60_000).toISOString(), sentAt: null, state: extra.redacted ? 'redacted' : 'shown',
    text: extra.redacted ? null : text.replaceAll(/%(\d)/gu, (_, one: string) => id(1, Number(one))), revision: n(index), editedAt: extra.edited ? new Date(nowMs - minutes * 59_000).toISOString() : null,
    replyTo: extra.replyTo === undefined ? null : { messageId: mid(extra.replyTo - 1 + old.length), n: n(extra.replyTo - 1 + old.length) }, hasLink: false, mentions: (extra.mentions ?? []).map((one) => id(1, one + 1)),
    reactions: (extra.reactions ?? []).map(([emoji, users]) => ({ emoji, users: users.map((one) => id(1, one + 1)) })), pinned: extra.pinned ?? false,
  })) as unknown as readonly MessageView[];
  const at = (minutes: number): string => new Date(nowMs - minutes * 60_000).toISOString();
  const note = (count: number, type: string, by: number, userId: number | null, text: string | null, afterOrdinal: number, minutes: number, role: string | null = null) =>
    ({ roomId, n: count, at: at(minutes), type, by: id(1, by + 1), userId: userId === null ? null : id(1, userId + 1), role, text, afterOrdinal }) as unknown as NoteView;
  const notes = kind === 'direct' ? [] : [
    note(1, 'room.created', 2, null, null, 0, 20_000), note(2, 'room.member-joined', 0, 0, null, 0, 19_999),
    note(900, 'room.member-joined', 8, 8, null, all.length - 6, 131), note(901, 'room.topic-set', 2, null, topic, all.length - 6, 130),
  ];
  const room = {
    roomId, kind, history: 'all', name, topic, createdBy: id(1, 3), createdAt: at(20_000), archived: more.archived ?? false, members: kind === 'direct' ? 2 : 10, n: 1_000, ordinal: all.length, role: more.role ?? 'owner', joinedN: 2, firstOrdinal: 1,
    unread: more.unread ?? 0, mentions: more.mentions ?? 0, marker: messages.at(-1 - (more.unread ?? 0))?.n ?? 0, last: messages.at(-1) ?? null, partner: more.partner === undefined ? null : id(1, more.partner + 1),
  } as unknown as MyRoomView;
  const members = people.map(({ userId }, index) => ({ userId, role: index === 0 ? 'owner' : index < 3 ? 'moderator' : index === 9 ? 'guest' : 'member', joinedAt: at(9_000), joinedN: 2 })) as unknown as readonly MemberView[];
  return { room, messages, notes, members };
}

export const fixtureRooms: readonly RoomData[] = [
  build('engineering', 'public', 'engineering', 'How it is built, and why. Runbooks: https://example.org/runbooks', english, { unread: 4, mentions: 1, long: 2_400 }),
  build('seoul', 'public', '서울 오피스', '일정, 점심, 그리고 잡담', korean, { unread: 1 }),
  build('incidents', 'private', 'incidents', 'Only what is burning', english.slice(0, 4), { role: 'member' }),
  build('design', 'group', 'Design review', null, english.slice(4, 9), { unread: 12 }),
  build('empty', 'public', 'release-notes', 'What changed, in words for people', []),
  build('launch', 'public', 'launch-2024', null, english.slice(0, 3), { archived: true }),
  build('d-1', 'direct', null, null, korean.slice(6, 9), { partner: 1, unread: 2, mentions: 0 }),
  build('d-2', 'direct', null, null, english.slice(8, 11), { partner: 2 }),
];
