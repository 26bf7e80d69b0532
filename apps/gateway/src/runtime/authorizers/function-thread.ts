// The thread in which the functions of teams run, one call at a time: a function that never ends stops no request but those of functions.
import { parentPort } from 'node:worker_threads'
import { strippingFault, stripTypes } from '@gatewright/shared/typescript'
import type { FromFunctions, LoadFault, ToFunctions } from './function-messages.ts'
import { createSandbox, type Sandbox } from './sandbox.ts'

const port = parentPort
if (port === null) throw new Error('function-thread.ts is started by a worker of the gateway')

let isBroken = false
const loaded = new Map<number, Sandbox | LoadFault>()

async function load(source: string): Promise<Sandbox | LoadFault> {
  const stripped = stripTypes(source)
  if (stripped.kind === 'broken') isBroken = true
  if (stripped.kind !== 'code') return { reason: strippingFault(stripped) ?? '', isUnread: true }
  try {
    const sandbox = await createSandbox(stripped.code)
    const fault = sandbox.fault()
    if (fault === null) return sandbox
    sandbox.dispose()
    return { reason: fault, isUnread: false }
  } catch (error) {
    return { reason: error instanceof Error ? error.message : String(error), isUnread: false }
  }
}

async function handle(message: ToFunctions): Promise<FromFunctions | null> {
  if (message.kind === 'drop') {
    const known = loaded.get(message.id)
    if (known !== undefined && 'dispose' in known) known.dispose()
    loaded.delete(message.id)
    return null
  }
  if (message.kind === 'load') {
    const sandbox = await load(message.source)
    loaded.set(message.id, sandbox)
    return { kind: 'loaded', id: message.id, fault: 'reason' in sandbox ? sandbox : null, isBroken }
  }
  const sandbox = loaded.get(message.id)
  if (sandbox === undefined || 'reason' in sandbox)
    return { kind: 'ran', ran: { kind: 'fault', reason: sandbox?.reason ?? 'it is not loaded' } }
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
