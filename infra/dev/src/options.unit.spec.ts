import { describe, expect, test } from 'vitest';
import { readOptions } from './options.ts';

describe('the launcher’s flags', () => {
  test('default to a demo at sixty times', () => {
    expect(readOptions([])).toEqual({ help: false, fresh: false, demo: true, port: undefined, archive: undefined, speed: 60, search: 'postgres' });
  });

  test('an archive replaces the demo', () => {
    expect(readOptions(['--archive', 'a.tar.gz', '--speed', '300'])).toMatchObject({ demo: false, archive: 'a.tar.gz', speed: 300 });
  });

  test.each([[['--port', '0']], [['--port', '80x']], [['--port', '70000']], [['--speed', '-1']], [['--search', 'lucene']], [['--prot', '1']], [['loose']]])('%j is refused with the usage', (args) => {
    expect(() => readOptions(args)).toThrow(/npm start --/);
  });
});
