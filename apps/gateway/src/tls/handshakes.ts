// Handshakes under way: few enough, of few enough of each address, and none for long.
import type { Socket } from 'node:net'
import { callerNetwork } from '@gatewright/shared/cidr'

export interface HandshakeLimits {
  /** Milliseconds for a handshake to be over. */
  readonly timeoutMs: number
  /** How many may be under way in this worker. */
  readonly max: number
}

/** Since the worker started, but for `pending`. */
export interface HandshakeCounts {
  pending: number
  done: number
  /** The client and we did not come to terms, or it left. */
  failed: number
  /** They took too long. */
  late: number
  /** They gave way to newer ones, or their address had too many. */
  crowded: number
}

interface Pending {
  readonly socket: Socket
  readonly network: string
  readonly sinceMs: number
}

/** What one address may hold of all places: the others stay free for the rest of the world. */
const shareOfAddress = 1 / 4

export class Handshakes {
  readonly counts: HandshakeCounts = { pending: 0, done: 0, failed: 0, late: 0, crowded: 0 }
  readonly #limits: HandshakeLimits
  /** The oldest first. */
  readonly #pending = new Map<Socket, Pending>()
  readonly #byNetwork = new Map<string, number>()

  constructor(limits: HandshakeLimits) {
    this.#limits = limits
  }

  /** false: the address of the client has too many under way already. */
  begin(socket: Socket, address: string, isTrusted: boolean): boolean {
    const network = callerNetwork(address)
    const held = this.#byNetwork.get(network) ?? 0
    if (!isTrusted && held >= Math.max(1, Math.floor(this.#limits.max * shareOfAddress))) {
      this.counts.crowded++
      return false
    }
    // Who waits longest has most likely nothing to say: a slow attacker gives way to whoever comes.
    if (this.#pending.size >= this.#limits.max) this.#giveUpOldest()
    this.#byNetwork.set(network, held + 1)
    this.#pending.set(socket, { socket, network, sinceMs: performance.now() })
    this.counts.pending++
    return true
  }

  /** The handshake is over, one way or the other; whoever says so again is not heard. */
  end(socket: Socket, outcome: 'done' | 'failed' | 'late' | 'crowded'): void {
    const pending = this.#pending.get(socket)
    if (pending === undefined) return
    this.#pending.delete(socket)
    const left = (this.#byNetwork.get(pending.network) ?? 1) - 1
    if (left === 0) this.#byNetwork.delete(pending.network)
    else this.#byNetwork.set(pending.network, left)
    this.counts.pending--
    this.counts[outcome]++
  }

  /** Ends those that take too long. */
  look(nowMs: number): void {
    for (const { socket, sinceMs } of this.#pending.values()) {
      if (nowMs - sinceMs <= this.#limits.timeoutMs) return
      this.end(socket, 'late')
      socket.destroy()
    }
  }

  closeAll(): void {
    for (const socket of this.#pending.keys()) socket.destroy()
  }

  #giveUpOldest(): void {
    for (const socket of this.#pending.keys()) {
      this.end(socket, 'crowded')
      socket.destroy()
      return
    }
  }
}
