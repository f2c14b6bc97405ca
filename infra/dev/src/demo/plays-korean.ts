/** Conversations of the demo in Korean. Written for it; nobody real is in them. */
export const korean = {
  development: `
    junho: 어젯밤 배포는 조용했습니다. 오류율 0.02%, 평소와 같아요.
    + 👍 seoyeon, haeun, minjae
    seoyeon: 다행이네요. 오늘은 목록 화면 가상 스크롤 들어갑니다. 메시지 만 개에서도 안 버벅이게요.
    jiwoo: 가상 스크롤이 정확히 뭐예요? 이름만 들어 봤어요.
    seoyeon > jiwoo: 화면에 보이는 줄만 실제로 그리는 거예요. 나머지는 높이만 기억해 두고요.
    jiwoo: 그럼 한글 조합 중에 목록이 움직이면 입력이 끊기지 않나요?
    + 👏 junho, minjae
    seoyeon: 좋은 질문이에요! 입력창은 목록 밖에 있어서 괜찮은데, 조합 중 엔터는 꼭 막아야 해요. 안 그러면 마지막 글자가 두 번 들어가요.
    minjae: 그거 예전에 저도 겪었어요. "안녕하세요요"로 전송됐죠.
    + 😂 seoyeon, jiwoo, haeun
    haeun: 테스트에 넣었습니다. 조합 중 엔터, 조합 후 엔터, 붙여넣기까지 세 가지예요.
    junho: 저는 오늘 NATS 디스크 동기화 시간을 재 보려고요. 쓰기마다 동기화하는데 묶어서 쓰니까 생각보다 빨라요.
    daniel > junho: Please write the disk's own sync time next to the numbers, otherwise nobody can compare.
    junho: 네, 표에 같이 적을게요. 이 노트북은 동기화 한 번에 0.3ms 정도예요.
    jiwoo: 묶어서 쓰면 하나가 실패할 때 전부 실패하는 건가요?
    junho > jiwoo: 네, 한 묶음은 같이 저장되거나 같이 안 저장돼요. 그래서 결과를 모르면 먼저 읽어서 확인하고 다시 결정합니다.
    + 💡 jiwoo
    minjae: 안드로이드에서 소켓이 배터리 절약 때문에 끊기는데, 다시 붙을 때 빠진 메시지가 없는지 봐 주실 분?
    haeun: 제가 볼게요. 지하철 모드로 30분 돌려 보겠습니다.
    haeun > minjae: 결과: 끊김 14번, 빠진 메시지 0개, 중복 0개예요.
    + 🎉 minjae, junho, seoyeon
    seoyeon: 지우 님 첫 코드 리뷰 올라왔어요. 세 줄인데 테스트가 열 줄이라 마음에 들어요.
    + 🌱 haeun, junho
    jiwoo: 감사합니다! 다음엔 네 줄 해 볼게요.
  `,
  developmentLater: [
    `
    junho: 동기화 측정 끝났어요. 방 64개에서 초당 만 건 넘게 나옵니다.
    daniel: With the sync on? That's better than I'd hoped.
    junho: 네, 매번 동기화한 숫자예요. 표는 위키에 올렸습니다.
    + 🚀 daniel, minjae
    `,
    `
    jiwoo: 질문이요. 왜 시간을 서버에서 정하나요? 클라이언트 시간이 더 정확할 때도 있지 않나요?
    haeun > jiwoo: 휴대폰 시계는 믿을 수 없어요. 어제 2031년으로 설정된 기기도 봤어요.
    jiwoo: 아... 미래에서 온 메시지가 될 뻔했네요.
    + 😂 seoyeon, minjae
    `,
    `
    seoyeon: 목록 스크롤 고쳤습니다. 위로 올려서 옛날 글을 불러와도 화면이 튀지 않아요.
    minjae: 오, 확인했어요. 손가락 떼지 않아도 자연스럽네요.
    haeun: 만 개짜리 방에서 한 번 더 볼게요.
    haeun: 통과입니다 ✅
    + 🙌 seoyeon
    `,
    `
    minjae: 알림 문구에 이모지가 깨져 보이는 기기가 있어요.
    seoyeon: 글자 수를 코드 단위로 자르고 있네요. 글자 단위로 바꾸면 돼요.
    minjae: 가족 이모지 하나가 글자 일곱 개로 잘렸어요 👨‍👩‍👧
    `,
    `
    junho: 점심 먹고 서버 한 대를 일부러 꺼 보겠습니다. 놀라지 마세요.
    haeun: 사용자들이 알아채면 어떻게 하죠?
    junho: 알아채면 그게 결과죠. 5초 안에 돌아와야 합니다.
    haeun: 2.1초 걸렸어요. 아무도 몰랐습니다.
    + 👏 junho, daniel, seoyeon
    `,
  ],
  lunch: `
    yujin: 오늘 점심 어디 갈까요? 비 와서 가까운 데면 좋겠어요.
    haeun: 골목 칼국수 어때요? 걸어서 3분이에요.
    + 🍜 seoyeon, junho
    minjae: 거기 수요일 휴무 아니에요?
    haeun > minjae: 오늘 화요일입니다 ㅎㅎ
    minjae: 어제부터 수요일인 줄 알고 살았네요...
    + 😂 yujin, haeun, jiwoo, seoyeon
    junho: 그럼 12시 10분 출발? 12시 정각은 줄이 길어요.
    + 👍 yujin, haeun, seoyeon
    jiwoo: 저도 가도 될까요?
    yujin > jiwoo: 당연하죠! 신입은 첫 주 공짜예요.
    + 🎉 jiwoo
    seoyeon: 저는 만두 추가할게요. 반 나눠 드실 분?
    jiwoo: 저요!
    junho: 우산 두 개 있어요. 필요하신 분 말씀하세요.
    yujin: 칼국수 먹고 나서 새로 생긴 빵집도 들러요. 소금빵이 두 시에 나온대요.
    seoyeon: 그건 업무입니다. 시장 조사니까요.
    + 💯 yujin, minjae
    haeun: 회의 1시 반인 거 잊지 마시고요.
    minjae: 소금빵 두 시... 회의 한 시 반... 누군가는 희생해야 해요.
    yujin > minjae: 제가 회의 빠지고 사 올게요. 여섯 개면 되죠?
    + 🙏 minjae, jiwoo, seoyeon, haeun
  `,
  lunchLater: [
    `
    yujin: 소금빵 사 왔어요. 따뜻할 때 드세요, 탕비실이에요.
    + 🏃 minjae, jiwoo
    jiwoo: 벌써 두 개 남았어요!
    haeun: 하나만 남겨 주세요 🥺
    `,
    `
    seoyeon: 내일은 뭐 먹죠?
    junho: 내일 점심 걱정을 오늘 오후에 하는 사람, 접니다.
    haeun: 비빔밥 한 표요.
    minjae: 비빔밥 두 표.
    + 🍚 yujin
    `,
    `
    jiwoo: 혹시 회사 근처에 조용한 카페 있나요?
    yujin > jiwoo: 뒷골목 2층이요. 간판이 없어서 다들 몰라요.
    jiwoo: 간판이 없는데 어떻게 찾으셨어요?
    yujin: 커피 냄새 따라서요.
    + ☕ seoyeon
    `,
    `
    minjae: 오늘은 진짜 수요일 맞죠?
    haeun: 축하합니다, 맞아요.
    + 🎊 junho, yujin
    `,
    `
    junho: 김밥 시킬 건데 같이 하실 분?
    seoyeon: 참치 하나요!
    jiwoo: 저는 야채 김밥이요.
    junho: 세 줄 주문했습니다. 12시에 와요.
    `,
  ],
} as const;
