// Environments by what people call them.
import type { Environment } from '../generated/prisma/client.ts'
import type { PlatformDb } from '../infra/database.ts'
import { refuse } from '../refusal.ts'

export async function findEnvironment(platform: PlatformDb, reference: string): Promise<Environment> {
  const row = await platform.environment.findFirst({
    where: { OR: [{ id: reference }, { name: reference }] },
  })
  return row ?? refuse('not_found', `There is no environment "${reference}"`)
}

/** Each once, in the order of their stages. */
export async function findEnvironments(
  platform: PlatformDb,
  references: readonly string[],
): Promise<Environment[]> {
  const found: Environment[] = []
  for (const reference of references) found.push(await findEnvironment(platform, reference))
  return [...new Map(found.map((environment) => [environment.id, environment])).values()].sort(
    (a, b) => a.position - b.position,
  )
}
