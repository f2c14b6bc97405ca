/** Reads `/v1/events` as text for `untilMs` and returns the data lines, parsed from the SSE framing. */
export async function readEventStream(url: string, token: string, options: { cursor?: string; untilMs: number; until?: (lines: readonly string[]) => boolean }): Promise<string[]> {
  const lines: string[] = [];
  const abort = new AbortController();
  const timer = setTimeout(() => abort.abort(), options.untilMs);
  try {
    const answer = await fetch(`${url}/v1/events`, {
      headers: { authorization: `Bearer ${token}`, accept: 'text/event-stream', ...(options.cursor && { 'last-event-id': options.cursor }) },
      signal: abort.signal,
    });
    if (!answer.ok || !answer.body) throw new Error(`events answered ${answer.status}`);
    let rest = '';
    for await (const chunk of answer.body.pipeThrough(new TextDecoderStream())) {
      const parts = (rest + chunk).split('\n');
      rest = parts.pop() ?? '';
      lines.push(...parts.filter((line) => line.startsWith('data:') || line.startsWith('id:')));
      if (options.until?.(lines)) break;
    }
  } catch (error) {
    if (!abort.signal.aborted) throw error;
  } finally {
    clearTimeout(timer);
    abort.abort();
  }
  return lines;
}
