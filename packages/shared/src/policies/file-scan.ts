// file-scan: what callers upload is looked at before the upstream hears of it: by rules for files, and by a virus scanner.
import * as z from 'zod'
import { essence } from '../media-type.ts'
import { boundaryOf, MultipartFault, readParts } from '../uploads/multipart.ts'
import { contentFault, extensionOf } from '../uploads/sniff.ts'
import { codingRefusal } from './json-body.ts'
import { definePolicy, defineSpec, type PolicyContext, type Refusal, refuse, type Verdict } from './policy.ts'
import type { ScanVerdict } from './virus-scanner-port.ts'

const scannerAddress = z
  .string()
  .max(500)
  .regex(
    /^(?:clamd:\/\/[a-z0-9.-]+:\d{1,5}|clamd:\/\/\[[0-9a-f:.]+\]:\d{1,5}|clamd:\/\/\/[\w./-]+|icap:\/\/(?:[a-z0-9.-]+|\[[0-9a-f:.]+\])(?::\d{1,5})?\/[\w./-]+)$/i,
    'Use clamd://host:3310 or icap://host:1344/service',
  )

export const spec = defineSpec({
  type: 'file-scan',
  stage: 'shape',
  title: 'File uploads',
  summary: 'Has uploads scanned for viruses by ClamAV or an ICAP server, and refuses files that break rules.',
  scopes: ['global', 'tenant', 'version', 'route'],
  needsBody: true,
  config: z.strictObject({
    scanner: scannerAddress.nullable().default(null).meta({
      title: 'Scanner',
      help: 'clamd://host:3310 or icap://host:1344/service; empty = only the rules below',
    }),
    icapMethod: z.enum(['reqmod', 'respmod']).default('reqmod').meta({
      title: 'ICAP method',
      help: 'What the service of an ICAP server is made for',
    }),
    timeoutMs: z
      .int()
      .min(100)
      .max(60_000)
      .default(10_000)
      .meta({ title: 'Scan at most', widget: 'duration' }),
    whenUnavailable: z.enum(['refuse', 'allow']).default('refuse').meta({
      title: 'When it cannot be scanned',
      help: 'refuse: nothing passes unseen. allow: uploads pass while the scanner is away',
    }),
    maxBytes: z.int().min(1).max(104_857_600).default(10_485_760).meta({
      title: 'Largest body',
      widget: 'bytes',
      help: 'It waits in the memory of the gateway until it was looked at',
    }),
    maxFiles: z.int().min(0).max(100).default(20).meta({ title: 'Files of a form at most' }),
    maxFileBytes: z
      .int()
      .min(1)
      .max(104_857_600)
      .default(10_485_760)
      .meta({ title: 'Largest file', widget: 'bytes' }),
    extensions: z
      .array(
        z
          .string()
          .toLowerCase()
          .regex(/^[a-z0-9]{1,16}$/, 'Use an extension without its dot, such as pdf'),
      )
      .max(100)
      .default([])
      .meta({ title: 'Extensions', help: 'Of files in forms; empty = any' }),
    checkContent: z.boolean().default(true).meta({
      title: 'Compare content with names',
      help: 'Refuses a file whose first bytes are of another type than it says',
    }),
  }),
  example: { scanner: 'clamd://clamav.internal:3310', extensions: ['pdf', 'png', 'jpg'] },
})

/** What it is called stands in the event: callers who try what gets through are not told. */
const found = refuse('virus_found')

function report(ctx: PolicyContext, action: 'blocked' | 'unseen', signature: string | null): void {
  ctx.reportSecurity({
    kind: 'virus',
    action,
    score: null,
    rules: [],
    detail: signature?.slice(0, 200) ?? null,
  })
}

const unavailable = refuse('virus_scanner_unavailable', { retryAfterMs: 5_000 })
const tooLarge = refuse('body_too_large', { detail: 'It is larger than what can be scanned.' })
const malformed = (detail: string) => refuse('upload_malformed', { detail })
const notAllowed = (detail: string) => refuse('upload_not_allowed', { detail })

