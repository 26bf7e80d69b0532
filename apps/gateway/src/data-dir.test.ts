import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pino } from 'pino'
import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { openDataDir } from './data-dir.ts'

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'gatewright-data-dir-'))
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

const log = pino({ level: 'silent' })
const lock = () => join(folder, 'gateway.pid')

it('keeps its name over restarts', () => {
  const first = openDataDir(folder, undefined, log)
  first.release()
  expect(openDataDir(folder, undefined, log).gatewayId).toBe(first.gatewayId)
})

it('refuses a folder whose gateway lives', () => {
  writeFileSync(lock(), `${process.ppid} ${startOf(process.ppid)}`)
  expect(() => openDataDir(folder, undefined, log)).toThrow(`is used by the process ${process.ppid}`)
})

it('takes over from a gateway that was killed, also when its number belongs to another process now', () => {
  writeFileSync(lock(), `${process.ppid} 1`)
  expect(openDataDir(folder, 'gtw_given', log).gatewayId).toBe('gtw_given')
  writeFileSync(lock(), '999999999 1')
  expect(openDataDir(folder, 'gtw_given', log).gatewayId).toBe('gtw_given')
})

it('takes over from a gateway that was killed and whose end nobody has noticed', async () => {
  // The shell becomes `sleep`, which never asks about a child. Until then it would.
  const parent = spawn('sh', ['-c', 'sleep 60 & echo $!; exec sleep 60'], {
    stdio: ['ignore', 'pipe', 'ignore'],
  })
  try {
    const [line] = (await once(parent.stdout, 'data')) as [Buffer]
    const zombie = Number(line)
    await vi.waitFor(() => expect(readFileSync(`/proc/${parent.pid}/comm`, 'utf8')).toBe('sleep\n'), 10_000)
    process.kill(zombie, 'SIGKILL')
    await vi.waitFor(() => expect(readFileSync(`/proc/${zombie}/stat`, 'utf8')).toContain(') Z '), 10_000)
    writeFileSync(lock(), `${zombie} ${startOf(zombie)}`)
    expect(openDataDir(folder, 'gtw_given', log).gatewayId).toBe('gtw_given')
  } finally {
    parent.kill('SIGKILL')
  }
})

function startOf(pid: number): string | undefined {
  const [, fields] = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')
  return fields?.split(' ')[19]
}
