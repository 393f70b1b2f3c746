// When somebody is heard, for the music to give way.
import type { Work } from './useCut';

/** Made voices, and takes that speak: from when to when, in seconds of the film. */
export function speechOf({ voices, all, timeline, document }: Work): [number, number][] {
  const lines = Object.values(document.shots ?? {}).flatMap((shot) => shot.lines ?? []);
  const byTake = new Set(lines.filter((line) => line.spoken_by === 'take').map((line) => line.id));
  const talking = all.filter((piece) => piece.media?.sound && !piece.isStill && !piece.muted);
  const found: [number, number][] = voices.map((one) => [one.from, one.to]);
  for (const said of timeline?.spoken ?? []) {
    if (!byTake.has(said.line)) continue;
    const [start, lasts] = [said.start, said.seconds].map((value) => {
      const [above, below = '1'] = value.split('/');
      return Number(above) / Number(below);
    });
    const heard = talking.some((one) => one.start.number <= start && start < one.start.number + one.seconds.number);
    if (heard) found.push([start, start + lasts]);
  }
  return found.sort((a, b) => a[0] - b[0]);
}
