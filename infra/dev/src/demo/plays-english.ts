/** Conversations of the demo in English (and where people mix, in both). Written for it; nobody real is in them. */
export const english = {
  townSquare: `
    maya: Morning everyone. Two things today: Jiwoo starts with us, and the Hannam pilot passed one hundred orders yesterday.
    + 🎉 daniel, lena, tom, yujin
    + 🥐 sam
    jiwoo: 안녕하세요! 한지우입니다. 프런트엔드 인턴으로 오늘 시작해요. 잘 부탁드립니다 🙂
    + 👋 maya, seoyeon, junho, haeun, minjae, yujin, lena
    seoyeon > jiwoo: 환영해요! 11시에 자리로 갈게요. 개발 환경부터 같이 맞춰요.
    tom: Welcome Jiwoo! If a baker calls and shouts, that's normal before 7 am, please pass them to me.
    + 😂 sam, daniel
    priya: One hundred and *seven*, to be exact. The busiest minute was 22:04, right after the bus line ends.
    daniel > priya: So people order bread on the way home. That explains the little spike every night.
    lena: I'd love to see that as a picture on the wall.
    priya > lena: On it. Bars or a line?
    lena: A line. Warm colour, please, it's bread.
    + 🧡 priya
    sam: I'm on the road until Wednesday. Three bakeries in Busan want to see it, wish me luck.
    + 🍀 maya, yujin
    yujin: 부산 가시면 남천동 쪽도 꼭 들러 보세요. 작은 빵집이 골목마다 있어요.
    sam > yujin: Will do. Which one makes the red bean thing you brought last time?
    yujin: 그건 사진 보내 드릴게요. 간판에 영어가 없어서요 😄
    maya: Reminder: the office is closed on Friday afternoon, the floor gets new paint.
    haeun: 금요일 오후에 배포만 안 하면 완벽하네요.
    + 💯 junho, daniel
    junho: 금요일 배포는 원래 없습니다.
    + 👍 haeun
  `,
  townSquareLater: [
    `
    lena: The painters left a bucket in the meeting room. It is not modern art, please do not photograph it again.
    + 😂 tom, daniel
    tom: Too late, it has a name now. Meet Bucket.
    priya: Bucket has better attendance than some of us.
    `,
    `
    yujin: 이번 주 뉴스레터 초안 올렸어요. 숫자만 한 번 봐 주실 분?
    priya > yujin: Looking now. The repeat-order number is from last week, I'll send you today's.
    yujin: 감사합니다! 고쳐 둘게요.
    `,
    `
    sam: Busan says hello. Two yes, one "call me after the harvest festival".
    maya: Two out of three is wonderful. What did the third worry about?
    sam: Her mother does the books on paper and trusts nothing with a battery.
    tom: Her mother has a point.
    + 😄 sam, maya
    `,
    `
    daniel: The coffee machine asks for descaling again. I did it last time.
    junho: 제가 할게요. 로그 보는 것보다 재밌어요.
    + ☕ daniel
    `,
    `
    jiwoo: 질문이 있어요. 회의실 예약은 어디서 하나요?
    haeun > jiwoo: 문 옆 종이에 이름 쓰면 돼요. 진짜로요.
    jiwoo: 주문은 앱으로, 회의실은 종이로 😄
    `,
  ],
  product: `
    maya: For 1.4 I'd like us to choose between pick-up windows and standing orders. Not both. What hurts more today?
    priya: From the data: 31 % of orders are the same basket as the week before. Standing orders would save those people six taps.
    sam: From the counter: bakers hate that everybody comes at 8:10. Pick-up windows would save *them* a queue.
    lena: The second is the harder drawing. A window needs to look like a promise, not like a form.
    daniel: And the harder code, because a window fills up while you look at it. Two people, last slot, same second.
    seoyeon: 화면에서는 마지막 자리를 누른 순간에 "확인 중"을 보여 주면 돼요. 서버가 답하기 전에 확정처럼 보이면 안 되고요.
    + 💡 lena, maya
    daniel > seoyeon: Agreed. The shop's own log decides who was first; the screen only asks.
    maya: What would a baker say to a standing order she forgot about?
    sam: Last week one baked twenty loaves for a customer who had moved to Daegu.
    + 😬 priya, maya
    lena: So a standing order needs to say goodbye by itself. "Still want this?" after four weeks.
    priya: I can tell you after how many weeks people usually stop. Give me until two.
    maya: Then let me propose: pick-up windows in 1.4, standing orders in 1.5 with Lena's goodbye.
    + 👍 daniel, sam, seoyeon, lena
    yujin: 빵집 사장님들께는 언제 알릴까요? 이번 주 방문 때 미리 말씀드려도 되나요?
    maya > yujin: Yes, but say "soon", no date. The date is ours to miss.
    lena: First drawings are up. Three variants; the second one is the one I believe in, please disagree with reasons.
    priya: Variant two hides the sold-out windows. People will think we have fewer than we do.
    lena > priya: Good point. Greyed, not hidden. Changing it.
    priya: Back with the numbers: half of the repeaters stop between week five and week seven. Four weeks is a kind moment to ask.
    + 🙏 lena
  `,
  productLater: [
    `
    lena: New version of the window picker: greyed slots say why they're grey. "Full" or "Oven is off".
    maya: "Oven is off" made me smile. Keep it.
    seoyeon: 화면 낭독기에서는 "오븐이 꺼져 있어요"라고 읽히게 할게요.
    + ❤️ lena
    `,
    `
    priya: Question for the room: is an order cancelled before midnight a cancellation or a change of mind?
    sam: For the baker? A change of mind. After midnight it's dough.
    maya: Then let's count it that way. Midnight is the line.
    priya: Midnight of the shop, not of the server. Noted.
    `,
    `
    daniel: I tried the last-slot race with two hundred phones. One hundred and ninety-nine polite refusals, one sandwich.
    + 🥪 maya, lena, sam
    maya: That's the best test report I've read this year.
    `,
    `
    yujin: 연남동 사장님이 그러시는데, 예약 시간보다 "첫 판 나오는 시간"이 더 중요하대요.
    lena: Oh, that's lovely. "First tray at 7:20" instead of a clock.
    maya: Let's write it down for 1.5, together with standing orders.
    `,
    `
    sam: A shop asked whether they can close for a day without phoning us.
    lena: There's a switch for it, in the last place anybody would look. I'll move it.
    sam: Thank you. Her words were shorter.
    `,
  ],
  bakersSay: `
    tom: Good morning. Overnight: four messages, three of them kind.
    tom: Sunny Crust can't find yesterday's orders after 23:00. They show under "tomorrow".
    daniel > tom: That's the day boundary. The shop is in Seoul and the list counts from midnight UTC. My fault, I know where.
    haeun: 재현했어요. 밤 11시 이후 주문 세 건 중 세 건이 다음 날로 넘어갑니다.
    + 👀 daniel, minjae
    daniel: Fix is small: the list must use the shop's own day. Writing a test with a shop in Auckland too, for good measure.
    haeun > daniel: 오클랜드 좋네요. 자정 직전과 직후, 둘 다 넣어 주세요.
    tom: Second one: Old Mill asks if a customer can leave a note, "please slice it".
    maya > tom: Tell them 1.5, and that Lena has drawn it already.
    tom: Third: the owner of Petit Four would like the bell to ring louder than her mixer.
    minjae: 알림 소리를 두 배로 키우는 건 되는데, 믹서를 이길 수 있을지는 모르겠어요.
    + 😂 tom, haeun, sam
    sam: She showed me the mixer. You can't win against the mixer. Flash the screen instead.
    + 💡 minjae
    minjae: 화면 깜빡임으로 가겠습니다. 어두울 때는 너무 세지 않게요.
    tom: And the unkind one was a competitor's newsletter sent to our support address.
    daniel: Day boundary is fixed and in review. Sunny Crust will see last night's orders under last night.
    tom > daniel: I'll call them back after lunch. They bake until one.
    + 🙌 maya
  `,
  bakersSayLater: [
    `
    tom: Sunny Crust confirms: the orders are back where they belong. They sent a photo of a cake with your name on it, Daniel.
    daniel: My first cake from production.
    haeun: 회귀 테스트 통과 기념이네요 🎂
    `,
    `
    tom: New one: receipt printer prints hearts instead of the total.
    minjae: 글꼴에 원화 기호가 없어서 그래요. 프린터 설정에서 코드 페이지를 바꾸면 됩니다.
    tom: She wants to keep the hearts and add the total.
    + 💕 haeun, sam
    `,
    `
    sam: A shop in Busan gets two bells for one order since this morning.
    daniel: Two tablets, same account? Then each rings once.
    sam: ...the second tablet is in the owner's bedroom. Mystery solved.
    + 😴 tom
    `,
    `
    tom: Quiet hour. Either everything works or the phone is off the hook.
    haeun: 둘 다 확인했어요. 전부 잘 돌아가요.
    tom: Thank you. Checking the hook anyway.
    `,
    `
    tom: Old Mill asks what happens to an order when the power goes out.
    daniel: It's written down before we say yes. When the lights are back, it's there, once.
    tom: I'll read them that sentence exactly as it stands.
    `,
  ],
  release: `
    maya: This room is for 1.4 only. Thursday, 10:00. Who needs what until then?
    junho: 데이터베이스 이전 스크립트는 준비됐어요. 스테이징에서 두 번 돌렸고 결과가 같습니다.
    haeun: 회귀 목록 84개 중 79개 통과. 나머지 다섯 개는 전부 결제 취소 쪽이에요.
    daniel > haeun: Send me the five, I'll look at them before anything else.
    haeun: 보냈어요. 같은 원인 같아요. 취소 버튼을 두 번 누르면 두 번째가 오류로 보입니다.
    daniel: Yes: the second press is refused as "already cancelled", which is true but not an error. It should simply answer the same again.
    + 👍 junho, haeun
    lena: Icons are exported. The oven is still my favourite.
    minjae: 앱 심사 제출했습니다. 보통 하루 걸려요.
    maya: And if the review is not through by Thursday?
    minjae > maya: 서버 먼저 올려도 이전 앱이 그대로 동작해요. 새 화면만 나중에 켜집니다.
    + ✅ maya, junho
    daniel: All five are green now. One cause, one fix, five tests that keep it.
    haeun: 확인했습니다. 84개 전부 통과!
    + 🎉 maya, lena, junho, minjae
    junho: 되돌리기 연습도 했어요. 7분 걸렸습니다. 목표는 5분이에요.
    maya > junho: Where do the two minutes go?
    junho: 대부분 제가 명령어를 찾는 시간이에요. 순서를 문서로 적어 두었습니다.
    + 📖 daniel
  `,
  releaseLater: [
    `
    junho: 되돌리기 연습 두 번째: 4분 20초.
    + 👏 maya, daniel, haeun
    maya: You beat the target and your documentation.
    `,
    `
    haeun: 느린 전화기에서 한 번 더 봤는데, 창 선택 화면이 1초 늦게 떠요.
    minjae: 그림을 미리 줄여서 넣을게요. 반나절이면 됩니다.
    lena: Take the small set, they were drawn for exactly that.
    `,
    `
    maya: Go or no go tomorrow at nine, here, one line each.
    daniel: Server: go.
    junho: 인프라: 준비됐습니다.
    haeun: 테스트: 준비됐습니다. 알려진 문제는 두 개, 둘 다 작아요.
    lena: Design: go, with a smile.
    `,
    `
    minjae: 앱 심사 통과했어요!
    + 🎉 maya, lena, junho, haeun, daniel
    maya: Then nothing stands between us and Thursday.
    junho: 그 말 하지 마세요, 불안해져요 😅
    `,
  ],
} as const;
