import type { Catalogue } from './en.ts';

/** Korean. No particle stands straight after a variable, because its form depends on the last sound. */
export const ko: Catalogue = {
  language: '한국어',
  appName: 'Parley',
  signIn: {
    title: 'Parley 로그인', lead: '이름을 정하거나, 손님으로 둘러보세요.', name: '이름', placeholder: '다른 사람에게 보일 이름', submit: '계속', guest: '손님으로 계속', or: '또는',
    nameNeeded: '이름을 먼저 입력하세요.', nameLong: (max) => `최대 ${max}자입니다.`, nameCharacters: '제어 문자 없이 한 줄로 입력하세요.', working: '로그인하는 중…',
    openByDesign: '아직 비밀번호가 없습니다. 이름을 아는 사람은 누구나 쓸 수 있습니다.', expired: '세션이 끝났습니다. 다시 로그인하세요. 쓰던 글은 그대로 있습니다.',
  },
  nav: {
    rooms: '대화방', direct: '다이렉트 메시지', archived: '보관됨', all: '전체', unread: '안 읽음', mentions: '멘션', directTab: '다이렉트', search: '방이나 사람 찾기', addRoom: '새로 만들기 · 둘러보기', open: '방 목록 열기', close: '닫기',
    newRoom: '방 만들기', browse: '공개 방 둘러보기', newDirect: '메시지 보내기', settings: '설정', keys: '단축키', signOut: '로그아웃', you: '나', draft: '초안',
    unreadCount: (count) => `안 읽음 ${count}개`, mentionCount: (count) => `멘션 ${count}개`, nothingUnread: '모두 읽었습니다.', allRead: (rooms) => `방 ${rooms}개를 읽음으로 표시했습니다.`, resizeList: '방 목록 너비', resizePane: '오른쪽 패널 너비', nothingMentioned: '받은 멘션이 없습니다.', nothingDirect: '다이렉트 메시지가 없습니다.', nothing: '아직 방이 없습니다.',
    back: '방 목록으로', menu: '메뉴', account: '내 계정',
  },
  room: {
    members: (count) => `멤버 ${count.toLocaleString('ko')}명`, pins: '고정된 메시지', details: '방 정보', more: '방 메뉴', public: '공개 방', private: '비공개 방', group: '그룹', direct: '다이렉트 메시지',
    archived: '보관된 방입니다. 읽을 수만 있습니다.', notMember: (name) => `${name} 방을 미리 보고 있습니다.`, join: '참여하기', joining: '참여하는 중…', invited: '초대받았어요: 참여하기',
    begin: (name) => `${name} 방이 여기서 시작됩니다.`, beginDirect: (name) => `${name}님과의 대화가 여기서 시작됩니다.`, sinceJoin: '멤버는 참여한 뒤의 대화만 읽을 수 있습니다.', firstVisible: '이전 메시지는 참여하기 전의 대화입니다.',
    empty: '아직 아무 말도 없습니다. 첫마디를 남겨 보세요.', unnamed: '이름 없는 방', gone: '더 이상 이 방에 있지 않습니다', goneLead: '방이 삭제되었거나 참여가 끝났습니다.', select: '방을 고르세요', selectLead: '대화는 왼쪽에 있습니다. Ctrl+K로 바로 찾을 수 있습니다.',
    none: '아직 아무것도 없습니다', noneLead: '공개 방을 둘러보거나, 방을 만들거나, 누군가에게 말을 걸어 보세요.', timeline: (name) => `${name} 방의 메시지`, loading: '불러오는 중…', slow: '평소보다 오래 걸리고 있습니다…', copyLink: '방 링크 복사',
  },
  row: {
    edited: '수정됨', editedAt: (when) => `${when}에 수정됨`, pinned: '고정됨', redacted: '삭제된 메시지', erased: '지워진 내용', unavailable: '지금은 내용을 불러올 수 없습니다',
    replyTo: (name) => `${name}님에게 답장`, replyGone: '원본 메시지를 볼 수 없습니다', you: '나', sending: '보내는 중…', waiting: '연결을 기다리는 중', failed: '보내지 못함', retry: '다시 보내기', edit: '수정', copy: '텍스트 복사', discard: '버리기',
    reply: '답장', react: '반응 추가', pin: '고정', unpin: '고정 해제', remove: '삭제…', more: '더 보기', copyLink: '링크 복사', copied: '복사함', markUnread: '여기부터 안 읽음으로',
    reactedBy: (names, emoji) => `${names}님이 ${emoji} 반응을 남겼습니다`, andMore: (count) => `외 ${count}명`, showMore: (lines) => `${lines}줄 모두 보기`, showLess: '접기', copyCode: '코드 복사', code: '코드', actions: '메시지 동작',
    newMessages: '새 메시지', earlier: '이전 메시지', later: '이후 메시지', messageIn: (room) => `${room} 방의 메시지`, label: (author, when, state) => `${author}, ${when}${state ? `, ${state}` : ''}`,
  },
  note: {
    created: (by) => `${by}님이 방을 만들었습니다`, renamed: (by, name) => `${by}님이 방 이름을 바꿨습니다: ${name}`, topic: (by, topic) => `${by}님이 주제를 정했습니다: ${topic}`, topicCleared: (by) => `${by}님이 주제를 지웠습니다`,
    archived: (by) => `${by}님이 방을 보관했습니다`, unarchived: (by) => `${by}님이 방을 다시 열었습니다`, deleted: (by) => `${by}님이 방을 삭제했습니다`, invited: (by, who) => `${by}님이 ${who}님을 초대했습니다`,
    joined: (who) => `${who}님이 들어왔습니다`, left: (who) => `${who}님이 나갔습니다`, removed: (by, who) => `${by}님이 ${who}님을 내보냈습니다`, role: (by, who, role) => `${by}님이 ${who}님의 역할을 바꿨습니다: ${role}`,
    other: '이 페이지가 아직 모르는 변경이 있었습니다', more: (count) => `변경 ${count}개 더 보기`, several: (names, count) => `${names}님 외 ${count}명이 들어왔습니다`,
  },
  pill: { newSince: (count, when) => `${when} 이후 새 메시지 ${count}개`, newBelow: (count) => `새 메시지 ${count}개`, latest: '최근 메시지로', toDivider: '새 메시지로 이동', markRead: '읽음으로 표시' },
  composer: {
    placeholder: (room) => `${room} 방에 메시지 쓰기`, send: '보내기', save: '저장', emoji: '이모지 넣기', replying: (name) => `${name}님에게 답장하는 중`, editing: '메시지를 수정하는 중', cancel: '취소', label: '메시지 쓰기',
    tooLong: (count) => `${count.toLocaleString('ko')}자 초과`, hint: 'Enter 보내기 · Shift+Enter 줄바꿈', people: '멘션할 사람',
  },
  typing: { one: (a) => `${a}님이 입력하는 중…`, two: (a, b) => `${a}님과 ${b}님이 입력하는 중…`, many: '여러 명이 입력하는 중…' },
  emoji: { search: '이모지 찾기', recent: '최근 사용', all: '전체', none: '찾는 이모지가 없습니다.', title: '이모지 고르기' },
  pane: {
    members: '멤버', pins: '고정됨', close: '패널 닫기', find: '멤버 찾기', noPins: '고정된 메시지가 없습니다. 모두가 다시 찾을 메시지를 고정해 보세요.', owner: '소유자', moderator: '운영자', member: '멤버', guest: '손님', invite: '초대하기', nobody: '그런 이름의 멤버가 없습니다.', partial: '처음 멤버들만 보입니다. 다른 멤버는 이름으로 찾으세요.',
  },
  search: {
    title: '메시지 검색', label: '찾을 말', placeholder: '단어, "구절", 보낸이:…', clear: '지우기', suggestions: '제안', results: '찾은 메시지', order: '정렬', best: '정확도순', newest: '최신순',
    from: (name) => `보낸이 ${name}`, in: (room) => `방 ${room}`, before: (day) => `${day} 이전`, after: (day) => `${day} 이후`, hasLink: '링크 포함', link: '링크', drop: (filter) => `필터 빼기: ${filter}`, dropAll: '필터 없이 검색',
    wordFrom: '보낸이', wordIn: '방', wordBefore: '이전', wordAfter: '이후', aboutFrom: '사람', aboutIn: '대화방', aboutBefore: '그날 제외', aboutAfter: '그날부터',
    lead: '읽을 수 있는 모든 방의 대화에서 찾습니다.', syntax: '"따옴표 안"은 이어진 말 · -단어는 제외 · 앞부분*은 그렇게 시작하는 말.',
    none: '찾은 메시지가 없습니다.', working: '찾는 중…', count: (count, more) => `메시지 ${count.toLocaleString('ko')}개${more ? ' 이상' : ''}`, end: '여기까지입니다.',
    restWorks: '다른 기능은 모두 됩니다. 읽고, 쓰고, 방을 옮길 수 있습니다.', forWords: (text) => `메시지에서 “${text}” 찾기`,
  },
  why: {
    title: '왜 안 읽음인가요?', sum: (last, read, own, deleted, counted) => `${last} − ${read}${own > 0 ? ` − 내 메시지 ${own}` : ''}${deleted > 0 ? ` − 삭제 ${deleted}` : ''} = ${counted}`,
    entered: (count) => `들어올 때 안 읽은 메시지는 ${count}개였습니다.`, marker: (n) => (n === 0 ? '아직 아무것도 읽지 않았습니다.' : `이벤트 #${n}까지 읽었습니다.`), rule: '그 뒤에 다른 사람이 쓰고 삭제되지 않은 메시지를 모두 셉니다: 마지막 자리 − 마지막으로 읽은 자리.',
    missing: (count) => `메시지 ${count}개를 불러오는 중…`, nothing: '안 읽은 메시지가 없었습니다.', mention: '나를 멘션함', all: '모든 메시지를 셈', now: (service, here) => `지금: 서비스 기준 ${service}개, 여기서 센 것 ${here}개.`, recount: '다시 세기',
  },
  person: { unknown: '…', erased: '탈퇴한 사람', guest: '손님' },
  role: { owner: '소유자', moderator: '운영자', member: '멤버', guest: '손님' },
  presence: { active: '활동 중', idle: '자리 비움', offline: '오프라인' },
  member: { message: '메시지 보내기', makeRole: (role) => `역할 바꾸기: ${role}`, remove: '방에서 내보내기…', actions: (name) => `${name}님에 대한 동작`, mention: '멘션하기' },
  dialog: {
    cancel: '취소', close: '닫기', save: '저장', create: '만들기', working: '처리하는 중…', createRoom: '방 만들기', name: '이름', topic: '주제', topicHint: '무엇을 위한 방인가요? (선택)', kind: '참여 방식',
    kindPublic: '공개', kindPublicLead: '누구나 찾아서 참여할 수 있습니다.', kindPrivate: '비공개', kindPrivateLead: '초대받은 사람만 참여합니다.', kindGroup: '그룹', kindGroupLead: '지금 고른 몇 사람.',
    history: '새 멤버가 읽는 범위', historyAll: '이전 대화 전부', historySinceJoin: '참여한 뒤의 대화만', browse: '공개 방', browseNone: '아직 공개 방이 없습니다.', filter: '이름으로 거르기', joined: '참여 중', openRoom: '열기',
    direct: '메시지 보내기', person: '이름', personHint: '이름의 앞부분을 입력하세요', noPerson: '그런 이름의 사람이 없습니다.', rename: '방 이름 바꾸기', setTopic: '주제 정하기', invite: '초대하기', invited: (name) => `${name}님을 초대했습니다. 이제 참여할 수 있습니다.`, inviteLead: '초대받은 사람은 방 링크로 참여합니다.', inviteAs: '역할',
    archive: '이 방을 보관할까요?', archiveLead: '모두 계속 읽을 수 있지만, 다시 열기 전에는 아무도 쓸 수 없습니다.', archiveDo: '보관', unarchive: '방 다시 열기', leave: '이 방에서 나갈까요?', leaveLead: '더 이상 메시지를 받지 않습니다.', leavePrivate: '초대를 받아야 다시 들어올 수 있습니다.', leaveDo: '나가기',
    deleteRoom: '이 방을 삭제할까요?', deleteRoomLead: '모두에게서 영구히 닫힙니다.', deleteRoomDo: '방 삭제', redact: '이 메시지를 삭제할까요?', redactLead: '모두에게서 내용이 사라집니다. 되돌릴 수 없습니다.', redactDo: '삭제',
    remove: (name) => `${name}님을 방에서 내보낼까요?`, removeLead: '즉시 메시지를 받지 못하게 됩니다.', removeDo: '내보내기', switcher: '이동', switcherHint: '방 또는 사람', switcherNone: '그런 이름이 없습니다.', keys: '단축키',
    menuRename: '이름 바꾸기…', menuTopic: '주제 정하기…', menuInvite: '초대하기…', menuArchive: '보관…', menuLeave: '나가기…', menuDelete: '방 삭제…', menuMembers: '멤버', menuPins: '고정된 메시지',
  },
  settings: {
    title: '설정', theme: '테마', system: '시스템 설정', light: '밝게', dark: '어둡게', density: '밀도', comfortable: '여유 있게', compact: '촘촘하게', language: '언어', singleKeys: '타임라인에서 한 글자 단축키 사용', readingList: '읽기 목록', readingListLead: '화면 낭독기를 위해 최근 메시지 300개를 페이지에 남겨 둡니다.', name: '내 이름', nameSaved: '이름을 바꿨습니다.', status: '상태', statusHint: '무엇을 하고 있나요?', zone: (zone) => `시간대: ${zone}`,
  },
  connection: {
    title: '연결', live: '연결됨', connecting: '연결하는 중…', 'catching-up': '밀린 대화를 가져오는 중…', offline: '연결 끊김', reset: '공백이 너무 길어 처음부터 다시 불러옵니다', catchingUp: (done, total) => `밀린 대화를 가져오는 중… ${total}개 중 ${done}개`, retryIn: (seconds) => `${seconds}초 뒤 다시 시도`, tryNow: '지금 시도',
    gateway: '게이트웨이', transport: '전송 방식', roundTrip: '왕복 시간', lastN: '이 방의 마지막 이벤트', resumed: '이어받기', missed: '따라잡은 이벤트', resets: '처음부터 다시', outbox: '보내기 대기', doubled: '중복 수신 (버림)', since: '시작', none: '없음', ms: (ms) => `${ms} ms`, kept: '쓴 글은 보관되며 연결되면 보내집니다.',
  },
  keys: {
    switch: '방이나 사람 찾기', rooms: '이전 / 다음 방', unreadRooms: '이전 / 다음 안 읽은 방', send: '보내기', line: '줄바꿈', always: '항상 보내기', editLast: '마지막 메시지 수정 (입력창이 비었을 때)', move: '이전 / 다음 메시지', ends: '처음 / 마지막 메시지', reply: '답장', edit: '수정', react: '반응', pin: '고정', copyLink: '링크 복사', unread: '여기부터 안 읽음으로', remove: '삭제', escape: '닫기 · 취소 · 읽음 표시', firstUnread: '첫 안 읽은 메시지', pane: '멤버 패널', help: '이 목록', region: '다음 영역', search: '메시지 검색', allRead: '모두 읽음으로 표시', bold: '굵게', italic: '기울임', code: '코드', strike: '취소선', link: '링크', why: '왜 안 읽음인가요?', anywhere: '어디서나', composer: '쓰는 동안', timeline: '메시지 위에서',
  },
  error: { title: '처리하지 못했습니다', code: (code) => `코드: ${code}`, again: '다시 시도', request: (id) => `요청 ${id}`, crashed: '페이지의 이 부분에 문제가 생겼습니다.', missing: '페이지의 이 부분을 가져오지 못했습니다.', missingLead: '연결이 없거나 새 버전이 나왔습니다.', reload: '새로 고침', offline: '지금은 연결이 없습니다.', roomMissing: '그런 방이 없거나 볼 수 없습니다.' },
  announce: { message: (name, text) => `${name}: ${text}`, many: (count) => `새 메시지 ${count}개` },
  list: (names) => names.join(', '),
  problems: {
    'search-unavailable': '지금은 검색이 되지 않습니다.', 'rate-limited': '너무 빠릅니다. 잠시 기다려 주세요.', 'room-archived': '보관된 방입니다.', 'forbidden': '여기서는 할 수 없습니다.', 'last-owner': '방에는 소유자가 한 명 이상 있어야 합니다. 먼저 다른 소유자를 정하세요.', 'name-taken': '이미 쓰이는 이름입니다.', 'message-redacted': '그사이 메시지가 삭제되었습니다.', 'pins-full': '더 이상 고정할 수 없습니다.', 'room-full': '방이 가득 찼습니다.', 'already-member': '이미 멤버입니다.', 'not-found': '없거나 볼 수 없습니다.', 'too-large': '너무 깁니다.', 'unavailable': '서비스 일부가 멈췄습니다. 다시 시도하세요.', 'timeout': '제시간에 답이 없습니다. 다시 시도하세요.', 'overloaded': '서비스가 바쁩니다. 다시 시도하세요.', 'outcome-unknown': '도착했는지 알 수 없습니다. 다시 보내도 안전합니다.', 'invalid': '허용되지 않는 내용이 있습니다.', 'self-direct': '자기 자신입니다.', 'id-too-old': '너무 오래 기다려 안전하게 보낼 수 없습니다. 새로 보내세요.', 'storage-full': '저장 공간이 없습니다. 저장되지 않았습니다.', 'internal': '서버에 문제가 생겼습니다.',
  },
};
