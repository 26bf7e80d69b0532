// The thread in which the functions of teams run, one call at a time: a function that never ends stops no request but those of functions.
import { parentPort } from 'node:worker_threads'
import { strippingFault, stripTypes } from '@gatewright/shared/typescript'
import type { FromFunctions, ToFunctions } from './function-messages.ts'
import { createSandbox, type Sandbox } from './sandbox.ts'

const port = parentPort
if (port === null) throw new Error('function-thread.ts is started by a worker of the gateway')

let isBroken = false
const loaded = new Map<number, Sandbox | string>()

async function load(source: string): Promise<Sandbox | string> {
  const stripped = stripTypes(source)
  if (stripped.kind === 'broken') isBroken = true
  if (stripped.kind !== 'code') return strippingFault(stripped) ?? ''
  try {
    const sandbox = await createSandbox(stripped.code)
    const fault = sandbox.fault()
    if (fault === null) return sandbox
    sandbox.dispose()
    return fault
  } catch (error) {
    return error instanceof Error ? error.message : String(error)
  }
}

async function handle(message: ToFunctions): Promise<FromFunctions | null> {
  if (message.kind === 'drop') {
    const known = loaded.get(message.id)
    if (typeof known === 'object') known.dispose()
    loaded.delete(message.id)
    return null
  }
  if (message.kind === 'load') {
    const sandbox = await load(message.source)
    loaded.set(message.id, sandbox)
    return { kind: 'loaded', id: message.id, fault: typeof sandbox === 'string' ? sandbox : null, isBroken }
  }
  const sandbox = loaded.get(message.id)
  if (typeof sandbox !== 'object')
    return { kind: 'ran', ran: { kind: 'fault', reason: sandbox ?? 'it is not loaded' } }
  return { kind: 'ran', ran: sandbox.run(message.facts) }
}

// In the order they came: a call never overtakes the loading of its function.
let turn: Promise<unknown> = Promise.resolve()
port.on('message', (message: ToFunctions) => {
  turn = turn.then(async () => {
    const answer = await handle(message)
    if (answer !== null) port.postMessage(answer)
  })
})
