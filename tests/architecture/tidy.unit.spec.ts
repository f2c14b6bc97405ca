import { describe, expect, test } from 'vitest';
import { parseSync } from 'oxc-parser';
import { projectFiles, sourceFiles, textOf } from './sources.ts';

const FILE_LINES_MAX = 400;
const FUNCTION_LINES_MAX = 70;
const TEXT_BYTES_MAX = 2_000_000;

/** Lines of the files that match a pattern, as `file:line text`. */
function linesWith(files: readonly string[], pattern: RegExp): string[] {
  return files.flatMap((file) =>
    textOf(file)
      .split('\n')
      .flatMap((line, index) => (pattern.test(line) ? [`${file}:${index + 1} ${line.trim().slice(0, 120)}`] : [])),
  );
}

const sources = sourceFiles();
const isSpec = (file: string): boolean => /\.(spec|contract|bench)\.tsx?$/.test(file);
// This file has to name what it bans.
const others = (files: readonly string[]): string[] => files.filter((file) => !file.startsWith('tests/architecture/'));

describe('no leftovers', () => {
  test('notes to self', () => {
    expect(linesWith(others(sources), /\b(TODO|FIXME|XXX|HACK)\b/)).toEqual([]);
  });

  test('tests that run alone or not at all', () => {
    expect(linesWith(others(sources), /\b(test|it|describe|suite)\.(only|skip|todo|fails|skipIf|runIf)\b/)).toEqual([]);
  });

  test('races in loops that run for as long as the process: each leaves what it came to at the promise that did not settle', () => {
    expect(linesWith(sources.filter((file) => file.startsWith('projectors/') && !isSpec(file)), /Promise\.race\(/)).toEqual([]);
  });

  test('debugging', () => {
    const services = sources.filter((file) => /^(command-service|query-service|projectors|gateway\/src|infra\/kernel)\//.test(file) && !isSpec(file));
    expect(linesWith(services, /\bconsole\.|\bdebugger\b/)).toEqual([]);
  });
});

describe('shape of files', () => {
  test('none is longer than 400 lines', () => {
    const long = sources.filter((file) => textOf(file).split('\n').length > FILE_LINES_MAX + 1);
    expect(long).toEqual([]);
  });

  test('no function is longer than 70 lines', () => {
    const long = sources.filter((file) => !isSpec(file)).flatMap((file) => functionsOf(file).filter(({ lines }) => lines > FUNCTION_LINES_MAX).map(({ name, line, lines }) => `${file}:${line} ${name} has ${lines} lines`));
    expect(long).toEqual([]);
  });

  test('names are kebab-case and no file gathers others', () => {
    const wrong = sources.filter((file) => {
      const name = file.split('/').at(-1) ?? '';
      return !/^[a-z0-9]+(-[a-z0-9]+)*(\.[a-z0-9-]+)*\.tsx?$/.test(name) || /^index\.tsx?$/.test(name);
    });
    expect(wrong).toEqual([]);
  });

  test('nothing is exported by default, settings of tools excepted', () => {
    expect(linesWith(sources.filter((file) => !file.endsWith('.config.ts')), /^export default\b/)).toEqual([]);
  });

  test('decorators stay in Nest’s services', () => {
    expect(linesWith(sources.filter((file) => !/^(command-service|query-service)\//.test(file)), /^\s*@[A-Z][A-Za-z]*\(/)).toEqual([]);
  });
});

describe('purity', () => {
  const pure = sources.filter((file) => file.endsWith('.decider.ts') || (file.startsWith('infra/kernel/decider/') && !isSpec(file)));

  test('deciders know no clock, no chance and nothing to wait for', () => {
    expect(pure.length).toBeGreaterThan(0);
    expect(linesWith(pure, /\bnew Date\(\s*\)|\bDate\.now\b|\bMath\.random\b|\bawait\b|\basync\b|\bprocess\.|\bperformance\.|\brandomUUID\b|\bsetTimeout\b/)).toEqual([]);
  });

  test('contracts run in a browser', () => {
    const browser = sources.filter((file) => file.startsWith('contracts/') && !isSpec(file) && !file.startsWith('contracts/codegen/'));
    expect(linesWith(browser, /from 'node:|\bBuffer\b|\bprocess\./)).toEqual([]);
  });
});

describe('house words', () => {
  const texts = projectFiles().filter((file) => !/\.(png|jpg|jpeg|gif|ico|woff2?|wasm|zip|gz|pdf)$/.test(file) && textOf(file).length < TEXT_BYTES_MAX);

  test('no path of one machine, no registry host', () => {
    const banned = /(^|[\s"'`(=])\/(work|root|home\/[a-z]+|Users\/[A-Za-z]+)\/|registry\.npmjs\.org|registry\.yarnpkg\.com|pypi\.org\/simple|npm\.pkg\.github\.com/;
    expect(linesWith(others(texts), banned)).toEqual([]);
  });

  test('nothing refers to notes that are not part of the project', () => {
    expect(linesWith(others(texts).filter((file) => file !== 'package-lock.json'), /\b(architecture|redteam|nats|servers|deps|ui|features|requirements|reliability-performance)\.md\b(?<!docs\/.*)|\[[BS]\d{1,2}\]/)).toEqual([]);
  });

  test('text describes the present', () => {
    expect(linesWith(others(sources), /\/\/.*\b(previously|formerly|used to be|no longer used|legacy)\b/i)).toEqual([]);
  });
});

type FoundFunction = { readonly name: string; readonly line: number; readonly lines: number };
type Node = { readonly type?: string; readonly start?: number; readonly end?: number; readonly id?: { name?: string } | null; readonly key?: { name?: string }; readonly [key: string]: unknown };

/** Functions and methods of a file with how many lines each spans; a test's callback is a list, not a function. */
function functionsOf(file: string): FoundFunction[] {
  const text = textOf(file);
  const found: FoundFunction[] = [];
  const starts = lineStarts(text);
  const visit = (node: Node, name: string): void => {
    if (/^(FunctionDeclaration|FunctionExpression|ArrowFunctionExpression)$/.test(node.type ?? '') && node.start !== undefined && node.end !== undefined) {
      const first = lineAt(starts, node.start);
      found.push({ name: node.id?.name ?? name, line: first, lines: lineAt(starts, node.end) - first + 1 });
    }
    const inner = node.id?.name ?? node.key?.name ?? name;
    for (const value of Object.values(node)) {
      for (const child of Array.isArray(value) ? value : [value]) {
        if (typeof child === 'object' && child !== null && 'type' in child) visit(child as Node, inner);
      }
    }
  };
  visit(parseSync(file, text).program as unknown as Node, 'a function');
  return found;
}

function lineStarts(text: string): number[] {
  const starts = [0];
  for (let at = text.indexOf('\n'); at !== -1; at = text.indexOf('\n', at + 1)) starts.push(at + 1);
  return starts;
}

function lineAt(starts: readonly number[], offset: number): number {
  let low = 0;
  let high = starts.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((starts[middle] ?? 0) <= offset) low = middle + 1;
    else high = middle;
  }
  return low;
}
