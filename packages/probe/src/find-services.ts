import { orderSrvRecords, type SrvAnswer } from "@switchboard/domain";
import type { DnsChannels } from "./dns-channels.ts";
import { dnsCodeOf, dnsFailure } from "./dns-failure.ts";

/** Looks up the SRV records of a name, `_service._proto.name`. Rejects with the signal's reason where it is aborted. */
export type ServiceResolver = (name: string, signal: AbortSignal) => Promise<SrvAnswer>;

/** Builds a resolver of services on these channels. `random` gives numbers in [0, 1), to choose by weight. */
export function createServiceResolver(channels: DnsChannels, random: () => number): ServiceResolver {
  return async (name, signal) => {
    try {
      const records = await untilAborted(channels.next().resolveSrv(name), signal);
      if (records.length === 0) return noRecord("ENODATA");
      const known = records.map(({ priority, weight, port, name: target }) => ({ priority, weight, port, target }));
      return { kind: "found", records: orderSrvRecords(known, random) };
    } catch (error) {
      const code = signal.aborted ? null : dnsCodeOf(error);
      if (code === null) throw error;
      if (code === "ENOTFOUND" || code === "ENODATA" || code === "EBADNAME") return noRecord(code);
      const { reason, detail } = dnsFailure(name, code);
      return { kind: "none", reason, detail };
    }
  };
}

function noRecord(code: string): SrvAnswer {
  return { kind: "none", reason: "no-srv-record", detail: `there is no SRV record (DNS ${code})` };
}

/** A query cannot be cancelled alone; one that nobody waits for any longer ends by its own time-out. */
function untilAborted<T>(query: Promise<T>, signal: AbortSignal): Promise<T> {
  const { promise, resolve, reject } = Promise.withResolvers<T>();
  const stop = () => reject(signal.reason);
  if (signal.aborted) stop();
  signal.addEventListener("abort", stop);
  query.then(resolve, reject).finally(() => signal.removeEventListener("abort", stop));
  return promise;
}
