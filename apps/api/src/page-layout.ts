import { type Html, html } from "./html.ts";

/** A whole page for people, around `main`: it runs no script and is not for search engines. */
export function layOut(title: string, main: Html): string {
  return html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="robots" content="noindex">
<title>${title} · Switchboard</title>
<link rel="icon" href="/icon.svg" type="image/svg+xml">
<link rel="stylesheet" href="/style.css">
</head>
<body>
<header class="bar"><a class="brand" href="/">Switchboard</a></header>
<main>
${main}
</main>
</body>
</html>
`.markup;
}
