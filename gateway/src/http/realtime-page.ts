type Schema = { readonly title?: string; readonly [key: string]: unknown };
type Message = { readonly name?: string; readonly title?: string; readonly summary?: string; readonly payload?: Schema };
export type AsyncApiDocument = {
  readonly info?: { readonly title?: string; readonly version?: string; readonly description?: string };
  readonly operations?: Readonly<Record<string, { readonly action: string; readonly summary?: string; readonly messages?: readonly { readonly $ref: string }[] }>>;
  readonly components?: { readonly messages?: Readonly<Record<string, Message>>; readonly schemas?: Readonly<Record<string, Schema>> };
};

const escape = (text: string): string => text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
const lastPart = (ref: string): string => ref.split('/').at(-1) ?? '';

/** A plain page about the frames of sockets and event streams, made from the AsyncAPI document. */
export function realtimePage(document: AsyncApiDocument): string {
  const { info = {}, operations = {}, components = {} } = document;
  const sections = Object.entries(operations).map(([name, { action, summary = '', messages = [] }]) => {
    const frames = messages.map(({ $ref }) => frame(lastPart($ref), components)).join('\n');
    return `<section><h2 id="${escape(name)}">${action === 'receive' ? 'You send' : 'You get'}</h2><p>${escape(summary)}</p>${frames}</section>`;
  });
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1"><title>${escape(info.title ?? 'Realtime')}</title>
<style>body{font:16px/1.5 system-ui,sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem;color:#1b1f24;background:#fff}pre{background:#f4f6f8;padding:1rem;overflow:auto;border-radius:6px;font-size:13px}h3{margin-bottom:.2rem}code{background:#f4f6f8;padding:0 .3em;border-radius:4px}@media(prefers-color-scheme:dark){body{color:#e6e9ec;background:#14171a}pre,code{background:#1f2429}}</style></head>
<body><h1>${escape(info.title ?? '')} <small>${escape(info.version ?? '')}</small></h1>${paragraphs(info.description ?? '')}
<p>The machine-readable form is <a href="/asyncapi.json">/asyncapi.json</a>; REST is described at <a href="/docs">/docs</a>.</p>
${sections.join('\n')}</body></html>
`;
}

function frame(name: string, { messages = {}, schemas = {} }: NonNullable<AsyncApiDocument['components']>): string {
  const { summary = '', payload = {} } = messages[name] ?? {};
  const schema = typeof payload['$ref'] === 'string' ? (schemas[lastPart(payload['$ref'])] ?? {}) : payload;
  return `<article><h3 id="${escape(name)}"><code>${escape(name)}</code></h3><p>${escape(summary)}</p><details><summary>Schema</summary><pre>${escape(JSON.stringify(schema, null, 2))}</pre></details></article>`;
}

const paragraphs = (text: string): string => text.split('\n\n').map((part) => `<p>${escape(part)}</p>`).join('');