/** One thing to look at: a part of a form, or the whole body. */
interface Item {
  readonly fileName: string | null
  readonly mediaType: string | null
  readonly isFile: boolean
  readonly content: Uint8Array
}

export const policy = definePolicy(spec, (config, deps, at) => {
  const { scanner: address, timeoutMs, icapMethod, maxBytes, maxFileBytes } = config
  const scanner =
    address === null
      ? null
      : deps.scanners.open({ address, method: icapMethod, timeoutMs }, at.scope === 'global')
  const extensions = new Set(config.extensions)

  function itemsOf(ctx: PolicyContext, body: Uint8Array): readonly Item[] | Refusal {
    const contentType = ctx.header('content-type') ?? ''
    try {
      const boundary = boundaryOf(contentType)
      if (boundary === null)
        return [{ fileName: null, mediaType: essence(contentType) || null, isFile: true, content: body }]
      return readParts(body, boundary).map((part) => ({ ...part, isFile: part.fileName !== null }))
    } catch (error) {
      if (error instanceof MultipartFault) return malformed(`The form cannot be read: ${error.message}.`)
      throw error
    }
  }

  function breaksRules(items: readonly Item[]): Refusal | undefined {
    const files = items.filter(
      ({ isFile, content, fileName }) => isFile && (content.length > 0 || fileName !== ''),
    )
    if (
      files.length > Math.max(config.maxFiles, 1) ||
      (config.maxFiles === 0 && files.some(({ fileName }) => fileName !== null))
    )
      return notAllowed(`There are ${files.length} files; at most ${config.maxFiles} are accepted.`)
    for (const { fileName, mediaType, content } of files) {
      const name = fileName === null ? 'The body' : `“${fileName.slice(0, 100)}”`
      if (content.length > maxFileBytes) return notAllowed(`${name} is larger than ${maxFileBytes} bytes.`)
      if (fileName !== null && /\p{Cc}|[/\\]/u.test(fileName))
        return notAllowed(`${name}: the name of a file has no folders and no control characters.`)
      if (fileName !== null && extensions.size > 0 && !extensions.has(extensionOf(fileName) ?? ''))
        return notAllowed(`${name} is not one of ${config.extensions.join(', ')}.`)
      const fault = config.checkContent ? contentFault(content, mediaType, fileName) : null
      if (fault !== null) return notAllowed(`${name}: ${fault}`)
    }
    return undefined
  }

  function verdictOf(ctx: PolicyContext, verdict: ScanVerdict): Verdict {
    if (verdict.kind === 'clean') return undefined
    if (verdict.kind === 'found') {
      report(ctx, 'blocked', verdict.signature)
      return found
    }
    // Whoever lets uploads pass unscanned lets them pass when the scanner is away, not when somebody makes them too large for it.
    if (verdict.kind === 'too-large') return tooLarge
    if (config.whenUnavailable === 'refuse') return unavailable
    report(ctx, 'unseen', null)
    return undefined
  }

  return {
    request(ctx) {
      if (ctx.bodyLength === 0) return undefined
      ctx.limitBody(maxBytes)
      // Neither rules nor scanners see what is in a coding, and the upstream takes it off.
      return codingRefusal(ctx)
    },
    wantsBody: (ctx) => ctx.bodyLength !== 0,
    async requestBody(ctx, body) {
      if (body.length === 0) return undefined
      const items = itemsOf(ctx, body)
      if (!isList(items)) return items
      const broken = breaksRules(items)
      if (broken !== undefined || scanner === null) return broken
      // One after the other: a form of many files must not take all of the scanner.
      for (const { content } of items) {
        if (content.length === 0) continue
        const verdict = verdictOf(ctx, await scanner.scan(content, ctx.requestId))
        if (verdict !== undefined) return verdict
      }
      return undefined
    },
  }
})

const isList = (items: readonly Item[] | Refusal): items is readonly Item[] => Array.isArray(items)
