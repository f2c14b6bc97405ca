/** A curated set for reactions and messages, found by English and Korean words. Unicode 15, so that every system has them. */
export type EmojiEntry = { readonly emoji: string; readonly words: readonly string[] };

const rows = `
👍|thumbs up yes good like|좋아요 엄지 최고
👎|thumbs down no bad|싫어요 별로
❤️|heart love red|하트 사랑 마음
😂|joy laugh tears lol|웃음 눈물 ㅋㅋ
🎉|party tada celebrate|축하 파티 짝짝
👀|eyes look see|눈 보는중 확인중
🙏|pray thanks please|감사 부탁 기도
✅|check done ok yes|완료 확인 체크
🔥|fire hot lit|불 대박
🚀|rocket ship launch|로켓 출시 배포
💯|hundred perfect|백점 만점 완벽
👏|clap applause bravo|박수 짝짝
🙌|raised hands hooray|만세 하이파이브
🤔|thinking hmm|생각 고민 흠
😄|smile happy grin|미소 웃음 기쁨
😊|blush smile warm|미소 흐뭇
😍|heart eyes love|하트눈 반함
🥳|party face celebrate|파티 축하
😅|sweat smile phew|땀 머쓱
🤣|rofl rolling laugh|폭소 데굴데굴
😉|wink|윙크
😎|cool sunglasses|멋짐 선글라스
🤗|hug|포옹 안아
🫡|salute yes sir|경례 충성
😮|wow open mouth surprised|놀람 우와
😱|scream shock|충격 비명
😢|cry sad tear|슬픔 눈물
😭|sob loudly crying|엉엉 통곡 ㅠㅠ
😡|angry mad|화남 분노
😴|sleep tired|잠 졸림
🤯|mind blown|멘붕 충격
🥲|smile tear bittersweet|웃픔
😇|angel innocent|천사
🙃|upside down|거꾸로
😬|grimace awkward|어색
🤝|handshake deal agree|악수 합의
👋|wave hello hi bye|안녕 인사 손
✌️|victory peace|브이 승리
👌|ok perfect|오케이 좋아
🤞|fingers crossed luck|행운
💪|muscle strong power|힘 근육 화이팅
👉|point right|오른쪽 이거
☝️|point up|위 하나
🫶|heart hands|손하트
💡|idea bulb|아이디어 전구
⚡|zap lightning fast|번개 빠름
⭐|star favourite|별 즐겨찾기
✨|sparkles new shiny|반짝 새로운
🎯|target bullseye goal|목표 명중
🏆|trophy win|트로피 우승
🎂|cake birthday|생일 케이크
🎁|gift present|선물
☕|coffee break|커피 휴식
🍺|beer cheers|맥주 건배
🍕|pizza lunch|피자 점심
🍚|rice meal|밥 식사
🌱|seedling grow green|새싹 성장
🌸|blossom flower spring|꽃 벚꽃 봄
☀️|sun sunny|해 맑음
🌧️|rain cloud|비
❄️|snow cold|눈 추움
🐛|bug insect|버그 벌레
🐱|cat|고양이
🐶|dog|강아지
🦀|crab rust|게
🐧|penguin linux|펭귄 리눅스
❌|cross no wrong|아니 엑스 취소
❓|question|물음표 질문
❗|exclamation important|느낌표 중요
⚠️|warning careful|경고 주의
🚧|construction wip|공사중 작업중
🔒|lock private|자물쇠 비공개
🔧|wrench fix tool|수리 도구
🛠️|tools build|도구 작업
📌|pin|고정 핀
📎|paperclip attach|첨부 클립
📝|memo note write|메모 기록
📅|calendar date|달력 일정
📈|chart up growth|상승 차트
📉|chart down|하락 차트
⏰|alarm clock time|시계 알람
⏳|hourglass wait|대기 모래시계
🔍|search magnify|검색 찾기
💬|speech comment chat|말풍선 대화
📣|megaphone announce|공지 확성기
🔔|bell notify|알림 종
💻|laptop computer|노트북 컴퓨터
🤖|robot bot|로봇 봇
🧪|test tube experiment|실험 테스트
📦|package box ship|상자 택배 패키지
♻️|recycle refactor|재활용
🇰🇷|korea flag|한국 태극기
🏠|home house|집 재택
🚲|bicycle bike|자전거
✈️|plane travel|비행기 여행
🎵|music note|음악 노래
📷|camera photo|카메라 사진
💤|zzz sleep|쿨쿨 잠
➕|plus add one|더하기 추가
`;

export const emojiEntries: readonly EmojiEntry[] = rows
  .trim()
  .split('\n')
  .map((row) => {
    const [emoji = '', english = '', korean = ''] = row.split('|');
    return { emoji, words: [...english.split(' '), ...korean.split(' ')] };
  });
