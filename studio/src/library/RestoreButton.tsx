// An mp4 that Vitascope made, from anywhere: its recipe fills the form.

import { IconUpload } from '@tabler/icons-react';
import { useMutation } from '@tanstack/react-query';
import { useRef } from 'react';
import { useTranslation } from 'react-i18next';
import { useNavigate } from 'react-router';
import { told } from '../api/client';
import { readRecipe } from '../make/files';
import { useForm } from '../make/form';
import { fromRecipe } from '../make/restore';
import { Button } from '../parts/Button';
import { useToast } from '../parts/toast';

export function RestoreButton() {
  const { t } = useTranslation('library');
  const toast = useToast();
  const navigate = useNavigate();
  const input = useRef<HTMLInputElement>(null);
  const restore = useMutation({
    mutationFn: readRecipe,
    onSuccess: (recipe) => {
      useForm.getState().fill(fromRecipe(recipe));
      toast(t('toast.filled'));
      void navigate('/');
    },
    onError: (error) => toast(told(error), { tone: 'bad' }),
  });
  return (
    <>
      <input
        ref={input}
        type="file"
        hidden
        accept="video/mp4,image/png"
        onChange={(event) => {
          const [file] = event.currentTarget.files ?? [];
          event.currentTarget.value = '';
          if (file) restore.mutate(file);
        }}
      />
      <Button
        icon={<IconUpload size={16} stroke={1.8} aria-hidden />}
        disabled={restore.isPending}
        onClick={() => input.current?.click()}
      >
        {t(restore.isPending ? 'restoring' : 'restoreFile')}
      </Button>
    </>
  );
}
