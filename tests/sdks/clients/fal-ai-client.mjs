// fal's SDK for Node as its users write it. Run by `speaker.mjs`.
import { createFalClient } from "@fal-ai/client"

const MODEL = "fal-ai/wan/v2.2-a14b/text-to-video"

// Its addresses are fixed, so a middleware of a program's own turns them to this server.
function client({ url, key }) {
  const turn = (request) => ({ ...request, url: request.url.replace(/^https:\/\/(queue\.)?fal\.run/, `${url}/fal`) })
  return createFalClient({ credentials: key, requestMiddleware: async (request) => turn(request) })
}

export async function make({ url, key, ...input }) {
  const seen = []
  const onQueueUpdate = (update) => seen.push(update.status)
  const { data, requestId } = await client({ url, key }).subscribe(MODEL, { input, pollInterval: 200, onQueueUpdate })
  return { data, requestId, seen }
}

export async function cancel({ url, key, ...input }) {
  const fal = client({ url, key })
  const { request_id: requestId } = await fal.queue.submit(MODEL, { input })
  await fal.queue.cancel(MODEL, { requestId })
  return requestId
}
