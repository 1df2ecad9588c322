import {
  DAY_MS,
  DIRECTORY_KEY,
  DISCOVERY_POLICY,
  HOUR_MS,
  linkTo,
  MAX_BODY_BYTES,
  MAX_REDIRECTS,
  type Method,
  MINUTE_MS,
  parseMailAddress,
  parseUserId,
  REVISIT_POLICY,
  SECOND_MS,
} from "@switchboard/domain";
import { type Html, html } from "./html.ts";
import { layOut } from "./page-layout.ts";

/** What an instance's crawler does to other people's servers, as far as its settings say. */
export type CrawlerFacts = {
  readonly userAgent: string;
  /** A mail address, a Matrix ID or a web address; null where whoever runs the instance gave none. */
  readonly operatorContact: string | null;
  /** 0: no bound. */
  readonly perAddressInFlight: number;
  /** 0: no bound. */
  readonly perAddressPerSecond: number;
  readonly probeDeadlineMs: number;
  readonly connectTimeoutMs: number;
};

type CrawlerPage = CrawlerFacts & { readonly publicUrl: string; readonly cooloffMs: number };

/** The page that the User-Agent leads to: who crawls, what is asked for and how often, and how to be left alone. */
export function toCrawlerPage(facts: CrawlerPage): string {
  return layOut(
    "The crawler",
    html`<h1>The crawler, and how to be left alone</h1>
<p>Did our name in a log bring you here? This is <a href="/">Switchboard</a> at <bdi>${facts.publicUrl}</bdi>: a directory of
the contacts that operators of Matrix servers publish for reports of abuse, so that people who need them find them.</p>
${describeOperator(facts.operatorContact)}
${describeOptOut(facts)}
${describeRequests(facts)}
${describeTiming(facts)}
${describeBlocking()}
${describePrivacy()}`,
  );
}

function describeOperator(contact: string | null): Html {
  if (contact === null) {
    return html`<p class="notice">Whoever runs this instance has not said here how to be reached. You can opt out without them.</p>`;
  }
  const href = linkTo(toMethod(contact));
  const shown = html`<bdi>${contact}</bdi>`;
  const link = href === null ? shown : html`<a href="${href}" rel="noopener noreferrer nofollow">${shown}</a>`;
  return html`<p>It is run by people, whom you reach at ${link}.</p>`;
}

function toMethod(contact: string): Method {
  const user = parseUserId(contact);
  if (user.ok) return { kind: "matrix_id", value: user.value.userId };
  const mail = parseMailAddress(contact);
  return mail.ok ? { kind: "email_address", value: mail.value } : { kind: "support_page", value: contact };
}

function describeOptOut({ publicUrl, cooloffMs, operatorContact }: CrawlerPage): Html {
  const probe = `curl -X POST ${publicUrl}/v1/servers/example.org/probe`;
  return html`<section class="card" id="opt-out">
<h2>Be left alone</h2>
<p>No account is needed, and nobody need be asked. Do one of these; it counts for the name that it is said of, with all of its
ports, and is seen when the server is next probed.</p>
<h3>In the support document</h3>
<p>Add this key to what you serve at <code>/.well-known/matrix/support</code>; whatever else is in it is then not kept.</p>
<pre><code>"${DIRECTORY_KEY}": {"listed": false}</code></pre>
<h3>In DNS</h3>
<p>Then your web server is not even connected to any more, also where another server redirects or delegates to it. For a server
called example.org:</p>
<pre><code>_switchboard.example.org. TXT "v=switchboard1; directory=no"</code></pre>
${
  operatorContact === null
    ? []
    : html`<h3>By a message</h3>
<p>Write to the people above. They can also leave a whole domain alone, with every name under it.</p>`
}
<h3>Now, not later</h3>
<p>Ask for a probe of a name that is listed (once in ${describeDuration(cooloffMs)}), with its own name in the place of example.org:</p>
<pre><code>${probe}</code></pre>
<h3>What comes of it</h3>
<p>Everything that was kept of the server is erased, its history included, and it is asked nothing any more. That it opted out is
remembered, so that no list brings it back. To come back, take the key or the record away first, and then write to the people
who run this instance.</p>
</section>`;
}

