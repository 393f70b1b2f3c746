import { describe, expect, it } from 'vitest';
import golden from './golden.json';
import { MOVE_NAMES, type MoveName, rowsOfMoves } from './moves';
import { basisOf, Pinhole, type Point, positionOf, START } from './pinhole';
import { EXTENT, PALETTE, RADIUS } from './scene';

const close = (made: readonly number[], known: readonly number[], digits = 5) =>
  known.forEach((value, i) => expect(made[i]).toBeCloseTo(value, digits));

describe('the camera is that of the world', () => {
  it('stands where the world starts', () => close(START, golden.start, 8));

  it('is at the same places, looking the same way', () => {
    golden.rows.forEach((row, i) => {
      close(positionOf(row), golden.positions[i]);
      const { right, up, forward } = basisOf(row);
      [right, up, forward].forEach((axis, k) => close(axis, golden.bases[i][k]));
    });
  });

  it('puts points where the renderer draws them', () => {
    let next = 0;
    for (const row of golden.rows) {
      for (const [width, height] of [
        [256, 256],
        [352, 192],
        [192, 352],
      ]) {
        const lens = new Pinhole(row, width, height);
        for (const point of golden.points) {
          const [w, h, x, y, depth] = golden.pixels[next++];
          expect([width, height]).toEqual([w, h]);
          const made = lens.project(point as unknown as Point);
          close([made.x, made.y, made.depth], [x, y, depth], 3);
        }
      }
    }
    expect(next).toBe(golden.pixels.length);
  });

  it('moves as the world does, slow and fast, also after the fifth second', () => {
    const said = MOVE_NAMES.flatMap((name) => [true, false].map((slow) => [name, slow] as [MoveName, boolean]));
    for (const [name, slow] of said) {
      const made = rowsOfMoves([{ name, slow, strength: 1 }], 113, 7);
      const known = (golden.moves as Record<string, number[][]>)[`${name} ${slow ? 'slow' : 'fast'}`];
      known.forEach((row, i) => close(made[golden.frames[i]], row));
    }
  });

  it('shows things in the sizes and colours of the world', () => {
    expect(PALETTE).toEqual(golden.palette);
    expect(RADIUS).toEqual(golden.radius);
    expect(EXTENT).toEqual(golden.extent);
  });
});

describe('a place in the picture', () => {
  const lens = new Pinhole([0.4, 0.5, 2, 0, 0, 0.75, 0.1, 0.7], 400, 300);

  it('goes back to the ground under it', () => {
    const pixel = lens.project([1.2, -0.7, 0]);
    close(lens.onLevel(pixel.x, pixel.y, 0) ?? [], [1.2, -0.7, 0]);
  });

  it('is nowhere on the ground above the horizon', () => expect(lens.onLevel(200, -900, 0)).toBeNull());

  it('cuts lines that go behind the camera', () => {
    expect(lens.line([0, 0, 0], lens.eye)).not.toBeNull();
    const behind: Point = [lens.eye[0] - lens.forward[0], lens.eye[1] - lens.forward[1], lens.eye[2] - lens.forward[2]];
    expect(lens.line(behind, lens.eye)).toBeNull();
    const cut = lens.line([0, 0, 0.75], behind);
    expect(cut?.[1].depth).toBeCloseTo(0.05, 6);
  });
});
