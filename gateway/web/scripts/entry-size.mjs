// Adds up what a first visit must load before anything shows: the entry, what it imports statically, and its styles.
import { readFileSync } from 'node:fs';
import { gzipSync } from 'node:zlib';

const entryGzipBytesMax = 195 * 1_000;
const dist = new URL('../dist/', import.meta.url);
const manifest = JSON.parse(readFileSync(new URL('.vite/manifest.json', dist), 'utf8'));

const files = new Set();
const visit = (key) => {
  const chunk = manifest[key];
  if (!chunk || files.has(chunk.file)) return;
  files.add(chunk.file);
  for (const style of chunk.css ?? []) files.add(style);
  for (const next of chunk.imports ?? []) visit(next);
};
for (const [key, chunk] of Object.entries(manifest)) if (chunk.isEntry) visit(key);

let total = 0;
for (const file of files) {
  const bytes = gzipSync(readFileSync(new URL(file, dist)), { level: 9 }).length;
  total += bytes;
  console.log(`${String(bytes).padStart(8)}  ${file}`);
}
console.log(`${String(total).padStart(8)}  gzip bytes before the page shows; at most ${entryGzipBytesMax}`);
if (total === 0 || total > entryGzipBytesMax) process.exit(1);
