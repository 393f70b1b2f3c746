// From a recipe, as a file carries it, to the form. Pure.
import type { GivenPicture, Recipe } from '../api/types';
import { fromCamera } from '../camera/value';
import { EMPTY, type FormValues, type GivenImage } from './form';
import { aspectOf } from './shapes';

export function fromRecipe(recipe: Recipe): FormValues {
  const { spec } = recipe;
  const [width, height] = spec.size ?? [0, 0];
  return {
    ...EMPTY,
    mode: modeOf(spec),
    prompt: spec.prompt,
    negative: spec.negative_prompt,
    camera: fromCamera(spec.camera),
    image: picture(spec.image, 'first.png'),
    lastImage: picture(spec.last_image, 'last.png'),
    references: (spec.references ?? []).map(({ name, kind, sha256, small }) => ({
      name,
      kind,
      sha256,
      url: small ? `data:image/jpeg;base64,${small}` : '',
    })),
    aspect: width ? aspectOf({ width, height }) : spec.aspect || EMPTY.aspect,
    seconds: spec.seconds || EMPTY.seconds,
    seed: spec.seed,
    seedLocked: spec.seed !== null,
    steps: spec.steps || null,
    guidance: spec.guidance,
    withSound: spec.sound ?? null,
    preset: spec.preset ?? '',
    loras: Object.fromEntries((spec.loras ?? []).map(({ name, weight }) => [name, weight])),
    options: spec.options ?? {},
    model: spec.model,
    advanced: true, // or what it restores would not be seen
  };
}

function modeOf(spec: Recipe['spec']): FormValues['mode'] {
  if (spec.extend) return 'extend';
  if (spec.last_image) return 'frames';
  if (spec.image) return 'image';
  return spec.seconds === 0 ? 'still' : 'text';
}

function picture(given: GivenPicture | null, name: string): GivenImage | null {
  if (!given?.png) return null; // kept elsewhere: the recipe of some models holds its hash alone
  return { url: `data:image/png;base64,${given.png}`, name, width: given.width, height: given.height };
}
