// What a dropped, pasted or chosen file does to the form: a picture becomes a given one, an earlier clip of Vitascope
// restores all settings from its recipe, any other clip can be gone on with.
import type { TFunction } from 'i18next';
import { ApiError, told } from '../api/client';
import { toast } from '../parts/toast';
import { kindOf, readClip, readLastFrame, readPicture, readRecipe } from './files';
import { useForm, type FormValues } from './form';
import { fromRecipe } from './restore';

type Slot = 'image' | 'lastImage' | 'extend';

export async function takeFile(file: File, t: TFunction<'make'>, slot?: Slot): Promise<void> {
  const kind = kindOf(file);
  if (kind === 'other') return toast(t('drop.other', { name: file.name }), { tone: 'bad' });
  if (kind === 'picture') return takePicture(file, t, slot);
  if (slot === 'image' || slot === 'lastImage') return takeLastFrame(file, t, slot);
  if (slot === 'extend' || useForm.getState().mode === 'extend') return takeClip(file, t);
  return restore(file, t);
}

async function takePicture(file: File, t: TFunction<'make'>, slot?: Slot) {
  const { mode, image, fill } = useForm.getState();
  let picture;
  try {
    picture = await readPicture(file);
  } catch {
    return toast(t('drop.broken', { name: file.name }), { tone: 'bad' });
  }
  if (slot === 'lastImage' || (!slot && mode === 'frames' && image))
    return fill({ mode: 'frames', lastImage: picture });
  fill({ mode: mode === 'frames' ? 'frames' : 'image', image: picture });
}

/** A clip on the place of a picture gives its last frame; going on with it is one click away. */
async function takeLastFrame(file: File, t: TFunction<'make'>, slot: 'image' | 'lastImage') {
  try {
    const picture = await readLastFrame(file);
    useForm.getState().fill({ mode: slot === 'lastImage' ? 'frames' : useForm.getState().mode, [slot]: picture });
    const go = { label: t('drop.extend'), run: () => void takeClip(file, t) };
    toast(t('drop.frame', { name: file.name }), { action: go });
  } catch {
    toast(t('drop.broken', { name: file.name }), { tone: 'bad' });
  }
}

async function takeClip(file: File, t: TFunction<'make'>) {
  try {
    useForm.getState().fill({ mode: 'extend', extend: await readClip(file) });
  } catch {
    toast(t('drop.broken', { name: file.name }), { tone: 'bad' });
  }
}

async function restore(file: File, t: TFunction<'make'>) {
  const before: FormValues = { ...useForm.getState() };
  try {
    const values = fromRecipe(await readRecipe(file));
    useForm.getState().fill(values);
    const undo = { label: t('undo'), run: () => useForm.getState().fill(before) };
    toast(t(values.mode === 'extend' ? 'drop.restoredExtend' : 'drop.restored', { name: file.name }), { action: undo });
  } catch (error) {
    const go = { label: t('drop.extend'), run: () => void takeClip(file, t) };
    if (error instanceof ApiError && error.status === 400)
      return toast(t('drop.noRecipe', { name: file.name }), { action: go });
    toast(told(error), { tone: 'bad' });
  }
}
