// What a browser shows when a sign-in for an application cannot go on, and there is nowhere it could safely be sent.

const escapes: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
}
const escaped = (text: string) => text.replace(/[&<>"']/g, (sign) => escapes[sign] ?? '')

interface Problem {
  readonly error: string
  readonly error_description?: string | undefined
}

/** A page without any script: what it quotes was sent by whoever made the link. */
export function errorPage(tenantTitle: string, { error, error_description }: Problem): string {
  const [title, why] = [escaped(tenantTitle), escaped(error_description ?? '')]
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>Sign-in to ${title} cannot go on</title>
<style>
:root { color-scheme: light dark }
body { margin: 0; min-height: 100vh; display: grid; place-items: center; font: 16px/1.5 system-ui, sans-serif }
main { max-width: 32rem; padding: 2rem }
h1 { font-size: 1.25rem; margin: 0 0 .5rem }
code { overflow-wrap: anywhere }
</style></head>
<body><main><h1>This sign-in to ${title} cannot go on</h1>
<p>The application sent a request that cannot be answered. Go back to it and try again; if it happens again, tell the people who make it:</p>
<p><code>${escaped(error)}${why === '' ? '' : `: ${why}`}</code></p></main></body></html>
`
}
