#!/usr/bin/env bash
# Open models on a GPU with random weights of their true shape: seconds a step, and memory beside what was planned. Each
# model is a stage of at most nine minutes, in a process of its own; one that broke off is begun anew, those that are
# measured are left out. Never run on a GPU here: only tried with tiny modules on a processor (runs/gpu-models.sh try).
#
#   runs/gpu-models.sh wheels     # on a machine with a registry: what the GPU machine needs beside its torch, to runs/out/wheels
#   runs/gpu-models.sh install    # on the GPU machine, from those wheels; its torch stays as it is
#   runs/gpu-models.sh all        # or one model: runs/gpu-models.sh wan2.1-t2v-1.3b
#
# $OUT receives gpu-models.json.
set -eu
cd "$(dirname "$0")/.."
python=${PYTHON:-python3} out=${OUT:-runs/out} minutes=${MINUTES:-9}
models="wan2.1-t2v-1.3b z-image-turbo wan2.2-ti2v-5b wan2.1-t2v-14b"
export PYTHONPATH=.:tests PYTHONUNBUFFERED=1 HF_HUB_OFFLINE=1

one() { timeout $((minutes * 60)) "$python" benchmarks/gpu_models.py "$1" --out "$out/gpu-models.json" "${@:2}"; }

case ${1:-} in
  wheels) "$python" -m pip wheel -w runs/out/wheels --no-deps -r runs/gpu-models.txt ;;
  install) "$python" -m pip install --no-index --no-deps --find-links runs/out/wheels -r runs/gpu-models.txt ;;
  try) for model in $models; do one "$model" --tiny --device cpu; done ;;
  all) for model in $models; do one "$model" || echo "$model: did not end, rc $?" >&2; done ;;
  wan*|z-image*) one "$1" ;;
  *) sed -n '2,12p' "$0"; exit 2 ;;
esac
