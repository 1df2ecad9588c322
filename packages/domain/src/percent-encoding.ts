const ENCODED_RUN = /(?:%[0-9a-f]{2})+/gi;

/**
 * Decodes percent-encoding (RFC 3986 §2.1) and never fails: a run that is no UTF-8, or a bare percent sign, stays as it
 * is. Clients are known to produce links that are not fully encoded (appendices, "matrix.to navigation").
 */
export function decodePercent(text: string): string {
  return text.replace(ENCODED_RUN, (run) => {
    try {
      return decodeURIComponent(run);
    } catch {
      return run;
    }
  });
}
