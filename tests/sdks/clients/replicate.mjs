// Replicate's SDK for Node as its users write it. Run by `speaker.mjs`.
import fs from "node:fs/promises"

import Replicate from "replicate"

const MODEL = "wan-video/wan-2.2-t2v-fast"
const client = ({ url, key }) => new Replicate({ auth: key, baseUrl: `${url}/v1` })

export async function run({ url, key, to, ...input }) {
  const output = await client({ url, key }).run(MODEL, { input, wait: { mode: "poll", interval: 200 } })
  const made = await fetch(output) // it makes files of https addresses only
  await fs.writeFile(to, Buffer.from(await made.arrayBuffer()))
  return output
}

export const create = ({ url, key, ...input }) => client({ url, key }).predictions.create({ model: MODEL, input })

export const cancel = ({ url, key, id }) => client({ url, key }).predictions.cancel(id)

export const get = ({ url, key, id }) => client({ url, key }).predictions.get(id)
