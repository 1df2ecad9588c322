import type { Hop } from "./fetch-report.ts";
import type { Finding } from "./finding.ts";
import { type Remark, toFinding } from "./finding-catalogue.ts";
import { quoteText } from "./identifier-error.ts";

/**
 * Remarks on how a document was delivered (client-server API, "Well-known URIs"): the content type and the CORS header
 * of the answer, and the CORS header of each redirect on the way. Empty where the last hop is no 200. They concern the
 * document as a whole: their path is the empty pointer.
 */
export function findDeliveryFindings(hops: readonly Hop[]): Finding[] {
  const last = hops.at(-1);
  if (last?.status !== 200) return [];
  const remarks = [
    ...remarkOnContentType(last),
    ...remarkOnOrigin(last),
    ...hops.slice(0, -1).flatMap(remarkOnRedirect),
  ];
  return remarks.map(toFinding);
}

function remarkOnContentType({ url, headers }: Hop): Remark[] {
  const contentType = headers?.contentType ?? null;
  if (contentType === null || contentType.trim() === "") {
    return [{ code: "content-type-missing", path: "", message: `${quoteText(url)} has no Content-Type` }];
  }
  const mediaType = contentType.split(";", 1)[0]?.trim().toLowerCase();
  if (mediaType === "application/json") return [];
  const message = `the Content-Type of ${quoteText(url)} is ${quoteText(contentType)}`;
  return [{ code: "content-type-wrong", path: "", message }];
}

function remarkOnOrigin({ url, headers }: Hop): Remark[] {
  const origin = headers?.accessControlAllowOrigin?.trim() ?? "";
  if (origin === "*") return [];
  if (origin === "") {
    return [{ code: "cors-missing", path: "", message: `${quoteText(url)} has no Access-Control-Allow-Origin` }];
  }
  const message = `the Access-Control-Allow-Origin of ${quoteText(url)} is ${quoteText(origin)}`;
  return [{ code: "cors-restricted", path: "", message }];
}

function remarkOnRedirect(hop: Hop): Remark[] {
  return remarkOnOrigin(hop).map(({ message }) => ({ code: "cors-missing-on-redirect", path: "", message }));
}
