// `gatewright login`: signs in once, keeps an access token, forgets the password.

import { hostname } from 'node:os'
import { createInterface } from 'node:readline/promises'
import { Writable } from 'node:stream'
import { text as readStream } from 'node:stream/consumers'
import type { Command } from 'commander'
import { createClient } from '../client.ts'
import { Failure, ProblemError } from '../failure.ts'
import { readSaved, settingsPath, writeSaved } from '../settings.ts'

interface Options {
  readonly url?: string
  readonly tenant?: string
  readonly email?: string
  readonly passwordStdin?: boolean
  readonly code?: string
  readonly readOnly?: boolean
  readonly tokenStdin?: boolean
}

export function loginCommand(program: Command): void {
  program
    .command('login')
    .description('sign in and keep an access token for the other commands')
    .argument('[url]', 'admin API, such as http://localhost:8080')
    .option('--email <address>', 'email address')
    .option('--read-only', 'make the token one that can read and change nothing')
    .option('--code <code>', 'code of an authenticator app, or a recovery code, of an account that has one')
    .option('--password-stdin', 'read the password from stdin')
    .option('--token-stdin', 'read an existing access token from stdin')
    .action(async (url: string | undefined, _options, command: Command) => {
      const options = command.optsWithGlobals<Options>()
      const saved = await readSaved()
      const given =
        url ?? options.url ?? (process.env.GATEWRIGHT_URL || saved.url) ?? (await ask('Server URL: '))
      if (!URL.canParse(given)) throw new Failure(`${given} is not a URL`)
      const server = given.replace(/\/+$/, '')
      const token = options.tokenStdin
        ? (await readStream(process.stdin)).trim()
        : await signIn(server, options)
      const { user, memberships } = await createClient(server, token).identity.me({})
      const tenant = options.tenant ?? (process.env.GATEWRIGHT_TENANT || memberships[0]?.tenant.name)
      await writeSaved({ url: server, token, ...(tenant === undefined ? {} : { tenant }) })
      const place = tenant === undefined ? 'no tenant yet' : `tenant ${tenant}`
      process.stdout.write(`signed in to ${server} as ${user.email}, ${place}; saved in ${settingsPath()}\n`)
    })
}

async function signIn(url: string, options: Options): Promise<string> {
  const email = options.email ?? (await ask('Email address: '))
  const password = options.passwordStdin
    ? // Only the end of the line is not part of it: a password may begin or end with a space.
      (await readStream(process.stdin)).replace(/\r?\n$/, '')
    : await ask('Password: ', true)
  const session = await post(url, '/sign-in', { email, password }, {}).catch(async (error: unknown) => {
    if (!(error instanceof ProblemError && error.code === 'second_factor_required')) throw error
    const code = options.code ?? (await ask('Code of the authenticator app, or a recovery code: '))
    return post(url, '/sign-in', { email, password, code }, {})
  })
  const body = (await session.json()) as { csrfToken: string }
  // A session may make a token, a token may not: the cookie lives for these two calls only.
  const cookie = session.headers
    .getSetCookie()
    .map((line) => line.split(';')[0])
    .join('; ')
  const proof = { cookie, 'x-csrf-token': body.csrfToken }
  const scope = options.readOnly ? 'read' : 'everything'
  const made = await post(url, '/me/tokens', { name: `gatewright on ${hostname()}`, scope }, proof)
  const { token } = (await made.json()) as { token: string }
  await post(url, '/sign-out', {}, proof)
  return token
}

async function post(
  url: string,
  path: string,
  body: unknown,
  headers: Record<string, string>,
): Promise<Response> {
  const response = await fetch(`${url}/api/v1${path}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', origin: new URL(url).origin, ...headers },
    body: JSON.stringify(body),
  }).catch((thrown: Error) => {
    throw new Failure(
      `cannot reach ${url}: ${(thrown.cause as Error | undefined)?.message ?? thrown.message}`,
    )
  })
  if (response.ok) return response
  throw new ProblemError(response.status, await response.json().catch(() => null))
}

async function ask(question: string, hidden = false): Promise<string> {
  if (!process.stdin.isTTY)
    throw new Failure(`${question.replace(': ', '')} is needed; this is not a terminal`)
  // Readline echoes through its output stream; for a password nothing after the question is passed on.
  let muted = false
  const output = new Writable({
    write(chunk, _encoding, done) {
      if (!muted) process.stderr.write(chunk)
      done()
    },
  })
  const prompt = createInterface({ input: process.stdin, output, terminal: true })
  try {
    const answer = prompt.question(question)
    muted = hidden
    return await answer
  } finally {
    prompt.close()
    if (hidden) process.stderr.write('\n')
  }
}
