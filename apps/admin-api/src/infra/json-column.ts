// Nullable JSON columns: SQL's NULL for "none", never the JSON text `null`.
import { Prisma } from '../generated/prisma/client.ts'

export function jsonColumn<Value extends Prisma.InputJsonValue>(
  value: Value | null,
): Value | typeof Prisma.DbNull {
  return value ?? Prisma.DbNull
}
