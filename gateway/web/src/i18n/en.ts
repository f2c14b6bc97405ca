const plural = (count: number, one: string, many: string): string => `${count.toLocaleString('en')} ${count === 1 ? one : many}`;

/** Every word the page says, in English. Other languages have the same shape, so a missing one is a type error. */
export const en = {
  language: 'English',
  appName: 'Parley',
  signIn: {
    title: 'Sign in to Parley',
    lead: 'Take a name, or just look around as a guest.',
    name: 'Name', placeholder: 'How others will see you', submit: 'Continue', guest: 'Continue as a guest', or: 'or',
    nameNeeded: 'Type a name first.', nameLong: (max: number) => `At most ${max} characters.`,
    nameCharacters: 'One line, without control characters.', working: 'Signing in…',
    openByDesign: 'No password here yet: whoever knows a name may use it.',
    expired: 'Your session ended. Sign in again; nothing you typed is lost.',
  },
  nav: {
    rooms: 'Rooms', direct: 'Direct messages', archived: 'Archived', all: 'All', unread: 'Unread', mentions: 'Mentions', directTab: 'Direct',
    search: 'Find a room or person', addRoom: 'New or browse', open: 'Open the list of rooms', close: 'Close',
    newRoom: 'Create a room', browse: 'Browse public rooms', newDirect: 'Message a person', settings: 'Settings', keys: 'Keyboard shortcuts', signOut: 'Sign out',
    you: 'you', draft: 'Draft', unreadCount: (count: string) => `${count} unread`, mentionCount: (count: string) => `${count} mentions`,
    nothingUnread: 'All read.', allRead: (rooms: number) => `Marked ${plural(rooms, 'room', 'rooms')} as read.`, resizeList: 'Width of the list of rooms', resizePane: 'Width of the right pane', nothingMentioned: 'Nobody mentioned you.', nothingDirect: 'No direct messages yet.', nothing: 'No rooms yet.',
    back: 'Back to rooms', menu: 'Menu', account: 'Your account',
  },
  room: {
    members: (count: number) => plural(count, 'member', 'members'), pins: 'Pinned messages', details: 'Room details', more: 'More about this room',
    public: 'Public room', private: 'Private room', group: 'Group', direct: 'Direct message', archived: 'This room is archived. You can read it, not write.',
    notMember: (name: string) => `You are looking at ${name}.`, join: 'Join', joining: 'Joining…', invited: 'I was invited: join',
    begin: (name: string) => `This is the beginning of ${name}.`, beginDirect: (name: string) => `This is the beginning of your conversation with ${name}.`,
    sinceJoin: 'Members read what was said since they joined.', firstVisible: 'Earlier messages were said before you joined.',
    empty: 'Nothing has been said yet. Say the first word.', unnamed: 'Unnamed room', gone: 'You are no longer in this room', goneLead: 'It was deleted, or your membership ended.',
    select: 'Choose a room', selectLead: 'Your conversations are on the left. Ctrl+K finds any of them.', none: 'Nothing here yet',
    noneLead: 'Browse public rooms, create one, or write to somebody.', timeline: (name: string) => `Messages in ${name}`,
    loading: 'Loading…', slow: 'This takes longer than usual…', copyLink: 'Copy link to room',
  },
  row: {
    edited: 'edited', editedAt: (when: string) => `Edited ${when}`, pinned: 'Pinned', redacted: 'Message deleted', erased: 'Content erased', unavailable: 'Text is not available right now',
    replyTo: (name: string) => `Reply to ${name}`, replyGone: 'Original message is not available', you: 'You',
    sending: 'Sending…', waiting: 'Waiting for the connection', failed: 'Not sent', retry: 'Retry', edit: 'Edit', copy: 'Copy text', discard: 'Discard',
    reply: 'Reply', react: 'Add reaction', pin: 'Pin', unpin: 'Unpin', remove: 'Delete…', more: 'More', copyLink: 'Copy link', copied: 'Copied', markUnread: 'Mark unread from here',
    reactedBy: (names: string, emoji: string) => `${names} reacted with ${emoji}`, andMore: (count: number) => `and ${count} more`,
    showMore: (lines: number) => `Show all ${lines} lines`, showLess: 'Show less', copyCode: 'Copy code', code: 'Code', actions: 'Message actions',
    newMessages: 'New', earlier: 'Earlier messages', later: 'Later messages', messageIn: (room: string) => `Message in ${room}`, label: (author: string, when: string, state: string) => `${author}, ${when}${state ? `, ${state}` : ''}`,
  },
  note: {
    created: (by: string) => `${by} created the room`, renamed: (by: string, name: string) => `${by} renamed the room to ${name}`,
    topic: (by: string, topic: string) => `${by} set the topic: ${topic}`, topicCleared: (by: string) => `${by} cleared the topic`,
    archived: (by: string) => `${by} archived the room`, unarchived: (by: string) => `${by} reopened the room`, deleted: (by: string) => `${by} deleted the room`,
    invited: (by: string, who: string) => `${by} invited ${who}`, joined: (who: string) => `${who} joined`, left: (who: string) => `${who} left`,
    removed: (by: string, who: string) => `${by} removed ${who}`, role: (by: string, who: string, role: string) => `${by} made ${who} ${role}`,
    other: 'Something changed that this page does not know yet', more: (count: number) => plural(count, 'more change', 'more changes'),
    several: (names: string, count: number) => `${names} and ${count} others joined`,
  },
  pill: {
    newSince: (count: string, when: string) => `${count} new since ${when}`, newBelow: (count: number) => plural(count, 'new message', 'new messages'), latest: 'Jump to latest', toDivider: 'Jump to what is new', markRead: 'Mark as read',
  },
  composer: {
    placeholder: (room: string) => `Message ${room}`, send: 'Send', save: 'Save', emoji: 'Insert emoji', replying: (name: string) => `Replying to ${name}`,
    editing: 'Editing your message', cancel: 'Cancel', label: 'Write a message', tooLong: (count: number) => `${plural(count, 'character', 'characters')} too long`,
    hint: 'Enter sends · Shift+Enter new line', people: 'People to mention',
  },
  typing: {
    one: (a: string) => `${a} is typing…`, two: (a: string, b: string) => `${a} and ${b} are typing…`, many: 'Several people are typing…',
  },
  emoji: { search: 'Find an emoji', recent: 'Recent', all: 'All', none: 'No emoji by that name.', title: 'Choose an emoji' },
  pane: {
    members: 'Members', pins: 'Pinned', close: 'Close pane', find: 'Find a member', noPins: 'Nothing is pinned yet. Pin what everybody should find again.',
    owner: 'Owners', moderator: 'Moderators', member: 'Members', guest: 'Guests', invite: 'Invite people', nobody: 'Nobody by that name.', partial: 'These are the first. Others are found by name.',
  },
  search: {
    title: 'Search messages', label: 'Words to find', placeholder: 'Words, "a phrase", from:…', clear: 'Clear', suggestions: 'Suggestions', results: 'Messages found', order: 'Order', best: 'Best', newest: 'Newest',
    from: (name: string) => `from ${name}`, in: (room: string) => `in ${room}`, before: (day: string) => `before ${day}`, after: (day: string) => `since ${day}`, hasLink: 'has a link', link: 'link', drop: (filter: string) => `Remove filter: ${filter}`, dropAll: 'Search without filters',
    wordFrom: 'from', wordIn: 'in', wordBefore: 'before', wordAfter: 'after', aboutFrom: 'a person', aboutIn: 'a room', aboutBefore: 'a day, not included', aboutAfter: 'a day on',
    lead: 'Finds what was said in every room that you may read.', syntax: '"Words in quotes" follow each other · -word must not be there · begin* is a beginning.',
    none: 'Nothing was found.', working: 'Searching…', count: (count: number, more: boolean) => (more ? `${count.toLocaleString('en')}+ messages` : plural(count, 'message', 'messages')), end: 'That is all.',
    restWorks: 'Everything else works: you can read, write and go to any room.', forWords: (text: string) => `Search messages for “${text}”`,
  },
  why: {
    title: 'Why unread?', sum: (last: number, read: number, own: number, deleted: number, counted: number) => `${last} − ${read}${own > 0 ? ` − ${own} own` : ''}${deleted > 0 ? ` − ${deleted} deleted` : ''} = ${counted}`,
    entered: (count: number) => `When you entered, ${count} were unread.`, marker: (n: number) => (n === 0 ? 'You had read nothing yet.' : `You had read up to event #${n}.`), rule: 'Counted is every later message of others that was not deleted: last place − last read place.',
    missing: (count: number) => `Loading ${plural(count, 'message', 'messages')}…`, nothing: 'Nothing was unread.', mention: 'mentions you', all: 'every message counts', now: (service: number, here: number) => `Now: ${service} by the service, ${here} counted here.`, recount: 'Recount',
  },
  person: { unknown: '…', erased: 'Deleted person', guest: 'guest' },
  role: { owner: 'owner', moderator: 'moderator', member: 'member', guest: 'guest' },
  presence: { active: 'active', idle: 'idle', offline: 'offline' },
  member: {
    message: 'Send a message', makeRole: (role: string) => `Make ${role}`, remove: 'Remove from room…', actions: (name: string) => `Actions for ${name}`, mention: 'Mention',
  },
  dialog: {
    cancel: 'Cancel', close: 'Close', save: 'Save', create: 'Create', working: 'Working…',
    createRoom: 'Create a room', name: 'Name', topic: 'Topic', topicHint: 'What the room is for (optional)', kind: 'Who can join',
    kindPublic: 'Public', kindPublicLead: 'Anybody can find and join it.', kindPrivate: 'Private', kindPrivateLead: 'Only people who are invited.', kindGroup: 'Group', kindGroupLead: 'A few people, chosen now.',
    history: 'Newcomers read', historyAll: 'Everything said before', historySinceJoin: 'Only what is said after they join',
    browse: 'Public rooms', browseNone: 'There are no public rooms yet.', filter: 'Filter by name', joined: 'Joined', openRoom: 'Open',
    direct: 'Message a person', person: 'Name', personHint: 'Type the beginning of a name', noPerson: 'Nobody by that name.',
    rename: 'Rename the room', setTopic: 'Set the topic', invite: 'Invite people', invited: (name: string) => `${name} is invited and can join now.`, inviteLead: 'Who is invited joins by the link to the room.', inviteAs: 'As',
    archive: 'Archive this room?', archiveLead: 'Everybody can still read it; nobody can write until it is reopened.', archiveDo: 'Archive', unarchive: 'Reopen room',
    leave: 'Leave this room?', leaveLead: 'You stop receiving its messages.', leavePrivate: 'You can come back only with an invitation.', leaveDo: 'Leave',
    deleteRoom: 'Delete this room?', deleteRoomLead: 'It closes for everybody, for good.', deleteRoomDo: 'Delete room',
    redact: 'Delete this message?', redactLead: 'Its text goes away for everybody. This cannot be undone.', redactDo: 'Delete',
    remove: (name: string) => `Remove ${name} from the room?`, removeLead: 'They stop receiving messages at once.', removeDo: 'Remove',
    switcher: 'Go to', switcherHint: 'Room or person', switcherNone: 'Nothing by that name.', keys: 'Keyboard shortcuts', menuRename: 'Rename…', menuTopic: 'Set topic…', menuInvite: 'Invite people…', menuArchive: 'Archive…', menuLeave: 'Leave…', menuDelete: 'Delete room…', menuMembers: 'Members', menuPins: 'Pinned messages',
  },
  settings: {
    title: 'Settings', theme: 'Theme', system: 'As the system', light: 'Light', dark: 'Dark', density: 'Density', comfortable: 'Comfortable', compact: 'Compact',
    language: 'Language', singleKeys: 'Single-letter shortcuts in the timeline', readingList: 'Reading list', readingListLead: 'Keeps the last 300 messages in the page, for screen readers.', name: 'Your name', nameSaved: 'Name changed.', status: 'Status', statusHint: 'What are you up to?', zone: (zone: string) => `Times are shown for ${zone}.`,
  },
  connection: {
    title: 'Connection', live: 'Connected', connecting: 'Connecting…', 'catching-up': 'Catching up…', offline: 'No connection', reset: 'Starting over: the gap was too long to replay',
    catchingUp: (done: number, total: number) => `Catching up… ${done} of ${total}`, retryIn: (seconds: number) => `Trying again in ${seconds} s`, tryNow: 'Try now',
    gateway: 'Gateway', transport: 'Transport', roundTrip: 'Round trip', lastN: 'Last event in this room', resumed: 'Resumed', missed: 'Caught up', resets: 'Started over', outbox: 'Waiting to be sent', doubled: 'Received twice (dropped)',
    since: 'Since', none: 'none', ms: (ms: number) => `${ms} ms`, kept: 'What you write is kept and sent when the connection is back.',
  },
  keys: {
    switch: 'Find a room or person', rooms: 'Previous / next room', unreadRooms: 'Previous / next unread room', send: 'Send', line: 'New line', always: 'Send, always', editLast: 'Edit your last message (empty composer)',
    move: 'Previous / next message', ends: 'First / last loaded message', reply: 'Reply', edit: 'Edit', react: 'React', pin: 'Pin', copyLink: 'Copy link', unread: 'Mark unread from here', remove: 'Delete', escape: 'Close, cancel, mark read', firstUnread: 'First unread message', pane: 'Members pane', help: 'This list', region: 'Next part of the page', search: 'Search messages', allRead: 'Mark everything as read', bold: 'Bold', italic: 'Italic', code: 'Code', strike: 'Strike through', link: 'Link', why: 'Why is this unread?',
    anywhere: 'Anywhere', composer: 'While writing', timeline: 'On a message',
  },
  error: {
    title: 'That did not work', code: (code: string) => `Code: ${code}`, again: 'Try again', request: (id: string) => `Request ${id}`, crashed: 'This part of the page broke.', missing: 'This part of the page could not be fetched.', missingLead: 'There is no connection, or a newer version is out.', reload: 'Reload', offline: 'There is no connection right now.',
    roomMissing: 'There is no such room, or you may not see it.',
  },
  announce: { message: (name: string, text: string) => `${name}: ${text}`, many: (count: number) => `${count} new messages` },
  list: (names: readonly string[]) => new Intl.ListFormat('en', { type: 'conjunction' }).format(names),
  /** Refusals by code, where a person can do something about it; others show the service's own words. */
  problems: {
    'search-unavailable': 'Search is down right now.',
    'rate-limited': 'Too fast. Wait a moment.', 'room-archived': 'The room is archived.', 'forbidden': 'You may not do this here.', 'last-owner': 'A room keeps at least one owner. Name another first.', 'name-taken': 'Somebody has this name already.',
    'message-redacted': 'The message was deleted meanwhile.', 'pins-full': 'No more messages can be pinned here.', 'room-full': 'The room is full.', 'already-member': 'Already a member.', 'not-found': 'There is no such thing, or you may not see it.', 'too-large': 'That is too long.', 'unavailable': 'A part of the service is down. Try again.', 'timeout': 'There was no answer in time. Try again.', 'overloaded': 'The service is busy. Try again.', 'outcome-unknown': 'It is not known whether it arrived. Trying again is safe.', 'invalid': 'Something in it is not allowed.', 'self-direct': 'That is you.',
    'id-too-old': 'It waited too long to be sent safely. Send it anew.', 'storage-full': 'The service is out of space. Nothing was stored.', 'internal': 'Something broke on our side.',
  } as Readonly<Record<string, string>>,
};

export type Catalogue = typeof en;
