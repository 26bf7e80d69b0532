// Contract noun → Nest controller: `@Implement(contract.apis) serve() { return serve(contract.apis, this.apis) }`.
import type {
  AnyContractProcedure,
  ContractProcedure,
  InferSchemaInput,
  InferSchemaOutput,
} from '@orpc/contract'
import { implement, type ORPCGlobalContext } from '@orpc/nest'
import type { Router } from '@orpc/server'
import type { Call, TenantCall } from '../call.ts'

/** What a service must offer: one method per procedure of its noun, of the procedure's name and types. */
export type Service<Noun> = {
  readonly [Name in keyof Noun]: Noun[Name] extends ContractProcedure<infer I, infer O, infer _E, infer _M>
    ? Operation<InferSchemaOutput<I>, Relaxed<InferSchemaInput<O>>>
    : never
}

/** An operation whose input names a tenant gets a call inside that tenant. */
type Operation<Input, Output> = (
  call: [Input] extends [{ tenant: string }] ? TenantCall : Call,
  input: Input,
) => Promise<Output>

/** Input of one operation, as its service method receives it. */
export type InputOf<Procedure> =
  Procedure extends ContractProcedure<infer I, infer _O, infer _E, infer _M> ? InferSchemaOutput<I> : never

/**
 * An answer as services build it: ids are plain strings there, as the database gives them.
 * The contract's schema checks every answer on its way out, ids included.
 */
export type Relaxed<T> = unknown extends T
  ? T
  : T extends string
    ? T extends `${string}_${string}`
      ? string
      : T
    : T extends readonly (infer Item)[]
      ? Relaxed<Item>[]
      : T extends object
        ? { [Key in keyof T]: Relaxed<T[Key]> }
        : T

/** What the pipeline hands to an operation. */
interface OperationContext {
  readonly call?: Call
}

const routers = new WeakMap<object, WeakMap<object, object>>()

/** The implemented router of one noun. Made once per service; Nest asks for it with every request. */
export function serve<Noun extends Record<string, AnyContractProcedure>>(
  noun: Noun,
  service: Service<Noun>,
): Router<Noun, ORPCGlobalContext> {
  const made = routers.get(noun) ?? new WeakMap<object, object>()
  routers.set(noun, made)
  let router = made.get(service)
  if (!router) {
    const methods = service as unknown as Record<string, (call: unknown, input: unknown) => Promise<unknown>>
    router = Object.fromEntries(
      Object.entries(noun).map(([name, procedure]) => [
        name,
        implement(procedure).handler(({ context, input }: { context: OperationContext; input: unknown }) => {
          const method = methods[name]
          if (!method) throw new Error(`the service has no method ${name}`)
          return method.call(service, context.call, input)
        }),
      ]),
    )
    made.set(service, router)
  }
  return router as Router<Noun, ORPCGlobalContext>
}
