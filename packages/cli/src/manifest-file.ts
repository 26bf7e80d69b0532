// A manifest on disk: parsed strictly, with the line and column of everything that is wrong.
import { readFile } from 'node:fs/promises'
import { text as readStream } from 'node:stream/consumers'
import { type Manifest, manifestSchema } from '@gatewright/shared/manifest'
import { isMap, isNode, isScalar, LineCounter, parseDocument } from 'yaml'
import type * as z from 'zod'
import { Failure } from './failure.ts'

/** Reads YAML or JSON from a file, or from stdin for `-`. Throws a `Failure` that lists every mistake. */
export async function readManifest(path: string): Promise<Manifest> {
  return parseManifest(await readText(path), path === '-' ? 'stdin' : path)
}

export async function readText(path: string): Promise<string> {
  if (path === '-') return await readStream(process.stdin)
  try {
    return await readFile(path, 'utf8')
  } catch (thrown) {
    throw new Failure(`cannot read ${path}: ${(thrown as Error).message}`)
  }
}

export function parseManifest(source: string, name: string): Manifest {
  const lines = new LineCounter()
  const document = parseDocument(source, { lineCounter: lines, uniqueKeys: true })
  const place = (offset: number) => {
    const { line, col } = lines.linePos(offset)
    return `${name}:${line}:${col}`
  }
  if (document.errors.length > 0) {
    throw new Failure(
      document.errors.map((error) => `${place(error.pos[0])} ${error.message.split('\n')[0]}`).join('\n'),
    )
  }
  // An alias bomb stops here: `maxAliasCount` bounds what aliases may expand to.
  const parsed = manifestSchema.safeParse(document.toJS({ maxAliasCount: 100 }))
  if (parsed.success) return parsed.data
  throw new Failure(
    parsed.error.issues
      .flatMap(spread)
      .map(
        ({ path, message, isKey }) =>
          `${place((isKey && keyOffset(path)) || offsetOf(path))} /${path.join('/')}: ${message}`,
      )
      .join('\n'),
  )

  // The nearest thing that exists: a missing member is reported at its parent.
  function offsetOf(path: readonly PropertyKey[]): number {
    for (let length = path.length; length >= 0; length--) {
      const node = document.getIn(path.slice(0, length), true)
      if (isNode(node) && node.range) return node.range[0]
    }
    return 0
  }

  function keyOffset(path: readonly PropertyKey[]): number {
    const parent = path.length === 1 ? document.contents : document.getIn(path.slice(0, -1), true)
    if (!isMap(parent)) return 0
    const pair = parent.items.find(({ key }) => isScalar(key) && key.value === path.at(-1))
    return isScalar(pair?.key) ? (pair.key.range?.[0] ?? 0) : 0
  }
}

interface Mistake {
  readonly path: readonly PropertyKey[]
  readonly message: string
  /** The mistake is the key, not its value. */
  readonly isKey: boolean
}

// An unknown key is reported at the key itself, one line for each.
function spread(issue: z.core.$ZodIssue): Mistake[] {
  if (issue.code !== 'unrecognized_keys') return [{ path: issue.path, message: issue.message, isKey: false }]
  return issue.keys.map((key) => ({
    path: [...issue.path, key],
    message: `unknown key "${key}"`,
    isKey: true,
  }))
}
