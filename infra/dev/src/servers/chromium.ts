import { existsSync } from 'node:fs';
import { findOnPath, run } from '../run.ts';
import { PlainError, type Progress } from '../steps.ts';
import { aptInstall } from './apt.ts';

const NAMES = ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable'];
const APPLICATIONS = ['/usr/bin/chromium', '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome', '/Applications/Chromium.app/Contents/MacOS/Chromium'];

/** Flags under which Chromium runs in containers and as root. */
export const CHROMIUM_ARGS: readonly string[] = ['--no-sandbox', '--disable-gpu', '--disable-dev-shm-usage'];

/**
 * Returns the path of a Chromium that can also draw Korean: `PLAYWRIGHT_CHROMIUM_EXECUTABLE_PATH`, PATH, the usual
 * places, else by apt-get where that is allowed (with a font for Korean).
 * @throws a plain error that says what to install.
 */
export async function ensureChromium(progress: Progress = () => {}): Promise<string> {
  const found = findChromium();
  const missing = [...(found === undefined ? ['chromium'] : []), ...((await drawsKorean()) ? [] : ['fonts-noto-cjk'])];
  if (missing.length === 0 && found !== undefined) return found;
  const problem = await aptInstall(missing, progress);
  const now = findChromium();
  if (now !== undefined) return now;
  throw new PlainError(`Chromium could not be had (${problem ?? 'it is not where apt-get should have put it'}). Install Chromium and a font with Korean letters, then run this again.`);
}

function findChromium(): string | undefined {
  const told = process.env['PLAYWRIGHT_CHROMIUM_EXECUTABLE_PATH'];
  if (told !== undefined && existsSync(told)) return told;
  return NAMES.map((name) => findOnPath(name)).find((path) => path !== undefined) ?? APPLICATIONS.find((path) => existsSync(path));
}

async function drawsKorean(): Promise<boolean> {
  if (process.platform !== 'linux') return true;
  if (findOnPath('fc-list') === undefined) return false;
  return (await run('fc-list', [':lang=ko', 'family'])).output.trim() !== '';
}
