// Do the functions in policies parse? Asked in threads of their own, since what teams write can break the parser for good.
import { createHash } from 'node:crypto'
import { Worker } from 'node:worker_threads'
import type { FieldError } from '@gatewright/shared/errors'
import { policySpec } from '@gatewright/shared/policies/specs'
import { routeName } from '@gatewright/shared/route-conditions'
import type { PolicyUse, Snapshot } from '@gatewright/shared/snapshot'
import { versionPointer } from './version-pointer.ts'

const fromSource = import.meta.url.endsWith('.ts')
const threadUrl = new URL(
  fromSource ? './function-check-thread.ts' : './function-check-thread.js',
  import.meta.url,
)
const execArgv = ['--disable-warning=ExperimentalWarning', ...(fromSource ? ['--conditions=source'] : [])]
const patienceMs = 5_000

/** sha256 → what is wrong with it; sources stay the same from one change to the next. */
const known = new Map<string, Promise<string | null>>()
const knownMax = 1_000

/** Every function of a snapshot that no gateway could load, each with its place, and its line and column. */
export async function functionProblems(snapshot: Snapshot): Promise<FieldError[]> {
  const problems: FieldError[] = []
  for (const [pointer, use] of policiesOf(snapshot)) {
    const spec = policySpec(use.type)
    const config = spec?.sourceOf && spec.config.safeParse(use.config)
    const source = config?.success ? spec?.sourceOf?.(config.data) : null
    const fault = source ? await functionFault(source) : null
    if (fault !== null)
      problems.push({ pointer: `${pointer}/policies/${use.name}`, code: 'function', detail: fault })
  }
  return problems
}

function* policiesOf(snapshot: Snapshot): Generator<readonly [string, PolicyUse]> {
  const at = (pointer: string, uses: readonly PolicyUse[]) => uses.map((use) => [pointer, use] as const)
  yield* at('global', snapshot.policies)
  for (const tenant of snapshot.tenants) yield* at(`tenants/${tenant.name}`, tenant.policies)
  for (const plan of snapshot.plans) yield* at(`plans/${plan.name}`, plan.policies)
  for (const version of snapshot.versions) {
    const pointer = versionPointer(version)
    yield* at(pointer, version.policies)
    for (const route of version.routes) yield* at(`${pointer}/routes/${routeName(route)}`, route.policies)
  }
}

/** A sentence with line and column; null = it parses. */
export function functionFault(source: string): Promise<string | null> {
  const sha256 = createHash('sha256').update(source).digest('hex')
  let fault = known.get(sha256)
  if (fault === undefined) {
    if (known.size >= knownMax) known.clear()
    fault = ask(source)
    known.set(sha256, fault)
    fault.catch(() => known.delete(sha256))
  }
  return fault
}

function ask(source: string): Promise<string | null> {
  return new Promise((resolve, reject) => {
    const thread = new Worker(threadUrl, {
      workerData: source,
      name: 'admin-function-check',
      // What teams write is read without what this process was told.
      env: {},
      execArgv,
      resourceLimits: { maxOldGenerationSizeMb: 64 },
    })
    const timer = setTimeout(() => {
      resolve('it takes too long to read')
      void thread.terminate()
    }, patienceMs)
    thread.once('message', resolve)
    thread.once('error', reject)
    thread.once('exit', () => {
      clearTimeout(timer)
      reject(new Error('The thread that reads a function ended without an answer'))
    })
  })
}
