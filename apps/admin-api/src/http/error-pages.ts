// Where the `type` of a problem leads: one page per error code, in words, for people who met it.
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { type ErrorCode, errorCodes, errors } from '@gatewright/shared/errors'
import type { FastifyInstance } from 'fastify'

/** Serves `/errors` and `/errors/<code>`; `directory` holds `<code>.md` files with more than the catalogue says. */
export function serveErrorPages(fastify: FastifyInstance, directory: string | undefined): void {
  const page = (title: string, body: string) => htmlPage(title, body)
  fastify.get('/errors', (_, reply) => {
    const items = errorCodes.map(
      (code) => `<li><a href="/errors/${code}"><code>${code}</code></a> ${line(code)}</li>`,
    )
    reply.type('text/html; charset=utf-8').send(page('Errors', `<h1>Errors</h1><ul>${items.join('')}</ul>`))
  })
  fastify.get<{ Params: { code: string } }>('/errors/:code', async ({ params }, reply) => {
    const code = errorCodes.find((known) => known === params.code)
    reply.type('text/html; charset=utf-8').header('cache-control', 'public, max-age=300')
    if (!code)
      return reply
        .code(404)
        .send(page('Unknown error', '<h1>There is no such error</h1><p><a href="/errors">All errors</a></p>'))
    const text = directory ? await readFile(join(directory, `${code}.md`), 'utf8').catch(() => null) : null
    const body = text === null ? `<h1>${escapeHtml(errors[code].title)}</h1>` : renderMarkdown(text)
    return reply.send(
      page(
        code,
        `<p class="code"><code>${code}</code> · ${errors[code].status}</p>${body}<p><a href="/errors">All errors</a></p>`,
      ),
    )
  })
}

const line = (code: ErrorCode) => `${errors[code].status} · ${escapeHtml(errors[code].title)}`

const style = `:root{color-scheme:light dark}body{font:16px/1.6 system-ui,sans-serif;max-width:42rem;margin:4rem auto;padding:0 1.5rem}
h1{font-size:1.6rem;line-height:1.3}h2{font-size:1.1rem;margin-top:2rem}code,pre{font:.9em ui-monospace,monospace}
pre{padding:1rem;overflow:auto;border:1px solid color-mix(in oklab,currentColor 15%,transparent);border-radius:8px}
.code{opacity:.7}ul{padding-left:1.2rem}a{color:inherit}`

function htmlPage(title: string, body: string): string {
  return `<!doctype html><html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<link rel="icon" href="/favicon.svg" type="image/svg+xml">
<title>${escapeHtml(title)} · Gatewright</title><style>${style}</style></head><body><main>${body}</main></body></html>`
}

/** The Markdown our own pages use: headings, paragraphs, lists, fenced code, `code`, **strong**, links. */
export function renderMarkdown(text: string): string {
  const blocks = text.trim().split(/\n{2,}(?![^`]*\n```(?:\n|$))/)
  return blocks.map(renderBlock).join('\n')
}

function renderBlock(block: string): string {
  const fence = /^```\w*\n([\s\S]*?)\n```$/.exec(block)
  if (fence) return `<pre><code>${escapeHtml(fence[1] ?? '')}</code></pre>`
  const heading = /^(#{1,3}) (.*)$/.exec(block)
  if (heading) return `<h${heading[1]?.length}>${inline(heading[2] ?? '')}</h${heading[1]?.length}>`
  const lines = block.split('\n')
  if (lines.every((one) => /^(?:[-*] |\s)/.test(one))) {
    const items = block.split(/\n(?=[-*] )/).map((item) => `<li>${inline(item.replace(/^[-*] /, ''))}</li>`)
    return `<ul>${items.join('')}</ul>`
  }
  return `<p>${inline(block)}</p>`
}

function inline(text: string): string {
  return escapeHtml(text)
    .replace(/`([^`]+)`/g, '<code>$1</code>')
    .replace(/\*\*([^*]+)\*\*/g, '<strong>$1</strong>')
    .replace(
      /\[([^\]]+)\]\(([^)\s]+)\)/g,
      (_, label: string, href: string) => `<a href="${pageOf(href)}">${label}</a>`,
    )
}

/** Pages link to each other as files, which is how they read on a code host. */
const pageOf = (href: string) =>
  /^[a-z]+:/i.test(href) && !/^https?:/i.test(href) ? '#' : href.replace(/\.md$/, '')

function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (char) => `&#${char.charCodeAt(0)};`)
}
