// Where a command finds its server, token and tenant: option, then environment, then the saved login.
import { chmod, mkdir, readFile, rename, writeFile } from 'node:fs/promises'
import { homedir } from 'node:os'
import { dirname, join } from 'node:path'
import type { Command } from 'commander'
import * as z from 'zod'
import { Failure } from './failure.ts'

const savedSchema = z.strictObject({
  url: z.url().optional(),
  token: z.string().optional(),
  tenant: z.string().optional(),
})
type Saved = z.output<typeof savedSchema>

export interface Settings {
  readonly url: string
  readonly token: string
  readonly tenant: string
}

export type OutputFormat = 'text' | 'json' | 'yaml'

interface GlobalOptions {
  readonly url?: string
  readonly token?: string
  readonly tenant?: string
  readonly output: string
}

/** `$XDG_CONFIG_HOME/gatewright/config.json`, by default below `~/.config`. */
export function settingsPath(): string {
  // Set to nothing is not set, says the XDG Base Directory Specification.
  return join(process.env.XDG_CONFIG_HOME || join(homedir(), '.config'), 'gatewright', 'config.json')
}

export async function readSaved(): Promise<Saved> {
  const path = settingsPath()
  let text: string
  try {
    text = await readFile(path, 'utf8')
  } catch (thrown) {
    if ((thrown as NodeJS.ErrnoException).code === 'ENOENT') return {}
    throw new Failure(`cannot read ${path}: ${(thrown as Error).message}`)
  }
  try {
    return savedSchema.parse(JSON.parse(text))
  } catch {
    throw new Failure(`${path} is not a settings file of this program; remove it and run gatewright login`)
  }
}

/** Written beside and renamed, readable by its owner only, because it holds a token. */
export async function writeSaved(saved: Saved): Promise<void> {
  const path = settingsPath()
  await mkdir(dirname(path), { recursive: true, mode: 0o700 })
  const temporary = `${path}.${process.pid}`
  await writeFile(temporary, `${JSON.stringify(saved, null, 2)}\n`, { mode: 0o600 })
  await chmod(temporary, 0o600)
  await rename(temporary, path)
}

/** Throws a `Failure` that says what is missing, and how to give it. */
export async function settings(command: Command): Promise<Settings> {
  const options = command.optsWithGlobals<GlobalOptions>()
  const saved = await readSaved()
  const url = options.url ?? (process.env.GATEWRIGHT_URL || saved.url)
  if (!url) throw new Failure('no server: run gatewright login, or set GATEWRIGHT_URL or --url')
  if (!URL.canParse(url)) throw new Failure(`${url} is not a URL`)
  // A token is a secret between us and the server that made it: another one must not be told.
  const here = saved.url !== undefined && new URL(url).origin === new URL(saved.url).origin ? saved : {}
  const token = options.token ?? (process.env.GATEWRIGHT_TOKEN || here.token)
  const tenant = options.tenant ?? (process.env.GATEWRIGHT_TENANT || here.tenant)
  if (!token) throw new Failure(`not signed in: run gatewright login ${url}, or set GATEWRIGHT_TOKEN`)
  if (!tenant) throw new Failure('no tenant: set GATEWRIGHT_TENANT or --tenant')
  return { url: url.replace(/\/+$/, ''), token, tenant }
}

export function outputFormat(command: Command): OutputFormat {
  const { output } = command.optsWithGlobals<GlobalOptions>()
  if (output === 'text' || output === 'json' || output === 'yaml') return output
  throw new Failure(`--output is text, json or yaml, not ${output}`)
}
