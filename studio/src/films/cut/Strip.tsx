// The pictures of a piece, side by side, as wide as it lasts.
import { useEffect, useReducer, useRef } from 'react';
import { local } from '../../library/files';
import { usePrefs } from '../../shell/prefs';
import { forget, frameOf, TILE } from './frames';
import type { Piece } from './timeline';
import { fraction } from './fraction';

const HIGH = 72;
const MOST_TILES = 60;

export function Strip({ piece, width, poster }: { piece: Piece; width: number; poster?: string | null }) {
  const canvas = useRef<HTMLCanvasElement>(null);
  const [drawn, redraw] = useReducer((n: number) => n + 1, 0);
  const scheme = usePrefs((prefs) => prefs.scheme);
  const moves = piece.media && !piece.isStill;
  const [sourceIn, lasts] = [piece.sourceIn.number, piece.seconds.number * piece.speed.number];
  const url = piece.media?.proxy_url ?? piece.media?.url ?? '';
  const seconds = piece.media ? fraction(piece.media.seconds).number : 0;

  useEffect(() => () => forget(redraw), []);
  useEffect(() => {
    const at = canvas.current;
    const pen = at?.getContext('2d');
    if (!at || !pen || !moves) return;
    const dense = window.devicePixelRatio || 1;
    const wide = Math.max(1, Math.min(width, 8000));
    at.width = wide * dense;
    at.height = HIGH * dense;
    pen.scale(dense, dense);
    const tiles = Math.min(MOST_TILES, Math.max(1, Math.ceil(wide / TILE.width)));
    for (let n = 0; n < tiles; n += 1) {
      const x = (wide * n) / tiles;
      const tile = frameOf(url, sourceIn + (lasts * (n + 0.5)) / tiles, seconds, redraw);
      if (!tile) continue;
      const part = Math.min(1, wide / tiles / TILE.width);
      const cut = (TILE.width * (1 - part)) / 2;
      pen.drawImage(tile, cut, 0, TILE.width * part, TILE.height, x, 0, wide / tiles, HIGH);
    }
  }, [width, url, sourceIn, lasts, seconds, moves, drawn, scheme]);

  if (!piece.media) return <span data-words={piece.text} />; // the button says them already
  if (!moves) return <img src={local(piece.media.url)} alt="" draggable={false} />;
  return (
    <>
      {poster && <img src={local(poster)} alt="" draggable={false} loading="lazy" />}
      <canvas ref={canvas} aria-hidden />
    </>
  );
}
