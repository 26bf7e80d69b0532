// A virus scanner for tests: ClamAV's daemon with one signature, that of the test file that all scanners know.
import { mkdirSync, writeFileSync } from 'node:fs'
import { connect } from 'node:net'
import { join } from 'node:path'
import { startProgram } from './process.ts'
import { requireProgram } from './program.ts'

/** The test file of EICAR; in two parts, so that no scanner takes this source for it. */
export const eicar = ['X5O!P%@AP[4\\PZX54(P^)7CC)7}$', 'EICAR-STANDARD-ANTIVIRUS-TEST-FILE!$H+H*'].join('')

/** Listens on a socket in `folder` and on a port. Streams of more than 2 MB are too large for it. */
export async function startClamd(folder: string, port: number) {
  const command = requireProgram(
    {
      title: 'ClamAV',
      names: ['clamd'],
      aptPackage: 'clamav-daemon',
      alternative: 'Tests of virus scans need it.',
    },
    (line) => console.warn(line),
  )
  const database = join(folder, 'signatures')
  mkdirSync(database, { recursive: true })
  const socket = join(folder, 'clamd.ctl')
  writeFileSync(join(database, 'test.ndb'), `Eicar-Test:0:*:${Buffer.from(eicar).toString('hex')}\n`)
  const settings = [
    `DatabaseDirectory ${database}`,
    `LocalSocket ${socket}`,
    `TCPSocket ${port}`,
    'TCPAddr 127.0.0.1',
    'Foreground yes',
    'StreamMaxLength 2M',
    'ConcurrentDatabaseReload no',
    'MaxThreads 4',
  ]
  const path = join(folder, 'clamd.conf')
  writeFileSync(path, `${settings.join('\n')}\n`)
  const program = await startProgram({
    name: 'ClamAV',
    command,
    args: ['--config-file', path],
    logPath: join(folder, 'logs/clamd.log'),
    isReady: () => answersPing(port),
  })
  return { socket, address: `clamd://127.0.0.1:${port}`, stop: program.stop }
}

function answersPing(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const client = connect({ host: '127.0.0.1', port })
    client.on('connect', () => client.end('zPING\0'))
    client.on('data', (answer) => resolve(answer.toString().startsWith('PONG')))
    client.on('error', () => resolve(false))
    client.on('close', () => resolve(false))
  })
}
