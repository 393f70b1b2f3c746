/** One form in a dialog. The operator's say what they did, and close (`useSheet`). */
import { Modal } from '@mantine/core';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import type { FormEvent, ReactNode } from 'react';
import { useTranslation } from 'react-i18next';
import { Button } from '../parts/Button';
import { useToast } from '../parts/toast';
import styles from './pages.module.css';
import { Fault } from './parts';

interface SheetProps {
  title: string;
  action: string;
  error: unknown;
  busy: boolean;
  bad?: boolean; // what it does cannot be undone
  onSend: () => void;
  onClose: () => void;
  children: ReactNode;
}

export function Sheet({ title, action, error, busy, bad, onSend, onClose, children }: SheetProps) {
  const { t } = useTranslation('pages');
  return (
    <Modal opened onClose={onClose} title={title} closeButtonProps={{ 'aria-label': t('close') }}>
      <form
        className={styles.section}
        onSubmit={(event: FormEvent) => {
          event.preventDefault();
          onSend();
        }}
      >
        {children}
        {error != null && <Fault error={error} />}
        <div className={`${styles.row} ${styles.ends}`}>
          <Button onClick={onClose}>{t('cancel')}</Button>
          <Button kind={bad ? 'bad' : 'fill'} type="submit" disabled={busy}>
            {action}
          </Button>
        </div>
      </form>
    </Modal>
  );
}

/** What a sheet does when it is sent: say so, look again, close. */
export function useSheet<T>(send: () => Promise<T>, done: string, onClose: () => void) {
  const cache = useQueryClient();
  const toast = useToast();
  return useMutation({
    mutationFn: send,
    onSuccess: () => {
      toast(done);
      void cache.invalidateQueries({ queryKey: ['admin'] });
      void cache.invalidateQueries({ queryKey: ['credits'] });
      onClose();
    },
  });
}
