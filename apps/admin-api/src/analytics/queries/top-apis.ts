// Which APIs are called most?
import type { Pool } from 'pg'
import type { Slice } from '../slice.ts'
import { rank } from './ranking.ts'

export const topApis = (pool: Pool, slice: Slice) => rank(pool, slice, 'api_id')
