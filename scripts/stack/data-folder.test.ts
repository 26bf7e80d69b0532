import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { endLeftovers, holdFolder, releaseFolder, rememberProgram } from './data-folder.ts'
import { isAlive, livesIn, markOf } from './process-mark.ts'

let folder: string
const children: ChildProcess[] = []
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'gatewright-folder-'))
})
afterEach(() => {
  for (const child of children.splice(0)) child.kill('SIGKILL')
  rmSync(folder, { recursive: true })
})

const lock = () => join(folder, 'stack.pid')

function start(command: string, args: string[], cwd = '/'): ChildProcess & { pid: number } {
  const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'ignore'], cwd })
  children.push(child)
  return child as ChildProcess & { pid: number }
}

test('a folder is held once, until it is released', () => {
  const other = start('sleep', ['60'])
  writeFileSync(lock(), JSON.stringify(markOf(other.pid)))
  expect(() => holdFolder(folder)).toThrow(`already running on ${folder} (process ${other.pid})`)
  releaseFolder(folder)
  holdFolder(folder)
  expect(JSON.parse(readFileSync(lock(), 'utf8'))).toEqual(markOf(process.pid))
  expect(readdirSync(folder)).toEqual(['stack.pid'])
})

test('what a killed stack left is taken over, also when its number is another process now', () => {
  const stranger = start('sleep', ['60'])
  for (const left of [
    JSON.stringify({ ...markOf(stranger.pid), start: 'another boot 1' }),
    JSON.stringify({ pid: 999_999_999, start: '' }),
    '{"pid":12',
    '',
  ]) {
    writeFileSync(lock(), left)
    holdFolder(folder)
    expect(JSON.parse(readFileSync(lock(), 'utf8')).pid, left).toBe(process.pid)
  }
  expect(isAlive(stranger.pid)).toBe(true)
})

test('a process that ended and that nobody has asked about holds nothing', async () => {
  // The shell becomes `sleep`, which never asks about a child. Until then it would.
  const parent = start('sh', ['-c', 'sleep 60 & echo $!; exec sleep 60'])
  const [line] = (await once(parent.stdout as NonNullable<ChildProcess['stdout']>, 'data')) as [Buffer]
  const zombie = Number(line)
  const mark = markOf(zombie)
  await vi.waitFor(() => expect(readFileSync(`/proc/${parent.pid}/comm`, 'utf8')).toBe('sleep\n'), 10_000)
  process.kill(zombie, 'SIGKILL')
  await vi.waitFor(() => expect(readFileSync(`/proc/${zombie}/stat`, 'utf8')).toContain(') Z '), 10_000)
  writeFileSync(lock(), JSON.stringify(mark))
  holdFolder(folder)
  expect(JSON.parse(readFileSync(lock(), 'utf8')).pid).toBe(process.pid)
})

test('programs that a killed stack left are ended, and no stranger that has the number of one', async () => {
  const left = start('sleep', ['60'])
  const stranger = start('sleep', ['60'])
  const gone = once(left, 'exit')
  rememberProgram(folder, 'gateway-1', left.pid)
  rememberProgram(folder, 'admin-api', stranger.pid)
  writeFileSync(join(folder, 'programs/admin-api'), JSON.stringify({ pid: stranger.pid, start: 'before' }))
  writeFileSync(join(folder, 'programs/bookstore'), '')
  await endLeftovers(folder)
  await gone
  expect(isAlive(stranger.pid)).toBe(true)
  expect(readdirSync(join(folder, 'programs'))).toEqual([])
})

test('a program that ended by itself is forgotten', () => {
  const forget = rememberProgram(folder, 'bookstore', process.pid)
  forget()
  expect(existsSync(join(folder, 'programs/bookstore'))).toBe(false)
})

test.skipIf(!existsSync('/proc/self/cwd'))('a server belongs to the folder that it lives in', () => {
  const server = start('sleep', ['60'], folder)
  expect(livesIn(folder, server.pid)).toBe(true)
  expect(livesIn('/', server.pid)).toBe(false)
})
