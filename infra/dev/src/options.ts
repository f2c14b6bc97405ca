import { parseArgs } from 'node:util';
import { PlainError } from './steps.ts';

const searchKinds = ['postgres', 'opensearch'] as const;

export type StartOptions = {
  readonly help: boolean;
  /** Forget everything kept in .parley first. */
  readonly fresh: boolean;
  readonly demo: boolean;
  /** The page's port; undefined means the one used last, or 4400. */
  readonly port: number | undefined;
  /** An archive to import instead of the demo, one day of which is replayed live. */
  readonly archive: string | undefined;
  /** How many times faster than then the day is replayed. */
  readonly speed: number;
  /** What answers searches. */
  readonly search: (typeof searchKinds)[number];
};

export const usage = `npm start -- [options]

  --fresh          forget everything kept in .parley and start anew
  --no-demo        no demo rooms, people and bots
  --port N         the page's port (4400 unless told; another when it is taken)
  --archive FILE   import an IRC archive (.tar.gz or a folder) instead of the demo and replay its last day live
  --speed N        replay N times faster than it was said (60 unless told)
  --search KIND    what answers searches: postgres (unless told), or opensearch (needs Java 21 and Maven)
  --help           this text
`;

const SPEED_DEFAULT = 60;
const SPEED_MAX = 100_000;

/** Reads the launcher's flags. @throws a plain error with the usage for a flag or value it does not know. */
export function readOptions(args: readonly string[]): StartOptions {
  const values = parse(args);
  const port = wholeNumber(values.port, '--port', 65_535);
  return {
    help: values.help ?? false,
    fresh: values.fresh ?? false,
    demo: values['no-demo'] !== true && values.archive === undefined,
    port,
    archive: values.archive,
    speed: wholeNumber(values.speed, '--speed', SPEED_MAX) ?? SPEED_DEFAULT,
    search: searchKind(values.search),
  };
}

function parse(args: readonly string[]): { fresh?: boolean; 'no-demo'?: boolean; port?: string; archive?: string; speed?: string; search?: string; help?: boolean } {
  try {
    return parseArgs({
      args: [...args],
      options: {
        fresh: { type: 'boolean' },
        'no-demo': { type: 'boolean' },
        port: { type: 'string' },
        archive: { type: 'string' },
        speed: { type: 'string' },
        search: { type: 'string' },
        help: { type: 'boolean', short: 'h' },
      },
    }).values;
  } catch (error) {
    throw new PlainError(`${(error as Error).message}\n\n${usage}`);
  }
}

function searchKind(text = 'postgres'): StartOptions['search'] {
  const kind = searchKinds.find((known) => known === text);
  if (kind === undefined) throw new PlainError(`--search takes ${searchKinds.join(' or ')}, not "${text}".\n\n${usage}`);
  return kind;
}

function wholeNumber(text: string | undefined, flag: string, max: number): number | undefined {
  if (text === undefined) return undefined;
  const number = Number(text);
  if (!/^\d+$/.test(text) || number < 1 || number > max) throw new PlainError(`${flag} takes a whole number from 1 to ${max}, not "${text}".\n\n${usage}`);
  return number;
}
