#!/usr/bin/env bash
# The built-in model end to end on two CPU cores, in about two hours. Kill it whenever you like: every stage goes on where it stopped
# (shards are kept, training resumes exactly). The committed weights come from runs of these stages: see dev/LOG.md. To train them further,
# `python -m vitascope.smallworld.training.unpack --out FOLDER` and give each of the last three stages its part of FOLDER with --begin.
#
#   make .venv/dev && runs/cpu.sh
set -eu
cd "$(dirname "$0")/.."
python=.venv/bin/python out=${OUT:-runs/out} data=${OUT:-runs/out}/data
mkdir -p "$out"

# 1. The codec: 552 clips of 17 frames at full size and what its encoder reads of 1,200 whole clips (about eight minutes); encoder and
#    base in closed form (two minutes), then the detail network (five minutes).
$python -m vitascope.smallworld.training.data pixels --out "$data" --clips 552
$python -m vitascope.smallworld.training.data thumbs --out "$data" --first-seed 2000000 --clips 1200
[ -e "$out/fitted/checkpoint.pt" ] || $python -m vitascope.smallworld.training.fit_linear --data "$data" --out "$out/fitted"
$python -m vitascope.smallworld.training.train_codec --data "$data" --fitted "$out/fitted" --out "$out/codec" --steps "${CODEC_STEPS:-500}"

# 2. Encoded clips and stills for layout and renderer, by two processes: 0.16 s a clip and 0.02 s a still on one core. One clip in eight is 16:9; more
#    of them, which most people ask for, come at the end.
for half in 1 2; do (
  OMP_NUM_THREADS=1 $python -m vitascope.smallworld.training.data stills --out "$data" --first-seed "$((4 + half))000000" --clips 14400 --per-shard 240 \
    --codec "$out/fitted"
  OMP_NUM_THREADS=1 $python -m vitascope.smallworld.training.data latents --out "$data" --first-seed "$((6 + half))000000" --clips "$((${CLIPS:-2400} / 2))" \
    --codec "$out/fitted"
  OMP_NUM_THREADS=1 $python -m vitascope.smallworld.training.data latents --out "$data" --first-seed "$((8 + half))000000" --clips 6000 --per-shard 120 \
    --aspect 16:9 --codec "$out/fitted"
) & done
wait

# 3. What is where (25 minutes of a core), and beside it, on the other one, words and what places show of that (an hour).
OMP_NUM_THREADS=1 $python -m vitascope.smallworld.training.train_layout --data "$data" --codec "$out/fitted" --out "$out/layout" --steps "${LAYOUT_STEPS:-2100}" \
  --compile &
OMP_NUM_THREADS=1 $python -m vitascope.smallworld.training.train_renderer --data "$data" --codec "$out/fitted" --out "$out/renderer" --steps "${RENDERER_STEPS:-5000}" \
  --compile
wait

# 4. The decoder once more, now also on what the renderer makes of the clips that it learns from (a minute, then a quarter of an hour).
$python -m vitascope.smallworld.training.decoder_pairs --data "$data" --renderer "$out/renderer"
$python -m vitascope.smallworld.training.train_codec --data "$data" --fitted "$out/codec" --out "$out/decoder" --drawn 0.5 --steps "${DECODER_STEPS:-3000}"

# 5. The weights folder, then what they know.
$python -m vitascope.smallworld.training.export --codec "$out/decoder" --layout "$out/layout" --renderer "$out/renderer" --out vitascope/smallworld/weights
.venv/bin/vitascope exam --quick --json "$out/exam.json"
$python -m vitascope.smallworld.training.export --scores "$out/exam.json" --out vitascope/smallworld/weights