function describeRequests({ userAgent, probeDeadlineMs, connectTimeoutMs }: CrawlerFacts): Html {
  return html`<section class="card">
<h2>What is asked for</h2>
<ul>
<li>DNS: the addresses of the server's name, the TXT records of <code>_switchboard.</code> before it, and the SRV records by which servers find each other.</li>
<li><code>GET /.well-known/matrix/support</code> at the server's name: <a href="https://spec.matrix.org/latest/client-server-api/#getwell-knownmatrixsupport" rel="noopener noreferrer">its contacts</a>.</li>
<li><code>GET /.well-known/matrix/server</code> there, and <code>GET /_matrix/federation/v1/version</code> at the server that was found: its software.</li>
<li>The public list of rooms of the few servers that were chosen as sources of names, if any, and where it is:
<code>GET /.well-known/matrix/client</code>.</li>
</ul>
<p>Nothing else: no other page, no account, no room, no message. It names itself</p>
<pre><code>${userAgent}</code></pre>
<p>and goes over https to public addresses only, reads ${MAX_BODY_BYTES / 1_024} KiB at most, follows ${MAX_REDIRECTS} redirects at most,
and gives up after ${describeDuration(connectTimeoutMs)} for a connection and ${describeDuration(probeDeadlineMs)} for all of it.</p>
</section>`;
}

function describeTiming({ perAddressInFlight, perAddressPerSecond }: CrawlerFacts): Html {
  const { changedMs, capMs, floorMs, failureBaseMs, deadAfterMs, deadMs } = REVISIT_POLICY;
  const bounds = [
    perAddressInFlight === 0 ? "any number of connections at a time" : `${perAddressInFlight} at a time`,
    perAddressPerSecond === 0 ? "any number a second" : `${perAddressPerSecond} new ones a second`,
  ].join(" and ");
  return html`<section class="card">
<h2>How often</h2>
<ul>
<li>Contacts: ${describeDuration(changedMs)} after something changed, then more and more seldom, down to once in ${describeDuration(capMs)};
never within ${describeDuration(floorMs)}, unless somebody asks for a fresh look. Caching headers and <code>Retry-After</code> are
minded inside these bounds, and <code>ETag</code> and <code>Last-Modified</code> are used.</li>
<li>Software: ${describeDuration(DISCOVERY_POLICY.changedMs)} after the first answer, then more and more seldom, down to once in ${describeDuration(DISCOVERY_POLICY.capMs)}.</li>
<li>A server that does not answer: after ${describeDuration(failureBaseMs)}, then less and less; after ${describeDuration(deadAfterMs)} of
silence once in ${describeDuration(deadMs)}.</li>
<li>Connections to one address, whoever's names are behind it, from each process of the crawler: ${bounds} at most.</li>
</ul>
</section>`;
}

function describeBlocking(): Html {
  return html`<section class="card">
<h2>Or block it</h2>
<p>robots.txt is not read: one file is asked for that was made to be read by programs. To turn the crawler away at your web server, go by
the first word of its name, for example in nginx:</p>
<pre><code>if ($http_user_agent ~ "^Switchboard/") { return 403; }</code></pre>
<p>That is no opt-out: a server that turns us away stays listed as unreachable, with the contacts that it last published, and is asked
again, though less and less often.</p>
</section>`;
}

function describePrivacy(): Html {
  return html`<section class="card">
<h2>What is kept</h2>
<p>What servers publish about themselves, word for word and with its history: contacts, support page, policies, software, and whether they
answered. Nothing about their users. Names are heard of from lists, from other servers and from people who submit them; where
from is kept beside each. What people look up here is not logged.</p>
</section>`;
}

const UNITS = [
  ["day", DAY_MS],
  ["hour", HOUR_MS],
  ["minute", MINUTE_MS],
  ["second", SECOND_MS],
] as const;

/** A length of time in the largest unit that it is a whole number of, else in seconds. */
function describeDuration(ms: number): string {
  const [unit, size] = UNITS.find(([, candidate]) => ms % candidate === 0) ?? ["second", SECOND_MS];
  const count = ms / size;
  return `${count} ${unit}${count === 1 ? "" : "s"}`;
}
