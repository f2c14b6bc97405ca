import { clearLine, cursorTo } from 'node:readline';

export type Progress = { update(done: number, what?: string): void; end(): void };

const barWidth = 24;
const ttyEveryMs = 100;
const plainEveryMs = 2_000;

/**
 * Shows how far something is, with rate and remaining time: as a bar on a terminal, else as a line every two seconds.
 * `total` 0: not known.
 */
export function createProgress(label: string, unit: string, total: number, stream: NodeJS.WriteStream = process.stderr, nowMs: () => number = () => performance.now()): Progress {
  const begun = nowMs();
  const { isTTY: isTerminal } = stream;
  let shownAt = 0;
  let last = '';
  const show = (text: string): void => {
    if (isTerminal) {
      clearLine(stream, 0);
      cursorTo(stream, 0);
      stream.write(text);
    } else stream.write(`${text}\n`);
    last = text;
  };
  return {
    update(done, what = '') {
      const now = nowMs();
      if (now - shownAt < (isTerminal ? ttyEveryMs : plainEveryMs)) return;
      shownAt = now;
      show(renderProgress({ label, unit, done, total, elapsedMs: now - begun, what, bar: isTerminal }));
    },
    end() {
      if (!isTerminal || last === '') return;
      clearLine(stream, 0);
      cursorTo(stream, 0);
    },
  };
}

/** One line: `import  [####----] 41,000 of 220,463 lines  18,300/s  0:09 left`. */
export function renderProgress({ label, unit, done, total, elapsedMs, what, bar }: { label: string; unit: string; done: number; total: number; elapsedMs: number; what: string; bar: boolean }): string {
  const rate = elapsedMs > 0 ? (done / elapsedMs) * 1_000 : 0;
  const share = total > 0 ? Math.min(1, done / total) : 0;
  const filled = Math.round(share * barWidth);
  const parts = [
    label,
    ...(bar && total > 0 ? [`[${'#'.repeat(filled)}${'-'.repeat(barWidth - filled)}]`] : []),
    `${done.toLocaleString('en-US')}${total > 0 ? ` of ${total.toLocaleString('en-US')}` : ''} ${unit}`,
    `${Math.round(rate).toLocaleString('en-US')}/s`,
    ...(total > 0 && rate > 0 ? [`${duration(((total - done) / rate) * 1_000)} left`] : []),
    ...(what === '' ? [] : [what]),
  ];
  return parts.join('  ');
}

/** `0:09`, `12:34`, `1:02:03`. */
export function duration(ms: number): string {
  const seconds = Math.max(0, Math.round(ms / 1_000));
  const [h, m, s] = [Math.floor(seconds / 3_600), Math.floor((seconds % 3_600) / 60), seconds % 60];
  return h > 0 ? `${h}:${String(m).padStart(2, '0')}:${String(s).padStart(2, '0')}` : `${m}:${String(s).padStart(2, '0')}`;
}
