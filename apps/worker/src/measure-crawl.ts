import type { Crawler, Probe } from "@switchboard/crawl";
import type { CrawlMetrics } from "@switchboard/metrics";

/** The same probe, measured: in flight while it runs, its duration when there is a report. */
export function measureProbe(probe: Probe, metrics: Pick<CrawlMetrics, "beginProbe" | "observeProbe">): Probe {
  return async (hostname, validator, signal) => {
    const endProbe = metrics.beginProbe();
    try {
      const report = await probe(hostname, validator, signal);
      metrics.observeProbe({ end: report.end.kind, durationMs: report.timing.totalMs });
      return report;
    } finally {
      endProbe();
    }
  };
}

/** The same crawler, measured: every outcome as it is recorded, and the records that came too late. */
export function measureCrawler(
  crawler: Crawler,
  metrics: Pick<CrawlMetrics, "countOutcome" | "countDiscarded">,
): Crawler {
  return {
    inFlight: () => crawler.inFlight(),
    async runBatch({ signal, onRecorded }) {
      const batch = await crawler.runBatch({
        signal,
        onRecorded(probe) {
          metrics.countOutcome({ kind: probe.outcome, reason: probe.reason });
          onRecorded?.(probe);
        },
      });
      metrics.countDiscarded(batch.discarded);
      return batch;
    },
  };
}
