// Time as a port: services ask this, so tests own the hour.
import { Injectable } from '@nestjs/common'

@Injectable()
export class Clock {
  now(): Date {
    return new Date()
  }

  /** A moment `seconds` from now. */
  in(seconds: number): Date {
    return new Date(this.now().getTime() + seconds * 1000)
  }
}
