// Together's SDK for Node as its users write it. Run by `speaker.mjs`.
import { setTimeout as sleep } from "node:timers/promises"

import Together from "together-ai"

// Its videos are of version 2; with a base URL of one's own the SDK doesn't change the path.
const client = ({ url, key }) => new Together({ apiKey: key, baseURL: `${url}/v2`, maxRetries: 0 })

export async function make({ url, key, ...asked }) {
  const { videos } = client({ url, key })
  let made = await videos.create(asked)
  while (made.status === "queued" || made.status === "in_progress") {
    await sleep(200)
    made = await videos.retrieve(made.id)
  }
  return made
}

export const create = ({ url, key, ...asked }) => client({ url, key }).videos.create(asked)
