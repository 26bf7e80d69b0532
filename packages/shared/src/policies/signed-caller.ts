// What the policies of signed requests share: whose key it is, that a signature counts once, and what callers are told.
import { signingKeyText } from '../signing-key.ts'
import { createCallerGate, unlessPublic } from './caller.ts'
import {
  type Attachment,
  type Limiter,
  type PolicyContext,
  type PolicyDeps,
  type Refusal,
  refuse,
  type Verdict,
} from './policy.ts'
import type { SigningKey } from './signing-ports.ts'

export interface SignedCallerOptions {
  readonly consumerHeaders: boolean
  /** Header fields of every refusal, name and value in turn. */
  readonly challenge: readonly string[]
  /** Milliseconds in which a signature may come once; null = as often as it is good. */
  readonly onceInMs: number | null
}

export interface SignedRequest {
  readonly keyId: string
  /** A refusal, or undefined when the signature is the key's. */
  verify(key: SigningKey): Refusal | undefined
  /** What makes it this request and no other: a nonce, or the signature. */
  readonly once: string
}

/**
 * A body that is not the one that was signed. Whoever became the caller by the signature is not let in with it on a public route either:
 * the upstream would take it for theirs.
 */
export function unlessNobody(ctx: PolicyContext, refusal: Refusal | undefined): Verdict {
  return ctx.principal === null ? unlessPublic(ctx, refusal) : refusal
}

/** Finds the key, has the signature verified, sees to it that it comes once, and says who calls: in this order. */
export function createSignedCaller(
  { credentials, counters, signing, environment }: PolicyDeps,
  at: Attachment,
  { consumerHeaders, challenge, onceInMs }: SignedCallerOptions,
): (ctx: PolicyContext, request: SignedRequest) => Promise<Verdict> {
  const unknown = refuse('signature_unknown_key', {
    detail: 'No application has this key in this environment.',
    headers: challenge,
  })
  const replayed = refuse('signature_replayed', { headers: challenge })
  const unchecked = refuse('signature_replay_unchecked', { retryAfterMs: 2_000 })
  const admit = createCallerGate(
    {
      unknown,
      revoked: refuse('credential_revoked', { headers: challenge }),
      expired: refuse('credential_expired', { headers: challenge }),
    },
    consumerHeaders,
    'signing-key',
  )
  // One call per nonce and window, decided where limits of all gateways are; whoever cannot be asked lets nobody in.
  const seen: Limiter | null =
    onceInMs === null
      ? null
      : counters.limiter({
          id: `${at.id}:once`,
          tenantId: at.tenantId,
          environment,
          mode: 'strict',
          whenUnavailable: 'refuse',
          window: { kind: 'sliding-log', limit: 1, windowMs: onceInMs },
        })

  return async function callerOf(ctx, request) {
    const { tenantId } = ctx.route
    const hash = ctx.digest(signingKeyText({ environment, tenantId, keyId: request.keyId }))
    const found = credentials.known(hash) ?? (await credentials.find(hash))
    if (found.kind === 'found' && found.record.kind === 'signing-key') {
      const key = signing.open(found.record)
      if (key === null) return unlessPublic(ctx, unopened)
      const fault = request.verify(key)
      if (fault) return unlessPublic(ctx, fault)
      if (seen) {
        const name = ctx.digest(JSON.stringify([found.record.credentialId, request.once]))
        const taken = await seen.take(name, 1, ctx.receivedAtMs)
        if (taken.kind === 'unavailable') return unlessPublic(ctx, unchecked)
        if (taken.kind === 'refused') return unlessPublic(ctx, replayed)
      }
    }
    return unlessPublic(ctx, admit(ctx, found, unknown))
  }
}

const unopened = refuse('signing_key_unusable', { retryAfterMs: 30_000 })
