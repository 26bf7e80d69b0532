// A thread of one function: reads it as TypeScript, answers and ends. Started by function-check.ts.
import { parentPort, workerData } from 'node:worker_threads'
import { strippingFault, stripTypes } from '@gatewright/shared/typescript'

parentPort?.postMessage(strippingFault(stripTypes(workerData as string)))
