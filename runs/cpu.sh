#!/usr/bin/env bash
# The nano preset end to end on two CPU cores, in about three hours. Kill it whenever you like: every stage goes on where it stopped
# (shards are kept, training resumes exactly). The committed weights come from a shorter run of these stages: see dev/LOG.md.
#
#   make .venv/dev && runs/cpu.sh
set -eu
cd "$(dirname "$0")/.."
python=.venv/bin/python out=${OUT:-runs/out} data=${OUT:-runs/out}/data
mkdir -p "$out"

# 1. Rendered clips: 552 of 17 frames at full size for the codec, and thumbs of whole clips for the DiT (about 0.4 s each on one core).
$python -m vitascope.model.data pixels --out "$data" --clips 552
$python -m vitascope.model.data thumbs --out "$data" --first-seed 2000000 --clips "${CLIPS:-4000}"

# 2. The codec: encoder and base in closed form (two minutes), then the detail network (25 minutes).
[ -e "$out/fitted/checkpoint.pt" ] || $python -m vitascope.model.fit --data "$data" --out "$out/fitted"
$python -m vitascope.model.train_codec --data "$data" --fitted "$out/fitted" --out "$out/codec" --steps 1000

# 3. The DiT with its text encoder: few frames first, whole clips last (about 1.3 s a step once compiled, which takes some minutes).
$python -m vitascope.model.train_dit --data "$data" --codec "$out/codec" --out "$out/dit" --steps "${STEPS:-4500}" \
  --compile

# 4. The weights folder, then what they know.
$python -m vitascope.model.export --codec "$out/codec" --dit "$out/dit" --out vitascope/weights
.venv/bin/vitascope exam --quick
