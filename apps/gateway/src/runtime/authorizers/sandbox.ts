// Runs one function that a team wrote, in an engine of its own inside WebAssembly: no files, no network, no clock to wait on, little memory.
import {
  newQuickJSWASMModuleFromVariant,
  type QuickJSContext,
  type QuickJSHandle,
  type QuickJSRuntime,
} from 'quickjs-emscripten-core'

/** `value`: what the function returned, as JSON. `late`: it ran for too long. `fault`: a sentence for whoever wrote it. */
export type Ran =
  | { readonly kind: 'value'; readonly json: string }
  | { readonly kind: 'late' }
  | { readonly kind: 'fault'; readonly reason: string }

export interface Sandbox {
  /** Calls the default export with what the JSON says. Each call begins with nothing of the one before. */
  run(factsJson: string): Ran
  /** What keeps the module from being called at all; null = nothing. */
  fault(): string | null
  dispose(): void
}

/** Of the processor, for one call. The engine looks at it between instructions; what does not end even so ends with its thread. */
const runMs = 50
/** Nobody waits for it, and it is the first time. */
const loadMs = 500
const memoryBytesMax = 16 * 1024 * 1024
const stackBytesMax = 256 * 1024
const answerLengthMax = 16 * 1024
const reasonLengthMax = 300

/** `code`: JavaScript, a module. An engine of its own for each: one that is broken out of holds nobody else's. */
export async function createSandbox(code: string): Promise<Sandbox> {
  const engine = await newQuickJSWASMModuleFromVariant(import('@jitl/quickjs-wasmfile-release-sync'))
  const runtime = engine.newRuntime()
  runtime.setMemoryLimit(memoryBytesMax)
  runtime.setMaxStackSize(stackBytesMax)

  return {
    run: (factsJson) =>
      inside(runtime, runMs, (context, isLate) => call(runtime, context, code, factsJson, isLate)),
    fault() {
      const ran = inside(runtime, loadMs, (context, isLate) => {
        const { module } = load(context, code, isLate)
        if ('kind' in module) return module
        module.dispose()
        return { kind: 'value', json: '' }
      })
      if (ran.kind === 'late') return `it did not load within ${loadMs} ms of the processor`
      return ran.kind === 'fault' ? ran.reason : null
    },
    dispose: () => runtime.dispose(),
  }
}

const late: Ran = { kind: 'late' }

/** Time that this thread had, so that a busy machine stops nobody's function. */
function processorUs(): number {
  const { user, system } = process.threadCpuUsage()
  return user + system
}

function inside(
  runtime: QuickJSRuntime,
  limitMs: number,
  work: (context: QuickJSContext, isLate: () => boolean) => Ran,
): Ran {
  const startedUs = processorUs()
  const isLate = () => processorUs() - startedUs > limitMs * 1_000
  runtime.setInterruptHandler(isLate)
  const context = runtime.newContext()
  try {
    return work(context, isLate)
  } catch (error) {
    return isLate() ? late : fault(String(error))
  } finally {
    context.dispose()
  }
}

/** The default export, or why there is none. */
function load(
  context: QuickJSContext,
  code: string,
  isLate: () => boolean,
): { readonly module: QuickJSHandle | Ran } {
  const loaded = context.evalCode(code, 'authorizer.ts', { type: 'module', strict: true })
  if (loaded.error) return { module: reasonOf(context, loaded.error, isLate) }
  // A module that awaits at its top has not run yet.
  const namespace = loaded.value
  const authorize = context.getProp(namespace, 'default')
  namespace.dispose()
  if (context.typeof(authorize) === 'function') return { module: authorize }
  authorize.dispose()
  return { module: fault('the module has no function as its default export') }
}

function call(
  runtime: QuickJSRuntime,
  context: QuickJSContext,
  code: string,
  factsJson: string,
  isLate: () => boolean,
): Ran {
  // Before the module can put others in their place.
  const parse = context.unwrapResult(context.evalCode('JSON.parse'))
  const stringify = context.unwrapResult(context.evalCode('JSON.stringify'))
  const text = context.newString(factsJson)
  const facts = context.unwrapResult(context.callFunction(parse, context.undefined, text))
  const { module } = load(context, code, isLate)
  const handles = [parse, stringify, text, facts]
  try {
    if ('kind' in module) return module
    handles.push(module)
    const returned = context.callFunction(module, context.undefined, facts)
    if (returned.error) return reasonOf(context, returned.error, isLate)
    handles.push(returned.value)
    const settled = settle(runtime, context, returned.value, isLate)
    if ('kind' in settled) return settled
    handles.push(settled)
    const json = context.callFunction(stringify, context.undefined, settled)
    if (json.error) return reasonOf(context, json.error, isLate)
    handles.push(json.value)
    return textOf(context, json.value)
  } finally {
    for (const handle of new Set(handles)) if (handle.alive) handle.dispose()
  }
}

function textOf(context: QuickJSContext, json: QuickJSHandle): Ran {
  if (context.typeof(json) !== 'string') return fault('it returned nothing')
  const length = context.getProp(json, 'length')
  const isLong = context.getNumber(length) > answerLengthMax
  length.dispose()
  if (isLong) return fault(`its answer is longer than ${answerLengthMax} characters`)
  return { kind: 'value', json: context.getString(json) }
}

/** What a promise came to; a value as it is. */
function settle(
  runtime: QuickJSRuntime,
  context: QuickJSContext,
  value: QuickJSHandle,
  isLate: () => boolean,
): QuickJSHandle | Ran {
  const jobs = runtime.executePendingJobs()
  if (jobs.error) return reasonOf(context, jobs.error, isLate)
  const state = context.getPromiseState(value)
  if (state.type === 'fulfilled') return state.value
  if (state.type === 'rejected') return reasonOf(context, state.error, isLate)
  return fault('its promise never settles')
}

function reasonOf(context: QuickJSContext, error: QuickJSHandle, isLate: () => boolean): Ran {
  try {
    if (isLate()) return late
    const [name, message, stack] = ['name', 'message', 'stack'].map((property) => {
      const part = context.getProp(error, property)
      const text = context.typeof(part) === 'string' ? context.getString(part) : ''
      part.dispose()
      return text
    })
    const line = /authorizer\.ts:(\d+)(?::(\d+))?/.exec(stack ?? '')
    const place =
      line === null ? '' : ` (line ${line[1]}${line[2] === undefined ? '' : `, column ${line[2]}`})`
    return fault(`it threw ${name || 'something'}${message ? `: ${message}` : ''}${place}`)
  } finally {
    if (error.alive) error.dispose()
  }
}

function fault(reason: string): Ran {
  return { kind: 'fault', reason: reason.slice(0, reasonLengthMax) }
}
