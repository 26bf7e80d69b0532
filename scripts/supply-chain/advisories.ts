// What is known against the packages that come with the product: `npm audit`, held against what was accepted for a while.
import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import * as z from 'zod'

const severities = ['info', 'low', 'moderate', 'high', 'critical'] as const

const advisory = z.object({
  name: z.string(),
  title: z.string(),
  url: z.string(),
  severity: z.enum(severities),
  range: z.string(),
})

// `via` names advisories, or other packages that have one.
const audit = z.object({
  vulnerabilities: z.record(z.string(), z.object({ via: z.array(z.union([z.string(), advisory])) })),
})

const accepted = z.array(
  z.strictObject({
    /** As in its address: GHSA-xxxx-xxxx-xxxx. */
    id: z.string().regex(/^GHSA(?:-[0-9a-z]{4}){3}$/),
    package: z.string(),
    reason: z.string().min(20),
    /** The day on which it has to be looked at again. */
    until: z.iso.date(),
  }),
)
export type Accepted = z.output<typeof accepted>[number]

/** `unknown`: nobody said anything, which is not the same as that there is nothing. */
export type Advisories =
  | { readonly kind: 'known'; readonly faults: readonly string[] }
  | { readonly kind: 'unknown'; readonly reason: string }

export function readAccepted(root: string): Accepted[] {
  return accepted.parse(
    JSON.parse(readFileSync(join(root, 'docs/security/accepted-advisories.json'), 'utf8')),
  )
}

export function askForAdvisories(root: string, today: string): Advisories {
  const { stdout, error } = spawnSync('npm', ['audit', '--omit=dev', '--json', '--audit-level=high'], {
    cwd: root,
    encoding: 'utf8',
    maxBuffer: 64 * 1024 * 1024,
    timeout: 120_000,
  })
  if (error) return { kind: 'unknown', reason: error.message }
  return judgeAudit(stdout, readAccepted(root), today)
}

/** `today`: YYYY-MM-DD. */
export function judgeAudit(output: string, taken: readonly Accepted[], today: string): Advisories {
  let parsed: ReturnType<typeof audit.safeParse>
  try {
    parsed = audit.safeParse(JSON.parse(output))
  } catch {
    return { kind: 'unknown', reason: 'npm audit answered no JSON' }
  }
  if (!parsed.success) {
    const { message } = z
      .object({ message: z.string() })
      .catch({ message: 'no advisories' })
      .parse(JSON.parse(output))
    return { kind: 'unknown', reason: `The registry gives no advisories: ${message}` }
  }
  const found = new Map<string, z.output<typeof advisory>>()
  for (const { via } of Object.values(parsed.data.vulnerabilities))
    for (const it of via) if (typeof it === 'object') found.set(it.url, it)
  const serious = [...found.values()].filter(
    ({ severity }) => severities.indexOf(severity) >= severities.indexOf('high'),
  )
  const faults = serious.flatMap(({ name, title, url, severity, range }) => {
    const entry = taken.find((it) => it.package === name && url.endsWith(`/${it.id}`))
    if (entry && entry.until >= today) return []
    const why = entry ? `, accepted until ${entry.until}, which is over` : ''
    return [`${severity}: ${name} ${range}: ${title} (${url})${why}`]
  })
  const idle = taken.filter(
    (it) => !serious.some(({ name, url }) => name === it.package && url.endsWith(`/${it.id}`)),
  )
  return {
    kind: 'known',
    faults: [...faults, ...idle.map(({ id }) => `${id} was accepted and is not there any more: take it out`)],
  }
}
