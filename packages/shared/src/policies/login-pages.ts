// The few pages that a gateway shows people who sign in: why it did not work, and whether they want to leave. They load and run nothing.
import { errors } from '../errors.ts'
import type { PolicyContext, Refusal } from './policy.ts'

/** Header fields of each page; name and value in turn. */
export const pageHeaders: readonly string[] = Object.freeze([
  'Content-Type',
  'text/html; charset=utf-8',
  'Content-Security-Policy',
  "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; frame-ancestors 'none'",
  'X-Content-Type-Options',
  'nosniff',
  'Referrer-Policy',
  'same-origin',
])

export interface PageParts {
  readonly title: string
  readonly text: string
  /** Reason code and request id, for whoever is asked for help. */
  readonly reason?: string
  readonly link?: { readonly href: string; readonly text: string }
  /** A button that sends a POST there. */
  readonly button?: { readonly action: string; readonly text: string }
  /** The browser goes there by itself. */
  readonly next?: string
}

// Of no brand: it is the page of somebody's application, whose colours the gateway does not know.
const style = `:root{color-scheme:light dark;--page:#f5f6f7;--card:#fff;--line:#dfe3e6;--text:#14191d;--muted:#5a646c;--mark:#14191d;--on-mark:#fff}
@media(prefers-color-scheme:dark){:root{--page:#0e1113;--card:#171b1e;--line:#2c3338;--text:#eceff1;--muted:#99a4ab;--mark:#eceff1;--on-mark:#14191d}}
*{box-sizing:border-box}body{margin:0;min-height:100vh;min-height:100dvh;display:grid;place-items:center;padding:1.5rem;background:var(--page);color:var(--text);font:1rem/1.5 system-ui,sans-serif}
main{width:100%;max-width:26rem;padding:2rem;background:var(--card);border:1px solid var(--line);border-radius:.75rem}
h1{font-size:1.25rem;line-height:1.3;letter-spacing:-.01em;margin:0}p{margin:.5rem 0 0;color:var(--muted)}
a,button{display:block;width:100%;margin-top:1.5rem;padding:.625rem 1rem;border:0;border-radius:.5rem;background:var(--mark);color:var(--on-mark);font:inherit;font-weight:500;text-align:center;text-decoration:none;cursor:pointer}
a:hover,button:hover{opacity:.88}a:focus-visible,button:focus-visible{outline:2px solid var(--mark);outline-offset:2px}
footer{margin-top:1.5rem;padding-top:1rem;border-top:1px solid var(--line);font-size:.8125rem;color:var(--muted);overflow-wrap:anywhere}`

const entities: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
}
const escaped = (text: string) => text.replace(/[&<>"']/g, (char) => entities[char] ?? '')

export function pageOf({ title, text, reason, link, button, next }: PageParts): string {
  return [
    '<!doctype html><html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">',
    '<meta name="robots" content="noindex">',
    next === undefined ? '' : `<meta http-equiv="refresh" content="0;url=${escaped(next)}">`,
    `<title>${escaped(title)}</title><style>${style}</style></head><body><main>`,
    `<h1>${escaped(title)}</h1>${text === '' ? '' : `<p>${escaped(text)}</p>`}`,
    button === undefined
      ? ''
      : `<form method="post" action="${escaped(button.action)}"><button>${escaped(button.text)}</button></form>`,
    link === undefined ? '' : `<a href="${escaped(link.href)}">${escaped(link.text)}</a>`,
    reason === undefined ? '' : `<footer>${escaped(reason)}</footer>`,
    '</main></body></html>',
  ].join('')
}

/** Whether a browser opens a page, so that it can be sent elsewhere and somebody sees what comes of it. */
export function isNavigation(ctx: PolicyContext): boolean {
  if (ctx.method !== 'GET' && ctx.method !== 'HEAD') return false
  // Fetch Metadata Request Headers: browsers say so themselves, and no script can.
  const mode = ctx.header('sec-fetch-mode')
  if (mode !== undefined && mode !== 'navigate') return false
  if (ctx.header('x-requested-with') !== undefined) return false
  // A page that is only loaded ahead is asked for again when somebody wants it.
  if ((ctx.header('sec-purpose') ?? ctx.header('purpose'))?.includes('prefetch')) return false
  return takesPages(ctx)
}

export function takesPages(ctx: PolicyContext): boolean {
  return /(?:^|,)\s*(?:text\/html|application\/xhtml\+xml)\s*(?:[;,]|$)/i.test(ctx.header('accept') ?? '')
}

/** The refusal as somebody in front of a browser gets to see it; programs get the problem document. */
export function shownTo(ctx: PolicyContext, refusal: Refusal, link?: PageParts['link']): Refusal {
  if (!takesPages(ctx)) return refusal
  const page = pageOf({
    title: errors[refusal.code].title,
    text: refusal.detail ?? '',
    reason: `${refusal.code} · ${ctx.requestId}`,
    ...(link && { link }),
  })
  return { ...refusal, page }
}
