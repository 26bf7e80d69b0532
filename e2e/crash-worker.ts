// Loaded into a gateway under test: SIGUSR2 to the process ends one of its workers by a bug that nobody caught.
import { BroadcastChannel, isMainThread, workerData } from 'node:worker_threads'

const channel = new BroadcastChannel('crash')
if (isMainThread) process.on('SIGUSR2', () => channel.postMessage('now'))
else if ((workerData as { index: number }).index === 1) {
  channel.onmessage = () => {
    setImmediate(() => {
      throw new Error('a bug that nobody caught')
    })
  }
}
channel.unref()
