// One inspector as its lane sees it: a process that is asked over a pipe, answers in order, and can be ended while it works.
import { type ChildProcess, spawn } from 'node:child_process'
import { readFileSync } from 'node:fs'
import type { Duplex } from 'node:stream'
import { fileURLToPath } from 'node:url'
import { createFrameReader, writeFrame } from './frames.ts'
import type { Answer, Question } from './inspector.ts'

const fromSource = import.meta.url.endsWith('.ts')
const inspectorUrl = new URL(fromSource ? './inspector.ts' : './inspector.js', import.meta.url)
const execArgv = fromSource ? ['--conditions=source'] : []
/** The kernel counts in hundredths of a second for programs, whatever its own clock is (proc(5)). */
const msPerTick = 10

interface Listener {
  answered(answer: Answer): void
  /** Once, when it ended without being asked to. */
  ended(reason: string): void
}

interface Settings {
  /** Folder of a rule set that an operator named; null = Debian's. */
  readonly rules: string | null
  /** Program of the inspector; tests put another one there. */
  readonly program?: URL
}

export class InspectorProcess {
  readonly #child: ChildProcess
  /** null: it could not be started. */
  readonly #pipe: Duplex | null
  #isOver = false

  constructor({ rules, program }: Settings, listener: Listener) {
    // Of the gateway's environment it gets nothing: native code that reads what attackers send needs no secrets.
    this.#child = spawn(
      process.execPath,
      [...execArgv, '--max-old-space-size=256', fileURLToPath(program ?? inspectorUrl)],
      {
        stdio: ['ignore', 'ignore', 'ignore', 'pipe'],
        env: { PATH: process.env.PATH, ...(rules === null ? {} : { WAF_RULES: rules }) },
      },
    )
    // Where no file descriptor is left there are no pipes at all; `error` follows.
    const stdio: ChildProcess['stdio'] | undefined = this.#child.stdio
    this.#pipe = (stdio?.[3] as Duplex | undefined) ?? null
    this.#pipe?.on(
      'data',
      createFrameReader(({ head }) => {
        if (!this.#isOver) listener.answered(head as Answer)
      }),
    )
    this.#pipe?.on('error', () => undefined)
    const ended = (reason: string) => {
      if (this.#isOver) return
      this.#isOver = true
      listener.ended(reason)
    }
    this.#child.on('error', (error) => ended(`it cannot be started: ${error.message}`))
    this.#child.on('exit', (code, signal) => ended(`it ended with ${signal ?? code}`))
    this.#child.unref()
  }

  ask(question: Question, body: Uint8Array | null): void {
    this.#pipe?.cork()
    for (const piece of writeFrame(question, body)) this.#pipe?.write(piece)
    this.#pipe?.uncork()
  }

  /** Milliseconds of a processor that it has used since it began; the wall's clock where the system does not tell. */
  usedMs(): number {
    try {
      const stat = readFileSync(`/proc/${this.#child.pid}/stat`, 'latin1')
      // The name of the program, in brackets, may hold anything; the fields are counted behind it.
      const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
      return (Number(fields[11]) + Number(fields[12])) * msPerTick
    } catch {
      return performance.now()
    }
  }

  /** Ends it at once. Its listener hears nothing any more. */
  end(): void {
    this.#isOver = true
    if (this.#child.pid !== undefined) this.#child.kill('SIGKILL')
  }
}
