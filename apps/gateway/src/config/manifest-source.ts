// Where a standalone gateway's configuration comes from: one file, read again whenever it changes.
import { createHash } from 'node:crypto'
import { readFile, stat } from 'node:fs/promises'
import { canonicalJson } from '@gatewright/shared/canonical'
import { type Manifest, manifestSchema } from '@gatewright/shared/manifest'
import { manifestFaults } from '@gatewright/shared/manifest-faults'
import { manifestToCredentials, manifestToSnapshot } from '@gatewright/shared/standalone'
import type { Logger } from 'pino'
import { type Document, LineCounter, parseDocument } from 'yaml'
import { packSnapshot } from './parts.ts'
import type { Rollout } from './rollout.ts'
import type { ConfigSource } from './source.ts'

const lookEveryMs = 500

/** Why a manifest is not taken: file, line and what is wrong there. */
export class ManifestRefused extends Error {}

export interface ManifestSourceDeps {
  readonly path: string
  readonly environmentName: string
  readonly rollout: Rollout
  readonly log: Logger
}

export function createManifestSource({
  path,
  environmentName,
  rollout,
  log,
}: ManifestSourceDeps): ConfigSource {
  let seen = ''
  let revision = 0
  let timer: NodeJS.Timeout | undefined
  let isLooking = false

  /** Editors replace files, mounts change under them: comparing what a file is works where watching does not. */
  async function look(): Promise<void> {
    if (isLooking) return
    isLooking = true
    try {
      const { mtimeMs, size, ino } = await stat(path)
      const now = `${mtimeMs} ${size} ${ino}`
      if (now === seen) return
      seen = now
      await load()
    } catch (error) {
      const reason = (error as Error).message
      if (seen !== reason)
        log.error({ path, reason }, 'The manifest is refused; the one before keeps serving')
      if (!(error instanceof ManifestRefused)) seen = reason
      if (rollout.live === null) throw error
    } finally {
      isLooking = false
    }
  }

  async function load(): Promise<void> {
    const manifest = parseManifest(await readFile(path, 'utf8'), path)
    const snapshot = manifestToSnapshot(manifest, environmentName)
    const credentials = [
      ...manifestToCredentials(manifest, environmentName, (text) =>
        createHash('sha256').update(text).digest('hex'),
      ),
    ]
    const hash = createHash('sha256').update(canonicalJson(snapshot)).digest('hex')
    const identity = { revision: revision + 1, hash }
    const isLive = await rollout.apply(
      identity,
      () => packSnapshot(snapshot, identity.revision, hash),
      credentials,
    )
    if (isLive) revision = identity.revision
    else throw new ManifestRefused(`${path}: ${rollout.refusal?.reason ?? 'refused'}`)
  }

  return {
    async start() {
      await look()
      timer = setInterval(() => void look().catch(() => undefined), lookEveryMs)
    },
    stop() {
      clearInterval(timer)
    },
  }
}

/** Throws `ManifestRefused` with the place of everything that is wrong. */
export function parseManifest(text: string, path: string): Manifest {
  const lines = new LineCounter()
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false })
  const [syntax] = document.errors
  if (syntax) {
    const { line, col } = lines.linePos(syntax.pos[0])
    throw new ManifestRefused(`${path}:${line}:${col}: ${syntax.message}`)
  }
  const parsed = manifestSchema.safeParse(document.toJS({ maxAliasCount: 100 }))
  if (parsed.success) {
    const faults = manifestFaults(parsed.data)
    if (faults.length === 0) return parsed.data
    throw new ManifestRefused(
      faults.map(({ pointer, detail }) => `${path}: ${pointer}: ${detail}`).join('\n'),
    )
  }
  const faults = parsed.error.issues.map((issue) => {
    const offset = offsetOf(document, issue.path)
    const { line, col } = lines.linePos(offset)
    return `${path}:${line}:${col}: ${issue.path.join('.') || 'manifest'}: ${issue.message}`
  })
  throw new ManifestRefused(faults.join('\n'))
}

/** Where the deepest part of a path stands that the file has: what is missing is missing from there. */
function offsetOf(document: Document, path: readonly PropertyKey[]): number {
  for (let length = path.length; length >= 0; length--) {
    const node = length === 0 ? document.contents : document.getIn(path.slice(0, length), true)
    if (node && typeof node === 'object' && 'range' in node && Array.isArray(node.range))
      return Number(node.range[0])
  }
  return 0
}
