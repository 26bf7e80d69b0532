// Which applications call most?
import type { Pool } from 'pg'
import type { Slice } from '../slice.ts'
import { rank } from './ranking.ts'

export const topApplications = (pool: Pool, slice: Slice) => rank(pool, slice, 'application_id')
