// Google's SDK for Node as its users write it: Veo in the Gemini form. Run by `speaker.mjs`.
import { setTimeout as sleep } from "node:timers/promises"

import { GoogleGenAI } from "@google/genai"

const client = ({ url, key }) => new GoogleGenAI({ apiKey: key, httpOptions: { baseUrl: url } })

export async function make({ url, key, to, model = "veo-3.1-generate-preview", prompt, ...config }) {
  const google = client({ url, key })
  let operation = await google.models.generateVideos({ model, source: { prompt }, config })
  while (!operation.done) {
    await sleep(200)
    operation = await google.operations.getVideosOperation({ operation })
  }
  const [made] = operation.response.generatedVideos
  await google.files.download({ file: made, downloadPath: to })
  return made.video
}

export const create = ({ url, key, model = "veo-3.1-generate-preview", prompt, ...config }) =>
  client({ url, key }).models.generateVideos({ model, source: { prompt }, config })
