import type { Crawler, Probe } from "@switchboard/crawl";
import type { CrawlMetrics } from "@switchboard/metrics";

/** The same probe, measured: its duration when there is a report. */
export function measureProbe(probe: Probe, metrics: Pick<CrawlMetrics, "observeProbe">): Probe {
  return async (hostname, validator, signal) => {
    const report = await probe(hostname, validator, signal);
    metrics.observeProbe({ end: report.end.kind, durationMs: report.timing.totalMs });
    return report;
  };
}

/** The same crawler, measured: every outcome as it is recorded, the opt-outs, the probes put off, and the records that came too late. */
export function measureCrawler(
  crawler: Crawler,
  metrics: Pick<CrawlMetrics, "countOutcome" | "countDiscarded" | "countDeferred" | "countOptOut">,
): Crawler {
  return {
    ...crawler,
    async runBatch({ onRecorded, onOptedOut, ...given }) {
      const batch = await crawler.runBatch({
        ...given,
        onRecorded(probe) {
          metrics.countOutcome({ kind: probe.outcome, reason: probe.reason });
          onRecorded?.(probe);
        },
        onOptedOut(way) {
          metrics.countOptOut(way);
          onOptedOut?.(way);
        },
      });
      metrics.countDiscarded(batch.discarded);
      metrics.countDeferred(batch.deferred);
      return batch;
    },
  };
}
