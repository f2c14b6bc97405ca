/** What was said in the rooms of the relevance suite, by a short name of each message. English as on IRC, Korean as in chats. */
export const said = {
  ntfs: 'how do I mount an ntfs drive so I can write to it?',
  fstab: 'put it in /etc/fstab with umask=0222 and it mounts at boot',
  mounted: 'mounting worked, the drives are mounted under /media now',
  aptget: 'try: sudo apt-get update && sudo apt-get install nvidia-glx',
  aptitude: 'aptitude update instead of apt-get, it tracks what you installed',
  sources: 'is universe enabled in your /etc/apt/sources.list?',
  xorg: 'edit xorg.conf and set Driver "nvidia", then restart X',
  wifi: 'ndiswrapper -i bcmwl5.inf, my wlan0 shows up but iwconfig says no ESSID',
  ethernet: 'eth0 gets 192.168.1.23 from dhcp, ping example.com works',
  url: 'see https://help.ubuntu.com/community/WifiDocs?action=show#Broadcom',
  nick: 'dholbach_: thanks, Seveas already told me',
  code: 'for f in *.mp3; do lame --decode "$f" "${f%.mp3}.wav"; done',
  firefox: 'firefox crashes when I open flash, running dapper on amd64',
  crash: 'it crashed again. The crash log is in /var/crash',
  cafe: 'meet at the Café Ⅳ at noon',
  start: 'restart the daemon, it did not start',
  koSearch: '채팅 메시지를 검색하는 기능이 추가되었습니다',
  koSearched: '어제 검색했는데 아무것도 안 나왔어요',
  koResearch: '재검색 버튼을 눌러 보세요',
  koFileSystem: '텍스트파일 시스템을 새로 설치하려면 재부팅이 필요합니다',
  koFile: '파일이 너무 커서 시스템에 올라가지 않아요',
  koServer: '서버에서 오류가 났습니다. 로그는 서버 관리자에게 물어보세요',
  koDatabase: '데이터베이스 연결이 끊어졌어요',
  koHouse: '집에 가서 다시 해 볼게요',
  koGroup: '우리집 고양이가 키보드 위에서 자요',
  koMixed: 'git에서 브랜치를 지우려면 git branch -d 를 쓰세요',
  koDocker: 'Docker컨테이너가 재시작됩니다 (nginx 1.27)',
  koLunch: '오늘 점심 뭐 먹었어? 김치찌개 먹고 싶다',
  koShort: 'ㅋㅋㅋ 대박',
  koVersion: '버전 3.8로 올렸어요: https://opensearch.org/ko/docs',
} as const;
export type Said = keyof typeof said;

type Expected = {
  readonly q: string;
  /** Exactly these are found. */
  readonly hits: readonly Said[];
  /** Also this one comes first, where it says so. */
  readonly first?: Said;
  /** Found by one of the two alone: what a dictionary knows, or what pairs of characters cannot tell apart. */
  readonly more?: { readonly opensearch?: readonly Said[]; readonly postgres?: readonly Said[] };
};

export const expected: readonly Expected[] = [
  // Words of a family, in any order, and no stop words in the way.
  { q: 'mount', hits: ['ntfs', 'fstab', 'mounted'], first: 'ntfs' },
  { q: 'mounted drive', hits: ['ntfs', 'mounted'], first: 'mounted' },
  { q: 'how to mount the drive', hits: ['ntfs'] },
  { q: 'crash', hits: ['firefox', 'crash'], first: 'crash' },
  { q: 'CRASHES', hits: ['firefox', 'crash'], first: 'firefox' },
  { q: 'restart', hits: ['xorg', 'start'] },
  // Whole words: "art" is not in "start".
  { q: 'art', hits: [] },
  { q: 'start', hits: ['start'] },
  { q: 'sta*', hits: ['start'] },
  { q: 'ubun*', hits: ['url'] },
  // Code, addresses, names, numbers: signs part words, and what was typed in one piece must follow each other.
  { q: 'apt-get', hits: ['aptget', 'aptitude'] },
  { q: 'apt-get update', hits: ['aptget', 'aptitude'], first: 'aptget' },
  { q: '"apt-get update"', hits: ['aptget'] },
  { q: 'apt-get -nvidia', hits: ['aptitude'] },
  { q: '/etc/fstab', hits: ['fstab'] },
  { q: '/etc/apt/sources.list', hits: ['sources'] },
  { q: 'eth0', hits: ['ethernet'] },
  { q: '192.168.1.23', hits: ['ethernet'] },
  { q: 'example.com', hits: ['ethernet'] },
  { q: 'https://help.ubuntu.com/community/WifiDocs', hits: ['url'] },
  { q: 'wlan0 essid', hits: ['wifi'] },
  { q: 'dholbach_', hits: ['nick'] },
  { q: 'seveas', hits: ['nick'] },
  { q: 'lame --decode', hits: ['code'] },
  { q: 'bcmwl5.inf', hits: ['wifi'] },
  { q: 'cafe', hits: ['cafe'] },
  { q: 'CAFÉ iv', hits: ['cafe'] },
  // Korean: two letters, particles, endings, parts of compounds.
  { q: '검색', hits: ['koSearch', 'koSearched', 'koResearch'] },
  { q: '메시지', hits: ['koSearch'] },
  { q: '메시지가', hits: ['koSearch'] },
  { q: '메시지를 검색', hits: ['koSearch'] },
  { q: '검색했습니다', hits: ['koSearch', 'koSearched', 'koResearch'] },
  { q: '서버', hits: ['koServer'] },
  { q: '서버를', hits: ['koServer'] },
  { q: '서버에서', hits: ['koServer'] },
  { q: '파일', hits: ['koFileSystem', 'koFile'] },
  { q: '파일 시스템', hits: ['koFileSystem', 'koFile'], first: 'koFileSystem' },
  { q: '"파일 시스템"', hits: ['koFileSystem'] },
  { q: '데이터', hits: ['koDatabase'] },
  { q: '베이스', hits: ['koDatabase'] },
  { q: '고양이', hits: ['koGroup'] },
  { q: '고양이는', hits: ['koGroup'] },
  { q: '재시작', hits: ['koDocker'] },
  { q: '점심', hits: ['koLunch'] },
  { q: '김치', hits: ['koLunch'] },
  { q: '대박', hits: ['koShort'] },
  { q: 'ㅋㅋ', hits: ['koShort'] },
  // Hangul and Latin letters in one word.
  { q: 'git', hits: ['koMixed'] },
  { q: 'git에서', hits: ['koMixed'] },
  { q: '브랜치', hits: ['koMixed'] },
  { q: 'git branch', hits: ['koMixed'] },
  { q: 'docker', hits: ['koDocker'] },
  { q: '컨테이너', hits: ['koDocker'] },
  { q: 'nginx 1.27', hits: ['koDocker'] },
  { q: 'opensearch.org', hits: ['koVersion'] },
  { q: '검색 -어제', hits: ['koSearch', 'koResearch'] },
  // Only a dictionary knows that 먹다 is 먹었어.
  { q: '먹다', hits: [], more: { opensearch: ['koLunch'] } },
];
