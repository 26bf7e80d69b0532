// Secrets in configurations of policies: how people write one, what stands for it wherever it can be read, and where in a
// configuration secrets are (ADR 71).
import * as z from 'zod'
import type { PolicySpec } from './policy.ts'
import { readVaultReference } from './vault-reference.ts'

/** Characters of a secret as people write it. */
const secretLengthMax = 8_192

/**
 * The form of a secret. People write the text itself, or where gateways find it: `env:GATEWRIGHT_SECRET_…`, `file:/path` or
 * `vault:<mount>/data/<path>#<key>`.
 * The control plane keeps the text sealed, apart, and writes `sealed:<id>` in its place: that is all that is ever read back, and
 * sent back it means "as it was". A snapshot says `sealed:<id>:<envelope>`, which `PolicyDeps.secrets` opens.
 */
export function secretText({ title, help }: { readonly title: string; readonly help?: string }) {
  return z
    .string()
    .min(1)
    .max(4 * secretLengthMax + 1_024)
    .refine(
      (text) => readSecret(text).kind === 'sealed' || text.length <= secretLengthMax,
      `A secret has at most ${secretLengthMax} characters`,
    )
    .superRefine((text, ctx) => {
      const form = readSecret(text)
      const fault = form.kind === 'vault' ? readVaultReference(form.name) : null
      if (typeof fault === 'string')
        ctx.addIssue({ code: 'custom', message: `The reference to Vault: ${fault}` })
    })
    .meta({ title, ...(help === undefined ? {} : { help }), secret: true })
}

/** What the text of a secret is: the secret itself, one that is kept elsewhere, or a name of where gateways find it. */
export type SecretForm =
  | { readonly kind: 'plain'; readonly text: string }
  /** `envelope`: only in snapshots. */
  | { readonly kind: 'sealed'; readonly id: string; readonly envelope: string | null }
  | { readonly kind: 'env'; readonly name: string }
  | { readonly kind: 'file'; readonly path: string }
  /** `readVaultReference` reads the name. */
  | { readonly kind: 'vault'; readonly name: string }

/** Texts of the other forms cannot be secrets themselves. */
export function readSecret(text: string): SecretForm {
  const sealed = /^sealed:([^:]*)(?::(.*))?$/s.exec(text)
  if (sealed) return { kind: 'sealed', id: sealed[1] ?? '', envelope: sealed[2] ?? null }
  if (text.startsWith('env:')) return { kind: 'env', name: text.slice('env:'.length) }
  if (text.startsWith('file:')) return { kind: 'file', path: text.slice('file:'.length) }
  if (text.startsWith('vault:')) return { kind: 'vault', name: text.slice('vault:'.length) }
  return { kind: 'plain', text }
}

/** What stands for a kept secret; with its envelope, as gateways get it. */
export const sealedSecret = (id: string, envelope: string | null = null) =>
  envelope === null ? `sealed:${id}` : `sealed:${id}:${envelope}`

type Path = readonly string[]

const pathsBySpec = new WeakMap<PolicySpec, readonly Path[]>()

/** The places of secrets in configurations of a policy; `*` is any item of a list or any member of a record. */
export function secretPaths(spec: PolicySpec): readonly Path[] {
  let paths = pathsBySpec.get(spec)
  if (!paths) {
    paths = unique(
      findPaths(z.toJSONSchema(spec.config, { io: 'input', unrepresentable: 'any' }) as JsonSchema, []),
    )
    pathsBySpec.set(spec, paths)
  }
  return paths
}

/**
 * The configuration with every secret replaced by what `change` makes of it; the same object where there are none. `pattern`: the
 * place of the secret without the positions in lists; `path`: with them.
 */
export function mapSecrets<Config>(
  spec: PolicySpec,
  config: Config,
  change: (text: string, pattern: string, path: string) => string,
): Config {
  return secretPaths(spec).reduce(
    (changed, path) => changeAt(changed, path, '', path.join('/'), change),
    config,
  )
}

function changeAt<Value>(
  value: Value,
  [step, ...rest]: Path,
  at: string,
  pattern: string,
  change: (text: string, pattern: string, path: string) => string,
): Value {
  if (step === undefined) return typeof value === 'string' ? (change(value, pattern, at) as Value) : value
  if (typeof value !== 'object' || value === null) return value
  if (step === '*') {
    const changed = Object.entries(value).map(
      ([key, item]) => [key, changeAt(item as unknown, rest, `${at}/${key}`, pattern, change)] as const,
    )
    return (Array.isArray(value) ? changed.map(([, item]) => item) : Object.fromEntries(changed)) as Value
  }
  if (!Object.hasOwn(value, step)) return value
  const inner = (value as Record<string, unknown>)[step]
  return { ...value, [step]: changeAt(inner, rest, `${at}/${step}`, pattern, change) }
}

interface JsonSchema {
  readonly secret?: unknown
  readonly properties?: Readonly<Record<string, JsonSchema>>
  readonly additionalProperties?: JsonSchema | boolean
  readonly items?: JsonSchema | boolean
  readonly anyOf?: readonly JsonSchema[]
  readonly oneOf?: readonly JsonSchema[]
  readonly allOf?: readonly JsonSchema[]
}

function findPaths(schema: JsonSchema, at: Path): Path[] {
  if (schema.secret === true) return [at]
  return [
    ...Object.entries(schema.properties ?? {}).flatMap(([name, inner]) => findPaths(inner, [...at, name])),
    ...[schema.additionalProperties, schema.items].flatMap((inner) =>
      typeof inner === 'object' ? findPaths(inner, [...at, '*']) : [],
    ),
    ...[...(schema.anyOf ?? []), ...(schema.oneOf ?? []), ...(schema.allOf ?? [])].flatMap((inner) =>
      findPaths(inner, at),
    ),
  ]
}

function unique(paths: readonly Path[]): Path[] {
  return [...new Map(paths.map((path) => [path.join('/'), path])).values()]
}
