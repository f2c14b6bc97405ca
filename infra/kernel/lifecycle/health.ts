import { metricsText } from '../telemetry/telemetry.ts';

/** The part of a fastify instance that is used here; any instance fits, whatever its type parameters. */
export type RouteHost = {
  get(path: string, handler: (request: never, reply: HealthReply) => Promise<unknown>): unknown;
};
type HealthReply = { code(status: number): HealthReply; header(name: string, value: string): HealthReply; send(body: unknown): unknown };

/** Why a process is not ready, by the name of the check. */
export type Readiness = { readonly ready: boolean; readonly reasons: Readonly<Record<string, string>> };

export type Health = {
  /** Says that starting is over. Until then the process is neither started nor ready. */
  started(): void;
  /** Says that the process is about to end: not ready from now on, so that nobody sends anything new. */
  stopping(): void;
  /** Adds a check: it returns why the process is not ready, or undefined. One that throws is a reason too. */
  check(name: string, probe: () => string | undefined): void;
  readiness(): Readiness;
  /** Serves /health/live, /health/ready, /health/started (JSON with reasons) and /metrics (Prometheus text). */
  routes(fastify: RouteHost): void;
};

/** The health of one service. Live means the process answers at all: an orchestrator restarts what is not. */
export function createHealth(): Health {
  const checks = new Map<string, () => string | undefined>();
  let phase: 'starting' | 'serving' | 'stopping' = 'starting';

  const readiness = (): Readiness => {
    const reasons: Record<string, string> = {};
    if (phase !== 'serving') reasons['lifecycle'] = phase;
    for (const [name, probe] of checks) {
      const reason = reasonOf(probe);
      if (reason !== undefined) reasons[name] = reason;
    }
    return { ready: Object.keys(reasons).length === 0, reasons };
  };
  const answer = (reply: HealthReply, ok: boolean, body: object): unknown =>
    reply.code(ok ? 200 : 503).header('cache-control', 'no-store').send(body);

  return {
    started() {
      if (phase === 'starting') phase = 'serving';
    },
    stopping() {
      phase = 'stopping';
    },
    check(name, probe) {
      checks.set(name, probe);
    },
    readiness,
    routes(fastify) {
      fastify.get('/health/live', async (_request, reply) => answer(reply, true, { live: true }));
      fastify.get('/health/started', async (_request, reply) => answer(reply, phase !== 'starting', { started: phase !== 'starting' }));
      fastify.get('/health/ready', async (_request, reply) => {
        const state = readiness();
        return answer(reply, state.ready, state);
      });
      fastify.get('/metrics', async (_request, reply) =>
        reply.code(200).header('content-type', 'text/plain; version=0.0.4; charset=utf-8').header('cache-control', 'no-store').send(await metricsText()),
      );
    },
  };
}

function reasonOf(probe: () => string | undefined): string | undefined {
  try {
    return probe();
  } catch (error) {
    return `the check failed: ${error instanceof Error ? error.message : String(error)}`;
  }
}
