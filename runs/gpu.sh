#!/usr/bin/env bash
# The built-in model on one GPU, in stages of at most nine minutes each: runs/gpu.sh data|fit|latents|codec|layout|renderer|drawn|decoder|pack, in
# that order; `codec`, `layout`, `renderer` and `decoder` may be run again and again, each goes on exactly where the last one stopped. Needs only
# torch, numpy, safetensors and tqdm.
#
#   runs/gpu.sh all
#   CLIPS=200000 runs/gpu.sh latents
#
# $OUT receives what is worth keeping: packed checkpoints of float16 averages, each under 16 MiB, which `pack` writes and
# `python -m vitascope.smallworld.training.pack --unpack` turns back into checkpoint folders for `export`.
set -eu
cd "$(dirname "$0")/.."
python=${PYTHON:-python3} clips=${CLIPS:-60000} room=${ROOM:-runs/out/gpu} minutes=${MINUTES:-8}
device=${DEVICE:-cuda} out=${OUT:-runs/out/gpu/packed} codec_steps=${CODEC_STEPS:-12000} workers=${WORKERS:-12}
export PYTHONUNBUFFERED=1
limit=$((minutes * 60))

data() {  # pixels and thumbs for the codec on the CPU's cores; both kinds are small
  for w in $(seq 0 $((workers - 1))); do
    OMP_NUM_THREADS=1 $python -m vitascope.smallworld.training.data pixels --out "$room/data" --first-seed $((1000000 + w * 10000)) --clips $((${PIXELS:-2400} / workers)) &
    OMP_NUM_THREADS=1 $python -m vitascope.smallworld.training.data thumbs --out "$room/data" --first-seed $((2000000 + w * 10000)) --clips $((${THUMBS:-1200} / workers)) &
  done
  wait
}
fit() { $python -m vitascope.smallworld.training.fit_linear --data "$room/data" --out "$room/fitted" --device "$device"; }
latents() {  # clips for layout and renderer, rendered and encoded on the GPU by several processes
  for w in $(seq 0 $((${RENDERERS:-4} - 1))); do
    timeout $limit $python -m vitascope.smallworld.training.data latents --out "$room/latents" --first-seed $((3000000 + w * 1000000)) \
      --clips $((clips / ${RENDERERS:-4})) --codec "$room/fitted" --device "$device" & done
  wait || true
}
codec() {
  $python -m vitascope.smallworld.training.train_codec --data "$room/data" --fitted "$room/fitted" --out "$room/codec" \
    --steps "$codec_steps" --batch "${CODEC_BATCH:-16}" --stop-after $limit --device "$device"
}
layout() {
  $python -m vitascope.smallworld.training.train_layout --data "$room/latents" --codec "$room/fitted" --out "$room/layout" \
    --steps "${LAYOUT_STEPS:-8000}" --batch "${LAYOUT_BATCH:-256}" --stop-after $limit --device "$device" ${COMPILE:---compile}
}
renderer() {
  $python -m vitascope.smallworld.training.train_renderer --data "$room/latents" --codec "$room/fitted" --out "$room/renderer" \
    --steps "${RENDERER_STEPS:-8000}" --batch "${RENDERER_BATCH:-256}" --stop-after $limit --device "$device" ${COMPILE:---compile}
}
drawn() { $python -m vitascope.smallworld.training.decoder_pairs --data "$room/data" --renderer "$room/renderer" --device "$device"; }
decoder() {  # the codec's detail network once more, also on what the renderer makes
  $python -m vitascope.smallworld.training.train_codec --data "$room/data" --fitted "$room/codec" --out "$room/decoder" --drawn 0.5 \
    --steps "${DECODER_STEPS:-12000}" --batch "${CODEC_BATCH:-16}" --stop-after $limit --device "$device"
}
pack() { mkdir -p "$out"; $python -m vitascope.smallworld.training.pack --codec "$room/decoder" --layout "$room/layout" --renderer "$room/renderer" --out "$out"; }
all() { data; fit; latents; codec; layout; renderer; drawn; decoder; pack; }
"${1:-all}"
