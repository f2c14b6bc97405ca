import type { LaneReport, LaneState } from './lane-report.ts';

const behindAfterSeconds = 5;

type Lane = {
  readonly projection: string; readonly generation: number; readonly stream: string; readonly read: boolean; readonly state: LaneState;
  readonly seq: number; readonly lagEvents: number; readonly lagSeconds: number; readonly parked: number; readonly trouble: string | null;
};

/** What `/health/projections` says: every lane of this process, and in one line what is wrong or more than 5 s behind. */
export function projectionsHealth(reports: readonly LaneReport[]): { readonly degraded: string | null; readonly lanes: readonly Lane[] } {
  const lanes = reports.map((report): Lane => ({
    projection: report.projection, generation: report.generation, stream: report.stream, read: report.isRead, state: report.state,
    seq: report.place.seq, lagEvents: report.lagEvents, lagSeconds: Number(report.lagSeconds.toFixed(1)), parked: report.parkedCount, trouble: report.trouble ?? null,
  }));
  const wrong = lanes.flatMap(({ projection, stream, lagSeconds, trouble }) => trouble ?? (lagSeconds > behindAfterSeconds ? `${projection} on ${stream} is ${Math.round(lagSeconds)} s behind` : []));
  return { degraded: wrong.length === 0 ? null : wrong.slice(0, 5).join('; ') + (wrong.length > 5 ? `; and ${wrong.length - 5} more` : ''), lanes };
}
