// Runway's SDK for Node as its users write it. Run by `speaker.mjs`.
import RunwayML from "@runwayml/sdk"

const client = ({ url, key }) => new RunwayML({ apiKey: key, baseURL: url, maxRetries: 0 })

export const make = ({ url, key, ...asked }) =>
  client({ url, key }).textToVideo.create(asked).waitForTaskOutput({ timeout: 300_000 })

export const create = ({ url, key, ...asked }) => client({ url, key }).textToVideo.create(asked)
