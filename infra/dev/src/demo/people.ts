/** The team of the demo: twelve people who build Crumb, an app in which small bakeries take orders for tomorrow. */
export const people = {
  maya: { name: 'Maya Okafor', status: 'Planning 1.4', emoji: '🗺️' },
  daniel: { name: 'Daniel Reyes', status: '', emoji: '' },
  seoyeon: { name: '김서연', status: '접근성 작업 중', emoji: '🎧' },
  junho: { name: '박준호', status: '', emoji: '' },
  lena: { name: 'Lena Fischer', status: 'Drawing icons until noon', emoji: '✏️' },
  haeun: { name: '이하은', status: '회귀 테스트', emoji: '🔍' },
  tom: { name: 'Tom Whitaker', status: 'On support today', emoji: '☎️' },
  minjae: { name: '정민재', status: '', emoji: '' },
  priya: { name: 'Priya Nair', status: '', emoji: '' },
  yujin: { name: '최유진', status: '성수동 빵집 방문', emoji: '🥐' },
  sam: { name: 'Sam Cole', status: 'Back on Thursday', emoji: '🚲' },
  jiwoo: { name: '한지우', status: '첫 주!', emoji: '🌱' },
} as const;

export type PersonKey = keyof typeof people;
export const personKeys = Object.keys(people) as readonly PersonKey[];
