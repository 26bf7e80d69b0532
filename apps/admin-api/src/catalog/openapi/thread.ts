// A thread of one question: reads documents beside the event loop, answers, and ends. Started by document-reader.ts.
import { parentPort, workerData } from 'node:worker_threads'
import { type QuestionName, questions } from './questions.ts'

/** What `DocumentReader` starts it with. */
export interface Asked {
  readonly name: QuestionName
  readonly input: unknown
}

const { name, input } = workerData as Asked
parentPort?.postMessage(questions[name](input as never))
