// Luma's Dream Machine SDK for Node as its users write it. Run by `speaker.mjs`.
import { setTimeout as sleep } from "node:timers/promises"

import { LumaAI } from "lumaai"

const client = ({ url, key }) => new LumaAI({ authToken: key, baseURL: `${url}/dream-machine/v1`, maxRetries: 0 })

export async function make({ url, key, ...asked }) {
  const { generations } = client({ url, key })
  let made = await generations.create(asked)
  while (made.state === "queued" || made.state === "dreaming") {
    await sleep(200)
    made = await generations.get(made.id)
  }
  return made
}

export const create = ({ url, key, ...asked }) => client({ url, key }).generations.create(asked)
