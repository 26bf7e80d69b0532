// Writes docs/policies/<type>.md from the policy specs; what stands between the prose marks of a page is written by hand and kept.
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { stringify } from 'yaml'
import * as z from 'zod'
import type { PolicySpec } from '../packages/shared/src/policies/policy.ts'
import { policySpecs } from '../packages/shared/src/policies/specs.ts'

const folder = join(import.meta.dirname, '../docs/policies')
const proseStart = '<!-- prose -->'
const proseEnd = '<!-- /prose -->'

interface Setting {
  readonly name: string
  readonly type: string
  readonly fallback: string
  readonly meaning: string
}

interface JsonSchema {
  readonly title?: string
  readonly help?: string
  readonly type?: string | string[]
  readonly enum?: readonly unknown[]
  readonly anyOf?: readonly JsonSchema[]
  readonly items?: JsonSchema
  readonly properties?: Readonly<Record<string, JsonSchema>>
  readonly required?: readonly string[]
  readonly default?: unknown
  readonly minimum?: number
  readonly maximum?: number
  readonly maxLength?: number
}

/** Pages that differ from what the specs say, or that no spec asks for; empty = up to date. */
export function stalePolicyPages(): string[] {
  const pages = policyPages()
  const stale = [...pages]
    .filter(([name, text]) => readPage(name) !== text)
    .map(([name]) => `docs/policies/${name}`)
  const kept = existsSync(folder) ? readdirSync(folder) : []
  const left = kept.filter((name) => name.endsWith('.md') && !pages.has(name))
  return [...stale, ...left.map((name) => `docs/policies/${name}`)]
}

/** Answers what was stale; pages of policies that are no more are removed. */
function writePolicyPages(): string[] {
  const stale = stalePolicyPages()
  const pages = policyPages()
  mkdirSync(folder, { recursive: true })
  for (const [name, text] of pages) writeFileSync(join(folder, name), text)
  for (const path of stale) if (!pages.has(basename(path))) rmSync(join(folder, basename(path)))
  return stale
}

function policyPages(): Map<string, string> {
  const pages = new Map<string, string>(policySpecs.map((spec) => [`${spec.type}.md`, policyPage(spec)]))
  pages.set('README.md', index())
  return pages
}

function index(): string {
  const rows = policySpecs.map(
    ({ type, title, stage, summary }) => `| [${title}](${type}.md) | \`${type}\` | ${stage} | ${summary} |`,
  )
  return `# Policies

A policy is one unit of what a gateway does with a request. It is attached to everything (*global*), a tenant, an API version, a plan or
a route, and runs in the order of the stages: **edge** (may this reach us) → **identify** (who are you) → **admit** (may you,
now) → **shape** (what does it say) → **upstream** (how we call). Inside a stage outer scopes come first, then the order you gave.
A plan is known only when the caller is, so its policies run after *identify*, whatever their stage.

| policy | type | stage | what it does |
|---|---|---|---|
${rows.join('\n')}
`
}

function policyPage(spec: PolicySpec): string {
  const schema = z.toJSONSchema(spec.config, { io: 'input' }) as JsonSchema
  const rows = settingsOf(schema).map(
    ({ name, type, fallback, meaning }) => `| \`${name}\` | ${type} | ${fallback} | ${meaning} |`,
  )
  const example = stringify([{ type: spec.type, config: spec.example }], { lineWidth: 100 })
  return `<!-- Written by scripts/gen-policies.ts from packages/shared/src/policies/${spec.type}.ts; only the prose is kept. -->
# ${spec.title}

\`${spec.type}\` · stage *${spec.stage}* · attached to ${listOf(spec.scopes)}

${spec.summary}

## Settings

| name | type | default | meaning |
|---|---|---|---|
${rows.join('\n')}

## Example

\`\`\`yaml
policies:
${example.trimEnd().replace(/^/gm, '  ')}
\`\`\`

${proseStart}
${proseOf(spec.type)}
${proseEnd}
`
}

function proseOf(type: string): string {
  const page = readPage(`${type}.md`) ?? ''
  const start = page.indexOf(proseStart)
  const end = page.indexOf(proseEnd)
  return start < 0 || end < 0 ? '' : page.slice(start + proseStart.length, end).trim()
}

function readPage(name: string): string | null {
  const path = join(folder, name)
  return existsSync(path) ? readFileSync(path, 'utf8') : null
}

function settingsOf(schema: JsonSchema, prefix = ''): Setting[] {
  return Object.entries(schema.properties ?? {}).flatMap(([key, property]) => {
    const name = `${prefix}${key}`
    if (property.properties) return settingsOf(property, `${name}.`)
    const isRequired = property.default === undefined && schema.required?.includes(key)
    return [
      {
        name,
        type: cell(typeOf(property)),
        fallback: isRequired ? 'required' : `\`${JSON.stringify(property.default ?? null)}\``,
        meaning: cell([property.title, property.help].filter(Boolean).join('. ')),
      },
    ]
  })
}

function typeOf(schema: JsonSchema): string {
  if (schema.enum) return schema.enum.map((value) => `\`${value}\``).join(', ')
  if (schema.anyOf) return schema.anyOf.map(typeOf).join(' or ')
  if (schema.type === 'array') return `list of ${schema.items ? typeOf(schema.items) : 'values'}`
  if (schema.type === 'object') return `\`{ ${Object.keys(schema.properties ?? {}).join(', ')} }\``
  if (schema.type === 'null') return 'empty'
  if (schema.type !== 'integer') return String(schema.type)
  const { minimum, maximum } = schema
  const isBounded = maximum !== undefined && maximum < Number.MAX_SAFE_INTEGER
  return isBounded
    ? `integer, ${minimum ?? 0} to ${maximum}`
    : `integer${minimum === undefined ? '' : `, at least ${minimum}`}`
}

const cell = (text: string) => text.replaceAll('|', '\\|')

function listOf(words: readonly string[]): string {
  const named = words.map((word) => (word === 'version' ? 'API version' : word))
  return named.length === 1 ? (named[0] ?? '') : `${named.slice(0, -1).join(', ')} or ${named.at(-1)}`
}

if (import.meta.main) {
  const written = writePolicyPages()
  console.log(
    written.length === 0 ? 'The policy pages are up to date.' : `Brought up to date: ${written.join(', ')}.`,
  )
}
