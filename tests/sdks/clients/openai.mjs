// OpenAI's SDK for Node as its users write it. Run by `speaker.mjs`.
import fs from "node:fs/promises"
import { setTimeout as sleep } from "node:timers/promises"

import OpenAI from "openai"

const client = ({ url, key }) => new OpenAI({ baseURL: `${url}/v1`, apiKey: key, maxRetries: 0 })

export async function make({ url, key, to, ...asked }) {
  const { videos } = client({ url, key })
  let video = await videos.create(asked)
  while (video.status === "queued" || video.status === "in_progress") {
    await sleep(200)
    video = await videos.retrieve(video.id)
  }
  const content = await videos.downloadContent(video.id)
  await fs.writeFile(to, Buffer.from(await content.arrayBuffer()))
  return video
}

export const create = ({ url, key, ...asked }) => client({ url, key }).videos.create(asked)

export async function listed({ url, key }) {
  const found = []
  for await (const video of client({ url, key }).videos.list({ limit: 1 })) found.push(video.id)
  return found
}

export const remove = ({ url, key, id }) => client({ url, key }).videos.delete(id)
